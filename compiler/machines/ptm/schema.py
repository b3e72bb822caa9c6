"""The shape of a saved Post-Turing prompt; see `compiler.machines.schema` and `saved`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from compiler.machines.schema import Count, Name, Text

Place = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class ProgramSchema(Struct, forbid_unknown_fields=True):
    """A program; see `PtmProgram`."""

    instructions: list[tuple[Name, Place, Count, Count, Text, Count]]
    source: Text
    filename: Name
    format: Name
    options: list[tuple[Name, Text]]


class SnapshotSchema(Struct, forbid_unknown_fields=True):
    """Where a run has come; a tape is the place of its head, and the places with a 1."""

    tapes: tuple[tuple[Place, list[Place]], tuple[Place, list[Place]]]
    pc: Count
    source_steps: Count


class BodySchema(Struct, forbid_unknown_fields=True):
    """A prompt."""

    input: Text
    snapshot: SnapshotSchema | None
    program: ProgramSchema
