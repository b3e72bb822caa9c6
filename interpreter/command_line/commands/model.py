"""`punchtape model`."""

from __future__ import annotations

import click

from compiler.circuits import Form
from interpreter.command_line.commands.options import form_option, layout_options, machine_option
from interpreter.command_line.machines import machine_named
from interpreter.model.facts import facts


@click.command()
@machine_option("ram")
@layout_options
@form_option
def model(name: str, base: int | None, groups: int | None, form: Form | None) -> None:
    """Print what the transformer is: layers, width, heads, weights, vocabulary and their SHA-256.

    \b
    punchtape model
    punchtape model --base 10
    punchtape model --form looped
    """
    weights = machine_named(name, base, groups, form).weights
    known = facts(weights)
    rows: list[tuple[str, object]] = [
        ("machine", weights.name),
        ("form", known.form),
        ("layers", known.layers),
        *([("passes a token", known.passes)] if known.form == "looped" else []),
        ("width", f"{known.width:,}"),
        ("heads a layer", " ".join(map(str, known.heads))),
        ("neurons a layer", " ".join(map(str, known.neurons))),
        ("vocabulary", f"{known.vocabulary:,}"),
        ("parameters", f"{known.parameters:,}"),
        ("non-zero weights", f"{known.non_zeros:,} besides the token embedding and unembedding"),
        ("in the embedding", f"{known.embedding:,}"),
        ("in the unembedding", f"{known.unembedding:,}"),
        ("data type", "float64"),
        ("longest trace", f"{known.max_tokens:,} tokens: recency is exact up to there"),
        ("sha256", weights.sha256()),
    ]
    for label, value in rows:
        click.echo(f"{label:<22}{value}")
