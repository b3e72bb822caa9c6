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
from enum import StrEnum

from compiler.machines.vocabulary import Listed


class Token(StrEnum):
    """A token, by its text, and what it means in a trace; in the order of their numbers.

    Attributes:
        steps: what it adds to the number of the instruction that is next.
        tape: "A" or "B" for instructions that use one, else "".
        move: of its head, -1 or 1, else 0.
        bit: that it writes, or that the cell must have for a jump.
    """

    steps: int
    tape: str
    move: int
    bit: int | None

    def __new__(cls, text: str, steps: int = 0, tape: str = "", move: int = 0, bit: int | None = None) -> Token:
        """A member: its text and its meaning."""
        member = str.__new__(cls, text)
        member._value_, member.steps, member.tape, member.move, member.bit = text, steps, tape, move, bit
        return member

    # A token is found by its text as well.
    __hash__ = str.__hash__

    BEGIN = "^"
    AL = "AL", 1, "A", -1
    AR = "AR", 1, "A", 1
    A0 = "A0", 1, "A", 0, 0
    A1 = "A1", 1, "A", 0, 1
    A_IF_0 = "A!", 0, "A", 0, 0
    A_IF_1 = "A?", 0, "A", 0, 1
    BL = "BL", 1, "B", -1
    BR = "BR", 1, "B", 1
    B0 = "B0", 1, "B", 0, 0
    B1 = "B1", 1, "B", 0, 1
    B_IF_0 = "B!", 0, "B", 0, 0
    B_IF_1 = "B?", 0, "B", 0, 1
    HALT = "#"
    BACK = "-", -1
    ON = "+", 1
    JUMP_ENDS = "@"
    END = "$"
    NOT_TAKEN = "/", 1
    TAKEN = "="
    OUTPUT = ":"
    ZERO = "0"
    ONE = "1"

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
        return bool(self.tape) or self is Token.HALT


UNARY = frozenset({Token.BACK, Token.ON, Token.JUMP_ENDS})
"""What the offset of a jump is written with."""


class Vocabulary(Listed[Token]):
    """All tokens in order, and their numbers."""

    def __init__(self) -> None:
        super().__init__(Token)
        self._numbers = {token: number for number, token in enumerate(Token)}

    def number(self, text: str) -> int:
        """Raises ValueError for a text that is no token."""
        return self._numbers[self.token(text)]

    def token(self, text: str) -> Token:
        """Raises ValueError for a text that is no token."""
        try:
            return Token(text)
        except ValueError:
            raise ValueError(f"the Post-Turing machine has no token {text!r}") from None

    def tokens(self, texts: Iterable[str]) -> tuple[Token, ...]:
        """Raises ValueError for a text that is no token."""
        return tuple(map(self.token, texts))


def split(text: str) -> list[str]:
    """The tokens of a text without spaces: `A` and `B` begin a token of two characters."""
    tokens: list[str] = []
    for character in text:
        if tokens and tokens[-1] in ("A", "B"):
            tokens[-1] += character
        else:
            tokens.append(character)
    return tokens
