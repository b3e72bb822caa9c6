"""The tokens of a counter machine, in one table.

| token    | means                                                                  | changes   | goes on with |
|----------|------------------------------------------------------------------------|-----------|--------------|
| `^`      | the first token, and no other                                          |           | 0            |
| `x`      | of the prompt: one more in counter x                                   | x by 1    | 0            |
| `3:x+`   | instruction 3, `inc x`                                                 | x by 1    | 4            |
| `3:x-`   | instruction 3, `dec x else …`: x was not 0                             | x by -1   | 4            |
| `3:x0`   | instruction 3, `dec x else …`: x was 0                                 |           | its target   |
| `3:goto` | instruction 3, `goto`                                                  |           | its target   |
| `3:halt` | instruction 3, `halt`: the run ends                                    |           |              |

The value of a counter is the sum of what all tokens so far change it by: nothing depends on their order but which one
is the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from compiler.machines.crasp.program import CounterProgram
from compiler.machines.vocabulary import Listed


class Token(NamedTuple):
    """counter: that it changes, by number, -1 if none; change: by how much; next: the instruction that follows, -1 at
    the end; instruction: that it carries out, -1 in a prompt."""

    text: str
    counter: int = -1
    change: int = 0
    next: int = 0
    instruction: int = -1

    def __str__(self) -> str:
        return self.text


START = Token("^")


class Vocabulary(Listed[Token]):
    """The tokens of a program: `^`, one for each counter, one or two for each instruction."""

    def __init__(self, program: CounterProgram) -> None:
        self.program = program
        counters = (Token(name, i, 1) for i, name in enumerate(program.counters))
        super().__init__((START, *counters, *_carried_out(program)))
        self._numbers = {token.text: number for number, token in enumerate(self._tokens)}
        self.halting = frozenset(number for number, token in enumerate(self._tokens) if token.next == -1)

    def number(self, text: str) -> int:
        """Raises ValueError for a text that is no token."""
        if text not in self._numbers:
            raise ValueError(f"this counter machine has no token {text!r}")
        return self._numbers[text]

    def following(self, instruction: int, zero: bool) -> Token:
        """The token that carries out an instruction; zero: whether its counter is 0."""
        kind, counter, *_ = self.program.instructions[instruction]
        text = kind if kind in ("goto", "halt") else self.program.counters[counter] + "+"
        if kind == "dec":
            text = self.program.counters[counter] + ("0" if zero else "-")
        return self._tokens[self._numbers[f"{instruction}:{text}"]]


def _carried_out(program: CounterProgram) -> Iterator[Token]:
    for k, (kind, counter, target, *_) in enumerate(program.instructions):
        name = program.counters[counter] if kind in ("inc", "dec") else ""
        match kind:
            case "inc":
                yield Token(f"{k}:{name}+", counter, 1, k + 1, k)
            case "dec":
                yield Token(f"{k}:{name}-", counter, -1, k + 1, k)
                yield Token(f"{k}:{name}0", -1, 0, target, k)
            case "goto":
                yield Token(f"{k}:goto", -1, 0, target, k)
            case "halt":
                yield Token(f"{k}:halt", -1, 0, -1, k)
