"""`punchtape compile`."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.machines.machine import PromptError
from interpreter.commands.options import source_options
from interpreter.files import Source, check_writable, fail, open_prompt, write_prompt
from interpreter.reading import reading


@click.command("compile")
@source_options
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), metavar="PROMPT", help="Save the prompt to a file."
)
def compile_command(source: Source, output: Path | None) -> None:
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
        if output is None:
            for line in reading(prompt).listing(prompt):
                click.echo(line)
        else:
            write_prompt(output, prompt)
    except PromptError as problem:
        fail(f"{source.file}: error: {problem}")
