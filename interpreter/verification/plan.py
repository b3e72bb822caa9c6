"""What a chunk of positions needs of the weights: live rows, small dense blocks, and heads by their pattern.

Nothing here is an approximation. Dead wires (no path of non-zero weights to a logit) are left out; a block is the
part of a weight matrix whose rows and columns are live; a head is grouped by the pattern that it declares, after its
query and key weights have been compared with those that the pattern stands for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import POSITIONAL, digit_wires
from compiler.circuits.expressions import Expression, Wire
from compiler.circuits.heads import Pattern
from compiler.circuits.schedule import head_reads
from compiler.circuits.sparse import LiveLayer, Row, columns, is_as_declared, live_weights
from compiler.circuits.weights import Array, Head, LayerWeights, Weights

Indices = npt.NDArray[np.int64]
Terms = tuple[tuple[int, float], ...]
"""A linear combination of rows: (row, coefficient) pairs."""


class Undetermined(Exception):
    """The closed forms do not say what the transformer does here; the message says why."""


@dataclass(frozen=True)
class Value:
    """One value of a head: what it reads, and the rows that it is written to."""

    terms: Terms
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Target:
    """`fresh`: nothing has written this row before, and nothing has read it."""

    row: int
    coefficient: float
    fresh: bool


@dataclass(frozen=True)
class HeadPlan:
    """A head with its live values; the pattern's expressions are to be read as `Plan.terms` says."""

    name: str
    pattern: Pattern
    values: tuple[Value, ...]


@dataclass(frozen=True)
class FeedForwardPlan:
    """Live neurons of a layer, those with a varying up first: `down @ (relu(gate @ x) * up @ x)`.

    gate: (n, len(gate_rows)); up: (m, len(up_rows)) for the first m neurons; the constant ups of the others are
    folded into `down` (rows, n), which sets the fresh rows `first_row` and on and then adds to `added_rows`.
    """

    gate: Array
    gate_rows: Indices
    up: Array
    up_rows: Indices
    first_row: int
    set_down: Array
    added_down: Array
    added_rows: Indices

    @property
    def neurons(self) -> int:
        """How many there are."""
        return int(self.gate.shape[0])


@dataclass(frozen=True)
class LayerPlan:
    """What a layer does: its heads first, then its neurons."""

    heads: tuple[HeadPlan, ...]
    feed_forward: FeedForwardPlan


@dataclass(frozen=True)
class Plan:
    """A residual stream of `len(wires)` rows; row i carries `wires[i]`.

    The embedding, (vocabulary, e), sets the first e rows. `positional[i]` is the row of positional feature i, where
    it is live; `radix`: of the position's digits; `zeroed` are the rows that are read before they are written, `late`
    those that heads or neurons write.
    """

    wires: tuple[Wire, ...]
    embedding: Array
    positional: dict[int, int]
    radix: int
    zeroed: Indices
    layers: tuple[LayerPlan, ...]
    logit_rows: Indices
    late: frozenset[int]

    def terms(self, expression: Expression) -> Terms:
        """The linear form as pairs of a row of the stream and a coefficient."""
        rows = {w: i for i, w in enumerate(self.wires)}
        return tuple((rows[w], float(c)) for w, c in expression.wires.items())


def plan(weights: Weights) -> Plan:
    """The plan of a machine's weights.

    Raises:
        Undetermined: a head does not do what it declares, or the positional wires carry something else as well.
    """
    return _Planner(weights).plan()


