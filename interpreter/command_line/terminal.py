"""Progress on standard error: of a run and of compiling, on a terminal; of many cases, elsewhere as well."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from interpreter.command_line.exits import UNWRITTEN
from interpreter.command_line.streams import OutputLost
from interpreter.runs.running import Progress
from interpreter.runs.stopping import Stop

_CLEAR = "\r\x1b[K"
_FIRST_AFTER, _EVERY, _EVERY_MINUTE = 1.0, 0.2, 60.0


class _Line:
    """A line of a terminal that is written over and over."""

    def __init__(self) -> None:
        self.enabled = sys.stderr.isatty()
        self._begun = time.monotonic()
        self._due = self._begun + _FIRST_AFTER
        self._shown = False

    def is_due(self) -> bool:
        """Whether it is time to show something new."""
        now = time.monotonic()
        if not self.enabled or now < self._due:
            return False
        self._due = now + _EVERY
        return True

    @property
    def seconds(self) -> float:
        """Since the line was made."""
        return time.monotonic() - self._begun

    def note(self, text: str) -> None:
        """Shows this."""
        if self.enabled:
            sys.stderr.write(f"{_CLEAR}{text}")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Before anything else is written to the terminal."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._shown = False


@contextmanager
def saying(what: str) -> Iterator[None]:
    """On a terminal, what is being done, as long as it is."""
    line = _Line()
    line.note(f"{what} …")
    try:
        yield
    finally:
        line.clear()


class ProgressLine(_Line):
    """Tokens, tokens a second and steps so far, and the time left where a budget bounds it."""

    def __init__(self, max_tokens: int | None = None) -> None:
        super().__init__()
        self.max_tokens = max_tokens

    def update(self, progress: Progress) -> None:
        """Shows how far the run is, at most five times a second, and not in its first second."""
        if not self.is_due():
            return
        rate = progress.tokens / self.seconds
        text = f"{progress.tokens:,} tokens, {rate:,.0f} a second, {progress.steps:,} steps"
        if self.max_tokens is not None and rate:
            text += f", at most {(self.max_tokens - progress.tokens) / rate:,.0f} s left"
        self.note(text)


class CompilingLine(_Line):
    """How far a long program is compiled, lines a second, and the time left."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines

    def update(self, part: float) -> None:
        """part: of the work that is done."""
        if part and self.is_due():
            rate = part * self.lines / self.seconds
            left = self.seconds * (1 - part) / part
            self.note(f"compiling {self.lines:,} lines: {part:.0%}, {rate:,.0f} a second, {left:,.0f} s left")


class CountLine:
    """How many of all are done, their rate and the time left: on a terminal in one line, elsewhere a line a minute."""

    def __init__(self, noun: str, wanted: int, done: int = 0) -> None:
        self.noun, self.wanted, self.done, self.before = noun, wanted, done, done
        self.begun = self.last = time.monotonic()

    def update(self, more: int) -> None:
        """So many more are done."""
        self.done += more
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not terminal and now - self.last < _EVERY_MINUTE:
            return
        self.last = now
        rate = (self.done - self.before) / max(now - self.begun, 1e-9)
        text = f"{self.done:,} of {self.wanted:,} {self.noun}, {rate:,.1f} a second"
        if rate:
            text += f", {(self.wanted - self.done) / rate / 60:,.0f} min left"
        click.echo(f"{_CLEAR}{text}" if terminal else text, nl=not terminal, err=True)

    def clear(self) -> None:
        """Before anything else is written to the terminal."""
        if sys.stderr.isatty():
            click.echo(_CLEAR, nl=False, err=True)


class Output:
    """Standard output, piece by piece; the progress line makes room for it. Where it is lost, the run stops.

    lost: why nothing can be written any more.
    """

    def __init__(self, progress: ProgressLine, stop: Stop) -> None:
        self.progress = progress
        self.stop = stop
        self.lost: OutputLost | None = None

    def write(self, text: str) -> None:
        """Raises UnicodeEncodeError, with nothing printed, where one of the characters cannot be encoded."""
        if self.lost:
            return
        text.encode(sys.stdout.encoding, sys.stdout.errors or "strict")
        self.progress.clear()
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OutputLost as problem:
            self.lost = problem
            self.stop.because(str(problem), UNWRITTEN)
