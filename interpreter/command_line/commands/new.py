"""`punchtape new`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from interpreter.command_line.exits import fail
from interpreter.command_line.files import write_file

NAMES = ("machine.py", "specification.py", "test_machine.py", "prompt.txt")
"""The files of a new machine."""


@click.command()
@click.argument("name", metavar="NAME")
def new(name: str) -> None:
    """Write a small machine into the folder NAME, to begin your own with: four files, and all commands work on them.

    \b
    punchtape new tag
    punchtape run tag/prompt.txt --machine tag/machine.py:machine
    punchtape check --machine tag/machine.py:machine
    python -m pytest tag
    """
    folder = Path(name)
    if not folder.name.isidentifier():
        fail(f"error: a machine cannot be called {folder.name!r}; write a name of letters, digits and _")
    if folder.exists():
        fail(f"{folder}: error: there is something of this name already; choose another one")
    try:
        folder.mkdir()
    except OSError as problem:
        fail(f"{folder}: error: cannot be written: {problem.strerror}")
    templates = files("interpreter.command_line") / "template"
    for file in NAMES:
        source = templates / (file if file.endswith(".txt") else f"{file}.txt")
        write_file(folder / file, source.read_text(encoding="utf-8").replace("NAME", folder.name))
        click.echo(folder / file)
