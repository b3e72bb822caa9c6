"""Counter-machine prompts as JSON; see `compiler.machines.saved`."""

from __future__ import annotations

from typing import Any

from compiler.machines.crasp.program import CounterProgram, Instruction
from compiler.machines.crasp.prompt import Prompt
from compiler.machines.crasp.schema import BodySchema

__all__ = ["BodySchema", "body_of", "prompt_of"]


def body_of(prompt: Prompt) -> dict[str, Any]:
    """All that the prompt is, in the shape of `BodySchema`."""
    return {
        "program": {
            "counters": list(prompt.program.counters),
            "instructions": [list(instruction) for instruction in prompt.program.instructions],
        },
        "values": list(prompt.values),
        "interpreted": prompt.interpreted,
        "last": prompt.last,
        "machine_values": list(prompt.machine_values),
        "source_steps": prompt.source_steps,
        "source": prompt.source,
        "filename": prompt.filename,
    }


def prompt_of(body: dict[str, Any]) -> Prompt:
    """Raises ValueError for a program that is no prompt."""
    program = body["program"]
    made = CounterProgram(tuple(program["counters"]), tuple(Instruction(*i) for i in program["instructions"]))
    return Prompt(
        made, tuple(body["values"]), body["interpreted"], body["last"], tuple(body["machine_values"]),
        body["source_steps"], body["source"], body["filename"],
    )  # fmt: skip
