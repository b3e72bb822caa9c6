"""The transformer in exact arithmetic, position by position, straight from the tensors: slow and obvious.

A softmax with a scale of this size is a hardmax (the lemma `one-hot`), and a head without scores is a mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import POSITIONAL
from compiler.circuits.weights import LayerWeights, Weights
from proofs_check.lemma import NotProved
from proofs_check.symbolic.polynomials import Coefficient, simple

Row = tuple[tuple[int, Coefficient], ...]
"""(dimension, coefficient) of each entry that is not 0."""


def row(dense: npt.NDArray[np.float64]) -> Row:
    """The coefficients of a tensor's row that are not 0, as exact numbers."""
    return tuple((int(j), simple(Fraction(float(dense[j])))) for j in np.flatnonzero(dense))


def dot(terms: Row, x: Sequence[Coefficient]) -> Coefficient:
    """The row times a vector, exactly."""
    return sum(c * x[j] for j, c in terms)


class _Head:
    """What it has seen so far: keys times `unit`, which makes them integers wherever only recency is a fraction."""

    def __init__(self, w: LayerWeights, h: int, unit: int) -> None:
        pairs = [(row(q), row(k)) for q, k in zip(w.query[h], w.key[h])]
        self.pairs = [(q, k) for q, k in pairs if q and k]
        copied = [(row(v), row(o)) for v, o in zip(w.value[h], w.output[h].T)]
        self.copied = [(v, o) for v, o in copied if v and o]
        self.unit = unit
        self.keys: list[tuple[Coefficient, ...]] = []
        self.values: list[tuple[Coefficient, ...]] = []
        self.name = w.head_names[h]

    def brings(self, x: Sequence[Coefficient]) -> list[Coefficient]:
        """What it finds at the position that x is the stream of."""
        self.keys.append(tuple(simple(Fraction(dot(k, x)) * self.unit) for _, k in self.pairs))
        self.values.append(tuple(dot(v, x) for v, _ in self.copied))
        if not self.pairs:
            return [simple(Fraction(sum(column)) / len(self.values)) for column in zip(*self.values)]
        query = [dot(q, x) for q, _ in self.pairs]
        scores = [sum(a * b for a, b in zip(query, key)) for key in self.keys]
        best = max(scores)
        if scores.count(best) > 1:
            raise NotProved(f"head {self.name!r} finds two positions alike")
        return list(self.values[scores.index(best)])


class Exact:
    """One trace, fed token by token.

    Attributes:
        active: (layer, neuron) of those that were on so far.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.position = 0
        self.active: set[tuple[int, int]] = set()
        unit = 2 * weights.max_tokens
        self.layers = [
            ([_Head(w, h, unit) for h in range(len(w.query))], [_neuron(w, n) for n in range(len(w.gate))])
            for w in weights.layers
        ]
        self.positional = [row(feature) for feature in weights.positional]
        self.read = np.flatnonzero((weights.unembedding != 0).any(0))
        self.doubled = (2 * weights.unembedding[:, self.read]).astype(np.int64)
        if (self.doubled != 2 * weights.unembedding[:, self.read]).any():
            raise NotProved("the unembedding has other numbers than halves")

        self.most = [int(m) for m in abs(self.doubled).max(0)]

    def feed(self, token: int) -> tuple[list[list[Coefficient]], int | None]:
        """The stream as embedded and after each layer, and the token with the largest logit; None: there are two."""
        w, p = self.weights, self.position
        x = [simple(Fraction(float(c))) for c in w.embedding[token]]
        features = [1, p, p * p, 1 - 2 * (p % 2), int(p == 0)]
        features += [p // w.radix**i % w.radix for i in range(len(self.positional) - len(POSITIONAL))]
        _add(x, self.positional, features)
        streams = [list(x)]
        for i, (heads, neurons) in enumerate(self.layers):
            brought = [(o, value) for h in heads for (_, o), value in zip(h.copied, h.brings(x), strict=True)]
            _add(x, [o for o, _ in brought], [value for _, value in brought])
            gates = [dot(gate, x) for gate, _, _ in neurons]
            self.active |= {(i, n) for n, gate in enumerate(gates) if gate > 0}
            added = [(down, gate * dot(up, x)) for gate, (_, up, down) in zip(gates, neurons) if gate > 0]
            _add(x, [down for down, _ in added], [value for _, value in added])
            streams.append(list(x))
        self.position += 1
        return streams, self._emitted(x)

    def _emitted(self, x: Sequence[Coefficient]) -> int | None:
        """The logits are integers here, all multiplied by what makes them so."""
        read = [Fraction(x[int(j)]) for j in self.read]
        denominator = lcm(*(v.denominator for v in read))
        whole = [int(v * denominator) for v in read]
        if sum(most * abs(v) for most, v in zip(self.most, whole)) >= 2**62:
            raise NotProved("a logit may not fit into 64 bits")
        logits = self.doubled @ np.array(whole, dtype=np.int64)
        best = int(logits.argmax())
        return best if int((logits == logits[best]).sum()) == 1 else None


def _neuron(w: LayerWeights, n: int) -> tuple[Row, Row, Row]:
    return row(w.gate[n]), row(w.up[n]), row(w.down[:, n])


def _add(x: list[Any], targets: Sequence[Row], values: Sequence[Coefficient]) -> None:
    for where, value in zip(targets, values, strict=True):
        if value:
            for j, c in where:
                x[j] = simple(Fraction(x[j] + c * value))
