"""`punchtape run`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.machines.machine import Machine, Prompt, PromptError
from compiler.storage.writing import write_text
from interpreter.command_line.commands.options import budget_option, engine_option, source_options
from interpreter.command_line.exits import BUDGET, UNCOVERED, UNWRITTEN, fail
from interpreter.command_line.files import check_writable, prompt_text, with_input, write_file, write_prompt
from interpreter.command_line.machines import set_up
from interpreter.command_line.sources import Source, open_prompt
from interpreter.command_line.specialised import stored_in
from interpreter.engines import DEFAULT, NAMES, UnknownEngine
from interpreter.engines.engine import DecodingError, Engine, Reporting, Tokens
from interpreter.engines.translated import TranslatedEngine
from interpreter.runs.certified import GROUPS, NotCertified, certified_length
from interpreter.runs.running import CHECKPOINT_EVERY
from interpreter.runs.stopping import Stop
from interpreter.traces.trace_file import TraceWriter, trace_header

if TYPE_CHECKING:
    from interpreter.command_line.terminal import ProgressLine
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
    help="Where the run is cut, by --max-tokens or a signal, save the prompt with which `run PROMPT` goes on.",
)
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    default=CHECKPOINT_EVERY,
    show_default=True,
    metavar="SECONDS",
    help="Save it as often while the run goes on, too; what was printed since then is printed again.",
)
@click.option(
    "--save-trace",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TRACE",
    help="Stream the tokens to a file, two bytes each; `verify --trace` reads it.",
)
@click.option(
    "--seed", type=int, metavar="N", help="Sample each token by its probability, on the dense engine, with this seed."
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
    checkpoint_every: float,
    save_trace: Path | None,
    seed: int | None,
    certified: bool,
    stats: bool,
    stats_json: Path | None,
) -> None:
    """Run a program, a saved prompt or a specialised transformer; it reads standard input and prints like Python.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape run programs/gcd.py --input '12 18' --stats
    punchtape run programs/queens.py --input 8 --max-tokens 100000 --checkpoint rest.prompt
    punchtape run rest.prompt
    punchtape run example:collatz --input 27
    punchtape run gcd.safetensors --input '12 18'
    echo 'print(6 * 7)' | punchtape run -

    SIGINT (Ctrl-C), SIGTERM and SIGHUP end the run in order, a second one at once.

    Exit status: 0 the program ended, or what its sys.exit says; 1 it ended with an exception; 2 usage or compile
    error; 3 the budget of --max-tokens, or the room of a fixed window, is used up; 4 with --certified: the run came to
    where the certificate does not reach; 5 a file or standard output could not be written; 129, 130, 143 ended by
    SIGHUP, SIGINT, SIGTERM; 141 the pipe that was written to is closed.
    """
    from interpreter.command_line.terminal import Output, ProgressLine
    from interpreter.runs.running import ContextTooSmall
    from interpreter.runs.running import run as run_prompt

    if seed is not None and engine == DEFAULT:
        engine = "dense"
    if engine not in NAMES:
        fail(f"error: there is no engine {engine!r}; choose one of: {', '.join(NAMES)}")
    stored = stored_in(source)
    prompt = with_input(open_prompt(source) if stored is None else stored.prompt, source.input_text, source.file)
    machine = prompt.machine if stored is None else stored.machine
    longest = certified_tokens(machine, engine) if certified else None
    if save_trace and context:
        fail("error: --save-trace saves one trace, --context makes several; leave one of them out")
    if stored is not None and context:
        fail(
            "error: a specialised transformer has no prompt to go on from but that of its program; leave --context out"
        )
    check_writable(checkpoint, save_trace, stats_json)
    stop = Stop()
    progress = ProgressLine(max_tokens)
    try:
        decoder = set_up(engine, machine, seed)
        if stored is not None:
            decoder = TranslatedEngine(decoder, stored)
        progress = ProgressLine(max_tokens)
        output = Output(progress, stop)
        keep = Checkpoint(checkpoint, progress) if checkpoint else None
        with stop.on_signals(), Trace(save_trace, prompt, stop) as trace:
            progress.note("reading the prompt …")
            result = run_prompt(
                prompt,
                engine=decoder,
                max_tokens=max_tokens,
                context=context,
                longest=longest,
                keep_rest=keep is not None,
                certified=certified,
                seed=seed,
                grows=source.groups is None and save_trace is None and stored is None,
                stop=stop,
                checkpoint_every=checkpoint_every,
                on_checkpoint=keep.write if keep else None,
                on_tokens=trace.write,
                on_output=output.write,
                on_progress=progress.update,
            )
            # What follows is part of ending in order: a signal that comes now must not cut it short.
            if keep and result.rest and not output.lost:
                keep.write_last(result.rest)
    except (PromptError, UnknownEngine, ContextTooSmall) as problem:
        progress.clear()
        fail(f"{source.file}: error: {problem}")
    except DecodingError as problem:
        progress.clear()
        fail(f"{source.file}: error: the {engine} engine cannot go on: {problem}; --engine dense can")
    progress.clear()
    if output.lost:
        raise output.lost
    click.echo(result.report, nl=False)
    if result.error is not None and (message := result.error.render()):
        click.echo(message, err=True)
    gone = stored.length - 1 if stored is not None else 0
    report_statistics(machine, result, gone, decoder, stats, stats_json)
    way_on = f"`punchtape run {checkpoint}` goes on" if checkpoint else "use --checkpoint to be able to go on"
    if result.ended == "room":
        fail(f"stopped: {result.shortage}", BUDGET)
    if result.ended == "uncovered":
        fail(f"stopped: the certificate covers integers of at most {GROUPS:,} groups; {way_on}", UNCOVERED)
    if result.ended == "budget" and result.trace_tokens != max_tokens:
        whose, status = ("the certificate covers", UNCOVERED) if certified else ("these weights tell apart", BUDGET)
        reached = result.prompt_tokens + result.trace_tokens
        fail(f"stopped: {whose} {reached:,} tokens; --context goes on after them; {way_on}", status)
    if result.ended == "budget":
        fail(f"stopped: the budget of {max_tokens} tokens is used up; {way_on}", BUDGET)
    if result.ended == "interrupted":
        fail(f"{stop.reason} after {result.trace_tokens:,} tokens; {way_on}", stop.status)
    if trace.problem:
        fail(trace.problem, UNWRITTEN)
    sys.exit(result.error.status if result.error is not None else 0)


class Checkpoint:
    """The file that --checkpoint names: the prompt with which the run would go on."""

    def __init__(self, path: Path, progress: ProgressLine) -> None:
        self.path = path
        self.progress = progress

    def write(self, rest: Prompt) -> None:
        """While the run goes on: where it fails, the next one may not, and the last one is still there."""
        try:
            write_text(self.path, prompt_text(rest))
        except OSError as problem:
            self.progress.clear()
            click.echo(f"{self.path}: warning: no checkpoint written: {problem.strerror}; the run goes on", err=True)

    def write_last(self, rest: Prompt) -> None:
        """After the run: where it fails, the process ends with status 5."""
        self.progress.clear()
        write_prompt(self.path, rest)


class Trace:
    """The file that --save-trace streams to, if it is wanted. Where it cannot be written any more, the run stops.

    problem: the message that says so.
    """

    def __init__(self, path: Path | None, prompt: Prompt, stop: Stop) -> None:
        self.path = path
        self.stop = stop
        self.problem = ""
        self._writer: TraceWriter | None = None
        if path is not None:
            try:
                self._writer = TraceWriter(path, trace_header(prompt), prompt.numbers)
            except OSError as problem:
                fail(f"{path}: error: cannot be written: {problem.strerror}", UNWRITTEN)

    def write(self, chunk: Tokens) -> None:
        """The next tokens, if a trace is wanted and nothing has failed; a failure stops the run."""
        if self._writer is not None and not self.problem:
            try:
                self._writer.write(chunk)
            except OSError as problem:
                self._failed(problem)

    def _failed(self, problem: OSError) -> None:
        assert self._writer is not None
        there = f"; what was written is in {self._writer.aside}"
        self.problem = f"{self.path}: error: cannot be written: {problem.strerror}{there}"
        self.stop.because(self.problem + "; stopped", UNWRITTEN)

    def __enter__(self) -> Trace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: object) -> None:
        if self._writer is not None:
            try:
                self._writer.close(whole=kind is None and not self.problem)
            except OSError as problem:
                self._failed(problem)


def certified_tokens(machine: Machine[Any], engine: str) -> int:
    """How long a trace of this engine the certificate of these weights covers, prompt included."""
    try:
        return certified_length(machine.weights.sha256(), engine=engine)
    except NotCertified as problem:
        fail(f"error: {problem}")


def report_statistics(
    machine: Machine[Any], result: Run, gone: int, engine: Engine, show: bool, file: Path | None
) -> None:
    """What --stats and --stats-json ask for; gone: as in `statistics`."""
    if not show and file is None:
        return
    report = statistics(machine, result, gone) | (engine.report() if isinstance(engine, Reporting) else {})
    if show:
        for key, value in report.items():
            text = f"{value:,}" if isinstance(value, int | float) else value
            click.echo(
                f"{key.replace('_', ' '):<18}{text}" if len(key) < 18 else f"{key.replace('_', ' ')}  {text}", err=True
            )
    if file is not None:
        write_file(file, json.dumps(report, indent=1) + "\n")


def statistics(machine: Machine[Any], result: Run, gone: int) -> dict[str, str | int | float]:
    """What --stats prints and --stats-json writes; gone: how many tokens of the prompt the transformer does not see."""
    weights = (result.grown or machine).weights
    return {
        "machine": weights.name,
        "weights_sha256": weights.sha256(),
        "engine": result.engine,
        "prompt_tokens": result.prompt_tokens - gone,
        "trace_tokens": result.trace_tokens,
        "steps": result.steps,
        **({"source_steps": result.source_steps} if result.source_steps else {}),
        "seconds": round(result.seconds, 6),
        "tokens_per_second": round(result.tokens_per_second, 1),
        "ended": result.ended,
    }
