"""What the command line reads and writes; each failure is one message and exit status 2."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from compiler.language.errors import SourceError
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.prompt import Prompt, PromptError
from compiler.machines.ram.saved import SavedPromptError, loads, looks_saved

ERROR, USAGE, BUDGET, INTERRUPTED = 1, 2, 3, 130


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


def open_prompt(file: str, base: int | None, groups: int | None) -> Prompt:
    """The prompt of a program or of a saved prompt; ends the process with status 2 where there is none."""
    from compiler.compiling import compile_program

    text = read_file(file)
    try:
        if not looks_saved(text):
            return compile_program(text, file, layout_of(base, groups))
        prompt, sha256 = loads(text)
    except SourceError as problem:
        fail(problem.render())
    except (SavedPromptError, PromptError) as problem:
        fail(f"{file}: error: {problem}")
    for name, asked, saved in (("base", base, prompt.layout.base), ("groups", groups, prompt.layout.groups)):
        if asked is not None and asked != saved:
            fail(f"{file}: error: the prompt was made for {name} {saved}, not {asked}; leave --{name} out")
    built = machine(prompt.layout).weights.sha256()
    if sha256 != built:
        fail(f"{file}: error: the prompt was made for weights {sha256[:12]}…, these are {built[:12]}…; compile again")
    return prompt


def read_file(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except OSError as problem:
        fail(f"{file}: error: cannot be read: {problem.strerror}")
    except UnicodeDecodeError as problem:
        fail(f"{file}: error: is not UTF-8 text (byte {problem.start})")


def write_file(file: Path, text: str) -> None:
    """Writes aside, then renames: what is there is never half a file."""
    aside = file.with_name(file.name + ".part")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, file)
    except OSError as problem:
        aside.unlink(missing_ok=True)
        fail(f"{file}: error: cannot be written: {problem.strerror}")


def with_input(prompt: Prompt, input_text: str | None) -> Prompt:
    """The prompt with its input: the text given, else standard input if the program reads any."""
    if input_text is None:
        if not prompt.reads_input or prompt.input_text:
            return prompt
        if sys.stdin.isatty():
            click.echo("reading the input up to Ctrl-D (the prompt holds all of it)", err=True)
        try:
            input_text = sys.stdin.read()
        except UnicodeDecodeError as problem:
            fail(f"standard input: error: is not UTF-8 text (byte {problem.start})")
    try:
        return prompt.with_input(input_text)
    except PromptError as problem:
        fail(f"input: error: {problem}")
