"""The rows of an unembedding matrix as families, so that an argmax needs no logit for each token.

Machines number their tokens family by family, and hand-set rows are quadratic in a token's value: the
logits of a family over its values are then a parabola, whose best integer is known in closed form. The
families are found in the matrix itself; a row that fits nowhere is a family of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_FEWEST = 4
"""Values that a family needs: any three rows fit a parabola, so that it says nothing that they do."""


@dataclass(frozen=True)
class Family:
    """Tokens `first` to `first + values * flags - 1`; the row of token `first + v * flags + f` is exactly

        constant + v * linear + v*v * square + f * flag,    0 <= v < values, 0 <= f < flags,

    with all four of shape (d,) and `flags` 1 or 2.
    """

    first: int
    values: int
    flags: int
    constant: Array
    linear: Array
    square: Array
    flag: Array

    @property
    def size(self) -> int:
        """How many tokens the family has."""
        return self.values * self.flags

    def rows(self) -> Array:
        """The rows that the closed form gives, (size, d)."""
        v, f = np.divmod(np.arange(self.size), self.flags)
        value_part: Array = np.outer(v, self.linear) + np.outer(v * v, self.square)
        return value_part + self.constant + np.outer(f, self.flag)


def families(unembedding: Array) -> list[Family]:
    """The families of a (vocabulary, d) matrix, in the order of the token numbers: together all of its rows.

    Greedy: the longest family that begins at the first row not covered yet. Each is compared with the
    matrix, entry by entry, before it is believed.
    """
    live = np.flatnonzero((unembedding != 0).any(0))
    rows = np.ascontiguousarray(unembedding[:, live])
    runs = {flags: _lengths(rows, flags) for flags in (1, 2)}
    found: list[Family] = []
    first = 0
    while first < len(rows):
        candidates = [_family(rows, first, int(runs[flags][first]), flags) for flags in (1, 2)]
        exact = [c for c in candidates if c is not None and np.array_equal(c.rows(), rows[first : first + c.size])]
        best = max(exact, key=lambda c: c.size, default=_single(rows, first))
        found.append(_widened(best, live, unembedding.shape[1]))
        first += best.size
    return found


def _lengths(rows: Array, flags: int) -> npt.NDArray[np.int64]:
    """How many values a family that begins at each row can have at most, by differences alone; 0 if too few."""
    n = len(rows)
    # Zero third differences make a parabola of every `flags`-th row; with flags, pairs differ alike as well.
    cubic = _zero(rows, (-1, 3, -3, 1), flags)
    values = 3 + _runs(cubic, flags, n)
    if flags == 2:
        step = rows[1:] - rows[:-1]
        values = np.minimum(values, 1 + _runs(_zero(step, (-1, 1), 2), 2, n))
    values[values < _FEWEST] = 0
    return values


def _zero(rows: Array, coefficients: tuple[int, ...], stride: int) -> Flags:
    """At which rows i the combination of rows i, i + stride, … is zero."""
    size = max(len(rows) - stride * (len(coefficients) - 1), 0)
    total = np.zeros((size, rows.shape[1]))
    for i, c in enumerate(coefficients):
        total += c * rows[i * stride : i * stride + size]
    return np.asarray((total == 0).all(1))


def _runs(flags: Flags, stride: int, size: int) -> npt.NDArray[np.int64]:
    """For each of `size` indices i, how many of flags i, i + stride, … are true in a row."""
    run = np.zeros(size + stride, dtype=np.int64)
    for residue in range(stride):
        lane = flags[residue::stride]
        false = np.flatnonzero(~lane)
        ends = np.append(false, len(lane))
        at = np.arange(len(lane))
        run[residue : residue + stride * len(lane) : stride] = ends[np.searchsorted(false, at)] - at
    return run[:size]


def _family(rows: Array, first: int, values: int, flags: int) -> Family | None:
    if values == 0:
        return None
    a, b, c = (rows[first + i * flags] for i in range(3))
    square = (a - 2 * b + c) / 2
    flag = rows[first + 1] - a if flags == 2 else np.zeros_like(a)
    return Family(first, values, flags, a.copy(), b - a - square, square, flag)


def _single(rows: Array, first: int) -> Family:
    zero = np.zeros(rows.shape[1])
    return Family(first, 1, 1, rows[first].copy(), zero, zero, zero)


def _widened(family: Family, live: npt.NDArray[np.int64], width: int) -> Family:
    """The same with all columns, from the live ones."""

    def wide(row: Array) -> Array:
        full = np.zeros(width)
        full[live] = row
        return full

    parts = (wide(p) for p in (family.constant, family.linear, family.square, family.flag))
    return Family(family.first, family.values, family.flags, *parts)
