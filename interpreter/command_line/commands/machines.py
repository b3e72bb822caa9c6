"""`punchtape machines`."""

from __future__ import annotations

import click

from compiler.machines.constructions import CONSTRUCTIONS
from interpreter.model.facts import facts


@click.command()
def machines() -> None:
    """List the constructions: the machines that a transformer has been built for, and what each one is.

    \b
    punchtape machines
    punchtape model --machine ram
    """
    from rich.console import Console
    from rich.table import Table

    table = Table("machine", "what it is", "layers", "width", "heads", "non-zeros", "vocabulary")
    for construction in CONSTRUCTIONS:
        known = facts(construction.machine().weights)
        table.add_row(
            construction.name,
            f"{construction.title} ({construction.paper})",
            *(f"{n:,}" for n in (known.layers, known.width, sum(known.heads), known.non_zeros, known.vocabulary)),
        )
    Console().print(table)
