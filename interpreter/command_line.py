"""The command `punchtape`.

Exit status: 0 the program ended; 1 it ended with an error of its own; 2 usage, source or file is wrong;
3 the budget of --max-tokens is used up; 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from compiler.machines.ram import machine
from compiler.machines.ram.prompt import Prompt, PromptError
from compiler.machines.ram.saved import dumps
from interpreter.certified import NotCertified, certified_length
from interpreter.engines import DEFAULT, NAMES, UnknownEngine, create
from interpreter.engines.engine import Tokens
from interpreter.files import BUDGET, ERROR, INTERRUPTED, fail, layout_of, open_prompt, with_input, write_file
from interpreter.trace_file import TraceFileError, TraceHeader, TraceWriter, read_trace

if TYPE_CHECKING:
    from interpreter.running import Run


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--groups", type=int, help="Address groups, 2 to 4: the heap has base**groups cells.  [2]")(
        command
    )
    return click.option("--base", type=int, help="Values of a group; the weights depend on it.  [1000]")(command)


def engine_option(command: Callable[..., Any]) -> Callable[..., Any]:
    lines = "; ".join(f"{name}: {text}" for name, text in NAMES.items())
    return click.option("--engine", default=DEFAULT, show_default=True, metavar="NAME", help=lines)(command)


def budget_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--max-tokens", type=click.IntRange(min=1), metavar="N", help="Give up after N tokens, with exit status 3."
    )(command)


input_option = click.option(
    "--input", "input_text", metavar="TEXT", help="The program's input, instead of standard input."
)
file_argument = click.argument("file", metavar="FILE")


class Commands(click.Group):
    """The commands of this file, and those that other rooms register as entry points `punchtape.commands`."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*super().list_commands(context), *(entry.name for entry in entry_points(group="punchtape.commands"))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        command = super().get_command(context, name)
        if command is not None:
            return command
        for entry in entry_points(group="punchtape.commands", name=name):
            try:
                loaded: click.Command = entry.load()
            except ImportError as problem:
                fail(f"error: `punchtape {name}` needs more packages ({problem}): pip install 'punchtape[proofs]'")
            return loaded
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="punchtape")
def main() -> None:
    """One fixed transformer with hand-set weights runs every program: the prompt is the program.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape trace programs/gcd.py --input '12 18'
    punchtape compile programs/sieve.py
    punchtape model
    """


