"""The argmax of all logits, from a few dot products for each family of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from compiler.circuits.weights import Array
from interpreter.model.unembedding import Family, families
from interpreter.verification.product import Product
from interpreter.verification.stream import Workspace


@dataclass(frozen=True)
class _Parabola:
    """Logits `v linear + v*v square` for 0 <= v < values; rows of `Readout.products`, None for a row of zeros."""

    values: int
    linear: int | None
    square: int | None


@dataclass(frozen=True)
class _Shape:
    """What families have in common that differ by a constant only."""

    parabola: _Parabola
    flags: int
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
        found = families(unembedding)
        rows: list[Array] = [family.constant for family in found]
        numbers: dict[bytes, int] = {}

        def number(vector: Array) -> int | None:
            if not vector.any():
                return None
            if vector.tobytes() not in numbers:
                numbers[vector.tobytes()] = len(rows)
                rows.append(vector)
            return numbers[vector.tobytes()]

        def shape(family: Family) -> _Shape:
            parabola = _Parabola(family.values, number(family.linear), number(family.square))
            return _Shape(parabola, family.flags, number(family.flag))

        of_family = [shape(family) for family in found]
        self.shapes = list(dict.fromkeys(of_family))
        self.parabolas = list(dict.fromkeys(shape.parabola for shape in self.shapes))
        matrix = np.stack(rows)
        live = np.flatnonzero(matrix.any(0))
        self.products = Product(matrix[:, live], live.tolist(), device)
        self.first = [family.first for family in found]
        self.shape_of = [self.shapes.index(shape) for shape in of_family]

    def __call__(self, x: Tensor, lines: Sequence[Tensor], workspace: Workspace) -> Tensor:
        """Token numbers, (n,) int32, for a residual stream (d, n), given whole and as its lines."""
        products = self.products(x, lines, workspace.take("products", self.products.height, x.shape[1]))
        values = {parabola: _best_value(parabola, products) for parabola in self.parabolas}
        shapes = [_best_member(shape, products, *values[shape.parabola]) for shape in self.shapes]
        best = torch.full_like(x[0], -torch.inf)
        token = torch.zeros_like(best)
        for constant, first, number in zip(products, self.first, self.shape_of):
            logit, member = shapes[number]
            total = constant.add_(logit)
            better = total > best
            torch.maximum(best, total, out=best)
            token = torch.where(better, member + first, token)
        return token.to(torch.int32)


def _best_member(shape: _Shape, products: Tensor, logit: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """The best logit of a shape without its constant, and its token, counted from the family's first."""
    if shape.flags == 1 or shape.flag is None:
        return logit, value * shape.flags
    flag = products[shape.flag]
    return logit + flag.clamp(min=0), (flag > 0) + value * shape.flags


def _best_value(parabola: _Parabola, products: Tensor) -> tuple[Tensor, Tensor]:
    """The largest logit, and the lowest value that has it (float64, like the logit)."""
    top = parabola.values - 1
    zero = torch.zeros_like(products[0])
    if parabola.linear is None and parabola.square is None:
        return zero, zero
    linear = zero if parabola.linear is None else products[parabola.linear]
    if parabola.square is None:
        value = (linear > 0) * float(top)
        return linear * value, value
    square = products[parabola.square]
    below = (linear / (-2 * square)).floor_().nan_to_num_(0.0).clamp_(0, top)
    best, value = torch.zeros_like(linear), torch.zeros_like(linear)
    for candidate in (below, (below + 1).clamp_(max=top), torch.full_like(below, top)):
        logit = (candidate * square).add_(linear).mul_(candidate)
        better = logit > best
        best, value = torch.where(better, logit, best), torch.where(better, candidate, value)
    return best, value
