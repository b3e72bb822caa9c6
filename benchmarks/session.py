"""All measurements of one session, each in a fresh process, with a progress bar."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.measurement import VERIFY, EngineFigures, PeerFigures, TaskFigures
from benchmarks.tasks import PEERS, ROOT, TASKS

ENGINES = ("indexed", "specialised", VERIFY, "reference", "speculative", "dense")
LONGEST, LONGEST_IF_LONG = 10**7, 10**8
BUDGET_SECONDS = 20.0
"""CPU seconds; an engine goes on to ten times the length if ten times its last run would take no longer."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class MeasurementError(RuntimeError):
    """A measurement has failed; the message is what it printed."""


@dataclass(frozen=True)
class Session:
    """All figures, and what they were measured on: what is to know of the machine, by name."""

    machine: dict[str, str]
    engines: list[EngineFigures]
    tasks: list[TaskFigures]
    peers: list[PeerFigures]


def measure_all(long: bool, console: Console) -> Session:
    """Takes a few minutes; `long`: the indexed engine goes up to 10**8 tokens, whatever it takes.

    Raises:
        MeasurementError: see there.
    """
    lengths = [10**k for k in range(3, 9)]
    with _progress(console) as progress:
        bar = progress.add_task("", total=len(ENGINES) * len(lengths) + len(TASKS) + len(PEERS))
        tasks, peers, engines = [], [], []
        for number, task in enumerate(TASKS):
            progress.update(bar, description=task.name)
            tasks.append(TaskFigures(**_measure("task", str(number))))
            progress.advance(bar)
        for number, peer in enumerate(PEERS):
            progress.update(bar, description=peer.task.name)
            peers.append(PeerFigures(**_measure("peer", str(number))))
            progress.advance(bar)
        for engine in ENGINES:
            last = 0.0
            for length in lengths:
                progress.update(bar, description=f"{engine}, {length:,} tokens")
                if _worth_while(engine, length, last, long):
                    engines.append(EngineFigures(**_measure("engine", engine, str(length))))
                    last = engines[-1].seconds
                progress.advance(bar)
    return Session(_machine(), engines, tasks, peers)


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


def _measure(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.measurement", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | ONE_THREAD, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise MeasurementError(f"{' '.join(arguments)}:\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


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