@main.command()
@file_argument
@input_option
@engine_option
@budget_option
@layout_options
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
    file: str,
    input_text: str | None,
    engine: str,
    max_tokens: int | None,
    base: int | None,
    groups: int | None,
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

    Exit status: 0 the program ended; 1 it ended with an exception; 2 usage or compile error; 3 the budget
    of --max-tokens is used up; 130 interrupted.
    """
    from interpreter.running import ContextTooSmall
    from interpreter.running import run as run_prompt
    from interpreter.terminal import Output, ProgressLine

    if engine not in NAMES:
        fail(f"error: there is no engine {engine!r}; choose one of: {', '.join(NAMES)}")
    prompt = with_input(open_prompt(file, base, groups), input_text)
    progress = ProgressLine(max_tokens)
    progress.note("setting up the transformer …")
    longest = certified_tokens(prompt) if certified else None
    if save_trace and context:
        fail("error: --save-trace saves one trace, --context makes several; leave one of them out")
    try:
        decoder = create(engine, machine(prompt.layout))
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
        fail(f"{file}: error: {problem}")
    except ArithmeticError as problem:
        progress.clear()
        fail(f"{file}: error: the {engine} engine cannot go on: {problem}; --engine dense can")
    except OSError as problem:
        progress.clear()
        fail(f"{save_trace}: error: cannot be written: {problem.strerror}")
    progress.clear()
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
        write_file(checkpoint, dumps(result.rest, machine(prompt.layout).weights.sha256()))
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
        return certified_length(machine(prompt.layout).weights.sha256())
    except NotCertified as problem:
        fail(f"error: {problem}")


def open_trace(path: Path | None, prompt: Prompt) -> AbstractContextManager[TraceWriter | None]:
    """The file that --save-trace streams to, if it is wanted."""
    if path is None:
        return nullcontext()
    return TraceWriter(path, trace_header(prompt), prompt.numbers)


def trace_header(prompt: Prompt) -> TraceHeader:
    built = machine(prompt.layout)
    width = TraceHeader.width_for(len(built.vocabulary))
    return TraceHeader(built.name, built.weights.sha256(), len(prompt.numbers), width)


@main.command()
@file_argument
@input_option
@engine_option
@budget_option
@layout_options
@click.option(
    "--trace",
    "trace_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TRACE",
    help="Verify this trace, saved with `run --save-trace`, instead of running the program.",
)
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="cpu or cuda.")
def verify(
    file: str,
    input_text: str | None,
    engine: str,
    max_tokens: int | None,
    base: int | None,
    groups: int | None,
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
    from interpreter.verifying import report_mismatch, verify_tokens

    prompt = with_input(open_prompt(file, base, groups), input_text)
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
        decoder = create(engine, machine(prompt.layout))
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


def statistics(prompt: Prompt, result: Run) -> dict[str, str | int | float]:
    """What --stats prints and --stats-json writes."""
    weights = machine(prompt.layout).weights
    return {
        "machine": weights.name,
        "weights_sha256": weights.sha256(),
        "engine": result.engine,
        "prompt_tokens": result.prompt_tokens,
        "trace_tokens": result.trace_tokens,
        "steps": result.steps,
        "seconds": round(result.seconds, 6),
        "tokens_per_second": round(result.tokens_per_second, 1),
        "ended": result.ended,
    }


@main.command("compile")
@file_argument
@layout_options
@input_option
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), metavar="PROMPT", help="Save the prompt to a file."
)
def compile_command(
    file: str, base: int | None, groups: int | None, input_text: str | None, output: Path | None
) -> None:
    """Print the RAM code of a program with its source lines, and the prompt's tokens; -o saves the prompt.

    \b
    punchtape compile programs/gcd.py
    punchtape compile programs/gcd.py -o gcd.prompt && punchtape run gcd.prompt --input '12 18'
    """
    from interpreter.listing import listing

    prompt = open_prompt(file, base, groups)
    try:
        if input_text is not None:
            prompt = prompt.with_input(input_text)
        if output is None:
            for line in listing(prompt):
                click.echo(line)
        else:
            write_file(output, dumps(prompt, machine(prompt.layout).weights.sha256()))
    except PromptError as problem:
        fail(f"{file}: error: {problem}")


@main.command()
@file_argument
@input_option
@engine_option
@budget_option
@layout_options
def trace(
    file: str, input_text: str | None, engine: str, max_tokens: int | None, base: int | None, groups: int | None
) -> None:
    """Print the chain of thought: each instruction, where it comes from, and the tokens that it emitted.

    \b
    punchtape trace programs/gcd.py --input '12 18'
    punchtape trace programs/collatz.py --input 7 | less
    """
    from interpreter.listing import chain_of_thought

    prompt = with_input(open_prompt(file, base, groups), input_text)
    try:
        for line in chain_of_thought(prompt, create(engine, machine(prompt.layout)), max_tokens):
            click.echo(line)
    except (PromptError, UnknownEngine) as problem:
        fail(f"{file}: error: {problem}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@main.command()
@layout_options
def model(base: int | None, groups: int | None) -> None:
    """Print what the transformer is: layers, width, heads, weights, vocabulary and their SHA-256.

    \b
    punchtape model
    punchtape model --base 10
    """
    layout = layout_of(base, groups)
    weights = machine(layout).weights
    tensors = weights.tensors
    rows: list[tuple[str, object]] = [
        ("machine", weights.name),
        ("base, address groups", f"{layout.base}, {layout.groups}"),
        ("layers", len(weights.layers)),
        ("width", f"{weights.width:,}"),
        ("heads a layer", " ".join(str(len(layer.query)) for layer in weights.layers)),
        ("neurons a layer", " ".join(str(len(layer.gate)) for layer in weights.layers)),
        ("vocabulary", f"{len(weights.embedding):,}"),
        ("parameters", f"{sum(t.size for t in tensors.values()):,}"),
        ("non-zero weights", f"{weights.non_zeros:,} besides the token embedding and unembedding"),
        ("in the embedding", f"{(weights.embedding != 0).sum():,}"),
        ("in the unembedding", f"{(weights.unembedding != 0).sum():,}"),
        ("data type", "float64"),
        ("longest trace", f"{weights.max_tokens:,} tokens: recency is exact up to there"),
        ("sha256", weights.sha256()),
    ]
    for name, value in rows:
        click.echo(f"{name:<22}{value}")


if __name__ == "__main__":
    main()