class _Planner:
    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.column = {w: i for i, w in enumerate(weights.wires)}
        self.positional = (*POSITIONAL, *digit_wires(weights.radix, weights.max_tokens))
        self._check_positional()
        for layer in weights.layers:
            for h, name in enumerate(layer.head_names):
                if not is_as_declared(weights, layer, h):
                    raise Undetermined(f"the query and key weights of head {name!r} are not those it declares")
        self.live = live_weights(weights, self._score_reads)
        self.needed = self.live.dimensions
        self.row: dict[int, int] = {}
        self.read: set[int] = set()
        self.zeroed: list[int] = []

    def _check_positional(self) -> None:
        """The scores rely on these wires: each carries its feature and nothing else."""
        w = self.weights
        wires = [self.column[wire] for wire in self.positional]
        identity = np.zeros_like(w.positional)
        identity[range(len(wires)), wires] = 1
        others = [w.embedding[:, wires], *(layer.down[wires] for layer in w.layers)]
        others += [layer.output[:, wires] for layer in w.layers]
        if not np.array_equal(w.positional, identity) or any(np.any(part) for part in others):
            raise Undetermined("a wire of the positional encoding carries something else as well")

    def _score_reads(self, layer: LayerWeights, h: int) -> Iterable[int]:
        return (self.column[w] for e in head_reads(Head("", layer.patterns[h], {})) for w in e.wires)

    def plan(self) -> Plan:
        embedded = [c for c in columns(self.weights.embedding) if c in self.needed]
        for column in embedded:
            self.row[column] = len(self.row)
        live_features = {f: self.column[w] for f, w in enumerate(self.positional) if self.column[w] in self.needed}
        positional = {feature: self._target(column, 1.0).row for feature, column in live_features.items()}
        # Rows in the order in which they are first written, so that what a layer sets lies side by side.
        layers = tuple(map(self._layer, self.weights.layers, self.live.layers))
        late = {c for live in self.live.layers for c in live.written}
        self._read(sorted(self.needed))
        order = sorted(self.row, key=self.row.__getitem__)
        return Plan(
            wires=tuple(self.weights.wires[c] for c in order),
            embedding=np.ascontiguousarray(self.weights.embedding[:, embedded]),
            positional=positional,
            radix=self.weights.radix,
            zeroed=np.array(self.zeroed, dtype=np.int64),
            layers=layers,
            logit_rows=np.array([self.row[c] for c in columns(self.weights.unembedding)], dtype=np.int64),
            late=frozenset(self.row[c] for c in late),
        )

    def _read(self, columns: Iterable[int]) -> None:
        """Columns that are read now; a row that nothing has written yet reads as 0."""
        for column in columns:
            if column not in self.row:
                self.row[column] = len(self.row)
                self.zeroed.append(self.row[column])

    def _target(self, column: int, coefficient: float) -> Target:
        fresh = column not in self.row
        if fresh:
            self.row[column] = len(self.row)
        return Target(self.row[column], coefficient, fresh)

    def _terms(self, reads: Row) -> Terms:
        return tuple((self.row[c], coefficient) for c, coefficient in reads)

    def _layer(self, layer: LayerWeights, live: LiveLayer) -> LayerPlan:
        reads = {c for head in live.heads for value in head.values for c, _ in value.row}
        reads |= {c for head in live.heads for c in self._score_reads(layer, head.number)}
        self._read(sorted(reads))
        terms = {(head.number, value.number): self._terms(value.row) for head in live.heads for value in head.values}
        plans = []
        for head in live.heads:
            name, values = layer.head_names[head.number], []
            for value in head.values:
                if not reads.isdisjoint(c for c, _ in value.targets):
                    raise Undetermined(f"head {name!r} writes what a head of its layer reads")
                targets = tuple(self._target(c, coefficient) for c, coefficient in value.targets)
                values.append(Value(terms[head.number, value.number], targets))
            plans.append(HeadPlan(name, layer.patterns[head.number], tuple(values)))
        return LayerPlan(tuple(plans), self._feed_forward(layer, live))

    def _feed_forward(self, layer: LayerWeights, live: LiveLayer) -> FeedForwardPlan:
        one = self.column[POSITIONAL[0]]
        constant = [neuron.number for neuron in live.neurons if [c for c, _ in neuron.up] == [one]]
        varying = [neuron.number for neuron in live.neurons if neuron.number not in constant]
        neurons = varying + constant
        gate_columns, up_columns = columns(layer.gate[neurons]), columns(layer.up[varying])
        self._read(gate_columns + up_columns)
        down = layer.down[:, neurons].copy()
        down[:, len(varying) :] *= layer.up[constant, one]
        written = [c for c in np.flatnonzero((down != 0).any(1)).tolist() if c in self.needed]
        fresh = [c for c in written if c not in self.row]
        added = [c for c in written if c in self.row]
        first_row = len(self.row)
        for column in fresh:
            self.row[column] = len(self.row)
        return FeedForwardPlan(
            gate=layer.gate[np.ix_(neurons, gate_columns)],
            gate_rows=self._rows(gate_columns),
            up=layer.up[np.ix_(varying, up_columns)],
            up_rows=self._rows(up_columns),
            first_row=first_row,
            set_down=down[fresh],
            added_down=down[added],
            added_rows=self._rows(added),
        )

    def _rows(self, columns: list[int]) -> Indices:
        return np.array([self.row[c] for c in columns], dtype=np.int64)
