"""`punchtape compare`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields

import click

from compiler.circuits import FORMS
from compiler.front_ends import FORMATS, LANGUAGE, format_of, front_end_of
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

    A program that can be in the weights or in the prompt of a universal machine is run both ways.

    A run goes on for at most --max-tokens; it has then `ended by` budget. A data type `is right for` the tokens,
    prompt included, up to which the dense transformer emits in it what the indexed engine does: minutes where there
    are many passes (`turingformer` looped), less with a smaller --confirm. What is `proved` is from the certificate
    that `punchtape check` keeps.

    \b
    punchtape compare programs/machines/bb4.tm
    punchtape compare programs/machines/parity.ptm --input 0110
    punchtape compare tag/prompt.txt --machine tag/machine.py:machine
    """
    from rich.console import Console
    from rich.table import Table

    from interpreter.command_line.bar import Bar
    from interpreter.runs.comparing import compete, rows

    console = Console()
    results = {}
    for file in map(located, files):
        contestants = []
        titles = []
        for title, prompt in _prompts(file, names, input_text):
            titles.append(title)
            with Bar(f"running {title}") as bar:

                def tell(done: int, total: int, dtype: str, bar: Bar = bar, title: str = title) -> None:
                    bar(done, total, f"{title}, {dtype}")

                contestants.append(compete(prompt, max_tokens, confirm, progress=tell))
        table = Table("", *titles, title=file, title_justify="left")
        for label, entries in rows(contestants):
            table.add_row(label, *entries)
        results[file] = {label: dict(zip(titles, entries)) for label, entries in rows(contestants)}
        if not as_json:
            console.print(table)
    if as_json:
        click.echo(json.dumps(results, indent=1, ensure_ascii=False))


def _prompts(file: str, names: tuple[str, ...], input_text: str | None) -> Iterator[tuple[str, Prompt]]:
    """The task for every construction and form that runs it, or for those that are named; each with a title.

    Where the program can be in the weights or in the prompt of a universal machine, both: that one as stacked layers.
    """
    name = format_of(file)
    constructions = ("ram",) if name == LANGUAGE else tuple(FORMATS[name].modules)
    for construction in names or constructions:
        prompt = _open(Source(file, machine=construction, input_text=input_text))
        yield from ((f"{prompt.construction} {form}", prompt.in_form(form)) for form in FORMS)
        if _has_universal(name, construction):
            settings = ("universal=yes",)
            universal = _open(Source(file, machine=construction, input_text=input_text, settings=settings))
            yield f"{prompt.construction} universal", universal


def _open(source: Source) -> Prompt:
    """With its input; ends the process with status 2 where it does not fit."""
    prompt = open_prompt(source)
    try:
        return prompt.with_input(source.input_text or "") if prompt.reads_input else prompt
    except PromptError as problem:
        fail(f"{source.file}: error: {problem}")


def _has_universal(name: str, construction: str) -> bool:
    """Whether the format can be compiled for a universal machine of the construction."""
    if name == LANGUAGE or construction not in FORMATS[name].modules:
        return False
    return any(field.name == "universal" for field in fields(front_end_of(name, construction).Options))
