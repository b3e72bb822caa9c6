"""`punchtape compile`."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.machines.machine import PromptError
from interpreter.command_line.commands.options import source_options
from interpreter.command_line.exits import fail
from interpreter.command_line.files import check_writable, write_prompt
from interpreter.command_line.sources import Source, open_prompt
from interpreter.export import NotExportable
from interpreter.export.naming import token_names
from interpreter.traces.reading import reading


@click.command("compile")
@source_options
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), metavar="PROMPT", help="Save the prompt to a file."
)
@click.option("--tokens", is_flag=True, help="Print the prompt's tokens alone, for an exported transformer.")
def compile_command(source: Source, output: Path | None, tokens: bool) -> None:
    """Print the RAM code of a program with its source lines, and the prompt's tokens; -o saves the prompt.

    \b
    punchtape compile programs/gcd.py
    punchtape compile programs/gcd.py -o gcd.prompt && punchtape run gcd.prompt --input '12 18'
    """
    check_writable(output)
    prompt = open_prompt(source)
    try:
        if source.input_text is not None:
            prompt = prompt.with_input(source.input_text)
        if tokens:
            names = token_names(prompt.machine.vocabulary)
            click.echo(" ".join(names[number] for number in prompt.numbers))
        elif output is None:
            for line in reading(prompt).listing(prompt):
                click.echo(line)
        else:
            write_prompt(output, prompt)
    except (PromptError, NotExportable) as problem:
        fail(f"{source.file}: error: {problem}")
