"""The residual stream of one chunk of positions, a row a wire, and which of its entries are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from interpreter.verification.plan import Plan, Target, Terms, Undetermined
from interpreter.verification.product import combine


class Workspace:
    """Large buffers by name, kept from chunk to chunk: fresh memory costs more than what is computed in it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._buffers: dict[str, Tensor] = {}

    def take(self, name: str, height: int, width: int) -> Tensor:
        """A (height, width) float64 tensor with whatever is in it; valid until the name is taken again."""
        buffer = self._buffers.get(name)
        if buffer is None or buffer.numel() < height * width:
            buffer = self._buffers[name] = torch.empty(height * width, dtype=torch.float64, device=self.device)
        return buffer[: height * width].view(height, width)


@dataclass
class Stream:
    """Positions `start` to `start + size - 1`.

    rows: (wires, size), float64; lines: the same row by row; position: (size,) float64. `unknown[i]` marks the
    entries of row i that stand for a number nobody has computed (see `transformer`), if it has such entries.
    """

    plan: Plan
    rows: Tensor
    lines: Sequence[Tensor]
    start: int
    position: Tensor
    workspace: Workspace
    unknown: dict[int, Tensor] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Positions in the chunk."""
        return self.rows.shape[1]

    def evaluate(self, terms: Terms) -> Tensor:
        """(size,); may be a view of a row: not to be written to."""
        if not terms:
            return torch.zeros_like(self.position)
        (row, coefficient), *rest = terms
        if coefficient == 1 and not rest:
            return self.lines[row]
        total = torch.empty_like(self.position)
        combine(self.lines, terms, total)
        return total

    def known(self, terms: Terms, reader: str) -> Tensor:
        """`evaluate`, for what attention reads.

        Raises:
            Undetermined: an entry is unknown.
        """
        for row, _ in terms:
            if row in self.unknown:
                raise Undetermined(f"{reader} reads {self.plan.wires[row].name!r}, which is not known there")
        return self.evaluate(terms)

    def write(self, value: Tensor, targets: tuple[Target, ...]) -> None:
        """Adds multiples of a value, shape (n,), to rows of the stream; fresh rows are set."""
        for target in targets:
            if not target.fresh:
                self.lines[target.row].add_(value, alpha=target.coefficient)
            elif target.coefficient == 1:
                self.lines[target.row].copy_(value)
            else:
                torch.mul(value, target.coefficient, out=self.lines[target.row])

    def write_all(self, values: Tensor, targets: list[tuple[Target, ...]]) -> None:
        """Writes (v, size) values; those that go to neighbouring fresh rows in one block."""
        begin = 0
        while begin < len(targets):
            end = begin + 1
            while end < len(targets) and _neighbours(targets[end - 1], targets[end]):
                end += 1
            if end - begin > 1:
                first = targets[begin][0].row
                self.rows[first : first + end - begin].copy_(values[begin:end])
            else:
                self.write(values[begin], targets[begin])
            begin = end

    def mark_unknown(self, entries: Tensor, row: int) -> None:
        """entries: (size,) bool, besides those that are marked already."""
        before = self.unknown.get(row)
        self.unknown[row] = entries if before is None else before | entries


def _neighbours(left: tuple[Target, ...], right: tuple[Target, ...]) -> bool:
    return (
        len(left) == len(right) == 1
        and left[0].fresh
        and right[0].fresh
        and left[0].coefficient == right[0].coefficient == 1
        and right[0].row == left[0].row + 1
    )


class Growing:
    """A (k, n) tensor to whose first `start` columns others are appended; room doubles as needed."""

    def __init__(self, height: int, dtype: torch.dtype, device: torch.device) -> None:
        self._room = torch.empty(height, 0, dtype=dtype, device=device)
        self._length = 0

    def append(self, start: int, columns: Tensor) -> None:
        """Columns from `start` on are overwritten."""
        end = start + columns.shape[1]
        if end > self._room.shape[1]:
            room = self._room.new_empty(self._room.shape[0], max(end, 2 * self._room.shape[1]))
            room[:, :start] = self._room[:, :start]
            self._room = room
        self._room[:, start:end] = columns
        self._length = end

    @property
    def columns(self) -> Tensor:
        """What has been appended so far, shape (rows, length); a view."""
        return self._room[:, : self._length]


def running_max(x: Tensor, width: int | None = None) -> tuple[Tensor, Tensor]:
    """`torch.cummax` of (n,): values and the index of one of the largest so far.

    With a width, in two levels: one long row would occupy a single block of a GPU. The default is to do so there.
    """
    width = width or (1024 if x.is_cuda else len(x))
    if len(x) <= width:
        whole = torch.cummax(x, 0)
        return whole.values, whole.indices
    lowest = -torch.inf if x.dtype.is_floating_point else torch.iinfo(x.dtype).min
    blocks = torch.nn.functional.pad(x, (0, -len(x) % width), value=lowest).view(-1, width)
    within = torch.cummax(blocks, 1)
    offsets = torch.arange(0, blocks.numel(), width, device=x.device)
    values, indices = within.values, within.indices + offsets[:, None]
    before = torch.cummax(values[:-1, -1], 0)
    carried = before.values[:, None] > values[1:]
    earlier = indices[:-1, -1].index_select(0, before.indices)[:, None]
    values = torch.cat([values[:1], torch.where(carried, before.values[:, None], values[1:])])
    indices = torch.cat([indices[:1], torch.where(carried, earlier, indices[1:])])
    return values.view(-1)[: len(x)], indices.view(-1)[: len(x)]
