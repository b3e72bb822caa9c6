"""`punchtape draw`."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from compiler.circuits import Form
from compiler.circuits.unrolled import NotSettling
from compiler.machines.machine import PromptError
from interpreter.command_line.commands.options import engine_option, form_option, layout_options, machine_option
from interpreter.command_line.exits import fail
from interpreter.command_line.files import check_writable, located, write_file
from interpreter.command_line.machines import machine_named, set_up
from interpreter.command_line.sources import Source
from interpreter.command_line.specialised import open_any
from interpreter.command_line.terminal import saying
from interpreter.engines import UnknownEngine


@click.command()
@click.argument("file", metavar="[FILE]", required=False)
@machine_option(None)
@layout_options
@form_option
@click.option("--attention", is_flag=True, help="The attention of a run of FILE, instead of the circuit.")
@click.option("--input", "input_text", metavar="TEXT", help="The program's input, instead of standard input.")
@click.option(
    "--from", "first", type=click.IntRange(0), metavar="P", help="The first token shown.  [the prompt's last]"
)
@click.option("--tokens", "count", type=click.IntRange(1, 200), default=24, show_default=True, help="Tokens shown.")
@click.option("--all/--families", "every", default=None, help="A row for each wire, or for each family of wires.")
@engine_option
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The SVG to write.")
def draw(
    file: str | None, name: str | None, base: int | None, groups: int | None, form: Form | None, attention: bool,
    input_text: str | None, first: int | None, count: int, every: bool | None, engine: str, output: Path,
) -> None:  # fmt: skip
    """Draw the circuit of a machine, or the attention of a run, as an SVG file.

    The circuit has a row for each wire and a column for each head and gate; large machines have a row for each family
    of wires. The attention has a strip for each head.

    \b
    punchtape draw --machine ptm -o ptm.svg
    punchtape draw programs/gcd.py --attention --input '12 18' --from 900 -o attention.svg
    """
    check_writable(output)
    if attention != (file is not None):
        fail("error: FILE and --attention go together: the circuit is the same for all programs")
    try:
        if file is None:
            from interpreter.drawing.circuit_picture import circuit_svg

            with saying("drawing"):
                weights = machine_named(name or "ram", base, groups, form).weights
                picture = circuit_svg(weights, None if every is None else not every)
            write_file(output, picture)
        else:
            source = Source(located(file), None, (), name, base, groups, form, input_text)
            write_file(output, _attention(source, first, count, engine))
    except NotSettling as problem:
        fail(f"error: {problem}, so that there are no layers to draw; use --form stacked")


def _attention(source: Source, first: int | None, count: int, engine: str) -> str:
    """The picture of a run; ends the process with status 2 where there is none."""
    from interpreter.drawing.attention_picture import attention_svg

    try:
        prompt = open_any(source)
        machine, numbers = prompt.machine, [int(number) for number in prompt.numbers]
        first = len(numbers) - 1 if first is None else first
        budget = first + count - len(numbers)
        chunks = set_up(engine, machine).decode(prompt.numbers, budget) if budget > 0 else ()
        with saying("decoding"):
            following = [*machine.whole(numbers, map(int, chain.from_iterable(chunks)))]
        if machine.cut is not None and not following:
            fail(
                f"error: a loop outside shows {machine.name} a window of the trace: there is no attention to all of it"
            )
        tokens = [*numbers, *following][: first + count]
    except (PromptError, UnknownEngine) as problem:
        fail(f"{source.file}: error: {problem}")
    if first >= len(tokens):
        fail(f"{source.file}: error: the run has {len(tokens)} tokens; choose an earlier one with --from")
    with saying("drawing"):
        names = [str(machine.vocabulary[n]) for n in tokens]
        return attention_svg(machine.weights, tokens, names, first, len(numbers))
