"""Bounds of the parts of a specialised transformer after its first position, for every sequence of its tokens.

Intervals, from the columns of the embedding on. Neurons with one value whose gates differ by a constant, or are
opposite, are a piecewise linear function of one number, whose extremes are where a gate opens or at the ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from proofs_check.specialised.reading import Array, Copied, Reading, Sum
from proofs_check.tensors import Linear

Interval = tuple[Fraction, Fraction]
ZERO, ONE = Fraction(0), Fraction(1)
Key = tuple[frozenset[tuple[str, Fraction]], frozenset[tuple[str, Fraction]]]
"""Gate and value of a neuron."""


class Bounds:
    """Of each part, as it is asked for.

    told: by part, what is known of it besides; it holds from then on.
    """

    def __init__(self, reading: Reading, at_first: Mapping[str, Fraction], max_tokens: int) -> None:
        self.reading, self.at_first, self.max_tokens = reading, at_first, max_tokens
        self.heads = {part: step for step in reading.steps if isinstance(step, Copied) for part in step.values}
        last = Fraction(max_tokens)
        self.known: dict[str, Interval] = {
            "one": (ONE, ONE), "position": (ONE, last), "position squared": (ONE, last * last),
            "parity": (-ONE, ONE), "first": (ZERO, ZERO),
        }  # fmt: skip
        self.told: dict[str, Interval] = {}

    def part(self, name: str) -> Interval:
        """Of one part."""
        if name not in self.known:
            self.known[name] = self._found(name)
        return self.known[name]

    def _found(self, name: str) -> Interval:
        if name in self.reading.columns:
            return _column(self.reading.columns[name])
        if name in self.heads:
            low, high = self.form(self.heads[name].values[name])
            return min(low, self.at_first[name]), max(high, self.at_first[name])
        low, high = self.sum(self.reading.sums[name])
        told = self.told.get(name, (low, high))
        return max(low, told[0]), min(high, told[1])

    def form(self, form: Linear) -> Interval:
        """Of a linear form of parts."""
        low = high = ZERO
        for name, c in form.items():
            a, b = self.part(name)
            low, high = (low + c * a, high + c * b) if c > 0 else (low + c * b, high + c * a)
        return low, high

    def sum(self, neurons: Sum) -> Interval:
        """Of a sum of neurons."""
        functions: dict[Key, list[tuple[Fraction, int, Fraction]]] = {}
        for gate, up, c in neurons:
            moving = {name: k for name, k in sorted(gate.items()) if name != "one"}
            side = 1 if next(iter(moving.values()), ONE) > 0 else -1
            x = frozenset((name, side * k) for name, k in moving.items())
            functions.setdefault((x, frozenset(up.items())), []).append((c, side, gate.get("one", ZERO)))
        low = high = ZERO
        for (x, value), terms in functions.items():
            corners = [a * b for a in _piecewise(terms, self.form(dict(x))) for b in self.form(dict(value))]
            low, high = low + min(corners), high + max(corners)
        return low, high


def _column(column: Array) -> Interval:
    # The first token stands at the first position, and there alone.
    return Fraction(float(column[1:].min())), Fraction(float(column[1:].max()))


def _piecewise(terms: Sequence[tuple[Fraction, int, Fraction]], x: Interval) -> Interval:
    """Bounds of the sum of c * max(side * x + constant, 0) for x within bounds."""
    opens = {-side * constant for _, side, constant in terms}
    points = [*x, *(point for point in opens if x[0] < point < x[1])]
    if len(points) > 12:
        return _steps(terms, sorted(points))
    found = [sum((c * max(side * p + constant, ZERO) for c, side, constant in terms), ZERO) for p in points]
    return min(found), max(found)


def _steps(terms: Sequence[tuple[Fraction, int, Fraction]], points: Sequence[Fraction]) -> Interval:
    """The same for many terms: from one point to the next by the slope, so that it takes no longer than sorting."""
    at = points[0]
    value = sum((c * max(side * at + constant, ZERO) for c, side, constant in terms), ZERO)
    slope = sum((c * side for c, side, constant in terms if side * at + constant > 0 or
                 (side > 0 and side * at + constant == 0)), ZERO)  # fmt: skip
    turns: dict[Fraction, Fraction] = {}
    for c, side, constant in terms:
        turns[-side * constant] = turns.get(-side * constant, ZERO) + c
    found = [value]
    for before, after in zip(points, points[1:]):
        value += slope * (after - before)
        found.append(value)
        slope += turns.get(after, ZERO)
    return min(found), max(found)
