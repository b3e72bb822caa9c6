"""Many states at once, as matrices: which of them see a change of a few weights, and which lemma fails there.

A state is one position with what its heads bring, so the layers behind a change are a few small products, on the
rows that changed. Computed in float64, in which all of it is exact but the mean times its number of positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from compiler.circuits.weights import LayerWeights, Weights
from interpreter.model.positional import positional_feature
from proofs_check.heads import scale_of
from proofs_check.ram.drawn import Numbers, State
from proofs_check.ram.keys import MEMORY, Write, chosen_families
from proofs_check.ram.queries import POSITIONS
from proofs_check.ram.steps import Ram

Array = npt.NDArray[np.float64]
TOLERANCE = 1e-3
"""What is compared are multiples of 1/4, and a mean times its number of positions."""


@dataclass(frozen=True)
class Expectation:
    """Rows of a head, as they see the residual stream before a layer, against what a lemma claims.

    rows: (k, d); wanted: (states, k), nan where nothing is claimed. With `square`, the last row is to be taken
    plus `square` times the sum of the squares of the others.
    """

    lemma: str
    layer: int
    rows: Array
    wanted: Array
    square: float = 0.0

    def wrong(self, residual: Array, states: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """For each of some states, given by their numbers and residual streams (n, d)."""
        found = residual @ self.rows.T
        if self.square:
            found[:, -1] += self.square * (found[:, :-1] ** 2).sum(1)
        wanted = self.wanted[states]
        return np.asarray((np.abs(found - wanted) > TOLERANCE).any(1))


def feed_forward(layer: LayerWeights, x: Array) -> Array:
    """What the neurons of a layer add to residual streams (n, d)."""
    return np.asarray((np.maximum(x @ layer.gate.T, 0) * (x @ layer.up.T)) @ layer.down.T)


class Stack:
    """States (n of them) with their tokens and residual streams.

    before[l], between[l]: (n, d) before the attention of layer l and before its feed-forward part; `before` has
    one more, behind the last layer.
    """

    def __init__(self, ram: Ram, states: Sequence[State]) -> None:
        self.ram, self.states = ram, states
        weights = self.weights = ram.model.readback.weights
        numbers = {t: i for i, t in enumerate(ram.model.vocabulary)}
        self.tokens = np.array([numbers[s.token] for s in states])
        column = {name: i for i, name in enumerate(ram.model.readback.names)}
        p = np.array([s.position for s in states], dtype=float)
        at = torch.tensor(p)
        features = np.stack([positional_feature(i, at, 0).numpy() for i in range(len(weights.positional))], 1)
        x = weights.embedding[self.tokens] + features @ weights.positional
        layer_of = {name: h.layer for h in ram.model.readback.heads for form in h.outputs for name in form}
        self.before, self.between = [x], []
        for number, layer in enumerate(weights.layers):
            x = x.copy()
            for name in (n for n, at in layer_of.items() if at == number):
                x[:, column[name]] += [s.heads[name] for s in states]
            self.between.append(x)
            x = x + feed_forward(layer, x)
            self.before.append(x)
        self.follows = np.array([-1 if s.follows is None else numbers[s.follows] for s in states])
        self.expectations = [*self._queries(), *self._keys()]

    def failures(self, rows: npt.NDArray[np.intp] | None = None) -> list[tuple[str, int]]:
        """(lemma, state) for all that fail on the machine as it is: there should be none."""
        everything = np.arange(len(self.states)) if rows is None else rows
        found = self._logits(self.before[-1][everything], everything)
        for e in self.expectations:
            found += [(e.lemma, int(i)) for i in everything[e.wrong(self.before[e.layer][everything], everything)]]
        return found

    def refute(self, layer: int, changed: npt.NDArray[np.intp], residual: Array) -> tuple[str, int] | None:
        """The first lemma that fails, and where, if behind the given layer some states have other residual streams.

        changed: numbers of states; residual: (len(changed), d).
        """
        for number in range(layer + 1, len(self.weights.layers) + 1):
            for e in self.expectations:
                if e.layer == number:
                    wrong = changed[e.wrong(residual, changed)]
                    if len(wrong):
                        return e.lemma, int(wrong[0])
            if number < len(self.weights.layers):
                heads = self.between[number][changed] - self.before[number][changed]
                residual = residual + heads
                residual = residual + feed_forward(self.weights.layers[number], residual)
        found = self._logits(residual, changed)
        return found[0] if found else None

    def _logits(self, residual: Array, states: npt.NDArray[np.intp]) -> list[tuple[str, int]]:
        ask = self.follows[states] >= 0
        picked = (residual[ask] @ self.weights.unembedding.T).argmax(1)
        return [("step", int(i)) for i in states[ask][picked != self.follows[states][ask]]]

    def refute_unembedding(self, weights: Weights) -> bool:
        """Whether another unembedding picks a wrong token somewhere."""
        ask = self.follows >= 0
        return bool(((self.before[-1][ask] @ weights.unembedding.T).argmax(1) != self.follows[ask]).any())

    def _claimed(self, numbers: Sequence[Numbers | None], size: int) -> Array:
        table = np.full((len(numbers), size), np.nan)
        for i, row in enumerate(numbers):
            if row is not None:
                table[i, : len(row)] = [np.nan if v is None else v for v in row]
        return table

    def _queries(self) -> list[Expectation]:
        scale = 2 * float(scale_of(self.weights.max_tokens))
        found = []
        for head in self.ram.model.readback.heads:
            claims = [s.queries.get(head.name) for s in self.states]
            if not any(c is not None for c in claims):
                continue
            layer = self.weights.layers[head.layer]
            kept = [i for i, (q, _) in enumerate(head.pairs) if "one" not in q or len(q) > 1]
            rows = layer.query[head.index][[0] if head.name in POSITIONS else kept] / scale
            wanted = self._claimed(claims, len(rows))
            size = max(len(c) for c in claims if c is not None)
            square = 0.5 if len(rows) == size + 1 else 0.0
            if square:
                wanted[[c is not None for c in claims], -1] = 0
            found.append(Expectation("queries", head.layer, rows, wanted, square))
        return found

    def _keys(self) -> list[Expectation]:
        found = []
        for head in self.ram.model.readback.heads:
            claims = [s.keys.get(head.name) for s in self.states]
            if not any(c is not None for c in claims):
                continue
            layer = self.weights.layers[head.layer]
            kept = [i for i, (_, k) in enumerate(head.pairs) if dict(k) != {"one": 1, "first": -1}]
            rows = layer.key[head.index][kept]
            wanted = self._claimed(claims, len(rows))
            wanted[:, -1] = [self._last(head.name, s) for s in self.states]
            found.append(Expectation("keys", head.layer, rows, wanted, 1.0))
            copied = layer.value[head.index][: len(head.values)]
            values = self._claimed([s.values.get(head.name) for s in self.states], len(copied))
            found.append(Expectation("keys", head.layer, copied, values))
        return found

    def _last(self, head: str, state: State) -> float:
        """The last key row plus the squares of the others: eligibility and recency."""
        recency = state.position / (2 * self.weights.max_tokens)
        if head == "caller":
            return recency if head in state.keys else np.nan
        if head not in MEMORY or not isinstance(state.where, Write):
            return np.nan
        return int(state.token.family in chosen_families(head)) - 1 + recency
