"""The tokens of a Post machine: the symbol that a step appends together with the state that comes next; and `halt`.

As the published construction has it, every pair of a symbol and a state is a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.machines.post.rules import PostMachine
from compiler.machines.vocabulary import Listed


class Token(NamedTuple):
    """symbol: that it appends, empty for `halt`; state: the next one."""

    symbol: str
    state: str = ""

    def __str__(self) -> str:
        return f"{self.symbol}/{self.state}" if self.symbol else "halt"


HALT = Token("")


class Vocabulary(Listed[Token]):
    """The tokens of a machine, in the order of their numbers."""

    def __init__(self, post: PostMachine) -> None:
        self.post = post
        super().__init__((HALT, *(Token(symbol, state) for state in post.states for symbol in post.symbols)))
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        self.halt = 0

    def numbers(self, state: str, queue: Iterable[str]) -> list[int]:
        """The tokens of a configuration: every one has its state, but that of the last token alone matters.

        KeyError for a state or a symbol that the machine does not have.
        """
        return [self._numbers[Token(symbol, state)] for symbol in queue]
