"""The progress line of a run: on standard error, only on a terminal, gone when the run is over."""

from __future__ import annotations

import sys
import time

from interpreter.command_line.exits import UNWRITTEN
from interpreter.command_line.streams import OutputLost
from interpreter.runs.running import Progress
from interpreter.runs.stopping import Stop

_CLEAR = "\r\x1b[K"
_FIRST_AFTER, _EVERY = 1.0, 0.2


class ProgressLine:
    """Tokens, tokens a second and steps so far, and the time left where a budget bounds it."""

    def __init__(self, max_tokens: int | None = None) -> None:
        self.enabled = sys.stderr.isatty()
        self.max_tokens = max_tokens
        self._begun = time.monotonic()
        self._due = self._begun + _FIRST_AFTER
        self._shown = False

    def update(self, progress: Progress) -> None:
        """Shows how far the run is, at most five times a second, and not in its first second."""
        now = time.monotonic()
        if not self.enabled or now < self._due:
            return
        self._due = now + _EVERY
        rate = progress.tokens / (now - self._begun)
        text = f"{progress.tokens:,} tokens, {rate:,.0f} a second, {progress.steps:,} steps"
        if self.max_tokens is not None and rate:
            text += f", at most {(self.max_tokens - progress.tokens) / rate:,.0f} s left"
        sys.stderr.write(f"{_CLEAR}{text}")
        sys.stderr.flush()
        self._shown = True

    def note(self, text: str) -> None:
        """What is being waited for before the first token."""
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
