"""Many states at once, as matrices: which of them see a change of a few weights, and which lemma fails there.

A state is one position with what its heads bring, so the layers after a change are a few small products, on the
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
from proofs_check.ram.drawn import Numbers, State
from proofs_check.ram.keys import MEMORY, chosen_families
from proofs_check.ram.steps import Ram
from proofs_check.ram.writes import Write
from proofs_check.scores import read_score
from proofs_check.tensors import Linear, Readback

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
    one more, after the last layer.
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
        names = [h.name for h in ram.model.readback.heads]
        self.expectations = [e for name in names for e in self.expected(weights, name)]

    def failures(self, rows: npt.NDArray[np.intp] | None = None) -> list[tuple[str, int]]:
        """(lemma, state) for all that fail on the machine as it is: there should be none."""
        everything = np.arange(len(self.states)) if rows is None else rows
        found = self._logits(self.before[-1][everything], everything)
        for e in self.expectations:
            found += [(e.lemma, int(i)) for i in everything[e.wrong(self.before[e.layer][everything], everything)]]
        return found

    def refute(self, layer: int, changed: npt.NDArray[np.intp], residual: Array) -> tuple[str, int] | None:
        """The first lemma that fails, and where, if after the given layer some states have other residual streams.

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

    def expected(self, weights: Weights, name: str) -> list[Expectation]:
        """What the query and key lemmas claim about the rows that a head has in these weights, in these states."""
        head = Readback(weights, self.ram.model.readback).head(name)
        score = read_score(head, weights.max_tokens)
        found = []
        wanted = [s.queries.get(name) for s in self.states]
        if any(claim is not None for claim in wanted):
            forms = [*score.queries, *([] if score.query_square is None else [score.query_square])]
            table = self._claimed(wanted, len(forms))
            if score.query_square is not None:
                table[[claim is not None for claim in wanted], -1] = 0
            square = 0.0 if score.query_square is None else -1.0
            found.append(Expectation("queries", head.layer, self._rows(forms), table, square))
        wanted = [s.keys.get(name) for s in self.states]
        if any(claim is not None for claim in wanted) and score.penalty is not None:
            table = self._claimed(wanted, len(score.keys) + 1)
            table[:, -1] = [self._eligible(name, s) - 1 for s in self.states]
            found.append(Expectation("keys", head.layer, self._rows([*score.keys, score.penalty]), table, 1.0))
            values = self._claimed([s.values.get(name) for s in self.states], len(head.values))
            found.append(Expectation("keys", head.layer, self._rows(head.values), values))
        return found

    def _rows(self, forms: Sequence[Linear]) -> Array:
        rows = np.zeros((len(forms), self.weights.width))
        for row, form in zip(rows, forms):
            for name, c in form.items():
                row[self.ram.model.readback.names.index(name)] = float(c)
        return rows

    def _eligible(self, head: str, state: State) -> float:
        """1 or 0; nan where nothing is claimed."""
        if head not in MEMORY or not isinstance(state.where, Write):
            return np.nan
        return float(state.token.family in chosen_families(head))
