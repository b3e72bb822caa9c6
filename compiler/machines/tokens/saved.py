"""Prompts that are tokens as JSON; see `compiler.machines.saved`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from compiler.machines.machine import Machine, PromptError
from compiler.machines.schema import Name, Text
from compiler.machines.tokens.prompt import TokenPrompt


class ProgramSchema(Struct, forbid_unknown_fields=True):
    """The program that a prompt was compiled from; format: empty if it was compiled from none."""

    source: Text
    filename: Name
    format: Name
    options: list[tuple[Name, Text]]


class BodySchema(Struct, forbid_unknown_fields=True):
    """A prompt: the numbers of its tokens, and its program."""

    tokens: list[Annotated[int, Meta(ge=0, le=2**31)]]
    program: ProgramSchema


def body_of(prompt: TokenPrompt) -> dict[str, Any]:
    """All that the prompt is, but for its machine, in the shape of `BodySchema`."""
    return {
        "tokens": prompt.numbers.tolist(),
        "program": {
            "source": prompt.source,
            "filename": prompt.filename,
            "format": prompt.format,
            "options": [list(option) for option in prompt.options],
        },
    }


def prompt_of(body: dict[str, Any], construction: str, machine: Machine[Any]) -> TokenPrompt:
    """Raises PromptError for what is no prompt of this machine."""
    if (largest := max(body["tokens"], default=0)) >= len(machine.vocabulary):
        raise PromptError(f"the {machine.name} machine has no token with number {largest}")
    program = body["program"]
    return TokenPrompt(
        machine,
        construction,
        tuple(machine.vocabulary[number] for number in body["tokens"]),
        program["source"],
        program["filename"],
        program["format"],
        tuple((str(name), str(value)) for name, value in program["options"]),
    )
