"""`punchtape beavers`."""

from __future__ import annotations

import sys
import time

import click

from compiler.front_ends import UnknownFormat
from compiler.front_ends.options import OptionError
from interpreter.command_line.commands.options import engine_option
from interpreter.command_line.exits import ERROR, INTERRUPTED, fail
from interpreter.command_line.files import read_file
from interpreter.command_line.sources import split_setting
from interpreter.engines import UnknownEngine

LONGEST = {"ram": 10_000_000, "ptm": 10_000_000}
"""Steps up to which a machine of a list is run, if nothing else is asked for; on other constructions `FEW`."""
FEW = 1_000
USUAL = {"post": {"window": "64+"}, "turingformer": {"universal": "yes"}}
"""Options with which they are run, if no other value is given: for most of a list, one window, or one transformer."""


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--machine", "name", default="ram", show_default=True, metavar="NAME", help="ram, ptm, lag, post, turingformer."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of `.tm` files on the machine.  [post: window=64+; turingformer: universal=yes]",
)
@click.option(
    "--max-steps",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"Leave out what takes more steps; if not given, {LONGEST['ram']:,} on ram and ptm, {FEW:,} elsewhere.",
)
@engine_option
def beavers(file: str, name: str, settings: tuple[str, ...], max_steps: int | None, engine: str) -> None:
    """Run a list of busy beavers on the transformer, and compare steps and score of each with what the list says.

    FILE has a machine a line, in the one-line format, with its steps and its score after it, as the community's lists
    have; `-`: standard input. On `ram`, `ptm` and `turingformer` all of them are prompts of one transformer; on `lag`
    and `post`, and with `--set universal=no`, each is a transformer of its own.

    \b
    punchtape beavers busy_beavers.txt
    punchtape beavers busy_beavers.txt --machine post

    Exit status: 0 all are as in the list; 1 one differs; 2 usage, or the file is no such list; 130 Ctrl-C, after a
    summary of those so far.
    """
    from interpreter.command_line.terminal import CountLine
    from interpreter.runs.beavers import BeaverError, read_beavers, verdicts

    try:
        found = read_beavers(read_file(file), file)
    except BeaverError as problem:
        fail(str(problem))
    longest = LONGEST.get(name, FEW) if max_steps is None else max_steps
    chosen = [beaver for beaver in found if beaver.steps <= longest]
    progress, begun = CountLine("machines", len(chosen)), time.perf_counter()
    progress.update(0)  # the first one may have to wait for weights and code
    done = right = status = 0
    try:
        options = USUAL.get(name, {}) | dict(map(split_setting, settings))
        for verdict in verdicts(chosen, name, engine, options):
            done, right = done + 1, right + verdict.right
            if not verdict.right:
                progress.clear()
                click.echo(str(verdict))
            progress.update(1)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except (OptionError, UnknownEngine, UnknownFormat) as problem:
        fail(f"error: {problem}")
    progress.clear()
    left = f"; {len(found) - len(chosen):,} of more than {longest:,} steps left out" if len(chosen) < len(found) else ""
    click.echo(f"{right:,} of {done:,} as in the list, on {name} in {time.perf_counter() - begun:.1f} s{left}")
    sys.exit(status or (ERROR if right < done else 0))
