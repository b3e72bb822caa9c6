"""How large every wire can get, and in which steps, from the tensors: interval arithmetic over the layers.

Tight where it matters for one reason: the neurons of a wire whose gates differ by a constant and whose values
are the same (a `step`) are bounded together, as one piecewise linear function of the common gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from compiler.circuits.circuit import digit_count
from proofs_check.tensors import Linear, Neuron, Readback


@dataclass(frozen=True)
class Range:
    """low <= value <= high, and the value is a multiple of `unit` (a power of two; 0: the value may be any real)."""

    low: Fraction
    high: Fraction
    unit: Fraction

    @property
    def size(self) -> Fraction:
        """The largest absolute value."""
        return max(abs(self.low), abs(self.high))


ZERO = Range(Fraction(0), Fraction(0), Fraction(2) ** 60)


def dyadic(value: Fraction) -> Fraction:
    """The largest power of two of which the value is an integer multiple; 2**60 for 0."""
    if value == 0:
        return Fraction(2) ** 60
    numerator = value.numerator
    return Fraction(numerator & -numerator, value.denominator)


def scaled(r: Range, factor: Fraction) -> Range:
    """The range of a factor times such a number."""
    ends = (r.low * factor, r.high * factor)
    return Range(min(ends), max(ends), r.unit * dyadic(factor))


def plus(a: Range, b: Range) -> Range:
    """The range of the sum of two such numbers."""
    return Range(a.low + b.low, a.high + b.high, min(a.unit, b.unit))


def times(a: Range, b: Range) -> Range:
    """The range of the product of two such numbers."""
    ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Range(min(ends), max(ends), a.unit * b.unit)


@dataclass(frozen=True)
class Ranges:
    """Ranges of wires after each layer, for traces of at most `tokens` tokens.

    `sums` are the dot products of the feed-forward parts, each as (where, sum of |terms|, unit): a dot product
    is exact in any order of summation if the first is at most 2**precision times the second.
    """

    tokens: int
    wires: Mapping[str, Range]
    sums: tuple[tuple[str, Fraction, Fraction], ...]
    real: frozenset[str]

    def of(self, form: Linear) -> Range:
        """The range of a linear form of wires."""
        total = ZERO
        for name, coefficient in form.items():
            total = plus(total, scaled(self.wires[name], coefficient))
        return total

    def magnitude(self, form: Linear) -> Fraction:
        """The sum of the largest |terms|."""
        return sum((abs(c) * self.wires[name].size for name, c in form.items()), Fraction(0))


def ranges(readback: Readback, tokens: int, assumed: Mapping[str, Range] | None = None) -> Ranges:
    """Ranges for all traces of at most `tokens` tokens, whatever they are.

    `assumed` overrides the computed range of a wire. Heads copy what earlier positions hold, so their outputs
    have the ranges of what they copy. `real` are wires with a mean in them: not multiples of anything.
    """
    assumed = assumed or {}
    weights = readback.weights
    last = Fraction(tokens - 1)
    unit = Fraction(1)
    positional = [
        Range(unit, unit, unit),
        Range(Fraction(0), last, unit),
        Range(Fraction(0), last * last, unit),
        Range(-unit, unit, unit),
        Range(Fraction(0), unit, unit),
        *[Range(Fraction(0), Fraction(weights.radix - 1), unit)] * digit_count(weights.radix, weights.max_tokens),
    ]
    wires = {name: ZERO for name in readback.names}
    for j in np.flatnonzero(np.abs(weights.embedding).max(0)):
        column = weights.embedding[:, j]
        values = {Fraction(float(v)) for v in np.unique(column)}
        wires[readback.names[j]] = Range(min(values), max(values), min(dyadic(v) for v in values))
    for row, r in zip(weights.positional, positional):
        for name, c in readback.linear(row).items():
            wires[name] = plus(wires[name], scaled(r, c))
    wires |= {name: assumed[name] for name in assumed if wires.get(name, ZERO) != ZERO}
    real: set[str] = set()
    sums: list[tuple[str, Fraction, Fraction]] = []
    for number in range(len(weights.layers)):
        state = Ranges(tokens, dict(wires), (), frozenset(real))
        for head in (h for h in readback.heads if h.layer == number):
            for value, output in zip(head.values, head.outputs):
                mean, found = head.averages, state.of(value)
                if head.biases:  # where there is no position to look at, it brings 0
                    found = Range(min(found.low, Fraction(0)), max(found.high, Fraction(0)), found.unit)
                for name, c in output.items():
                    wires[name] = assumed.get(name, plus(wires[name], scaled(found, c)))
                    if mean or real & value.keys():
                        real.add(name)
                if not mean:
                    sums.append((str(head), state.magnitude(value), state.of(value).unit))
        state = Ranges(tokens, dict(wires), (), frozenset(real))
        targets: dict[str, list[tuple[Neuron, Fraction]]] = {}
        for neuron in (n for n in readback.neurons if n.layer == number):
            inexact = bool(real & (neuron.gate.keys() | neuron.up.keys()))
            for name, c in neuron.down.items():
                targets.setdefault(name, []).append((neuron, c))
                if inexact:
                    real.add(name)
            if not inexact:
                sums.append((f"the gate of {neuron}", state.magnitude(neuron.gate), state.of(neuron.gate).unit))
                sums.append((f"the value of {neuron}", state.magnitude(neuron.up), state.of(neuron.up).unit))
        for name, neurons in targets.items():
            total, size, least = wires[name], wires[name].size, wires[name].unit
            for group in _families(neurons):
                total = plus(total, _together(state, group))
            for neuron, c in neurons:
                product = times(_relu(state.of(neuron.gate)), state.of(neuron.up))
                size, least = size + abs(c) * product.size, min(least, product.unit * dyadic(c))
            wires[name] = assumed.get(name, total)
            if name not in real:
                sums.append((f"the neurons of wire {name!r} in layer {number}", size, least))
    return Ranges(tokens, wires, tuple(sums), frozenset(real))


def _relu(r: Range) -> Range:
    return Range(max(r.low, Fraction(0)), max(r.high, Fraction(0)), r.unit)


def _families(neurons: list[tuple[Neuron, Fraction]]) -> list[list[tuple[Neuron, Fraction]]]:
    """Neurons with equal values and gates that differ by a constant, together."""
    families: dict[tuple[object, object], list[tuple[Neuron, Fraction]]] = {}
    for neuron, c in neurons:
        gate = frozenset((name, k) for name, k in neuron.gate.items() if name != "one")
        families.setdefault((gate, frozenset(neuron.up.items())), []).append((neuron, c))
    return list(families.values())


def _together(state: Ranges, group: list[tuple[Neuron, Fraction]]) -> Range:
    """The range of `sum of c * relu(z + shift)` over the range of z, times the range of the common value."""
    first = group[0][0]
    base = {name: k for name, k in first.gate.items() if name != "one"}
    z, one = state.of(base), Fraction(0)
    shifts = [(neuron.gate.get("one", one), c) for neuron, c in group]

    def f(at: Fraction) -> Fraction:
        return sum((c * max(at + shift, Fraction(0)) for shift, c in shifts), Fraction(0))

    corners = {z.low, z.high} | {-shift for shift, _ in shifts if z.low < -shift < z.high}
    values = [f(at) for at in corners]
    unit = min(min(z.unit, dyadic(shift)) * dyadic(c) for shift, c in shifts)
    return times(Range(min(values), max(values), unit), state.of(first.up))
