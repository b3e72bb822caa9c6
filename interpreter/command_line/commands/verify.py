"""`punchtape verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np

from compiler.machines.machine import Prompt, PromptError
from interpreter.command_line.commands.options import budget_option, engine_option, source_options
from interpreter.command_line.exits import ERROR, fail
from interpreter.command_line.files import with_input
from interpreter.command_line.sources import Source, open_prompt
from interpreter.engines import UnknownEngine, create
from interpreter.engines.engine import Tokens
from interpreter.traces.trace_file import TraceFileError, read_trace, trace_header


@click.command()
@source_options
@engine_option
@budget_option
@click.option(
    "--trace",
    "trace_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TRACE",
    help="Verify this trace, saved with `run --save-trace`, instead of running the program.",
)
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="cpu or cuda.")
def verify(
    source: Source,
    engine: str,
    max_tokens: int | None,
    trace_file: Path | None,
    device: str,
) -> None:
    """Check that the transformer emits every token of a run, all positions at once.

    The trace comes from an engine (the specification itself with --engine reference) or from a file. By
    induction a verified trace is what decoding yields. A mismatch names the position, both tokens and the
    wires there, and ends with status 1.

    \b
    punchtape verify programs/gcd.py --input '12 18' --engine reference
    """
    from interpreter.command_line.verifying import report_mismatch, verify_tokens

    prompt = with_input(open_prompt(source), source.input_text, source.file)
    tokens = decoded(prompt, engine, max_tokens) if trace_file is None else saved(trace_file, prompt)
    verification, seconds = verify_tokens(prompt, tokens, device)
    if verification.first_mismatch is not None:
        for line in report_mismatch(prompt, verification.first_mismatch):
            click.echo(line, err=True)
        sys.exit(ERROR)
    rate = verification.checked / seconds if seconds else 0.0
    end = "to the end" if verification.ended else "as far as it goes"
    click.echo(f"verified {end}: {verification.checked:,} tokens in {seconds:.2f} s, {rate:,.0f} a second on {device}")


def decoded(prompt: Prompt, engine: str, max_tokens: int | None) -> Tokens:
    """Prompt and trace from an engine."""
    try:
        decoder = create(engine, prompt.machine)
        return np.concatenate([prompt.numbers, *decoder.decode(prompt.numbers, max_tokens)])
    except (PromptError, UnknownEngine) as problem:
        fail(f"error: {problem}")


def saved(path: Path, prompt: Prompt) -> Tokens:
    """Prompt and trace from a file that belongs to this prompt."""
    try:
        header, tokens = read_trace(path)
    except OSError as problem:
        fail(f"{path}: error: cannot be read: {problem.strerror}")
    except TraceFileError as problem:
        fail(f"{path}: error: {problem}")
    if header != trace_header(prompt) or not np.array_equal(tokens[: header.prompt_tokens], prompt.numbers):
        fail(f"{path}: error: is the trace of another program, input, machine or other weights ({header.machine})")
    return tokens
