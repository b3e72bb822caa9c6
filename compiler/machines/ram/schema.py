"""The shape of a saved RAM prompt; see `compiler.machines.schema` and `saved`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from compiler.machines.ram.isa import MAX_BASE, MAX_DEPTH
from compiler.machines.schema import Count, Name, Text

Integer = Annotated[str, Meta(pattern="^-?(0x[0-9a-f]+|[0-9]+)$", max_length=2**26)]
"""Of any length up to 64 million digits, as text."""
Group = Annotated[int, Meta(ge=-MAX_DEPTH - 2, le=MAX_DEPTH + 2)]
Operand = Annotated[int, Meta(ge=0, le=MAX_BASE)]
Opcode = Literal[
    "ADD", "SUB", "MUL", "QUO", "REM", "SHR", "SHL", "LOAD", "STORE", "JLT", "JGE", "JEQ", "JNE", "JIN", "JMP", "CALL",
    "RET", "PUT", "OUTI", "OUTC", "HALT",
]  # fmt: skip
"""The names in `isa.Opcode`; a test compares them."""
Cell = Annotated[list[Group | Integer], Meta(min_length=3, max_length=5)]
"""Its name, group by group, and its value."""


class LayoutSchema(Struct, forbid_unknown_fields=True):
    """A layout, within its limits."""

    base: Annotated[int, Meta(ge=10, le=MAX_BASE)]
    groups: Annotated[int, Meta(ge=2, le=4)]
    max_depth: Annotated[int, Meta(ge=1, le=MAX_DEPTH)]


class ProgramSchema(Struct, forbid_unknown_fields=True):
    """A program; see `RamProgram`."""

    layout: LayoutSchema
    instructions: list[tuple[Opcode, Operand, Operand, Operand]]
    data: list[tuple[Count, Integer]]
    entry: Count
    input_area: tuple[Count, Count] | None
    traps: list[tuple[Count, Name, Text]]
    origins: list[tuple[Count, Count, Text, Count]]
    library: list[Count]
    source: Text
    filename: Name
    format: Name
    options: list[tuple[Name, Text]]


class SnapshotSchema(Struct, forbid_unknown_fields=True):
    """Where a run has come: cells, open calls and the next instruction."""

    cells: list[Cell]
    calls: list[Count]
    pc: Count
    source_steps: Count

    def __post_init__(self) -> None:
        for *name, value in self.cells:
            if not isinstance(value, str) or not all(isinstance(group, int) for group in name):
                raise ValueError("a cell is numbers, its name, and a value as text")


class BodySchema(Struct, forbid_unknown_fields=True):
    """A prompt."""

    input: Text
    snapshot: SnapshotSchema | None
    program: ProgramSchema
