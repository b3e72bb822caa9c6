"""`punchtape compare`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from compiler.circuits import FORMS
from compiler.front_ends import FORMATS, LANGUAGE, format_of
from compiler.machines.machine import Prompt, PromptError
from interpreter.command_line.exits import fail
from interpreter.command_line.files import located
from interpreter.command_line.sources import Source, open_prompt


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--machine",
    "names",
    multiple=True,
    metavar="NAME",
    help="On this construction, or FILE.py:NAME, only; may be given again.  [all that run the format]",
)
@click.option("--input", "input_text", metavar="TEXT", help="The input of every task.")
@click.option("--max-tokens", type=click.IntRange(min=1), default=1_000_000, show_default=True, metavar="N")
@click.option(
    "--confirm",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="In each data type, have the dense transformer confirm the first N tokens.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def compare(
    files: tuple[str, ...],
    names: tuple[str, ...],
    input_text: str | None,
    max_tokens: int,
    confirm: int,
    as_json: bool,
) -> None:
    """Run the same tasks on every construction, stacked and looped, and print what each one is and needs.

    A run goes on for at most --max-tokens; it has then `ended by` budget. A data type `is right for` the tokens,
    prompt included, up to which the dense transformer emits in it what the indexed engine does. What is `proved`
    is from the certificate that `punchtape check` keeps.

    \b
    punchtape compare programs/machines/bb4.tm
    punchtape compare programs/machines/parity.ptm --input 0110
    punchtape compare tag/prompt.txt --machine tag/machine.py:machine
    """
    from rich.console import Console
    from rich.table import Table

    from interpreter.runs.comparing import compete, rows

    console, errors = Console(), Console(stderr=True)
    results = {}
    for file in map(located, files):
        contestants = []
        for prompt in _prompts(file, names, input_text):
            with errors.status(f"{file} on {prompt.construction}, {prompt.machine.weights.form} …"):
                contestants.append(compete(prompt, max_tokens, confirm))
        titles = [f"{c.construction} {c.facts.form}" for c in contestants]
        table = Table("", *titles, title=file, title_justify="left")
        for label, entries in rows(contestants):
            table.add_row(label, *entries)
        results[file] = {label: dict(zip(titles, entries)) for label, entries in rows(contestants)}
        if not as_json:
            console.print(table)
    if as_json:
        click.echo(json.dumps(results, indent=1, ensure_ascii=False))


def _prompts(file: str, names: tuple[str, ...], input_text: str | None) -> Iterator[Prompt]:
    """The task for every construction and form that runs it, or for those that are named."""
    name = format_of(file)
    constructions = ("ram",) if name == LANGUAGE else tuple(FORMATS[name].modules)
    for construction in names or constructions:
        prompt = open_prompt(Source(file, machine=construction, input_text=input_text))
        try:
            prompt = prompt.with_input(input_text or "") if prompt.reads_input else prompt
        except PromptError as problem:
            fail(f"{file}: error: {problem}")
        yield from map(prompt.in_form, FORMS)
