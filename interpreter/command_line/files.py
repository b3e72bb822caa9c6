"""What the command line reads and writes; each failure is one message and exit status 2."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from compiler.machines.machine import Prompt, PromptError
from compiler.machines.saved import dumps
from interpreter.command_line.exits import fail


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


def write_prompt(file: Path, prompt: Prompt) -> None:
    """Saves a prompt, so that `punchtape run FILE` goes on from it."""
    write_file(file, dumps(prompt, prompt.machine.weights.sha256()))


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
