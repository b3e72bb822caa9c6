"""What the command line reads and writes; each failure is one message and exit status 2."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from compiler.machines.machine import Prompt, PromptError
from compiler.machines.saved import dumps
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
