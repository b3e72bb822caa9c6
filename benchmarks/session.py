"""All measurements of one session, each in a fresh process, with a progress bar."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.measurement import VERIFY, WARM_UP_SECONDS, EngineFigures, PeerFigures, TaskFigures, peer_figures
from benchmarks.tasks import PEERS, ROOT, TASKS

ENGINES = ("indexed", "specialised", VERIFY, "reference", "speculative", "dense")
LONGEST, LONGEST_IF_LONG = 10**7, 10**8
BUDGET_SECONDS = 20.0
"""CPU seconds; an engine goes on to ten times the length if ten times its last run would take no longer."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


Figures = TypeVar("Figures", EngineFigures, TaskFigures, PeerFigures)


class MeasurementError(RuntimeError):
    """A measurement has failed; the message is what it printed."""


@dataclass(frozen=True)
class Extent:
    """What is measured, and for how long.

    Attributes:
        long: the indexed engine goes up to 10**8 tokens, whatever it takes.
        only: names of engines, and parts of names of tasks; empty: all.
        warm_up: CPU seconds for which the specialised engine may record and compile before it is measured.
    """

    long: bool = False
    only: tuple[str, ...] = ()
    warm_up: float = WARM_UP_SECONDS

    def engine(self, name: str) -> bool:
        """Whether this engine is measured by itself."""
        return not self.only or name in self.only

    def task(self, name: str) -> bool:
        """Whether this task is measured."""
        return not self.only or any(part.lower() in name.lower() for part in self.only if part not in ENGINES)


@dataclass(frozen=True)
class Session:
    """All figures, and what they were measured on: what is to know of the machine, by name."""

    machine: dict[str, str]
    engines: list[EngineFigures]
    tasks: list[TaskFigures]
    peers: list[PeerFigures]


def measure_all(extent: Extent, console: Console) -> Session:
    """Takes some minutes.

    Raises:
        MeasurementError: see there.
    """
    lengths = [10**k for k in range(3, 9)]
    warm_up = str(extent.warm_up)
    chosen = [number for number, task in enumerate(TASKS) if extent.task(task.name)]
    beside = [number for number, peer in enumerate(PEERS) if extent.task(peer.task.name)]
    alone = [engine for engine in ENGINES if extent.engine(engine)]
    with _progress(console) as progress:
        bar = progress.add_task("", total=len(alone) * len(lengths) + len(chosen) + len(beside))
        tasks, peers, engines = [], [], []
        for number in chosen:
            progress.update(bar, description=TASKS[number].name)
            tasks.append(_measure(TaskFigures, "task", str(number), warm_up))
            progress.advance(bar)
        for number in beside:
            peer = PEERS[number]
            progress.update(bar, description=peer.task.name)
            known = next((f for f in tasks if f.task == peer.task.name), None)
            peers.append(peer_figures(peer, known) if known else _measure(PeerFigures, "peer", str(number), warm_up))
            progress.advance(bar)
        for engine in alone:
            last = 0.0
            for length in lengths:
                progress.update(bar, description=f"{engine}, {length:,} tokens")
                if _worth_while(engine, length, last, extent.long):
                    engines.append(_measure(EngineFigures, "engine", engine, str(length)))
                    last = engines[-1].seconds
                progress.advance(bar)
    return Session({**_machine(), "warm-up, CPU seconds at most": f"{extent.warm_up:g}"}, engines, tasks, peers)


def _worth_while(engine: str, tokens: int, last_seconds: float, long: bool) -> bool:
    if long and engine == "indexed":
        return tokens <= LONGEST_IF_LONG
    return tokens <= LONGEST and 10 * last_seconds <= BUDGET_SECONDS


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("left:"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def _measure(kind: type[Figures], *arguments: str) -> Figures:
    command = [sys.executable, "-m", "benchmarks.measurement", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | ONE_THREAD, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise MeasurementError(f"{' '.join(arguments)}:\n{done.stderr}")
    return msgspec.json.decode(done.stdout, type=kind)


def _machine() -> dict[str, str]:
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": cpu_model(),
        "cores": str(os.cpu_count()),
        "load averages at the end": load,
        "system": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def cpu_model() -> str:
    """The name of the processor."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
