"""The weights of a machine, read into a graph, and the programs that check its traces."""

from __future__ import annotations

from dataclasses import replace

from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.circuits.weights import Weights
from interpreter.verification.compiled.evaluate import evaluate
from interpreter.verification.compiled.generate import checking, needed, recording
from interpreter.verification.compiled.graph import AtScan, Found, state_inputs
from interpreter.verification.compiled.kit import Kit, Wrong
from interpreter.verification.compiled.layout import Layout
from interpreter.verification.compiled.reading import graph_of
from interpreter.verification.plan import Undetermined, plan


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
