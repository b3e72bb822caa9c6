"""Products of a small constant matrix with the rows of a large one, dense or term by term."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from compiler.circuits.weights import Array
from interpreter.verification.plan import Terms


def prefers_dense(device: torch.device) -> bool:
    """Whether one dense product is faster than adding up its terms."""
    return device.type != "cpu"


class Product:
    """`matrix @ x[rows]` for a constant (m, k) matrix and a tensor x of shape (r, n) with n large.

    On a GPU as one dense product. A processor adds up the non-zero terms, line by line: hand-set matrices have two or
    three of them in a line, and that takes a third of the time of the dense product. x is given twice, whole and as
    its lines, since taking it apart costs time as well.
    """

    def __init__(self, matrix: Array, rows: Sequence[int], device: torch.device) -> None:
        self.height = len(matrix)
        self.terms: list[Terms] = [_ordered([(r, float(c)) for r, c in zip(rows, line) if c]) for line in matrix]
        self.dense = prefers_dense(device)
        if self.dense:
            self.matrix = torch.as_tensor(matrix, dtype=torch.float64, device=device)
            self.rows = torch.as_tensor(list(rows), dtype=torch.int64, device=device)

    def __call__(self, x: Tensor, lines: Sequence[Tensor], out: Tensor) -> Tensor:
        """Fills and returns `out`, (m, n), which must not overlap what is read."""
        if self.dense:
            return torch.mm(self.matrix, x.index_select(0, self.rows), out=out)
        for terms, line in zip(self.terms, out.unbind(0)):
            combine(lines, terms, line)
        return out

    def line(self, number: int, lines: Sequence[Tensor], out: Tensor) -> Tensor:
        """One line of the product, in `out` unless it is one of x's as it stands."""
        terms = self.terms[number]
        if len(terms) == 1 and terms[0][1] == 1:
            return lines[terms[0][0]]
        combine(lines, terms, out)
        return out

    def add_to(self, x: Tensor, targets: Sequence[Tensor], rows: Sequence[int]) -> None:
        """Adds line i of the product to line `rows[i]` of the targets."""
        if self.dense:
            for row, line in zip(rows, self.matrix @ x.index_select(0, self.rows)):
                targets[row].add_(line)
            return
        lines = x.unbind(0)
        for terms, row in zip(self.terms, rows):
            for source, coefficient in terms:
                targets[row].add_(lines[source], alpha=coefficient)


def combine(lines: Sequence[Tensor], terms: Terms, out: Tensor) -> None:
    """Writes the linear combination to `out`, which is none of the lines read."""
    if not terms:
        out.zero_()
        return
    (first, scale), *rest = terms
    if scale == 1 and rest:
        (second, coefficient), *rest = rest
        torch.add(lines[first], lines[second], alpha=coefficient, out=out)
    elif scale == 1:
        out.copy_(lines[first])
    else:
        torch.mul(lines[first], scale, out=out)
    for row, coefficient in rest:
        out.add_(lines[row], alpha=coefficient)


def _ordered(terms: Sequence[tuple[int, float]]) -> Terms:
    """A coefficient of 1 first, which saves a pass."""
    return tuple(sorted(terms, key=lambda term: term[1] != 1))
