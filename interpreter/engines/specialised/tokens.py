"""The embedding of a token that is not known, as polynomials: what its family says for certain, and the rest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from interpreter.engines.specialised.fragment import Token
from interpreter.engines.specialised.knowledge import Knowledge, Variable
from interpreter.engines.specialised.polynomials import Polynomial, number

Array = npt.NDArray[np.float64]


class Columns:
    """Columns of the embedding over families of tokens."""

    def __init__(self, embedding: Array) -> None:
        self.embedding = embedding
        self._shapes: dict[tuple[int, int, int, int, int, int], tuple[float, ...] | None] = {}

    def column(self, token: Token, j: int, known: Knowledge) -> Polynomial:
        """Column j of the embedding of the token."""
        if not token.value.terms and not token.bit.terms:
            return number(float(self.embedding[int(token.number.constant), j]))
        low, high = known.bounds(token.value)
        low, high = max(int(low), token.low), min(int(high), token.high)
        shape = self._within(token, j, low, high)
        if shape is not None:
            constant, linear, square, flag = shape
            value = token.value.shifted(-low)
            found = number(constant)
            if linear or square:
                found = found + value.scaled(linear)
            if square:
                found = found + (value * value).scaled(square)
            return known.resolved(found + token.bit.scaled(flag) if flag else found)
        part = self._part(token, j, low, high)
        at = known.resolved(token.number)
        return known.new(
            Variable(
                float(self.embedding[int(known.value(at)), j]), float(part.min()), float(part.max()),
                bool((part == np.round(part)).all()), ("embed", at, j),
            )
        )  # fmt: skip

    def _part(self, token: Token, j: int, low: int, high: int) -> Array:
        first = token.first + (low - token.low) * token.flags
        part: Array = self.embedding[first : first + (high - low + 1) * token.flags, j]
        return part

    def shape(self, token: Token, j: int) -> tuple[float, ...] | None:
        """The same over the whole range of the family, or at a value that is a constant."""
        low, high = token.low, token.high
        if not token.value.terms:
            low = high = int(token.value.constant)
            shape = self._within(token, j, low, high)
            return None if shape is None else (shape[0], 0.0, 0.0, shape[3])
        return self._within(token, j, low, high)

    def _within(self, token: Token, j: int, low: int, high: int) -> tuple[float, ...] | None:
        """constant + linear u + square u*u + flag f for u = value - low, if the column is exactly that."""
        key = (token.first, token.low, token.flags, j, low, high)
        if key not in self._shapes:
            self._shapes[key] = _fitted(self._part(token, j, low, high).reshape(-1, token.flags))
        return self._shapes[key]


def _fitted(grid: Array) -> tuple[float, ...] | None:
    column, flag = grid[:, 0], float(grid[0, -1] - grid[0, 0])
    u = np.arange(len(grid), dtype=float)
    linear = square = 0.0
    if len(grid) > 1:
        linear = float(column[1] - column[0])
    if len(grid) > 2:
        square = float(column[2] - 2 * column[1] + column[0]) / 2
        linear -= square
    fits = (column[0] + linear * u + square * u * u)[:, None] + (np.arange(grid.shape[1]) * flag)[None, :]
    return (float(column[0]), linear, square, flag) if np.array_equal(fits, grid) else None
