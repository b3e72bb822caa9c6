"""Files of specialised transformers, where a command is given one in the place of a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from compiler.machines.constructions import is_stored
from compiler.machines.machine import Prompt
from compiler.machines.own import MachineError
from compiler.machines.specialised.specialised import Specialised
from compiler.machines.specialised.stored import load
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.command_line.exits import fail
from interpreter.command_line.files import with_input
from interpreter.command_line.sources import Source, open_prompt


@dataclass(frozen=True)
class ShortPrompt(TokenPrompt):
    """The prompt of a specialised transformer, which has its input already."""

    def with_input(self, text: str) -> Self:
        """The same prompt."""
        return self


def stored_in(source: Source) -> Specialised | None:
    """The specialised transformer that a command is given, if it is; ends the process where it cannot be read."""
    if not is_stored(source.file):
        return None
    options = {
        "--format": source.format, "--set": source.settings, "--machine": source.machine, "--base": source.base,
        "--groups": source.groups, "--form": source.form, "--positions": source.positions,
    }  # fmt: skip
    for option, value in options.items():
        if value:
            fail(f"{source.file}: error: a specialised transformer is what it is; leave {option} out")
    try:
        return load(source.file)
    except MachineError as problem:
        fail(str(problem))


def open_any(source: Source) -> Prompt:
    """The prompt of a program or of a saved prompt, or of a specialised transformer, with its input."""
    stored = stored_in(source)
    if stored is None:
        return with_input(open_prompt(source), source.input_text, source.file)
    prompt = with_input(stored.prompt, source.input_text, source.file)
    machine = stored.machine
    tokens = tuple(machine.vocabulary[number] for number in stored.shortened(prompt.numbers))
    return ShortPrompt(machine, source.file, tokens, filename=source.file)
