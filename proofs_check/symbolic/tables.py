"""Token features as functions of a token's value: a column of the embedding, as pieces of polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs_check.symbolic.polynomials import Coefficient, simple
from proofs_check.symbolic.terms import Term


@dataclass(frozen=True)
class Piece:
    """`a + b v + c v**2` for values v below `end`."""

    end: int
    a: Coefficient
    b: Coefficient
    c: Coefficient

    @property
    def degree(self) -> int:
        """Of the polynomial: 0, 1 or 2."""
        return 2 if self.c else int(bool(self.b))

    def at(self, v: Term | int) -> Term | Coefficient:
        """Its value at v."""
        if not self.c:
            return v * self.b + self.a if self.b else self.a
        return v * v * self.c + v * self.b + self.a


def pieces(values: Sequence[Fraction], low: int) -> tuple[Piece, ...]:
    """The function that takes `values` at low, low + 1, …, in as few pieces as a greedy search finds."""
    found: list[Piece] = []
    start = 0
    while start < len(values):
        piece, end = _longest(values, start, low)
        found.append(Piece(low + end, *piece))
        start = end
    return tuple(found)


def _longest(values: Sequence[Fraction], start: int, low: int) -> tuple[tuple[Coefficient, ...], int]:
    """Constant, linear and quadratic fits to the first points; the one that goes furthest, the simplest of these."""
    best: tuple[tuple[Coefficient, ...], int] = ((0, 0, 0), start)
    for degree in range(3):
        points = values[start : start + degree + 1]
        if len(points) <= degree:
            break
        fit = _through(points, low + start)
        end = start
        while end < len(values) and sum(c * (low + end) ** i for i, c in enumerate(fit)) == values[end]:
            end += 1
        if end > best[1] + (degree if best[1] > start else 0):
            best = (tuple(simple(c) for c in fit), end)
    return best


def _through(points: Sequence[Fraction], x: int) -> tuple[Fraction, Fraction, Fraction]:
    """The polynomial through up to three points at x, x + 1, x + 2."""
    first = points[1] - points[0] if len(points) > 1 else Fraction(0)
    second = (points[2] - 2 * points[1] + points[0]) / 2 if len(points) > 2 else Fraction(0)
    # p0 + first (v - x) + second (v - x)(v - x - 1)
    return (
        points[0] - first * x + second * x * (x + 1),
        first - second * (2 * x + 1),
        second,
    )


def evaluate(parts: Sequence[Piece], v: Term | int) -> Term | Coefficient:
    """The function at v; a symbolic v forks the path where it falls into different pieces."""
    piece = next((p for p in parts[:-1] if v < p.end), parts[-1])
    value = piece.at(v)
    return value if isinstance(value, Term) else simple(value)
