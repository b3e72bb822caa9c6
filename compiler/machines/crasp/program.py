"""Programs of counter machines (Minsky 1967), as a transformer has them in its weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Kind = Literal["inc", "dec", "goto", "halt"]


class Instruction(NamedTuple):
    """counter: of inc and dec, by number; target: of goto, and of dec where the counter is 0.

    inc, and dec where the counter is not 0, go on with the next instruction. line, column: where the source has it.
    """

    kind: Kind
    counter: int = 0
    target: int = 0
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class CounterProgram:
    """counters: their names; the run begins at instruction 0.

    Raises:
        ValueError: no instructions, a counter or a target that does not exist, or a way past the last instruction.
    """

    counters: tuple[str, ...]
    instructions: tuple[Instruction, ...]

    def __post_init__(self) -> None:
        size = len(self.instructions)
        if not size or self.instructions[-1].kind not in ("goto", "halt"):
            raise ValueError("a program ends with goto or halt")
        if len(set(self.counters)) < len(self.counters) or not all(map(str.isidentifier, self.counters)):
            raise ValueError("counters have different names, of letters, digits and _")
        for number, instruction in enumerate(self.instructions):
            if instruction.kind in ("inc", "dec") and not 0 <= instruction.counter < len(self.counters):
                raise ValueError(f"instruction {number} is about a counter that does not exist")
            if instruction.kind in ("goto", "dec") and not 0 <= instruction.target < size:
                raise ValueError(f"instruction {number} leads out of the program")

    @cached_property
    def digest(self) -> str:
        """A short name of counters and instructions; where the source has them does not matter."""
        told = (self.counters, [instruction[:3] for instruction in self.instructions])
        return hashlib.sha256(repr(told).encode()).hexdigest()[:8]
