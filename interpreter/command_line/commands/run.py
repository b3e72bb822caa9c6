"""`punchtape run`."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.machines.machine import Prompt, PromptError
from interpreter.command_line.commands.options import budget_option, engine_option, source_options
from interpreter.command_line.exits import BUDGET, ERROR, INTERRUPTED, fail
from interpreter.command_line.files import with_input, write_file, write_prompt
from interpreter.command_line.sources import Source, open_prompt
from interpreter.engines import NAMES, UnknownEngine, create
from interpreter.runs.certified import NotCertified, certified_length
from interpreter.traces.trace_file import TraceWriter, trace_header

if TYPE_CHECKING:
    from interpreter.runs.running import Run


@click.command()
@source_options
@engine_option
@budget_option
@click.option(
    "--context",
    type=click.IntRange(min=1),
    metavar="N",
    help="After every N tokens, go on from a prompt that holds only the live cells: bounds positions and memory.",
)
@click.option(
    "--checkpoint",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PROMPT",
    help="If the run is cut by --max-tokens or Ctrl-C, save the prompt with which `run PROMPT` goes on.",
)
@click.option(
    "--save-trace",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TRACE",
    help="Stream the tokens to a file, two bytes each; `verify --trace` reads it.",
)
@click.option("--certified", is_flag=True, help="Refuse weights without certificate, and to go past its length.")
@click.option("--stats", is_flag=True, help="Afterwards, print tokens, steps and seconds on standard error.")
@click.option(
    "--stats-json", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write them to FILE."
)
def run(
    source: Source,
    engine: str,
    max_tokens: int | None,
    context: int | None,
    checkpoint: Path | None,
    save_trace: Path | None,
    certified: bool,
    stats: bool,
    stats_json: Path | None,
) -> None:
    """Run a program, or a saved prompt, on the transformer; it reads standard input and prints like Python.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape run programs/gcd.py --input '12 18' --stats
    punchtape run programs/queens.py --input 8 --max-tokens 100000 --checkpoint rest.prompt
    punchtape run rest.prompt
    punchtape run example:collatz --input 27
    echo 'print(6 * 7)' | punchtape run -

    Exit status: 0 the program ended; 1 it ended with an exception; 2 usage or compile error; 3 the budget
    of --max-tokens is used up; 130 interrupted.
    """
    from interpreter.command_line.terminal import Output, ProgressLine
    from interpreter.runs.running import ContextTooSmall
    from interpreter.runs.running import run as run_prompt

    if engine not in NAMES:
        fail(f"error: there is no engine {engine!r}; choose one of: {', '.join(NAMES)}")
    prompt = with_input(open_prompt(source), source.input_text, source.file)
    progress = ProgressLine(max_tokens)
    progress.note("setting up the transformer …")
    longest = certified_tokens(prompt) if certified else None
    if save_trace and context:
        fail("error: --save-trace saves one trace, --context makes several; leave one of them out")
    try:
        decoder = create(engine, prompt.machine)
        progress.clear()
        progress = ProgressLine(max_tokens)
        with open_trace(save_trace, prompt) as trace_writer:
            result = run_prompt(
                prompt,
                engine=decoder,
                max_tokens=max_tokens,
                context=context,
                longest=longest,
                keep_rest=checkpoint is not None,
                on_tokens=trace_writer.write if trace_writer else lambda chunk: None,
                on_output=Output(progress).write,
                on_progress=progress.update,
            )
    except (PromptError, UnknownEngine, ContextTooSmall) as problem:
        progress.clear()
        fail(f"{source.file}: error: {problem}")
    except ArithmeticError as problem:
        progress.clear()
        fail(f"{source.file}: error: the {engine} engine cannot go on: {problem}; --engine dense can")
    except OSError as problem:
        progress.clear()
        fail(f"{save_trace}: error: cannot be written: {problem.strerror}")
    progress.clear()
    click.echo(result.report, nl=False)
    if result.error is not None:
        click.echo(result.error.render(), err=True)
    if stats or stats_json:
        report = statistics(prompt, result)
        if stats:
            for key, value in report.items():
                text = f"{value:,}" if isinstance(value, int | float) else value
                click.echo(f"{key.replace('_', ' '):<18}{text}", err=True)
        if stats_json:
            write_file(stats_json, json.dumps(report, indent=1) + "\n")
    way_on = "use --checkpoint to be able to go on"
    if checkpoint and result.rest:
        write_prompt(checkpoint, result.rest)
        way_on = f"`punchtape run {checkpoint}` goes on"
    if result.ended == "budget" and result.trace_tokens != max_tokens:
        whose = "the certificate covers" if certified else "these weights tell apart"
        reached = result.prompt_tokens + result.trace_tokens
        fail(f"stopped: {whose} {reached:,} tokens; --context goes on behind them; {way_on}", BUDGET)
    if result.ended == "budget":
        fail(f"stopped: the budget of {max_tokens} tokens is used up; {way_on}", BUDGET)
    if result.ended == "interrupted":
        fail(f"interrupted after {result.trace_tokens:,} tokens; {way_on}", INTERRUPTED)
    sys.exit(ERROR if result.error is not None else 0)


def certified_tokens(prompt: Prompt) -> int:
    """How long a trace the certificate of these weights covers, prompt included."""
    try:
        return certified_length(prompt.machine.weights.sha256())
    except NotCertified as problem:
        fail(f"error: {problem}")


def open_trace(path: Path | None, prompt: Prompt) -> AbstractContextManager[TraceWriter | None]:
    """The file that --save-trace streams to, if it is wanted."""
    if path is None:
        return nullcontext()
    return TraceWriter(path, trace_header(prompt), prompt.numbers)


def statistics(prompt: Prompt, result: Run) -> dict[str, str | int | float]:
    """What --stats prints and --stats-json writes."""
    weights = prompt.machine.weights
    return {
        "machine": weights.name,
        "weights_sha256": weights.sha256(),
        "engine": result.engine,
        "prompt_tokens": result.prompt_tokens,
        "trace_tokens": result.trace_tokens,
        "steps": result.steps,
        **({"source_steps": result.source_steps} if result.source_steps else {}),
        "seconds": round(result.seconds, 6),
        "tokens_per_second": round(result.tokens_per_second, 1),
        "ended": result.ended,
    }
