"""Parts of a specialised transformer that are functions of one number, evaluated on every integer.

Where the number may be off, thresholds are between the integers. Both ends of [n - 1/4, n + 1/4] are evaluated: where
each gate has the same sign at both, everything is linear in between, and equal ends are a constant. Outside of the
table's range a function is constant: it has no slope at the last two points, and no gate turns further out.
"""

from __future__ import annotations

from math import isqrt

import numpy as np

from proofs_check.lemma import NotProved
from proofs_check.specialised.forms import ZERO, added
from proofs_check.specialised.reading import Array, Reading
from proofs_check.tensors import Linear

LARGEST = 2.0**50
"""Sums of dyadic numbers below it are exact in float64."""


class NoFunction(Exception):
    """A part depends on something else as well."""


class OfNumber:
    """Parts as functions of the number x, whose form is `moving`, for x from `low` to `high`.

    off: what x may be off by. Columns of all arrays: two for each of these integers, x being so much less and more, and
    for as many more integers at each side as a number that was made exact digit by digit may go on for; then two
    further ones at each side.
    """

    def __init__(self, reading: Reading, moving: Linear, low: int, high: int, off: float) -> None:
        self.reading, self.moving = reading, moving
        self.key = next(name for name in moving if name != "one" and not _from_numbers(reading, name))
        self.beyond = isqrt(high - low) + 2
        self.integers = np.arange(low - self.beyond, high + self.beyond + 1)
        near = np.stack([self.integers - off, self.integers + off], 1).ravel()
        self.points = np.concatenate([near, self.integers[0] - [1.0, 2.0], self.integers[-1] + [1.0, 2.0]])
        self.found: dict[str, Array] = {"one": np.ones(len(self.points))}

    def form(self, form: Linear) -> Array:
        """Raises NoFunction where it depends on something else."""
        factor = form.get(self.key, ZERO) / self.moving[self.key]
        rest = added((form, 1), (self.moving, -factor))
        total: Array = float(factor) * self.points
        for name, c in rest.items():
            total = total + float(c) * self.part(name)
        if len(total) and float(np.abs(total).max()) > LARGEST:
            raise NotProved("a function of the instruction is too large to be evaluated exactly")
        return total

    def part(self, name: str) -> Array:
        """The same of a part."""
        if name not in self.found:
            if name not in self.reading.sums:
                raise NoFunction(f"{name!r} is no function of it")
            total: Array = np.zeros(len(self.points))
            for gate, up, c in self.reading.sums[name]:
                opened = self.form(gate)
                self._check(opened, name)
                total = total + float(c) * np.maximum(opened, 0) * self.form(up)
            self.found[name] = total
        return self.found[name]

    def _check(self, gate: Array, name: str) -> None:
        near, (left, further_left, right, further_right) = gate[:-4].reshape(-1, 2), gate[-4:]
        if ((near > 0).any(1) & (near < 0).any(1)).any():
            raise NotProved(f"a gate of {name!r} opens where the number may be an integer")
        for end, beyond in ((left, further_left), (right, further_right)):
            if beyond * (beyond - end) < 0 or end * beyond < 0:
                raise NotProved(f"a gate of {name!r} opens beyond the table")

    def values(self, function: Array, everywhere: bool = True) -> Array:
        """Of a function, its values from `low` to `high`; everywhere: outside of which it goes on as at the ends.

        Raises:
            NotProved: it depends on how far the number is off, or goes on otherwise.
        """
        near, (left, further_left, right, further_right) = function[:-4].reshape(-1, 2), function[-4:]
        if not (near[0, 0] == left == further_left and near[-1, 0] == right == further_right):
            raise NotProved("a function of the instruction does not end")
        if (near[:, 0] != near[:, 1]).any():
            at = int(self.integers[np.flatnonzero(near[:, 0] != near[:, 1])[0]])
            raise NotProved(f"a table is not constant near {at}")
        found: Array = near[self.beyond : -self.beyond, 0]
        before, after = near[: self.beyond, 0], near[-self.beyond :, 0]
        if everywhere and ((before != found[0]).any() or (after != found[-1]).any()):
            raise NotProved("a table is not constant outside of its range")
        return found


def _from_numbers(reading: Reading, name: str) -> bool:
    """Whether neurons set the part that read no head: it may be a number that was made exact."""
    if name not in reading.sums:
        return False
    heads = {part for step in reading.steps if not isinstance(step, str) for part in step.values}
    return not any(part in heads for gate, up, _ in reading.sums[name] for part in (*gate, *up))


def divided(query: Linear) -> tuple[int, int, Linear]:
    """g, r and x such that the query is g x + r, x without a constant and with the smallest whole coefficients.

    Raises:
        NotProved: its coefficients are not whole.
    """
    offset = query.get("one", ZERO)
    moving = {name: c for name, c in query.items() if name != "one"}
    if offset.denominator != 1 or any(c.denominator != 1 for c in moving.values()):
        raise NotProved("the query of a lookup is not whole")
    g = int(np.gcd.reduce([int(c) for c in moving.values()])) if moving else 1
    return g, int(offset), {name: c / g for name, c in moving.items()}
