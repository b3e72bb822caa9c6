"""The tokens of a multi-tape Turing machine, those of Brösamle and Eckstein, in one table.

| token              | in a chain of thought                                                                   |
|--------------------|-----------------------------------------------------------------------------------------|
| `inp`, `einp`      | begin and end the input                                                                 |
| `a`                | a symbol of the input, or of the output                                                 |
| `run:q:ab:LR`      | a step: the next state, the symbols written and the moves, tape by tape                 |
| `pos`, `epos`      | begin and end the bits of the positions of all heads, after every r steps               |
| `bits:01`          | a bit of the position of each head; the lowest comes first                              |
| `outp`, `eoutp`    | begin and end the output                                                                |
| `summ`, `esumm`    | begin and end a summary, which is the next prompt                                       |
| `cell:a.b^`        | a cell of each tape, in a summary: its symbol, and `^` if the head is there, else `.`   |
| `state:q`          | the state, in a summary                                                                 |

There are `run` tokens of the transitions only, where theirs has those of all states, symbols and moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.vocabulary import Listed

MARKS = ("inp", "einp", "outp", "eoutp", "pos", "epos", "summ", "esumm")


class Token(NamedTuple):
    """kind: one of `MARKS`, or symbol, run, bits, cell, state; symbols, moves, heads, bits: tape by tape."""

    kind: str
    state: str = ""
    symbols: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    heads: tuple[bool, ...] = ()
    bits: tuple[int, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case "symbol":
                return self.symbols[0]
            case "run":
                return f"run:{self.state}:{''.join(self.symbols)}:{''.join(self.moves)}"
            case "bits":
                return "bits:" + "".join(map(str, self.bits))
            case "cell":
                return "cell:" + "".join(s + (".^"[head]) for s, head in zip(self.symbols, self.heads))
            case "state":
                return f"state:{self.state}"
        return self.kind


class Vocabulary(Listed[Token]):
    """The tokens of a machine, in the order of their numbers.

    Raises:
        ValueError: a symbol has the name of another token.
    """

    def __init__(self, machine: MultiTape) -> None:
        self.machine = machine
        super().__init__(_tokens(machine))
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        if len({str(token) for token in self._tokens}) < len(self._tokens):
            raise ValueError("two tokens would be written alike: give symbols and states other names")

    def number(self, token: Token) -> int:
        """KeyError for one that this machine does not have."""
        return self._numbers[token]


def _tokens(machine: MultiTape) -> Iterator[Token]:
    yield from map(Token, MARKS)
    yield from (Token("symbol", symbols=(s,)) for s in machine.symbols if s != machine.blank)
    yield from dict.fromkeys(Token("run", *following) for _, _, following in machine.transitions)
    yield from (Token("bits", bits=bits) for bits in product((0, 1), repeat=machine.tapes))
    for symbols in product(machine.symbols, repeat=machine.tapes):
        for heads in product((False, True), repeat=machine.tapes):
            yield Token("cell", symbols=symbols, heads=heads)
    yield from (Token("state", q) for q in machine.states)
