"""What of the weights a run needs: rows without their zeros, heads in the terms of their patterns.

A head's pattern is what it declares itself to be; that its query and key tensors are indeed those of the
pattern is checked here, coordinate by coordinate. The numbers used afterwards are the tensors' own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import POSITIONAL
from compiler.circuits.heads import At, Latest, Mean, Offset, Pattern, Previous
from compiler.circuits.sparse import Row, has_declared_bias, live_weights, only, row
from compiler.circuits.weights import LayerWeights, Weights, score_scale
from interpreter.engines.engine import UnknownEngine
from interpreter.engines.indexed.memory import WINDOW

Array = npt.NDArray[np.float64]


class NotIndexable(UnknownEngine):
    """The weights are not what the indexed engine takes; the message says which head, why, and what to choose."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; choose dense, which takes all weights")


@dataclass(frozen=True)
class AtHead:
    """Attends to the position whose number the query is."""

    query: Row


@dataclass(frozen=True)
class LatestHead:
    """match: (query, key) of each coordinate.

    own: the part of a position's score that is its own, `eligible - |key|^2`; query_square: `|query|^2`
    if the first token is the default, else None.
    """

    match: tuple[tuple[Row, Row], ...]
    own: Row
    query_square: Row | None


Kind = Mean | Previous | Offset | AtHead | LatestHead


@dataclass(frozen=True)
class Copied:
    """A value that a head carries, and the wires that it is added to."""

    row: Row
    targets: Row


@dataclass(frozen=True)
class PlannedHead:
    """A head: how it finds its position, and what it copies from there."""

    name: str
    kind: Kind
    values: tuple[Copied, ...]


@dataclass(frozen=True)
class PlannedNeuron:
    """A neuron as sparse rows: `relu(gate) * up` is added to the targets."""

    gate: Row
    up: Row
    targets: Row


@dataclass(frozen=True)
class PlannedLayer:
    """The heads and neurons of a layer that are needed for some logit."""

    heads: tuple[PlannedHead, ...]
    neurons: tuple[PlannedNeuron, ...]


@dataclass(frozen=True)
class Plan:
    """embedded: dimensions that the token embedding sets and that matter; positional: for each of the
    positional features the dimensions that it is added to; layers: without what reaches no logit.
    """

    embedded: tuple[int, ...]
    positional: tuple[Row, ...]
    layers: tuple[PlannedLayer, ...]

    @property
    def written(self) -> set[int]:
        """The dimensions that heads or neurons write."""
        heads = (v.targets for layer in self.layers for h in layer.heads for v in h.values)
        neurons = (n.targets for layer in self.layers for n in layer.neurons)
        return {j for targets in (*heads, *neurons) for j, _ in targets}


def plan(weights: Weights) -> Plan:
    """Raises NotIndexable where a head is not what it declares itself to be."""
    shape = _Shape(weights)

    def score_reads(layer: LayerWeights, h: int) -> Iterable[int]:
        return (j for part in _reads(shape.kind(layer, h)) for j, _ in part)

    live = live_weights(weights, score_reads)
    layers = tuple(
        PlannedLayer(
            tuple(
                PlannedHead(
                    layer.head_names[head.number],
                    shape.kind(layer, head.number),
                    tuple(Copied(value.row, value.targets) for value in head.values),
                )
                for head in found.heads
            ),
            tuple(PlannedNeuron(neuron.gate, neuron.up, neuron.targets) for neuron in found.neurons),
        )
        for layer, found in zip(weights.layers, live.layers, strict=True)
    )
    embedded = (j for j in sorted(live.dimensions) if weights.embedding[:, j].any())
    positional = tuple(only(row(feature), live.dimensions) for feature in weights.positional)
    return Plan(tuple(embedded), positional, layers)


def _reads(kind: Kind) -> Iterable[Row]:
    """What is read for the score of a head, besides the position."""
    match kind:
        case AtHead(query):
            yield query
        case LatestHead(match, own, query_square):
            yield from (part for pair in match for part in pair)
            yield own
            yield query_square or ()


class _Shape:
    """Recognises the score of each pattern (see `compiler.circuits.weights.score`) in query and key tensors."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        axes = [row(feature) for feature in weights.positional]
        if any(len(axis) != 1 or axis[0][1] != 1 for axis in axes):
            raise NotIndexable("each positional feature must be on a dimension of its own")
        dimensions = [axis[0][0] for axis in axes]
        written = [weights.embedding[:, dimensions].any()]
        for layer in weights.layers:
            written += [layer.down[dimensions].any(), layer.output[:, dimensions].any()]
        if any(written):
            raise NotIndexable("something besides the position is written to the dimensions of the positional features")
        self.one, self.position, self.square, self.parity, self.first = weights.positional[: len(POSITIONAL)]
        self.recency = self.position / (2 * weights.max_tokens)

    def kind(self, layer: LayerWeights, h: int) -> Kind:
        """Raises NotIndexable if the tensors of head h are not those of its pattern."""
        name, pattern = layer.head_names[h], layer.patterns[h]
        query, key = layer.query[h] / float(score_scale(self.weights.max_tokens, pattern)), layer.key[h]
        size = _coordinates(pattern)
        if (query[size:].any(1) & key[size:].any(1)).any():
            raise _unlike(name)
        query, key = query[:size], key[:size]
        if not has_declared_bias(layer, h):
            raise _unlike(name)
        match pattern:
            case Offset(distance) if distance >= WINDOW:
                raise NotIndexable(f"head {name!r} looks {distance} tokens back; this engine keeps the latest {WINDOW}")
            case Previous():
                self._expect(name, query, [-self.parity, self.one])
                self._expect(name, key, [self.parity, self.recency])
            case At():
                self._expect(name, key, [self.position, self.square])
                self._expect(name, query[1:], [-self.one])
                return AtHead(row(query[0] / 2))
            case Latest(match=(_, *_), within=int()):
                raise NotIndexable(f"head {name!r}: this engine finds no matches within so many positions only")
            case Latest(match=match, query_square=square, recent=recent):
                self._expect(name, query[-1:], [self.one])
                pairs = tuple((row(q / 2), row(k)) for q, k in zip(query[: len(match)], key[: len(match)]))
                own = key[-1] - self.recency * recent + self.one
                if square is None:
                    return LatestHead(pairs, row(own), None)
                self._expect(name, key[-2:-1], [self.one - self.first])
                return LatestHead(pairs, row(own - self.first / 2), row(-query[-2]))
        return pattern

    def _expect(self, name: str, rows: Array, expected: list[Array]) -> None:
        if not np.array_equal(rows, np.stack(expected)):
            raise _unlike(name)


def _coordinates(pattern: Pattern) -> int:
    """How many (query, key) coordinates the score of a pattern has."""
    match pattern:
        case Mean() | Offset():
            return 0
        case Latest(match=match, query_square=square):
            return len(match) + (square is not None) + 1
    return 2


def _unlike(name: str) -> NotIndexable:
    return NotIndexable(f"head {name!r}: its query and key weights are not those of the pattern that it declares")
