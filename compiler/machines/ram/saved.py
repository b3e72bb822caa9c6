"""Prompts of the RAM as JSON; see `compiler.machines.saved`."""

from __future__ import annotations

from typing import Any

from compiler.machines.integers import opened_integer, saved_integer
from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import InputArea, Origin, RamProgram, Trap
from compiler.machines.ram.prompt import Prompt, Snapshot
from compiler.machines.ram.schema import BodySchema

__all__ = ["BodySchema", "body_of", "prompt_of"]


def body_of(prompt: Prompt) -> dict[str, Any]:
    """All that the prompt is, in the shape of `BodySchema`."""
    return {
        "input": prompt.input_text,
        "snapshot": prompt.snapshot and _snapshot_out(prompt.snapshot),
        "program": _program_out(prompt.program),
    }


def prompt_of(body: dict[str, Any]) -> Prompt:
    """Raises PromptError for a program that is no prompt."""
    snapshot = _snapshot_in(body["snapshot"]) if body["snapshot"] else None
    return Prompt(_program_in(body["program"]), body["input"], snapshot)


def _snapshot_out(snapshot: Snapshot) -> dict[str, Any]:
    cells = [[*cell, saved_integer(value)] for cell, value in snapshot.cells]
    return {"cells": cells, "calls": snapshot.calls, "pc": snapshot.pc, "source_steps": snapshot.source_steps}


def _snapshot_in(saved: dict[str, Any]) -> Snapshot:
    cells = tuple((tuple(cell), opened_integer(value)) for *cell, value in saved["cells"])
    return Snapshot(cells, tuple(saved["calls"]), saved["pc"], saved["source_steps"])


def _program_out(program: RamProgram) -> dict[str, Any]:
    layout = program.layout
    return {
        "layout": {"base": layout.base, "groups": layout.groups, "max_depth": layout.max_depth},
        "instructions": [[i.opcode.name, i.x, i.y, i.z] for i in program.instructions],
        "data": [[address, saved_integer(value)] for address, value in program.data],
        "entry": program.entry,
        "input_area": program.input_area and [program.input_area.base, program.input_area.free_cell],
        "traps": [[k, t.exception, t.message] for k, t in program.traps.items()],
        "origins": [[o.line, o.column, o.comment, o.steps] for o in program.origins],
        "library": sorted(program.library),
        "source": program.source,
        "filename": program.filename,
        "format": program.format,
        "options": program.options,
    }


def _program_in(saved: dict[str, Any]) -> RamProgram:
    return RamProgram(
        layout=Layout(**saved["layout"]),
        instructions=tuple(Instruction(Opcode[name], *operands) for name, *operands in saved["instructions"]),
        data=tuple((address, opened_integer(value)) for address, value in saved["data"]),
        entry=saved["entry"],
        input_area=InputArea(*saved["input_area"]) if saved["input_area"] else None,
        traps={k: Trap(exception, message) for k, exception, message in saved["traps"]},
        origins=tuple(Origin(*origin) for origin in saved["origins"]),
        library=frozenset(saved["library"]),
        source=saved["source"],
        filename=saved["filename"],
        format=saved["format"],
        options=tuple((name, value) for name, value in saved["options"]),
    )
