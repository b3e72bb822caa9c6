"""`punchtape verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np

from compiler.machines.machine import Prompt, PromptError
from interpreter.command_line.commands.options import budget_option, engine_option, source_options
from interpreter.command_line.exits import ERROR, fail
from interpreter.command_line.machines import set_up
from interpreter.command_line.sources import Source
from interpreter.command_line.specialised import open_any
from interpreter.command_line.terminal import saying
from interpreter.engines import UnknownEngine
from interpreter.engines.engine import Tokens
from interpreter.traces.trace_file import TokenNumbers, TraceFileError, read_trace, trace_header


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
@click.option("--device", metavar="NAME", help="cpu or cuda: with PyTorch there, instead of code for this processor.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes of this machine, 1: this one. Chunks of the trace are their tasks.",
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="The Dask scheduler of a cluster whose workers can read TRACE by its path."
)
def verify(
    source: Source,
    engine: str,
    max_tokens: int | None,
    trace_file: Path | None,
    device: str | None,
    workers: int,
    scheduler: str | None,
) -> None:
    """Check that the transformer emits every token of a run, all positions at once.

    The trace comes from an engine (the specification itself with --engine reference) or from a file. By
    induction a verified trace is what decoding yields. A mismatch names the position, both tokens and the
    wires there, and ends with status 1. Of a trace in a file no more than a few chunks are in memory.

    A worker that dies loses nothing: its chunks are done again. Several workers have to go through a trace
    one and a half times, and to be started: two take as long as this process alone, more pay for a long trace.

    Exit status: 0 verified; 1 a token is wrong; 2 usage, or what cannot be verified; 130 ended by Ctrl-C.

    \b
    punchtape verify programs/gcd.py --input '12 18' --engine reference
    punchtape verify long.py --trace long.trace --workers 8
    """
    from interpreter.command_line.verifying import report_mismatch, verify_tokens

    prompt = open_any(source)
    tokens: TokenNumbers = decoded(prompt, engine, max_tokens) if trace_file is None else saved(trace_file, prompt)
    if device is not None and (workers > 1 or scheduler):
        fail("error: workers verify with code for their processors; leave --device out, or --workers and --scheduler")
    if scheduler is not None and trace_file is None:
        fail("error: the workers of a cluster read the trace from a file; give --trace TRACE")
    verification, seconds = verify_tokens(prompt, tokens, device, workers, scheduler)
    if verification.first_mismatch is not None:
        for line in report_mismatch(prompt, verification.first_mismatch):
            click.echo(line, err=True)
        sys.exit(ERROR)
    rate = verification.checked / seconds if seconds else 0.0
    end = "to the end" if verification.ended else "as far as it goes"
    where = device or (f"the workers of {scheduler}" if scheduler else f"{workers} workers" if workers > 1 else "cpu")
    click.echo(f"verified {end}: {verification.checked:,} tokens in {seconds:.2f} s, {rate:,.0f} a second on {where}")


def decoded(prompt: Prompt, engine: str, max_tokens: int | None) -> Tokens:
    """Prompt and trace from an engine."""
    try:
        decoder = set_up(engine, prompt.machine)
        with saying("decoding"):
            return np.concatenate([prompt.numbers, *decoder.decode(prompt.numbers, max_tokens)])
    except (PromptError, UnknownEngine) as problem:
        fail(f"error: {problem}")


def saved(path: Path, prompt: Prompt) -> TokenNumbers:
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
