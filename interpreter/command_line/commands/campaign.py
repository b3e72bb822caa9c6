"""`punchtape campaign`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from interpreter.command_line.exits import ERROR, fail, needs
from interpreter.command_line.files import write_file
from interpreter.runs.stopping import Stop

BATCH = 100
"""Cases: some seconds of work, and one line of the journal."""


@click.command()
@click.option("--programs", type=click.IntRange(min=1), default=2000, show_default=True, metavar="N", help="Cases.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="Of all of them.")
@click.option("--only", multiple=True, metavar="NAME", help="These subjects only; see `punchtape campaign --list`.")
@click.option("--list", "listed", is_flag=True, help="Print the subjects.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes of this machine.  [all cores]")
@click.option("--scheduler", metavar="ADDRESS", help="The Dask scheduler of a cluster, such as tcp://10.0.0.1:8786.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("campaign"), show_default=True,
    help="For the journal, the failures and the report; what its journal has is not done again.",
)  # fmt: skip
def campaign(
    programs: int,
    seed: int,
    only: tuple[str, ...],
    listed: bool,
    workers: int | None,
    scheduler: str | None,
    folder: Path,
) -> None:
    """Try random programs of every format against CPython and the simulators, and damaged files against the readers.

    A campaign that is cut goes on when the same command is given again. A failure is shrunk, and written into the
    folder as a file to try by hand; the exit status is then 1.

    \b
    punchtape campaign
    punchtape campaign --programs 1000000 --workers 1 --folder million
    punchtape campaign --only language --only turing --seed 7
    """
    try:
        from interpreter.campaign.batches import Batch, carry_out
        from interpreter.campaign.journal import Journal, JournalError
        from interpreter.campaign.report import report
        from interpreter.campaign.subjects import SUBJECTS
        from interpreter.campaign.workers import NoWorkers
        from interpreter.campaign.workers import workers as start
    except ImportError as problem:
        fail(needs("campaign", "`punchtape campaign`", problem))
    if listed:
        for name, subject in SUBJECTS.items():
            click.echo(f"{name:<14}{subject.share:>5.0%}  {subject.oracle}")
        return
    if unknown := [name for name in only if name not in SUBJECTS]:
        fail(f"error: there is no subject {unknown[0]!r}; choose one of: {', '.join(SUBJECTS)}")
    chosen = only or tuple(SUBJECTS)
    shares = sum(SUBJECTS[name].share for name in chosen)

    def batches() -> Iterator[Batch]:
        """Of all subjects in turn, so that a campaign that is cut has tried each."""
        left = {name: round(programs * SUBJECTS[name].share / shares) for name in chosen}
        first = dict.fromkeys(chosen, 0)
        whole = dict(left)
        while any(left.values()):
            name = max(left, key=lambda name: left[name] / max(whole[name], 1))
            size = min(BATCH, left[name])
            yield Batch(name, first[name], size, seed)
            first[name] += size
            left[name] -= size

    try:
        journal = Journal(folder / "journal.jsonl", seed)
    except JournalError as problem:
        fail(f"error: {problem}")
    except OSError as problem:
        fail(f"{folder}: error: cannot be written: {problem.strerror}")
    progress = _Progress(programs, sum(done.compared for done in journal.done.values()))
    stop = Stop()
    try:
        with stop.on_signals(), start(workers, scheduler) as who:
            for done in who.map(carry_out, journal.open_batches(batches())):
                journal.add(done)
                for failure in done.failures:
                    suffix = SUBJECTS[done.batch.subject].suffix
                    file = folder / f"{done.batch.subject}-{failure.case}{suffix}"
                    write_file(file, failure.pasted)
                    progress.clear()
                    click.echo(f"failed: {file}: {failure.message}", err=True)
                progress.update(done.compared + done.left_out)
                if stop():
                    break
    except NoWorkers as problem:
        fail(f"error: {problem}")
    finally:
        progress.clear()
        journal.close()
    wanted = {*batches()}
    entries = [done for batch, done in sorted(journal.done.items()) if batch in wanted]
    text = report(entries, seed, programs)
    write_file(folder / "report.md", text)
    click.echo(text, nl=False)
    if stop():
        click.echo(f"{stop.reason}; the same command goes on", err=True)
    sys.exit(stop.status or (ERROR if any(done.failed for done in entries) else 0))


class _Progress:
    """A line on standard error: on a terminal always the same one, otherwise a new one a minute."""

    def __init__(self, wanted: int, done: int) -> None:
        self.wanted, self.done, self.before = wanted, done, done
        self.begun = self.last = time.monotonic()

    def update(self, cases: int) -> None:
        self.done += cases
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not terminal and now - self.last < 60:
            return
        self.last = now
        rate = (self.done - self.before) / max(now - self.begun, 1e-9)
        text = f"{self.done:,} of {self.wanted:,} cases, {rate:,.1f} a second"
        if rate:
            text += f", {(self.wanted - self.done) / rate / 60:,.0f} min left"
        click.echo(f"\r\x1b[K{text}" if terminal else text, nl=not terminal, err=True)

    def clear(self) -> None:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)
