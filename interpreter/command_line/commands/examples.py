"""`punchtape examples`."""

from __future__ import annotations

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
        click.echo(f"{PREFIX}{name:<{width}}  {summary(file)}")
