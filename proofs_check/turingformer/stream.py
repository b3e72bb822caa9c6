"""The feed-forward parts of a transformer on cases: what a wire carries, given what heads bring and the tokens.

A value is an interval, since where a head takes the mean of several positions that all say 1, floating point may give a
little more or less, and since of some values no more is known than that they are between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from proofs_check.lemma import Counterexample, NotProved, Refuted
from proofs_check.tensors import Linear, Neuron, Readback

Array = npt.NDArray[Any]
ROUNDOFF = 2.0**-24
"""Of float32, the coarsest format that is covered: what sums and products of numbers that are not exact may lose."""


class Interval(NamedTuple):
    """low, high: of shape (cases,)."""

    low: Array
    high: Array


def exactly(values: Any) -> Interval:
    """A value for each case."""
    array = np.asarray(values, dtype=float)
    return Interval(array, array)


FLAG = Interval(np.zeros(1), np.ones(1))
"""Some number from 0 to 1."""


def bits(numbers: Array, count: int) -> list[Array]:
    """The bits of integers, the lowest first."""
    return [numbers >> i & 1 for i in range(count)]


@dataclass
class Stream:
    """The neurons, heads and features of stacked weights, by the wires to which they write."""

    readback: Readback
    largest: float = 0.0
    """What the |terms| of any sum so far added up to."""

    @cached_property
    def neurons(self) -> Mapping[str, Sequence[tuple[Neuron, float]]]:
        """By wire, with coefficients. Raises Refuted where a wire has more than one sort of writer."""
        found: dict[str, list[tuple[Neuron, float]]] = {}
        for neuron in self.readback.neurons:
            for name, c in neuron.down.items():
                found.setdefault(name, []).append((neuron, float(c)))
        weights = self.readback.weights
        brought = [name for head in self.readback.heads for form in head.outputs for name in form]
        positional = [self.readback.names[j] for row in weights.positional for j in np.flatnonzero(row)]
        embedded = [self.readback.names[j] for j in np.flatnonzero(weights.embedding.any(0))]
        writers = [*found, *brought, *positional, *embedded]
        twice = [name for name in dict.fromkeys(writers) if writers.count(name) > 1]
        if twice:
            raise Refuted(Counterexample(f"wire {twice[0]!r}", {}, "one writer"))
        return found

    @cached_property
    def heads(self) -> Mapping[str, str]:
        """The head that writes to a wire."""
        return {name: head.name for head in self.readback.heads for form in head.outputs for name in form}

    def column(self, name: str) -> Array:
        """What the embedding puts on a wire, by token."""
        return self.readback.weights.embedding[:, self.readback.names.index(name)]

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The wires that logits read."""
        return tuple(self.readback.names[j] for j in np.flatnonzero(self.readback.weights.unembedding.any(0)))


@dataclass
class Cases:
    """Some cases. known: what wires carry; forms: what sums of wires are, of which no more is known; tokens: there."""

    stream: Stream
    known: dict[str, Interval] = field(default_factory=dict)
    forms: Sequence[tuple[Linear, Interval]] = ()
    tokens: Array | None = None
    fired: dict[tuple[int, int], Interval] = field(default_factory=dict)

    def wire(self, name: str) -> Interval:
        """What it carries; NotProved if that depends on something that is not known here."""
        if name not in self.known:
            self.known[name] = self._wire(name)
        return self.known[name]

    def _wire(self, name: str) -> Interval:
        if name == "one":
            return exactly(np.ones(1))
        neurons = self.stream.neurons.get(name)
        if neurons is not None:
            low, high, size = np.zeros(1), np.zeros(1), np.zeros(1)
            for neuron, c in neurons:
                ends = [c * end for end in self._fired(neuron)]
                low, high = low + np.minimum(*ends), high + np.maximum(*ends)
                size = size + np.maximum(*map(np.abs, ends))
            return self._rounded(low, high, size, len(neurons))
        if name in self.stream.heads:
            raise NotProved(f"what the head {self.stream.heads[name]!r} brings to {name!r} is not known here")
        if self.tokens is None:
            raise NotProved(f"{name!r} is not known here")
        return exactly(self.stream.column(name)[self.tokens])

    def _fired(self, neuron: Neuron) -> Interval:
        place = neuron.layer, neuron.index
        if place not in self.fired:
            gate, up = self.form(neuron.gate), self.form(neuron.up)
            ends = [np.maximum(g, 0) * u for g in gate for u in up]
            self.fired[place] = Interval(np.minimum.reduce(ends), np.maximum.reduce(ends))
        return self.fired[place]

    def form(self, form: Linear) -> Interval:
        """A linear form of wires."""
        rest = dict(form)
        low, high, size = np.zeros(1), np.zeros(1), np.zeros(1)
        terms: list[tuple[Fraction, Interval]] = []
        for known, value in self.forms:
            shared = [name for name in known if name in rest]
            if shared:
                factor = rest[shared[0]] / known[shared[0]]
                if any(rest.pop(name, None) != factor * c for name, c in known.items()):
                    raise NotProved(f"{', '.join(shared)} are read in another way than as their sum")
                terms.append((factor, value))
        terms += [(c, self.wire(name)) for name, c in rest.items()]
        for factor, value in terms:
            c = float(factor)
            ends = (c * value.low, c * value.high)
            low, high = low + np.minimum(*ends), high + np.maximum(*ends)
            size = size + np.maximum(*map(np.abs, ends))
        return self._rounded(low, high, size, len(terms))

    def _rounded(self, low: Array, high: Array, size: Array, terms: int) -> Interval:
        """With what floating point may lose, where not all is exact."""
        self.stream.largest = max(self.stream.largest, float(size.max()))
        lost = np.where(high > low, (terms + 2) * ROUNDOFF * size, 0)
        return Interval(low - lost, high + lost)

    def flags(self, form: Linear, wanted: Array, what: str) -> None:
        """That a form is what is wanted, exactly, in all cases; else Refuted."""
        found = self.form(form)
        low, high, wanted = np.broadcast_arrays(found.low, found.high, wanted)
        wrong = np.flatnonzero((low != wanted) | (high != wanted))
        if len(wrong):
            i = int(wrong[0])
            values = {name: f"{v.low[min(i, len(v.low) - 1)]:g}" for name, v in [*self.known.items()][:12]}
            raise Refuted(Counterexample(what, values, f"{wanted[i]:g}", f"{low[i]:g} to {high[i]:g}"))

    def margins(self, wanted: Array) -> Array:
        """By how much the logit of the wanted token of each case is above those of all others, at least.

        wanted: (cases,). Returns (cases, vocabulary), infinite for the wanted token itself. What the logits of two
        tokens have in common does not count.
        """
        names = self.stream.spoken
        columns = [self.stream.readback.names.index(name) for name in names]
        read = self.stream.readback.weights.unembedding[:, columns]
        values = [self.form({name: Fraction(1)}) for name in names]
        low, high = (np.stack([np.broadcast_to(v[i], wanted.shape) for v in values], axis=1) for i in (0, 1))
        margins = np.full((len(wanted), len(read)), np.inf)
        sizes = np.maximum(np.abs(low), np.abs(high)) @ np.abs(read).T
        for token in np.unique(wanted):
            cases = np.flatnonzero(wanted == token)
            more = (read[token] - read).T
            least = low[cases] @ np.maximum(more, 0) + high[cases] @ np.minimum(more, 0)
            lost = (len(names) + 2) * ROUNDOFF * (sizes[cases] + sizes[cases][:, [token]])
            margins[cases] = least - lost
            margins[cases, token] = np.inf
        return margins
