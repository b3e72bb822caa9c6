"""The argmax of all logits, from a few dot products for each family of tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from compiler.circuits.weights import Array
from interpreter.unembedding import Family, families


@dataclass(frozen=True)
class _Shape:
    """What families that differ by a constant only have in common; the rows of `Readout.coefficients`, None for 0."""

    values: int
    flags: int
    linear: int | None
    square: int | None
    flag: int | None


class Readout:
    """The token with the largest logit, the one with the lowest number among equals.

    In a family with logits `constant + v linear + v*v square + f flag`, the best flag is the sign of `flag`, and the
    best value is an end of the range or one of the two integers around the vertex `-linear / (2 square)`; all four
    candidates are compared, in ascending order. The division decides between neighbours only: should it be rounded
    across an integer, that integer is still one of the two. The logits themselves are sums of products of the
    weights and the residual stream, as in the transformer.
    """

    def __init__(self, unembedding: Array, device: torch.device) -> None:
        """`unembedding`: (vocabulary, d), for a residual stream of d rows."""
        rows: list[Array] = []
        number: dict[bytes, int] = {}

        def row(vector: Array) -> int | None:
            if not vector.any():
                return None
            if vector.tobytes() not in number:
                number[vector.tobytes()] = len(rows)
                rows.append(vector)
            return number[vector.tobytes()]

        self.families = families(unembedding)
        self.constants = [row(f.constant) for f in self.families]
        self.shapes = [_shape(f, row) for f in self.families]
        matrix = np.stack(rows) if rows else np.zeros((0, unembedding.shape[1]))
        self.coefficients = torch.as_tensor(matrix, dtype=torch.float64, device=device)

    def __call__(self, x: Tensor) -> Tensor:
        """Token numbers, (n,) int32, for a residual stream (d, n)."""
        products = self.coefficients @ x
        best_of_shape: dict[_Shape, tuple[Tensor | None, Tensor | None]] = {}
        best = torch.full_like(x[0], -torch.inf)
        token = torch.zeros(x.shape[1], dtype=torch.int32, device=x.device)
        for family, constant, shape in zip(self.families, self.constants, self.shapes):
            if shape not in best_of_shape:
                best_of_shape[shape] = _best_member(shape, products)
            logit, member = best_of_shape[shape]
            total = logit if constant is None else products[constant] if logit is None else products[constant] + logit
            if total is None:
                total = torch.zeros_like(best)
            better = total > best
            best = torch.where(better, total, best)
            token = torch.where(better, family.first if member is None else member + family.first, token)
        return token


def _shape(family: Family, row: object) -> _Shape:
    assert callable(row)
    return _Shape(family.values, family.flags, row(family.linear), row(family.square), row(family.flag))


def _best_member(shape: _Shape, products: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """The best logit of a shape without its constant, and its token number from the first; None for 0."""
    logit: Tensor | None = None
    member: Tensor | None = None
    if shape.values > 1 and (shape.linear is not None or shape.square is not None):
        logit, value = _best_value(shape, products)
        member = (value * shape.flags).to(torch.int32)
    if shape.flags > 1 and shape.flag is not None:
        flag = products[shape.flag]
        gain, up = flag.clamp(min=0), (flag > 0).to(torch.int32)
        logit = gain if logit is None else logit + gain
        member = up if member is None else member + up
    return logit, member


def _best_value(shape: _Shape, products: Tensor) -> tuple[Tensor, Tensor]:
    top = shape.values - 1
    linear = torch.zeros_like(products[0]) if shape.linear is None else products[shape.linear]
    if shape.square is None:
        value = (linear > 0).to(linear.dtype) * top
        return linear * value, value
    square = products[shape.square]
    below = (linear / (-2 * square)).floor().nan_to_num(0.0).clamp(0, top)
    best, value = torch.zeros_like(linear), torch.zeros_like(linear)
    for candidate in (below, (below + 1).clamp(max=top), torch.full_like(below, top)):
        logit = candidate * (linear + candidate * square)
        better = logit > best
        best, value = torch.where(better, logit, best), torch.where(better, candidate, value)
    return best, value
