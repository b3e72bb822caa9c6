"""What the command line reads and writes; each failure is one message and exit status 2."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import click

import compiler
from compiler.circuits import FORMS, Form
from compiler.circuits.cache import opened
from compiler.front_ends import LANGUAGE, UnknownFormat, compile_machine, construction_of, format_of, front_end_of
from compiler.front_ends.options import OptionError
from compiler.language.errors import SourceError
from compiler.machines.constructions import construction
from compiler.machines.machine import Machine, Prompt, PromptError
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.saved import SavedPromptError, dumps, loads, looks_saved

COMPILER = Path(compiler.__file__).parent
MAX_INPUT = 2**25
"""Characters: a prompt of as many fills the longest trace that weights tell apart; the rest is not even read."""
LONG = 5_000
"""Lines that take seconds to compile."""
ERROR, USAGE, BUDGET, UNCOVERED, UNWRITTEN, INTERRUPTED = 1, 2, 3, 4, 5, 130


def fail(message: str, status: int = USAGE) -> NoReturn:
    """Says why on standard error and ends the process."""
    click.echo(message, err=True)
    sys.exit(status)


def layout_of(base: int | None, groups: int | None) -> Layout:
    default = Layout()
    try:
        return Layout(base if base is not None else default.base, groups if groups is not None else default.groups)
    except ValueError as problem:
        fail(f"error: {problem}")


def machine_named(
    name: str, base: int | None = None, groups: int | None = None, form: Form | None = None
) -> Machine[Any]:
    """The machine that the options of the command line name; ends the process with status 2 where there is none."""
    try:
        chosen = construction(name)
    except ValueError as problem:
        fail(f"error: {problem}")
    form = form or "stacked"
    if name == "ram":
        return machine(layout_of(base, groups), form)
    if base is not None or groups is not None:
        fail(f"error: --base and --groups are for the RAM, not for the {name} machine; leave them out")
    return chosen.machine() if form == "stacked" else replace(chosen.machine(), form=form)


@dataclass(frozen=True)
class Source:
    """A file, and what the command line says of it.

    format: as in `compiler.front_ends`, if not by the file's name; machine: the construction, if not the first that
    runs the format; settings: options of the format, `name=value`;
    form: of the weights, if not stacked or what a saved prompt was made for.
    """

    file: str
    format: str | None = None
    settings: tuple[str, ...] = ()
    machine: str | None = None
    base: int | None = None
    groups: int | None = None
    form: Form | None = None
    input_text: str | None = None


def open_prompt(source: Source) -> Prompt:
    """The prompt of a program or of a saved prompt; ends the process with status 2 where there is none."""
    text = read_file(source.file)
    try:
        if not looks_saved(text):
            return compile_source(source, text).in_form(source.form or "stacked")
        prompt, sha256 = loads(text)
    except SourceError as problem:
        fail(problem.render())
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
    fail(f"{source.file}: error: {made_for}; compile again")


def compile_source(source: Source, text: str) -> Prompt:
    """The prompt of a text in its format.

    Raises:
        SourceError, PromptError: it is not in that format, or does not fit; UnknownFormat, OptionError: see there.
    """
    name = source.format or format_of(source.file)
    machine_named(source.machine or construction_of(name), source.base, source.groups)
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


def split_setting(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise OptionError(f"`{setting}` is no option; write `--set name=value`")
    return name, value


def compile_once(text: str, file: str, layout: Layout) -> RamPrompt:
    """`compile_program`, or the prompt that it made of the same text last time; see `compiler.circuits.cache`.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    cache, name = opened(), _digest(COMPILER, text, file, layout)
    kept = cache.read("prompts", name) if cache else None
    if kept is not None:
        try:
            prompt, _ = loads(kept.decode())
            assert isinstance(prompt, RamPrompt)
            return prompt
        except (UnicodeDecodeError, SavedPromptError):
            pass
    # Imported only here: most of the time that a command takes to start is the parser's.
    from compiler.compiling import compile_program

    if (lines := text.count("\n")) > LONG and sys.stderr.isatty():
        click.echo(f"compiling {lines:,} lines …", err=True)
    prompt = compile_program(text, file, layout)
    if cache:
        cache.write("prompts", name, dumps(prompt, "").encode())
    return prompt


def _digest(folder: Path, *rest: object) -> str:
    sources = [path for path in folder.rglob("*") if path.suffix in (".py", ".lark", ".txt")]
    digest = hashlib.sha256(repr(rest).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_file(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except OSError as problem:
        fail(f"{file}: error: cannot be read: {problem.strerror}")
    except UnicodeDecodeError as problem:
        fail(f"{file}: error: is not UTF-8 text (byte {problem.start})")


def check_writable(*files: Path | None) -> None:
    """Ends the process with status 2 if one of the files cannot be written later: its folder is missing, say."""
    for file in files:
        if file is not None and _is_plain(file):
            aside = _aside(file)
            try:
                with aside.open("ab"):
                    pass
                aside.unlink()
            except OSError as problem:
                fail(f"{file}: error: cannot be written: {problem.strerror}")


def save_file(file: Path, text: str) -> None:
    """Writes aside, then renames: what is there is never half a file. A pipe or device is written as it is.

    Raises:
        OSError: the file cannot be written, or the disk is full; what is there under its name is left as it was.
    """
    if not _is_plain(file):
        file.write_text(text, encoding="utf-8")
        return
    aside = _aside(file)
    try:
        with aside.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(aside, file.resolve())
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_file(file: Path, text: str) -> None:
    """`save_file`; ends the process with status 5 where that fails."""
    try:
        save_file(file, text)
    except OSError as problem:
        fail(f"{file}: error: cannot be written: {problem.strerror}", UNWRITTEN)


def _is_plain(file: Path) -> bool:
    """Whether the file is an ordinary one, or none yet: anything else must not be renamed over."""
    return file.is_file() or not file.exists()


def _aside(file: Path) -> Path:
    file = file.resolve()
    return file.with_name(file.name + ".part")


def write_prompt(file: Path, prompt: Prompt) -> None:
    """Saves a prompt, so that `punchtape run FILE` goes on from it; ends the process with status 5 if it cannot."""
    write_file(file, prompt_text(prompt))


def prompt_text(prompt: Prompt) -> str:
    return dumps(prompt, prompt.machine.weights.sha256())


def with_input(prompt: Prompt, input_text: str | None) -> Prompt:
    """The prompt with its input: the text given, else standard input if the program reads any."""
    if input_text is None:
        if not prompt.reads_input or prompt.input_text:
            return prompt
        if sys.stdin.isatty():
            click.echo("reading the input up to Ctrl-D (the prompt holds all of it)", err=True)
        try:
            input_text = sys.stdin.read(MAX_INPUT + 1)
        except OSError as problem:
            fail(f"standard input: error: cannot be read: {problem.strerror}")
        except UnicodeDecodeError as problem:
            fail(f"standard input: error: is not UTF-8 text (byte {problem.start})")
    if len(input_text) > MAX_INPUT:
        fail(f"input: error: it has more than {MAX_INPUT:,} characters, and the prompt holds all of it")
    try:
        return prompt.with_input(input_text)
    except PromptError as problem:
        fail(f"input: error: {problem}")
