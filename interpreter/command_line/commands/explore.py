"""`punchtape explore`."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.machines.machine import PromptError
from interpreter.command_line.commands.options import budget_option, engine_option, source_options
from interpreter.command_line.exits import UNWRITTEN, fail
from interpreter.command_line.files import check_writable
from interpreter.command_line.sources import Source
from interpreter.command_line.specialised import open_any
from interpreter.command_line.terminal import saying
from interpreter.engines import UnknownEngine


@click.command()
@source_options
@engine_option
@budget_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PAGE.html",
    help="Where to write the page; otherwise to a temporary folder.",
)
@click.option(
    "--around",
    type=click.IntRange(min=1),
    metavar="T",
    help="Show the run around token T of its trace, if it is too long for a page.",
)
@click.option("--open/--no-open", "opens", default=True, help="Whether to open the page in the browser.  [--open]")
def explore(
    source: Source, engine: str, max_tokens: int | None, output: Path | None, around: int | None, opens: bool
) -> None:
    """Write a page for the browser in which a run can be looked at, token by token.

    \b
    punchtape explore programs/collatz.py --input 27
    punchtape explore programs/machines/bb5.tm --max-tokens 100000000 --around 50000000
    punchtape explore programs/gcd.py --input '12 18' -o gcd.html --no-open

    The page holds the source, the prompt, the trace and the weights, and computes every head, neuron, wire and logit
    itself; it loads nothing. Of a run of more than 10,000 tokens it holds those around T, which go on from a prompt
    with the cells as they are there, and a strip of the whole run.
    """
    import webbrowser

    from interpreter.explorer.exploring import explore as page_of
    from interpreter.explorer.recording import NoPage

    prompt = open_any(source)
    check_writable(output)
    try:
        with saying("decoding and writing the page"):
            page = page_of(prompt, around=around, max_tokens=max_tokens, engine=engine)
    except (PromptError, UnknownEngine, NoPage) as problem:
        fail(f"{source.file}: error: {problem}")
    try:
        path = page.save(output) if output else page.saved_aside()
    except OSError as problem:
        fail(f"{output or 'a temporary folder'}: error: cannot be written: {problem.strerror}", UNWRITTEN)
    click.echo(str(path))
    if opens:
        webbrowser.open(path.absolute().as_uri())
