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

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import llvmlite
import numpy as np
import numpy.typing as npt

from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.circuits.weights import Weights
from compiler.storage.cache import opened
from interpreter.verification.compiled.evaluate import evaluate
from interpreter.verification.compiled.generate import checking, needed, recording
from interpreter.verification.compiled.graph import AtScan, Found, Scan, state_inputs
from interpreter.verification.compiled.layout import Layout
from interpreter.verification.compiled.native import Native, machine_code, processor
from interpreter.verification.compiled.program import Program
from interpreter.verification.compiled.reading import graph_of
from interpreter.verification.compiled.state import Carried, State, add
from interpreter.verification.compiled.vectors import LANES
from interpreter.verification.plan import Undetermined, plan

TokenNumbers = npt.NDArray[Any]
"""int32, or uint16 as in a trace file."""


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
        return Native(self.check, self.layout, _kept_code(self.check.text))

    @cached_property
    def recorders(self) -> tuple[Native, ...]:
        """The code that records what a chunk hands on, level by level."""
        return tuple(Native(program, self.layout, _kept_code(program.text)) for program in self.records)

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


class Compiled:
    """The transformer of these weights, read into a graph.

    Raises:
        Undetermined: the heads of these weights do not do what they declare, or a looped block does not settle.
    """

    def __init__(self, weights: Weights) -> None:
        try:
            weights = unrolled(weights)
        except NotSettling as reason:
            raise Undetermined(str(reason)) from reason
        self.graph = graph_of(weights, plan(weights))
        self.layout = Layout.of(self.graph.scans)

    @property
    def can_be_split(self) -> bool:
        """Whether chunks can be checked by themselves: not where values of every position are kept."""
        return not any(scan.kept for scan in self.graph.scans if isinstance(scan, AtScan))

    def kit(self, token_bits: int, records: bool = False) -> Kit:
        """token_bits: of a token's number in memory; records: whether chunks are to be checked by themselves."""
        scans = tuple(replace(s, table=s.table[:0]) if isinstance(s, AtScan) else s for s in self.graph.scans)
        levels = self._levels() if records else ()
        recorders = tuple(recording(self.graph, self.layout, token_bits, level) for level in levels)
        return Kit(checking(self.graph, self.layout, token_bits), recorders, levels, scans, self.layout)

    def _levels(self) -> tuple[tuple[int, ...], ...]:
        """The scans that carry something, by level."""
        level: dict[int, int] = {}
        for number, scan in enumerate(self.graph.scans):
            nodes = map(self.graph.nodes.__getitem__, needed(self.graph, state_inputs(scan)))
            before = {node.scan for node in nodes if isinstance(node, Found)}
            if not isinstance(scan, AtScan):
                level[number] = max((level[other] + 1 for other in before if other in level), default=0)
        return tuple(
            tuple(s for s, own in level.items() if own == n) for n in range(max(level.values(), default=-1) + 1)
        )

    def wires(self, wrong: Wrong, token: int) -> dict[str, float]:
        """The residual stream after the last layer where a wrong token was emitted, by wire."""
        return evaluate(self.graph, wrong.position, token, wrong.found)


def _kept_code(text: str) -> bytes:
    """The machine code, from the cache of the user where it is there."""
    cache = opened()
    name = hashlib.sha256(json.dumps([text, processor(), llvmlite.__version__]).encode()).hexdigest()
    code = cache.read("native", name) if cache else None
    if code is None:
        code = machine_code(text)
        if cache:
            cache.write("native", name, code)
    return code
