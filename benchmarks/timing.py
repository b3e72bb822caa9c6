"""CPU time and memory of this process, and of those that it starts."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ENOUGH_SECONDS = 30.0
"""After so much CPU time no further round begins."""


def side_by_side(
    *actions: Callable[[], object],
    rounds: int = 5,
    slice_seconds: float = 0.05,
    clock: Callable[[], float] = time.process_time,
) -> list[float]:
    """CPU seconds of one go of each action: the median over rounds in which they take turns.

    In a round an action is repeated until `slice_seconds` are over, so that small times are measured well too.
    """
    times: list[list[float]] = [[] for _ in actions]
    begun = clock()
    for _ in range(rounds):
        for action, kept in zip(actions, times):
            kept.append(_mean(action, slice_seconds, clock))
        if clock() - begun > ENOUGH_SECONDS:
            break
    return [median(kept) for kept in times]


def _mean(action: Callable[[], object], slice_seconds: float, clock: Callable[[], float]) -> float:
    begun, times = clock(), 0
    while True:
        action()
        times += 1
        spent = clock() - begun
        if spent >= slice_seconds:
            return spent / times


def time_of_processes() -> float:
    """CPU seconds of all processes that this one has started and that have ended: a clock."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_memory() -> int:
    """Bytes of memory that this process has had at most.

    Linux counts the process that started this one into `ru_maxrss`, hence VmHWM where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
