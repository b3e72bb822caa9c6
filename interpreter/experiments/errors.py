"""Errors in a computation graph, as Dziri et al. 2023 (Faith and Fate, section 3) tell them apart, counted exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compiler.machines.ram.isa import Layout
from compiler.machines.ram.vocabulary import Token, vocabulary, write_families
from interpreter.engines.engine import Tokens
from interpreter.experiments.provenance import Graph, has_carry
from interpreter.traces.ram.follower import tables


@dataclass(frozen=True)
class Errors:
    """Nodes of the right run's graph, by what became of them in another run.

    local: wrong, though all parents are right; propagated: wrong, with a wrong parent; restored: right, in spite of a
    wrong parent; derailed: the run was no longer at the same instruction, or had stored elsewhere, so that there is
    nothing to compare.
    """

    nodes: int = 0
    local: int = 0
    propagated: int = 0
    restored: int = 0
    derailed: int = 0

    def __add__(self, other: Errors) -> Errors:
        pairs = zip(vars(self).values(), vars(other).values())
        return Errors(*(a + b for a, b in pairs))


def count_errors(layout: Layout, right: Graph, prompt: Tokens, tokens: Tokens) -> Errors:
    """Compares a run's tokens with the right run, instruction by instruction, while both are at the same one."""
    known = vocabulary(layout)
    wrong: set[int] = set()
    wrong_carry: set[int] = set()
    counts = {"local": 0, "propagated": 0, "restored": 0}
    compared = 0
    for position, found in _aligned(layout, right, prompt, tokens):
        compared += 1
        node = position - right.prompt
        expected, token = right.tokens[node], None if found is None else known[found]
        if token != expected:
            wrong.add(position)
        if token is None or _carry(token) != _carry(expected):
            wrong_carry.add(position)
        from_wrong = not wrong.isdisjoint(right.parents[node]) or right.carries[node] in wrong_carry
        if position in wrong or from_wrong:
            kind = "restored" if position not in wrong else "propagated" if from_wrong else "local"
            counts[kind] += 1
        if position in wrong and expected.family in write_families(layout.groups):
            break
    nodes = sum(event.end - event.start for event in right.events)
    return Errors(nodes=nodes, derailed=nodes - compared, **counts)


def _aligned(layout: Layout, right: Graph, prompt: Tokens, tokens: Tokens) -> Iterator[tuple[int, int | None]]:
    """Positions of the right run, and the other run's token there, if the same instruction has so many."""
    for event, (pc, start, end) in zip(right.events, _events(layout, prompt, tokens)):
        if pc != event.pc:
            return
        for offset in range(event.end - event.start):
            yield event.start + offset, int(tokens[start + offset]) if start + offset < end else None


def _carry(token: Token) -> int:
    return token.flag if has_carry(token) else 0


def _events(layout: Layout, prompt: Tokens, tokens: Tokens) -> list[tuple[int, int, int]]:
    """The instructions of a trace: number, and first and last-but-one index of their tokens."""
    known = tables(layout)
    before = int(known.pc[prompt].sum()) + np.concatenate([[0], np.cumsum(known.pc[tokens])])
    ends: npt.NDArray[np.int64] = np.flatnonzero(known.ends[tokens]) + 1
    starts = np.concatenate([[0], ends[:-1]])
    return [(int(before[s]), int(s), int(e)) for s, e in zip(starts, ends)]
