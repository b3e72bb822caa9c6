"""The shape of a saved counter-machine prompt; see `compiler.machines.schema` and `saved`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from compiler.machines.schema import Count, Name, Text


class ProgramSchema(Struct, forbid_unknown_fields=True):
    """A program; see `CounterProgram`."""

    counters: list[Name]
    instructions: list[tuple[Literal["inc", "dec", "goto", "halt"], Count, Count, Count, Count]]


class BodySchema(Struct, forbid_unknown_fields=True):
    """A prompt."""

    program: ProgramSchema
    values: list[Count]
    interpreted: bool
    last: Name
    machine_values: list[Count]
    source_steps: Count
    source: Text
    filename: Name
