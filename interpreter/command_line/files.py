"""What the command line reads and writes; each failure is one message and exit status 2."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from compiler.machines.machine import Prompt, PromptError
from compiler.machines.saved import dumps
from interpreter.command_line.exits import fail
from interpreter.runs.examples import PREFIX, UnknownExample, example_file

STANDARD_INPUT = "-"
"""What a command may be given in place of a file: the program is read from standard input."""


def located(file: str) -> str:
    """The file that an argument names: itself, or that of an example; ends the process where there is none."""
    if not file.startswith(PREFIX):
        return file
    try:
        return str(example_file(file.removeprefix(PREFIX)))
    except UnknownExample as problem:
        fail(f"error: {problem}")


def read_file(file: str) -> str:
    """The text of a file, or standard input for `-`; ends the process where it cannot be read."""
    try:
        content = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
        return content.decode("utf-8-sig")
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


def write_prompt(file: Path, prompt: Prompt) -> None:
    """Saves a prompt, so that `punchtape run FILE` goes on from it."""
    write_file(file, dumps(prompt, prompt.machine.weights.sha256()))


def with_input(prompt: Prompt, input_text: str | None, file: str) -> Prompt:
    """The prompt with its input: the text given, else standard input if the program reads any.

    file: where the program came from; if that was standard input, there is no input left in it.
    """
    if input_text is None:
        if not prompt.reads_input or prompt.input_text:
            return prompt
        if file == STANDARD_INPUT:
            fail("error: standard input was the program, and the program reads input; give that with --input")
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
