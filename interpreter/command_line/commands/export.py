"""`punchtape export`."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.circuits import Form
from interpreter.command_line.commands.options import form_option, layout_options, machine_option
from interpreter.command_line.exits import UNWRITTEN, fail, needs
from interpreter.command_line.files import check_writable
from interpreter.command_line.machines import machine_named
from interpreter.command_line.terminal import saying
from interpreter.export import TARGETS, NotExportable

_MEANINGS = "; ".join(f"{name}: {target.meaning}" for name, target in TARGETS.items())


@click.command()
@machine_option("ram")
@layout_options
@form_option
@click.option("--to", "target", type=click.Choice(list(TARGETS)), required=True, help=f"{_MEANINGS}.")
@click.option(
    "--positions",
    type=click.IntRange(1, 2**20),
    default=4096,
    show_default=True,
    metavar="N",
    help="Rows of the table of positions that transformer-lens needs; other targets compute them.",
)
@click.option(
    "-o", "output", type=click.Path(path_type=Path), required=True, metavar="OUT", help="The file or folder to write."
)
def export(
    name: str, base: int | None, groups: int | None, form: Form | None, target: str, positions: int, output: Path
) -> None:
    """Write a machine's weights for other libraries.

    What is written has all that is needed to run it without punchtape, and the largest proved number of tokens, if
    `punchtape check` has proved one.

    \b
    punchtape export --machine ptm --to safetensors -o ptm.safetensors
    punchtape export --machine ram --to huggingface -o ram
    """
    chosen = TARGETS[target]
    machine = machine_named(name, base, groups, form)
    if not chosen.folder:
        check_writable(output)
    try:
        with saying("exporting"):
            chosen.write(machine, output, positions)
    except NotExportable as problem:
        fail(f"error: {problem}")
    except ImportError as problem:
        fail(needs(chosen.extra, f"`punchtape export --to {target}`", problem))
    except OSError as problem:
        fail(f"{output}: error: cannot be written: {problem.strerror}", UNWRITTEN)
