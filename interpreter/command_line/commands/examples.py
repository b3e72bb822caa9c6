"""`punchtape examples`."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click

from interpreter.runs.examples import PREFIX, summary
from interpreter.runs.examples import examples as known


@click.command()
def examples() -> None:
    """List the example programs that come with punchtape; commands take `example:NAME` for FILE.

    \b
    punchtape examples
    punchtape run example:collatz --input 27
    punchtape run example:bb4.tm --set tape=yes
    """
    width = max(map(len, known()))
    for name, file in known().items():
        head = f"{PREFIX}{name:<{width}}  "
        # On a terminal, lines are wrapped; in a pipe, an example is one line, as `grep` wants it.
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
        click.echo(textwrap.fill(summary(file), columns, initial_indent=head, subsequent_indent=" " * len(head)))
