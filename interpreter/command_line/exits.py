"""How a command ends: with a message on standard error, and an exit status that its help documents."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

ERROR, USAGE, BUDGET, INTERRUPTED = 1, 2, 3, 130


def fail(message: str, status: int = USAGE) -> NoReturn:
    """Says why on standard error and ends the process."""
    click.echo(message, err=True)
    sys.exit(status)
