"""Traces against the compiled graph of a machine's weights, in chunks: one after the other, or each by itself.

**Chunks by themselves.** What is carried into a chunk is made of what is carried on in the chunks before it, scan by
scan: sums are added up, of last values the latest count, and so they do for each key of a match scan. What a scan
carries on in a chunk may depend on what other scans find, and so on what *these* carry into the chunk. So the scans
have levels: those of level 0 depend on tokens and positions alone, those of level n + 1 on what scans of levels up to
n find. A chunk is gone through once for each level, computing no more than that level's scans carry on, and then,
with all that is carried into it, once more to check its tokens.

Token p + 1 is checked against the tokens up to p as they stand in the trace. The first wrong position is therefore
the first one of the first chunk that has any, whatever is done in which order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from interpreter.traces.trace_file import TokenNumbers
from interpreter.verification.compiled.graph import Scan
from interpreter.verification.compiled.layout import Layout
from interpreter.verification.compiled.native import Native
from interpreter.verification.compiled.program import Program
from interpreter.verification.compiled.state import Carried, State, add
from interpreter.verification.compiled.vectors import LANES


@dataclass(frozen=True)
class Wrong:
    """At `position`, another token is emitted than the one that follows; found: see `native.Stop`, of that position."""

    position: int
    emitted: int
    found: dict[tuple[int, int], float]


@dataclass(frozen=True)
class Failed:
    """At `position`, something that is assumed does not hold."""

    position: int
    reason: str


@dataclass(frozen=True)
class Kit:
    """What checks chunks, without the weights: it can be sent to where that is done.

    records: the programs that record each level; levels: the numbers of their scans; scans: all, without their tables.
    """

    check: Program
    records: tuple[Program, ...]
    levels: tuple[tuple[int, ...], ...]
    scans: tuple[Scan, ...]
    layout: Layout

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the machine code: other processors need another."""
        return Kit, (self.check, self.records, self.levels, self.scans, self.layout)

    @cached_property
    def checker(self) -> Native:
        """The code that checks chunks, compiled when it is first asked for."""
        return Native(self.check, self.layout)

    @cached_property
    def recorders(self) -> tuple[Native, ...]:
        """The code that records what a chunk hands on, level by level."""
        return tuple(Native(program, self.layout) for program in self.records)

    def state(self, position: int, carried: Iterable[Carried] = ()) -> State:
        """What all positions before this one carry on, as far as it is given."""
        state = State.empty(self.scans, self.layout, position)
        for part in carried:
            self.add(state, part, first=True)
        return state

    def add(self, state: State, chunk: Carried, first: bool) -> None:
        """Adds what a chunk carried on to what was carried into it; first: nothing was, it begins at position 0."""
        add(state, chunk, first, self.scans, self.layout, self.checker.inserts)

    def check_chunk(self, state: State, tokens: TokenNumbers, end: int, prompt: int) -> Wrong | Failed | None:
        """Carries the state on up to `end`, a multiple of `LANES` or the number of tokens less one; what is wrong."""
        begin = state.position
        emitted = np.empty(end - begin + LANES, dtype=np.int32)
        stop = self.checker.run(state, tokens, emitted, end, prompt)
        for position in range(max(stop.position, prompt - 1), min(stop.position + LANES, end)):
            if position == stop.failed_at:
                break
            if (token := int(emitted[position - begin])) != tokens[position + 1]:
                found = {place: float(vector[position - stop.position]) for place, vector in stop.found.items()}
                return Wrong(position, token, found)
        return None if stop.failed_at is None else Failed(stop.failed_at, stop.reason)

    def record_chunk(
        self, level: int, carried: Iterable[Carried], tokens: TokenNumbers, begin: int, end: int
    ) -> Carried | Failed:
        """What the scans of a level carry on in a chunk into which the levels before it are carried."""
        state = self.state(begin, carried)
        stop = self.recorders[level].run(state, tokens, np.empty(0, np.int32), end, end)
        if stop.failed_at is not None:
            return Failed(stop.failed_at, stop.reason)
        return Carried.of(state, self.layout, self.levels[level])
