"""`punchtape formats`."""

from __future__ import annotations

import click

from compiler.front_ends import FORMATS, front_end_of
from compiler.front_ends.options import choices


@click.command()
def formats() -> None:
    """List the formats that FILE may have, the machines that run them, and their options with what they may be.

    \b
    punchtape formats
    punchtape run programs/machines/bb4.tm --set tape=yes
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(show_lines=True)
    for name, widest in (("format", 9), ("what it is", 18), ("--machine", 13)):
        table.add_column(name, max_width=widest)
    table.add_column("--set", overflow="fold")
    table.add_row(".py, any other", "programs of the small language", "ram", "")
    for row in FORMATS.values():
        settings: dict[str, str] = {}
        for construction in row.modules:
            settings |= choices(front_end_of(row.extension, construction).Options)
        options = "\n".join(f"{name}={values.replace('|', ' | ')}" for name, values in settings.items())
        table.add_row(f".{row.extension}", row.meaning, ", ".join(row.modules), options)
    Console().print(table)
