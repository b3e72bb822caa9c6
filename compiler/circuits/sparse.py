"""The one sparse reading of the weights: rows without their zeros, and only what reaches a logit.

Every engine plans from this. The proofs read the tensors themselves (`proofs_check.tensors`), on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from compiler.circuits.weights import Array, LayerWeights, Weights, reach_of, relative_bias, score

Row = tuple[tuple[int, float], ...]
"""(dimension, coefficient) of each entry that is not 0, in the order of the dimensions."""

ScoreReads = Callable[[LayerWeights, int], Iterable[int]]
"""The dimensions that the scores of a head read, by its layer and its number, as an engine computes them."""


@dataclass(frozen=True)
class LiveValue:
    """One value that a head carries.

    Attributes:
        number: its index in the head's value tensor.
        row: what it reads.
        targets: the live dimensions that it is added to.
    """

    number: int
    row: Row
    targets: Row


@dataclass(frozen=True)
class LiveHead:
    """A head with at least one live value; `number` is its index in the layer's tensors."""

    number: int
    values: tuple[LiveValue, ...]


@dataclass(frozen=True)
class LiveNeuron:
    """A neuron with at least one live target, `relu(gate x) * (up x)`; `number` is its index in the layer."""

    number: int
    gate: Row
    up: Row
    targets: Row


@dataclass(frozen=True)
class LiveLayer:
    """What of a layer reaches a logit."""

    heads: tuple[LiveHead, ...]
    neurons: tuple[LiveNeuron, ...]

    @property
    def written(self) -> set[int]:
        """The live dimensions that heads or neurons of this layer write."""
        values = (value.targets for head in self.heads for value in head.values)
        neurons = (neuron.targets for neuron in self.neurons)
        return {j for targets in (*values, *neurons) for j, _ in targets}


@dataclass(frozen=True)
class LiveWeights:
    """Layers in order; `dimensions`: those with a path of non-zero weights to a logit."""

    layers: tuple[LiveLayer, ...]
    dimensions: frozenset[int]


def row(vector: Array) -> Row:
    """A dense vector (d,) without its zeros."""
    return tuple((int(j), float(vector[j])) for j in np.flatnonzero(vector))


def columns(matrix: Array) -> list[int]:
    """The columns of a matrix (n, d) that are not zero."""
    found: list[int] = np.flatnonzero((matrix != 0).any(0)).tolist()
    return found


def only(dense: Row, live: Iterable[int]) -> Row:
    """The entries of a row in live dimensions."""
    kept = frozenset(live)
    return tuple((j, c) for j, c in dense if j in kept)


def live_weights(weights: Weights, score_reads: ScoreReads) -> LiveWeights:
    """What of the weights has a path to a logit, found from the unembedding back to the first layer."""
    live = set(columns(weights.unembedding))
    layers: list[LiveLayer] = []
    for layer in reversed(weights.layers):
        neurons = [
            LiveNeuron(n, row(layer.gate[n]), row(layer.up[n]), targets)
            for n in range(len(layer.gate))
            if (targets := only(row(layer.down[:, n]), live))
        ]
        live |= {j for neuron in neurons for part in (neuron.gate, neuron.up) for j, _ in part}
        heads = [head for h in range(len(layer.query)) if (head := _head(layer, h, live)).values]
        live |= {j for head in heads for value in head.values for j, _ in value.row}
        live |= {j for head in heads for j in score_reads(layer, head.number)}
        layers.append(LiveLayer(tuple(heads), tuple(neurons)))
    return LiveWeights(tuple(reversed(layers)), frozenset(live))


def _head(layer: LayerWeights, h: int, live: set[int]) -> LiveHead:
    values = (
        LiveValue(v, row(layer.value[h, v]), only(row(layer.output[h, :, v]), live))
        for v in range(layer.value.shape[1])
    )
    return LiveHead(h, tuple(value for value in values if value.row and value.targets))


def is_as_declared(weights: Weights, layer: LayerWeights, h: int) -> bool:
    """Whether the query and key weights and the biases of a head are, entry by entry, those of its pattern's score."""
    column = {wire: i for i, wire in enumerate(weights.wires)}
    query, key = np.zeros_like(layer.query[h]), np.zeros_like(layer.key[h])
    for i, (q, k) in enumerate(score(layer.patterns[h], weights.max_tokens)):
        for matrix, expression in ((query, q), (key, k)):
            for wire, coefficient in expression.wires.items():
                matrix[i, column[wire]] = coefficient
    return np.array_equal(query, layer.query[h]) and np.array_equal(key, layer.key[h]) and has_declared_bias(layer, h)


def has_declared_bias(layer: LayerWeights, h: int) -> bool:
    """Whether the relative biases of a head are those of its pattern."""
    reach = reach_of(layer.patterns[h])
    if layer.relative is None:
        return reach is None
    if reach is not None and reach > layer.relative.shape[1] - 2:
        return False
    return np.array_equal(layer.relative[h], relative_bias(layer.patterns[h], layer.relative.shape[1]))
