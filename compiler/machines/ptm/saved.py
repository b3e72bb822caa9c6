"""Post-Turing prompts as JSON; see `compiler.machines.saved`."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from compiler.machines.ptm.program import Instruction, PtmProgram
from compiler.machines.ptm.prompt import Prompt, Snapshot, Tape
from compiler.machines.ptm.schema import BodySchema

__all__ = ["BodySchema", "body_of", "prompt_of"]


def body_of(prompt: Prompt) -> dict[str, Any]:
    """All that the prompt is, in the shape of `BodySchema`."""
    program, snapshot = prompt.program, prompt.snapshot
    tapes = [[tape.head, list(tape.ones)] for tape in snapshot.tapes] if snapshot else []
    return {
        "input": prompt.input_text,
        "snapshot": snapshot and {"tapes": tapes, "pc": snapshot.pc, "source_steps": snapshot.source_steps},
        "program": {
            "instructions": [list(astuple(instruction)) for instruction in program.instructions],
            "source": program.source,
            "filename": program.filename,
            "format": program.format,
            "options": [list(option) for option in program.options],
        },
    }


def prompt_of(body: dict[str, Any]) -> Prompt:
    """Raises PromptError for a program that is no prompt."""
    saved, program = body["snapshot"], body["program"]
    snapshot = None
    if saved:
        a, b = (Tape(int(head), tuple(map(int, ones))) for head, ones in saved["tapes"])
        snapshot = Snapshot((a, b), int(saved["pc"]), int(saved["source_steps"]))
    instructions = tuple(Instruction(*fields) for fields in program["instructions"])
    options = tuple((str(name), str(value)) for name, value in program["options"])
    made = PtmProgram(instructions, program["source"], program["filename"], program["format"], options)
    return Prompt(made, body["input"], snapshot)
