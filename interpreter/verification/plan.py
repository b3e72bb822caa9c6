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
from compiler.circuits.weights import Array, Head, LayerWeights, Weights, score
from interpreter.verification.product import Terms

Indices = npt.NDArray[np.int64]


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
        return int(self.gate.shape[0])


@dataclass(frozen=True)
class LayerPlan:
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
                if not _as_declared(weights, layer, h, self.column):
                    raise Undetermined(f"the query and key weights of head {name!r} are not those it declares")
        self.live = [_LiveLayer(layer) for layer in weights.layers]
        self.needed = self._mark_live()
        self.row: dict[int, int] = {}
        self.read: set[int] = set()
        self.zeroed: list[int] = []

    def _check_positional(self) -> None:
        """The scores rely on these wires: each carries its feature and nothing else."""
        w = self.weights
        columns = [self.column[wire] for wire in self.positional]
        identity = np.zeros_like(w.positional)
        identity[range(len(columns)), columns] = 1
        others = [w.embedding[:, columns], *(layer.down[columns] for layer in w.layers)]
        others += [layer.output[:, columns] for layer in w.layers]
        if not np.array_equal(w.positional, identity) or any(np.any(part) for part in others):
            raise Undetermined("a wire of the positional encoding carries something else as well")

    def _mark_live(self) -> set[int]:
        """The columns with a path to a logit; marks live neurons and head values on the way back."""
        needed = set(_columns(self.weights.unembedding))
        for live in reversed(self.live):
            layer = live.weights
            live.neurons = [n for n in range(layer.down.shape[1]) if needed & set(np.flatnonzero(layer.down[:, n]))]
            needed |= set(_columns(layer.gate[live.neurons])) | set(_columns(layer.up[live.neurons]))
            reads: set[int] = set()
            for h, pattern in enumerate(layer.patterns):
                live.values[h] = [
                    i for i in range(layer.value.shape[1]) if needed & set(np.flatnonzero(layer.output[h, :, i]))
                ]
                if live.values[h]:
                    reads |= set(_columns(layer.value[h][live.values[h]]))
                    for expression in head_reads(Head("", pattern, {})):
                        reads |= {self.column[w] for w in expression.wires}
            needed |= reads
        return needed

    def plan(self) -> Plan:
        embedded = [c for c in _columns(self.weights.embedding) if c in self.needed]
        for column in embedded:
            self.row[column] = len(self.row)
        live_features = {f: self.column[w] for f, w in enumerate(self.positional) if self.column[w] in self.needed}
        positional = {feature: self._target(column, 1.0).row for feature, column in live_features.items()}
        # Rows in the order in which they are first written, so that what a layer sets lies side by side.
        layers = tuple(self._layer(live) for live in self.live)
        late = {c for live in self.live for c in live.written() if c in self.needed}
        self._read(sorted(self.needed))
        columns = sorted(self.row, key=self.row.__getitem__)
        return Plan(
            wires=tuple(self.weights.wires[c] for c in columns),
            embedding=np.ascontiguousarray(self.weights.embedding[:, embedded]),
            positional=positional,
            radix=self.weights.radix,
            zeroed=np.array(self.zeroed, dtype=np.int64),
            layers=layers,
            logit_rows=np.array([self.row[c] for c in _columns(self.weights.unembedding)], dtype=np.int64),
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

    def _terms(self, vector: Array) -> Terms:
        return tuple((self.row[int(c)], float(vector[c])) for c in np.flatnonzero(vector))

    def _layer(self, live: _LiveLayer) -> LayerPlan:
        layer = live.weights
        heads = [h for h, values in live.values.items() if values]
        reads: set[int] = set()
        for h in heads:
            reads |= set(_columns(layer.value[h][live.values[h]]))
            for expression in head_reads(Head("", layer.patterns[h], {})):
                reads |= {self.column[w] for w in expression.wires}
        self._read(sorted(reads))
        terms = {(h, i): self._terms(layer.value[h, i]) for h in heads for i in live.values[h]}
        plans = []
        for h in heads:
            values = []
            for i in live.values[h]:
                columns = [int(c) for c in np.flatnonzero(layer.output[h, :, i]) if c in self.needed]
                if reads & set(columns):
                    raise Undetermined(f"head {layer.head_names[h]!r} writes what a head of its layer reads")
                targets = tuple(self._target(c, float(layer.output[h, c, i])) for c in columns)
                values.append(Value(terms[h, i], targets))
            plans.append(HeadPlan(layer.head_names[h], layer.patterns[h], tuple(values)))
        return LayerPlan(tuple(plans), self._feed_forward(live))

    def _feed_forward(self, live: _LiveLayer) -> FeedForwardPlan:
        layer, one = live.weights, self.column[POSITIONAL[0]]
        constant = [n for n in live.neurons if set(np.flatnonzero(layer.up[n])) == {one}]
        varying = [n for n in live.neurons if n not in constant]
        neurons = varying + constant
        gate_columns, up_columns = _columns(layer.gate[neurons]), _columns(layer.up[varying])
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


class _LiveLayer:
    """The live neurons and, for each head, the live values of a layer."""

    def __init__(self, weights: LayerWeights) -> None:
        self.weights = weights
        self.neurons: list[int] = []
        self.values: dict[int, list[int]] = {}

    def written(self) -> list[int]:
        outputs = [_columns(self.weights.output[h][:, values].T) for h, values in self.values.items()]
        return [*_columns(self.weights.down[:, self.neurons].T), *(c for output in outputs for c in output)]


def _columns(matrix: Array) -> list[int]:
    """The columns of a matrix that are not zero."""
    columns: list[int] = np.flatnonzero((matrix != 0).any(0)).tolist()
    return columns


def _as_declared(weights: Weights, layer: LayerWeights, h: int, column: dict[Wire, int]) -> bool:
    """Whether the query and key weights of a head are those of its pattern's score."""
    query, key = np.zeros_like(layer.query[h]), np.zeros_like(layer.key[h])
    for i, (q, k) in enumerate(score(layer.patterns[h], weights.max_tokens)):
        for matrix, expression in ((query, q), (key, k)):
            for wire, coefficient in expression.wires.items():
                matrix[i, column[wire]] = coefficient
    return np.array_equal(query, layer.query[h]) and np.array_equal(key, layer.key[h])

