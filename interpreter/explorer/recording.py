"""What part of a run a page holds, and how one gets there: a window of the trace, and the whole run as a strip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compiler.machines.machine import Prompt
from interpreter.engines.engine import Engine, Tokens
from interpreter.traces.reading import Follower, reading

WINDOW = 10_000
"""Tokens of a trace that a page holds, if not told otherwise."""
REACH = 10_000_000
"""Tokens that are decoded for the strip, if not told otherwise."""
COLUMNS, LINES = 1000, 30
"""Of the strip: pieces of time, and rows among which the numbers of instructions are shared out."""


class NoPage(ValueError):
    """There is no page of this run, or not there; the message says why."""


@dataclass(frozen=True)
class Strip:
    """A whole run in pieces of equal length.

    Attributes:
        tokens: how many the run has.
        marks: by piece a number of `LINES` bits: which rows the instructions carried out fall into.
        depth: by piece, the most frames that are open besides the first.
        cells: by piece, how many cells are in use at its beginning.
    """

    tokens: int
    marks: tuple[int, ...]
    depth: tuple[int, ...]
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Recording:
    """A window of a run.

    Attributes:
        prompt: of the run; or the snapshot from which the window goes on, which is a prompt as well.
        trace: the tokens of the window.
        skipped: how many tokens of the trace come before the window.
        strip: the whole run, if it is longer than the window.
        cut: whether the run goes on after all that was decoded.
    """

    prompt: Prompt
    trace: Tokens
    skipped: int = 0
    strip: Strip | None = None
    cut: bool = False


def record(
    prompt: Prompt, engine: Engine, around: int | None = None, window: int = WINDOW, max_tokens: int | None = None
) -> Recording:
    """Decodes a run and keeps the window around token number `around`, from 1; without it, the beginning.

    Args:
        window: tokens to keep.
        max_tokens: the run is cut after so many; if not given, after `REACH`, or where the window ends.

    Raises:
        NoPage: see there.
    """
    begin = max(0, (around or 1) - 1 - window // 2)
    follower = reading(prompt).follow(prompt, keep_rest=True)
    summary = _Summary(follower)
    start, skipped, ended = prompt, 0, False
    for chunk in engine.decode(prompt.numbers, max_tokens or max(REACH, begin + window)):
        summary.take(chunk)
        ended = int(chunk[-1]) in prompt.machine.halting
        if begin > 0 and skipped == 0 and follower.tokens + len(chunk) > begin:
            chunk = _taken_to_instruction_end(follower, chunk, begin - follower.tokens)
            if len(chunk) or not ended:
                start, skipped = follower.rest() or prompt, follower.tokens
        if len(chunk):
            follower.take(chunk)
    if around is not None and around > follower.tokens:
        end = "ends" if ended else "was cut, see --max-tokens,"
        raise NoPage(f"the run has no token {around:,}: it {end} after {follower.tokens:,}")
    shown = min(window, follower.tokens - skipped)
    trace = np.concatenate([np.empty(0, dtype=np.int32), *engine.decode(start.numbers, shown)])
    whole = skipped == 0 and len(trace) == follower.tokens
    return Recording(start, trace, skipped, None if whole else summary.strip(), not ended)


def _taken_to_instruction_end(follower: Follower, chunk: Tokens, most: int) -> Tokens:
    """Takes tokens up to an instruction's end, from number `most` of the chunk on; returns the rest of it."""
    if most > 0:
        follower.take(chunk[:most])
    steps, taken = follower.steps, max(most, 0)
    while taken < len(chunk) and (follower.steps == steps or taken == 0):
        follower.take(chunk[taken : taken + 1])
        taken += 1
    return chunk[taken:]


_BLOCK = 64
"""Tokens that are one entry until the length of the run is known."""


class _Summary:
    """The strip of a run, from chunks of its trace, which it takes before the follower does."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.tokens = 0
        self._blocks: list[npt.NDArray[np.int64]] = []
        """Columns of what each has: the number of a block of tokens, marks, depth, cells."""

    def take(self, chunk: Tokens) -> None:
        """The next tokens of the trace."""
        place, depth = self.follower.course(chunk)
        numbers = (self.tokens + np.arange(len(chunk))) // _BLOCK
        begins = np.flatnonzero(np.diff(numbers, prepend=-1))
        marks = 1 << np.minimum((place * LINES).astype(np.int64), LINES - 1)
        entries = (
            numbers[begins],
            np.bitwise_or.reduceat(marks, begins),
            np.maximum.reduceat(depth, begins),
            np.full(len(begins), self.follower.cells_in_use),
        )
        self._blocks.append(np.stack(entries).astype(np.int64))
        self.tokens += len(chunk)

    def strip(self) -> Strip:
        """The strip of all tokens so far."""
        number, marks, depth, cells = np.concatenate(self._blocks, axis=1)
        pieces = min(COLUMNS, int(number[-1]) + 1)
        begins = np.searchsorted(number * pieces // (number[-1] + 1), np.arange(pieces))
        return Strip(
            self.tokens,
            tuple(np.bitwise_or.reduceat(marks, begins).tolist()),
            tuple(np.maximum.reduceat(depth, begins).tolist()),
            tuple(cells[begins].tolist()),
        )
