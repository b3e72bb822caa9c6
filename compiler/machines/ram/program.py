"""A RAM program: instructions, initial data, and where each instruction came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from compiler.machines.ram.isa import FAULTS, Instruction, Layout

ERROR_TEXT = "says where the run ends in an error"
"""The comment of instructions that print a part of an error's message, which is no output of the program."""

RAISE_TEXT = "raises an exception"
"""The comment of instructions after which an exception is under way, which may be reported later and from elsewhere."""


@dataclass(frozen=True)
class Trap:
    """What it means that a run ends at an instruction with HALT or a fault: a Python exception."""

    exception: str
    message: str

    def said(self, printed: str) -> Trap:
        """The exception with what the program printed of its message."""
        if not printed:
            return self
        return Trap(self.exception, f"{self.message}; {printed.strip()}" if self.message else printed)


OUT_OF_MEMORY = Trap("MemoryError", "")
"""Where an instruction faults in this, its address is in the heap of a machine with more address groups, if in any."""


LONGEST_COMMENT = 200


@dataclass(frozen=True)
class Origin:
    """Where an instruction comes from: a line and column of the source (from 1), and a short comment.

    steps: how many steps of the source machine are done each time the instruction is carried out; a run is
    as many steps long as its instructions say. 0 throughout for the small language, which has no steps.
    """

    line: int = 0
    column: int = 0
    comment: str = ""
    steps: int = 0


def comment_of(line: str) -> str:
    """A line of the source as a comment: of a very long one its beginning, for each of its instructions has it."""
    line = line.strip()
    return line if len(line) <= LONGEST_COMMENT else f"{line[: LONGEST_COMMENT - 1]}…"


@dataclass(frozen=True)
class InputArea:
    """Where the input text goes: its length to heap[base], its characters to heap[base + 1] and on.

    The first heap address after it is written to `free_cell`, a global cell.
    """

    base: int
    free_cell: int


@dataclass(frozen=True)
class RamProgram:
    """RAM code for a machine with this layout.

    instructions: instruction k is `instructions[k]`; data: initial values of heap addresses (global cells
    are addresses below `layout.first_local`), in the order in which they are written; traps: for an
    instruction at which a run may end in an error, what the error is; origins: one an instruction, or
    empty; library: numbers of the instructions that belong to the runtime library, so that an error in
    them is reported at the line of the innermost CALL outside it; source, filename, format, options: what
    it was compiled from, which format of `compiler.front_ends` that is ("" is the small language), and the
    options of the format as text.
    """

    layout: Layout
    instructions: tuple[Instruction, ...]
    data: tuple[tuple[int, int], ...] = ()
    entry: int = 0
    input_area: InputArea | None = None
    traps: dict[int, Trap] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    library: frozenset[int] = frozenset()
    source: str = ""
    filename: str = ""
    format: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def outgrown(self, pc: int, halted: bool) -> RamProgram | None:
        """The same code for the next larger heap, if a run that ends at instruction `pc` could go on with it there."""
        layout = self.layout.with_more_groups()
        if halted or layout is None or self.traps.get(pc) != OUT_OF_MEMORY:
            return None
        return replace(self, layout=layout)

    def trap(self, pc: int, halted: bool) -> Trap | None:
        """What it means that a run ends at instruction `pc`, by HALT or by a fault; None if it simply halted there."""
        if pc in self.traps or halted:
            return self.traps.get(pc)
        if not 0 <= pc < len(self.instructions):
            return Trap("SystemError", f"there is no instruction {pc}: the program has {len(self.instructions)}")
        reason = FAULTS.get(self.instructions[pc].opcode, "its weights are not those of this machine")
        return Trap("SystemError", f"the machine cannot carry out instruction {pc}: {reason}")
