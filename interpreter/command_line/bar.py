"""A progress bar for work whose steps are counted: on standard error, only on a terminal, gone when it is over."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

WIDTH = 36
"""Columns for what is being done."""


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f} a second" if task.speed else "")


class Bar:
    """Call it with the steps done, their number and what is being done; use it as a context."""

    def __init__(self, doing: str = "setting up") -> None:
        """doing: what is said before the first call."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate())
        times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self._progress = Progress(
            *columns, *times, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        )
        self._task: TaskID = self._progress.add_task(_fitted(doing), total=None)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Takes the bar away; nothing more can be shown."""
        self._progress.stop()

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Shows that so many of so many steps are done, and what is being done."""
        self._progress.update(self._task, completed=done, total=total, description=_fitted(doing))


def _fitted(doing: str) -> str:
    return doing[:WIDTH].ljust(WIDTH)
