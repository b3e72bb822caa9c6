"""What the command line reads and writes; each failure is one message and exit status 2."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.machines.machine import Prompt, PromptError
from compiler.machines.saved import dumps
from compiler.storage import writing
from interpreter.command_line.exits import UNWRITTEN, fail
from interpreter.runs.examples import PREFIX, UnknownExample, example_file

MAX_INPUT = 2**25
"""Characters: a prompt of as many fills the longest trace that weights tell apart; the rest is not even read."""
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


def check_writable(*files: Path | None) -> None:
    """Ends the process with status 2 if one of the files cannot be written later: its folder is missing, say."""
    for file in files:
        if file is not None:
            try:
                writing.check_writable(file)
            except OSError as problem:
                fail(f"{file}: error: cannot be written: {problem.strerror}")


def write_file(file: Path, text: str) -> None:
    """`compiler.storage.writing.write_text`; ends the process with status 5 where that fails."""
    try:
        writing.write_text(file, text)
    except OSError as problem:
        fail(f"{file}: error: cannot be written: {problem.strerror}", UNWRITTEN)


def write_prompt(file: Path, prompt: Prompt) -> None:
    """Saves a prompt, so that `punchtape run FILE` goes on from it; ends the process with status 5 if it cannot."""
    write_file(file, prompt_text(prompt))


def prompt_text(prompt: Prompt) -> str:
    """The file of a prompt, with the hash of the weights that it is for."""
    return dumps(prompt, prompt.machine.weights.sha256())


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
