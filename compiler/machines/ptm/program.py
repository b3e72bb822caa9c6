"""Programs of the two-tape Post-Turing machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.machines.ptm.vocabulary import Token

JUMPS = frozenset(token.value for token in Token if token.jumps)
OPERATIONS = frozenset(token.value for token in Token if token.opens_instruction)


@dataclass(frozen=True)
class Instruction:
    """`operation` is one of `OPERATIONS`; `offset`: how many instructions on a jump leads, back if negative.

    line, column: where the source has it, from 1; 0 where there is none; comment: what it is for; steps: of the machine
    that the program was compiled from, which begin here.
    """

    operation: str
    offset: int = 0
    line: int = 0
    column: int = 0
    comment: str = ""
    steps: int = 0

    def texts(self) -> Iterator[str]:
        """The texts of its tokens: a jump's offset in unary, and `@`."""
        yield self.operation
        if self.operation in JUMPS:
            yield from ("+" if self.offset > 0 else "-") * abs(self.offset)
            yield "@"

    def __str__(self) -> str:
        return f"{self.operation}{self.offset:+d}" if self.operation in JUMPS else self.operation


@dataclass(frozen=True)
class PtmProgram:
    """Instruction k is `instructions[k]`; the run begins at instruction 0.

    format, options: of the front end that compiled it, if one did that reports the end of a run.
    """

    instructions: tuple[Instruction, ...]
    source: str = ""
    filename: str = ""
    format: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def texts(self) -> Iterator[str]:
        """The texts of its tokens."""
        for instruction in self.instructions:
            yield from instruction.texts()

    def __str__(self) -> str:
        return " ".join(map(str, self.instructions))
