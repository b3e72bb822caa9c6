"""How a command ends: with a message on standard error, and an exit status that its help documents."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from interpreter import how_to_install

ERROR, USAGE, BUDGET, UNCOVERED, UNWRITTEN, INTERRUPTED = 1, 2, 3, 4, 5, 130


def needs(extra: str, what: str, problem: ImportError) -> str:
    """The message where packages of an extra are not installed."""
    return f"error: {what} needs more packages ({problem}): {how_to_install(extra)}"


def fail(message: str, status: int = USAGE) -> NoReturn:
    """Says why on standard error and ends the process."""
    click.echo(message, err=True)
    sys.exit(status)
