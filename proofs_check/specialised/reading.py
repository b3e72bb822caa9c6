"""Stacked weights as heads and sums of neurons on wires that are each set once, read from the tensors alone.

A dimension of the residual stream is taken apart into what writes to it: the token, each head, all neurons together.
Each of these is a *part*, named after the dimension, with what it is appended where a dimension has several. What heads
and neurons read is then a linear form of parts, at whatever layer they stand: that each dimension is complete before it
is read is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from compiler.circuits import Weights
from proofs_check.heads import POSITIONAL, position_claim
from proofs_check.lemma import NotProved
from proofs_check.scores import Score, read_score
from proofs_check.tensors import Attention, Linear, Neuron, Readback

Array = npt.NDArray[np.float64]
Sum = Sequence[tuple[Linear, Linear, Fraction]]
"""Neurons: gate, value and coefficient of each."""


@dataclass(frozen=True)
class Copied:
    """A head: what it scores, and by part what it copies there."""

    name: str
    score: Score
    values: Mapping[str, Linear]


@dataclass(frozen=True)
class Reading:
    """What the tensors say.

    Attributes:
        columns: the parts that the token sets, (vocabulary,) each.
        steps: heads, and parts that neurons set, each after all that it reads.
        sums: the neurons of each such part.
        logits: by part, what is added to the logit of each token, (vocabulary,).
    """

    columns: Mapping[str, Array]
    steps: Sequence[Copied | str]
    sums: Mapping[str, Sum]
    logits: Mapping[str, Array]


def reading_of(weights: Weights) -> Reading:
    """Raises NotProved or Refuted where a dimension is read too early, or a head scores like none that is known."""
    readback = Readback(weights)
    position_claim(readback).proof()
    if weights.radix:
        raise NotProved("positions are read digit by digit")
    return _Parts(readback).reading()


class _Parts:
    """Times are counted in half layers: heads of layer i stand at 2 i + 1, its neurons at 2 i + 2."""

    def __init__(self, readback: Readback) -> None:
        self.readback = readback
        self.parts: dict[str, dict[str, Fraction]] = {name: {} for name in readback.names}
        self.complete = dict.fromkeys(readback.names, 0)
        self.columns: dict[str, Array] = {}
        self.written: dict[str, list[tuple[Neuron, Fraction]]] = {}
        self.copies: list[tuple[Attention, dict[str, Linear]]] = []
        embedding = readback.weights.embedding
        for name, column in zip(readback.names, embedding.T):
            if column.any():
                self.columns[name] = np.ascontiguousarray(column)
                self.parts[name][name] = Fraction(1)
        for name in POSITIONAL:
            self.parts[name][name] = Fraction(1)
        for head in readback.heads:
            self._head(head)
        for neuron in readback.neurons:
            for name, c in neuron.down.items():
                self.complete[name] = max(self.complete[name], 2 * neuron.layer + 2)
                self.written.setdefault(name, []).append((neuron, c))
        self.sums = {self._new(name, "neurons"): name for name in self.written}

    def _new(self, name: str, what: str) -> str:
        part = name if not self.parts[name] else f"{name} of {what}"
        assert part not in self.parts[name]
        self.parts[name][part] = Fraction(1)
        return part

    def _head(self, head: Attention) -> None:
        values: dict[str, Linear] = {}
        for i, (value, output) in enumerate(zip(head.values, head.outputs)):
            if not value:
                continue
            [first, *_] = output
            part = first if not self.parts[first] else f"{head.name}, value {i}"
            values[part] = value
            for name, c in output.items():
                self.complete[name] = max(self.complete[name], 2 * head.layer + 1)
                self.parts[name][part] = c
        self.copies.append((head, values))

    def _form(self, form: Linear, time: int, whose: str) -> Linear:
        total: dict[str, Fraction] = {}
        for name, c in form.items():
            if self.complete[name] >= time:
                raise NotProved(f"{whose} reads {name!r} before it is complete")
            for part, k in self.parts[name].items():
                total[part] = total.get(part, Fraction(0)) + c * k
        return {part: c for part, c in total.items() if c}

    def reading(self) -> Reading:
        """All forms are taken over parts now."""
        weights = self.readback.weights
        steps: list[Copied | str] = []
        last = {part: max(2 * n.layer + 2 for n, _ in self.written[name]) for part, name in self.sums.items()}
        for layer in range(len(weights.layers)):
            for head, values in self.copies:
                if head.layer == layer:
                    steps.append(self._copied(head, values, 2 * layer + 1))
            steps += [part for part, time in last.items() if time == 2 * layer + 2]
        logits: dict[str, Array] = {}
        for name, column in zip(self.readback.names, weights.unembedding.T):
            for part, c in self.parts[name].items() if column.any() else ():
                logits[part] = logits.get(part, 0.0) + float(c) * column
        return Reading(self.columns, steps, {part: self._sum(name) for part, name in self.sums.items()}, logits)

    def _copied(self, head: Attention, values: Mapping[str, Linear], time: int) -> Copied:
        def form(f: Linear) -> Linear:
            return self._form(f, time, str(head))

        s = _score(head, self.readback.weights.max_tokens)
        score = Score(
            s.kind,
            tuple(map(form, s.queries)),
            tuple(map(form, s.keys)),
            None if s.penalty is None else form(s.penalty),
            None if s.query_square is None else form(s.query_square),
            s.distance,
        )
        return Copied(head.name, score, {part: form(value) for part, value in values.items()})

    def _sum(self, name: str) -> Sum:
        found = []
        for neuron, c in self.written[name]:
            gate, up = (self._form(f, 2 * neuron.layer + 2, str(neuron)) for f in (neuron.gate, neuron.up))
            found.append((gate, up, c))
        return found


def _score(head: Attention, max_tokens: int) -> Score:
    """As `read_score`, but that the first position may be penalised otherwise: by `first` in the penalty."""
    if not head.pairs or head.biases:
        return read_score(head, max_tokens)
    *pairs, (one, penalty) = head.pairs
    first = penalty.get("first", Fraction(0))
    default = Fraction(int(bool(pairs) and dict(pairs[-1][1]) == {"one": 1, "first": -1}), 2)
    plain = {name: c for name, c in penalty.items() if name != "first"} | ({"first": default} if default else {})
    score = read_score(replace(head, pairs=(*pairs, (one, plain))), max_tokens)
    if first == default:
        return score
    assert score.penalty is not None
    return replace(score, penalty={**score.penalty, "first": first - default})
