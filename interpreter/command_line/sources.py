"""From a file, and what the command line says of it, to a prompt; each failure is one message and exit status 2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from compiler.circuits import FORMS, Form
from compiler.front_ends import LANGUAGE, UnknownFormat, compile_machine, construction_of, format_of, front_end_of
from compiler.front_ends.options import OptionError
from compiler.language.errors import SourceError
from compiler.machines.codec import TextError
from compiler.machines.constructions import construction
from compiler.machines.machine import Machine, Prompt, PromptError
from compiler.machines.own import MachineError
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.saved import SavedPromptError, loads, looks_saved, usual_machine
from compiler.machines.tokens.prompt import prompt_of
from interpreter.command_line.exits import fail
from interpreter.command_line.files import STANDARD_INPUT, read_file
from interpreter.command_line.kept_prompts import compile_once
from interpreter.command_line.machines import layout_of, machine_named

TOKENS = "tokens"
"""The package of prompts that are read by the codec of their machine."""


@dataclass(frozen=True)
class Source:
    """A file (`-`: standard input), and what the command line says of it.

    format: as in `compiler.front_ends`, if not by the file's name; machine: the construction, if not the first that
    runs the format; settings: options of the format, `name=value`;
    form: of the weights, if not stacked or what a saved prompt was made for; positions: how many they tell apart, if
    not the usual number.
    """

    file: str
    format: str | None = None
    settings: tuple[str, ...] = ()
    machine: str | None = None
    base: int | None = None
    groups: int | None = None
    form: Form | None = None
    input_text: str | None = None
    positions: int | None = None


def open_prompt(source: Source) -> Prompt:
    """The prompt of a program or of a saved prompt; ends the process with status 2 where there is none."""
    text = read_file(source.file)
    if source.file == STANDARD_INPUT:
        source = replace(source, file="<stdin>")
    try:
        if not looks_saved(text):
            prompt = compile_source(source, text).in_form(source.form or "stacked")
            return prompt if source.positions is None else prompt.telling_apart(source.positions)
        prompt, sha256 = loads(text, partial(_machine_of, source))
        prompt = prompt if source.positions is None else prompt.telling_apart(source.positions)
    except SourceError as problem:
        fail(problem.render())
    except (TextError, MachineError) as problem:
        fail(str(problem))
    except (SavedPromptError, PromptError) as problem:
        fail(f"{source.file}: error: {problem}")
    except (UnknownFormat, OptionError) as problem:
        fail(f"error: {problem}")
    if source.format is not None or source.settings:
        fail(f"{source.file}: error: a saved prompt has its format and options; leave --format and --set out")
    if source.input_text is not None and not prompt.reads_input:
        fail(f"{source.file}: error: this saved prompt has its input already, or reads none; leave --input out")
    if source.machine not in (None, prompt.construction):
        fail(f"{source.file}: error: the prompt was made for the {prompt.construction} machine; leave --machine out")
    made = prompt.layout if isinstance(prompt, RamPrompt) else None
    for name, asked in (("base", source.base), ("groups", source.groups)):
        if asked is not None and asked != (saved := getattr(made, name, None)):
            wanted = f"{name} {saved}, not {asked}" if saved else f"a machine without {name}"
            fail(f"{source.file}: error: the prompt was made for {wanted}; leave --{name} out")
    for candidate in map(prompt.in_form, FORMS if source.form is None else (source.form,)):
        if sha256 == candidate.machine.weights.sha256():
            return candidate
    built = prompt.in_form(source.form or "stacked").machine.weights.sha256()
    made_for = f"the prompt was made for weights {sha256[:12]}…, these are {built[:12]}…"
    fail(f"{source.file}: error: {made_for}; compile again, or give the --positions that it was made with")


def compile_source(source: Source, text: str) -> Prompt:
    """The prompt of a text in its format.

    Raises:
        SourceError, PromptError: it is not in that format, or does not fit; UnknownFormat, OptionError: see there.
    """
    name = source.format or format_of(source.file)
    machine = machine_named(source.machine or construction_of(name), source.base, source.groups)
    if name == LANGUAGE and source.format is None and source.machine and construction(source.machine).prompts == TOKENS:
        if source.settings or source.input_text is not None:
            raise PromptError("the tokens in the file are all that this machine is given; leave --set and --input out")
        return prompt_of(machine, source.machine, text, source.file)
    if name == LANGUAGE:
        if source.machine not in (None, "ram"):
            raise UnknownFormat(f"programs of the small language run on the RAM; leave --machine {source.machine} out")
        if source.settings:
            raise OptionError("programs of the small language have no options; leave --set out")
        return compile_once(text, source.file, layout_of(source.base, source.groups))
    options = dict(split_setting(setting) for setting in source.settings)
    fields = front_end_of(name, source.machine).Options.__dataclass_fields__
    if source.input_text is not None and "input" in fields:
        options["input"] = source.input_text
    layout = layout_of(source.base, source.groups)
    return compile_machine(name, text, source.file, options, layout, source.machine)


def _machine_of(source: Source, name: str, body: Mapping[str, Any]) -> Machine[Any]:
    """The machine of a saved prompt: made for the program that is in it, or the one that the command line names."""
    program = body["program"]
    if program["format"]:
        source_text, options = program["source"], dict(program["options"])
        return compile_machine(program["format"], source_text, program["filename"], options, None, name).machine
    return construction(name).machine() if name == source.machine else usual_machine(name, body)


def split_setting(setting: str) -> tuple[str, str]:
    """Name and value of `name=value`.

    Raises:
        OptionError: there is no `=` in it.
    """
    name, equals, value = setting.partition("=")
    if not equals:
        raise OptionError(f"`{setting}` is no option; write `--set name=value`")
    return name, value
