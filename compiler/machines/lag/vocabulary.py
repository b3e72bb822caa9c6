"""The tokens of a Lag system, in one table.

| token    | means                                                                                      |
|----------|--------------------------------------------------------------------------------------------|
| `halt`   | there is no rule for the window                                                            |
| `x`      | the symbol x is appended, and the step is done                                             |
| `x+`     | the symbol x is appended, and the next token is the second symbol that this step appends   |

In the queue, `x` and `x+` are the same symbol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.machines.lag.system import LagSystem
from compiler.machines.vocabulary import Listed


class Token(NamedTuple):
    """symbol: that it appends, empty for `halt`; more: whether the step appends another one."""

    symbol: str
    more: bool = False

    def __str__(self) -> str:
        return f"{self.symbol}+" if self.more else self.symbol or "halt"


HALT = Token("")


class Vocabulary(Listed[Token]):
    """The tokens of a system, in the order of their numbers."""

    def __init__(self, system: LagSystem) -> None:
        self.system = system
        firsts = dict.fromkeys(appended[0] for *_, appended in system.rules if len(appended) == 2)
        super().__init__((HALT, *map(Token, system.symbols), *(Token(s, more=True) for s in firsts)))
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        self.halt = 0

    def number(self, token: Token) -> int:
        """The number of a token; KeyError if it is none of this system's."""
        return self._numbers[token]

    def numbers(self, symbols: Iterable[str]) -> list[int]:
        """The tokens of a queue; KeyError for a symbol that the system does not have."""
        return [self._numbers[Token(s)] for s in symbols]
