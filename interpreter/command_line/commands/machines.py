"""`punchtape machines`."""

from __future__ import annotations

import click

from compiler.machines.constructions import CONSTRUCTIONS, construction
from interpreter.command_line.machines import machine_named
from interpreter.command_line.terminal import saying
from interpreter.model.facts import facts


@click.command()
@click.option(
    "--machine", "names", multiple=True, metavar="NAME", help="This one, or FILE.py:NAME, only; may be given again."
)
def machines(names: tuple[str, ...]) -> None:
    """List the constructions: the machines that a transformer has been built for, and what each one is.

    \b
    punchtape machines
    punchtape machines --machine tag/machine.py:machine
    punchtape model --machine ram
    """
    from rich.console import Console
    from rich.table import Table

    table = Table("machine", "what it is", "layers", "width", "heads", "non-zeros", "vocabulary")
    for name in names or [row.name for row in CONSTRUCTIONS]:
        with saying(f"reading {name}"):
            known = facts(machine_named(name).weights)
        row = construction(name)
        table.add_row(
            name,
            f"{row.title} ({row.paper})",
            *(f"{n:,}" for n in (known.layers, known.width, sum(known.heads), known.non_zeros, known.vocabulary)),
        )
    Console().print(table)
