"""`python -m benchmarks`: measures everything, and writes tables, raw numbers and a plot."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.constructs import CONSTRUCTS, dense_tokens_per_second, tokens_of, tokens_of_fibonacci_loop
from benchmarks.measurement import WARM_UP_SECONDS
from benchmarks.plot import plot
from benchmarks.results_table import rate, ratio, results_markdown, seconds
from benchmarks.session import ENGINES, Extent, MeasurementError, Session, measure_all
from benchmarks.tasks import PEERS, ROOT, TASKS

RESULTS = ROOT / "benchmarks" / "results"
DEFAULT = "benchmarks/results if all is measured"
NAMES = tuple(dict.fromkeys(task.name for task in (*TASKS, *(peer.task for peer in PEERS))))


@click.command()
@click.option("--long", is_flag=True, help="The indexed engine goes up to 100 million tokens.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help=f"Only this engine ({', '.join(ENGINES)}), or tasks with this in their name; may be given again. "
    "Nothing is written then without --results.",
)
@click.option(
    "--warm-up",
    type=click.FloatRange(min=0),
    default=WARM_UP_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="CPU time for which the specialised engine may record and compile before it is measured.",
)
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), help=f"Where the results go; {DEFAULT}.")
def main(long: bool, only: tuple[str, ...], warm_up: float, results: Path | None) -> None:
    """Measure engines, tasks and constructs, in some minutes; write results.md, .json, .png and .svg."""
    console = Console()
    extent = Extent(long, only, warm_up)
    wrong = [name for name in only if name not in ENGINES and not any(name.lower() in task.lower() for task in NAMES)]
    if wrong:
        console.print(f"error: no engine and no task is called {wrong[0]!r}", style="red", markup=False)
        console.print(f"tasks: {', '.join(NAMES)}", markup=False)
        sys.exit(2)
    if not only:
        print_constructs(console)
    try:
        session = measure_all(extent, console)
    except MeasurementError as error:
        console.print(f"error: {error}", style="red", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("interrupted; nothing was written")
        sys.exit(130)
    print_summary(console, session)
    if only and results is None:
        return
    results = results or RESULTS
    results.mkdir(parents=True, exist_ok=True)
    (results / "results.json").write_text(json.dumps(asdict(session), indent=1) + "\n", encoding="utf-8")
    (results / "results.md").write_text(results_markdown(session), encoding="utf-8")
    plot(session.engines, [results / "results.png", results / "results.svg"])
    console.print(f"written: {results / 'results.md'}", markup=False, soft_wrap=True)


def print_constructs(console: Console) -> None:
    table = Table("construct", "tokens", "goal", title="Tokens of one execution")
    table.add_row("while i < n: a, b = b, a + b; i = i + 1", f"{tokens_of_fibonacci_loop():g}", "8")
    for construct in CONSTRUCTS:
        table.add_row(escape(construct.name), f"{tokens_of(construct):g}", str(construct.goal or ""))
    console.print(table)
    speed = dense_tokens_per_second()
    console.print(f"dense engine, after a prompt of 500 tokens: {speed:.0f} tokens a second (goal 100)")


def print_summary(console: Console, session: Session) -> None:
    """The longest run of each engine, and the tasks beside CPython and the peer."""
    table = Table("engine", "tokens", "tokens/CPU s", title="Engines")
    for f in {f.engine: f for f in session.engines}.values():
        table.add_row(f.engine, f"{f.tokens:,}", rate(f.tokens / f.seconds))
    console.print(table)
    columns = ("indexed", "specialised", "faster by", "slowdown to CPython", "process, CPU s")
    table = Table("task", *columns, title="Tasks, tokens/CPU s; last a whole process of the specialised engine")
    for t in session.tasks:
        table.add_row(
            t.task,
            rate(t.trace_tokens / t.seconds),
            rate(t.trace_tokens / t.specialised_seconds),
            ratio(t.seconds / t.specialised_seconds),
            ratio(t.specialised_seconds / t.cpython_seconds),
            seconds(t.processes.cold.seconds),
        )
    console.print(table)
    table = Table("task", "fewer tokens by", "fewer CPU seconds by", title="Beside transformer-vm")
    for p in session.peers:
        table.add_row(p.task, ratio(p.peer_tokens / p.trace_tokens), ratio(p.peer_seconds / p.seconds))
    console.print(table)


if __name__ == "__main__":
    main()
