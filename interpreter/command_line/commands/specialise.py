"""`punchtape specialise`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.machines.constructions import SUFFIX, is_stored
from compiler.machines.machine import Prompt
from interpreter.command_line.commands.options import source_options
from interpreter.command_line.exits import ERROR, UNWRITTEN, USAGE, fail
from interpreter.command_line.files import check_writable, with_input
from interpreter.command_line.sources import Source, open_prompt
from interpreter.command_line.specialised import stored_in

if TYPE_CHECKING:
    from compiler.machines.specialised.specialised import Specialised


@click.command()
@source_options
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.safetensors",
    help="The file to write.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--with-input", "moved", is_flag=True, help="Move the input of --input into the weights as well.")
@click.option(
    "--check",
    is_flag=True,
    help="Compare the two transformers on a run, which --input gives its input: every token, the first logits, and "
    "those after a jump to each instruction.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    metavar="N",
    help="Of that run, compare so many tokens.",
)
def specialise(source: Source, output: Path | None, force: bool, moved: bool, check: bool, max_tokens: int) -> None:
    """Move a program into the weights of the transformer: the first Futamura projection.

    What is written is a transformer like any other, whose prompt is one token for the program, and the input. Its
    tokens are those of the universal transformer after the prompt. FILE may be one that this command has written, to
    be checked.

    Exit status: 0 done; 1 --check found a difference; 2 usage, or what cannot be specialised; 5 the file could not be
    written.

    \b
    punchtape specialise programs/gcd.py -o gcd.safetensors
    punchtape run gcd.safetensors --input '12 18'
    punchtape specialise gcd.safetensors --check --input '1071 462'
    punchtape check --machine gcd.safetensors
    punchtape export --machine gcd.safetensors --to onnx -o gcd.onnx
    punchtape specialise programs/brainfuck.py -o hello.safetensors --with-input --input $'++[>+<-]>.\\n\\n'
    """
    from compiler.machines.specialised.specialised import NotSpecialisable
    from compiler.specialising import specialise as specialised_to
    from interpreter.command_line.terminal import saying

    if output is None and not check:
        fail("error: say where to write the transformer, with -o OUT.safetensors, or what to do, with --check")
    if output is not None:
        if not is_stored(output.name):
            fail(f"{output}: error: give it a name that ends with {SUFFIX}, by which other commands know it")
        if output.exists() and not force:
            fail(f"{output}: error: there is such a file already; --force writes over it")
        check_writable(output)
    made = stored_in(source)
    prompt = open_prompt(source) if made is None else made.prompt
    if moved:
        if source.input_text is None or not prompt.reads_input:
            fail(f"{source.file}: error: --with-input moves the input that --input gives, to a program that reads one")
        prompt, made = prompt_with(prompt, source), None
    try:
        if made is None:
            with saying("specialising"):
                made = specialised_to(prompt, source.form or "stacked", moved)
        if check:
            report_check(made, prompt, source, max_tokens)
    except NotSpecialisable as problem:
        fail(f"{source.file}: error: {problem}", USAGE)
    if output is not None:
        with saying("writing"):
            write(made, output)
        click.echo(
            f"{output}: {made.weights.name}, {made.length:,} tokens of the prompt moved into the weights", err=True
        )


def prompt_with(prompt: Prompt, source: Source) -> Prompt:
    """The prompt with its input, if it has none yet."""
    return prompt if prompt.input_text else with_input(prompt, source.input_text, source.file)


def write(made: Specialised, output: Path) -> None:
    """Writes the file; ends the process with status 5 where that fails."""
    from compiler.machines.specialised.stored import metadata
    from interpreter.export.tensors import write_with

    try:
        write_with(made.machine, output, metadata(made))
    except OSError as problem:
        fail(f"{output}: error: cannot be written: {problem.strerror}", UNWRITTEN)


def report_check(made: Specialised, prompt: Prompt, source: Source, max_tokens: int) -> None:
    """Compares the two transformers; ends the process with status 1 where they differ."""
    from interpreter.command_line.bar import Bar

    prompt = prompt_with(prompt, source)
    with Bar() as bar:
        from interpreter.runs.projecting import agreement  # PyTorch takes seconds to load

        found = agreement(made, prompt, max_tokens, bar)
    if found.mismatch:
        click.echo(f"{source.file}: they differ: {found.mismatch}", err=True)
        sys.exit(ERROR)
    end = "to its end" if found.ended else "as far as --max-tokens goes"
    click.echo(f"the same {found.tokens:,} tokens, {end}")
    jumps = f", and after a jump to each of {found.instructions:,} instructions" if found.instructions else ""
    click.echo(f"all logits after the first {found.logits:,} of them{jumps}, differ by at most {found.difference:g}")
