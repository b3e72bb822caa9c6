"""The 23 tokens of the Post-Turing machine, those of Qiu et al. (ICLR 2025), in one table.

| tokens            | in the program                              | in the chain of thought                        |
|-------------------|---------------------------------------------|------------------------------------------------|
| `^`, `$`          | beginning and end                           | `$` ends the output, and the run               |
| `AL AR BL BR`     | move a head left, right                     | it is moved                                    |
| `A0 A1 B0 B1`     | write a bit under a head                    | it is written                                  |
| `A! A? B! B?`     | jump if the cell under the head is 0, is 1  |                                                |
| `+ - @`           | how far it jumps, in unary; its end         | the same, after `=`                            |
| `/ =`             |                                             | a jump is not taken, is taken                  |
| `# :`             | halt                                        | halted; the output follows                     |
| `0 1`             |                                             | a bit of the output                            |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.machines.vocabulary import Listed


class Token(NamedTuple):
    """A token, and what it means in a trace.

    steps: what it adds to the number of the instruction that is next; tape: "A" or "B" for instructions that use
    one; move: of its head, -1 or 1; bit: that it writes, or that the cell must have for a jump.
    """

    text: str
    steps: int = 0
    tape: str = ""
    move: int = 0
    bit: int | None = None

    @property
    def writes(self) -> bool:
        """Whether it writes a bit."""
        return self.bit is not None and self.steps == 1

    @property
    def jumps(self) -> bool:
        """Whether it is a jump if the cell has a bit."""
        return self.bit is not None and self.steps == 0

    @property
    def opens_instruction(self) -> bool:
        """Whether an instruction of the program text begins with it."""
        return bool(self.tape) or self.text == "#"

    def __str__(self) -> str:
        return self.text


def _tape(tape: str) -> list[Token]:
    return [
        Token(f"{tape}L", 1, tape, move=-1),
        Token(f"{tape}R", 1, tape, move=1),
        Token(f"{tape}0", 1, tape, bit=0),
        Token(f"{tape}1", 1, tape, bit=1),
        Token(f"{tape}!", 0, tape, bit=0),
        Token(f"{tape}?", 0, tape, bit=1),
    ]


class Vocabulary(Listed[Token]):
    """All tokens in order, and their numbers."""

    def __init__(self) -> None:
        super().__init__((
            Token("^"), *_tape("A"), *_tape("B"), Token("#"), Token("-", -1), Token("+", 1), Token("@"), Token("$"),
            Token("/", 1), Token("="), Token(":"), Token("0"), Token("1"),
        ))  # fmt: skip
        self._numbers = {token.text: number for number, token in enumerate(self._tokens)}

    def number(self, text: str) -> int:
        """Raises ValueError for a text that is no token."""
        if text not in self._numbers:
            raise ValueError(f"the Post-Turing machine has no token {text!r}")
        return self._numbers[text]

    def tokens(self, texts: Iterable[str]) -> tuple[Token, ...]:
        """Raises ValueError for a text that is no token."""
        return tuple(self._tokens[self.number(text)] for text in texts)


def split(text: str) -> list[str]:
    """The tokens of a text without spaces: `A` and `B` begin a token of two characters."""
    tokens: list[str] = []
    for character in text:
        if tokens and tokens[-1] in ("A", "B"):
            tokens[-1] += character
        else:
            tokens.append(character)
    return tokens
