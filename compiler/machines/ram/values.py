"""What the RAM holds: cells by name, and integers in groups.

A value is `sum(groups[i] * B**i) - sign * B**len(groups)`: B's complement with an endless sign extension.
Values are kept canonical: the top group says something that the sign does not, unless it is the only one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.machines.ram.isa import Layout

Cell = tuple[int, ...]
"""The name of a cell: a point with integer coordinates, lowest address group first.

A heap address with groups `a[0] … a[G-1]` is `(a[0], …, a[G-2], -a[G-1])`: the heap lies below zero in the
last coordinate and frame number f above it: slot v of frame f (from 1) is `(v, 0, …, f)`.
"""


@dataclass(frozen=True)
class Number:
    """An integer as the machine holds it: little-endian groups and a sign, 0 or 1."""

    groups: Sequence[int]
    sign: int
    base: int

    @property
    def top(self) -> int:
        """The index of the top group."""
        return len(self.groups) - 1

    @property
    def fill(self) -> int:
        """Every group above the top one."""
        return self.sign * (self.base - 1)

    def __getitem__(self, i: int) -> int:
        return self.groups[i] if i <= self.top else self.fill

    def __int__(self) -> int:
        unsigned = sum(g * self.base**i for i, g in enumerate(self.groups))
        return int(unsigned - self.sign * self.base ** len(self.groups))


def number(value: int, base: int) -> Number:
    """The canonical form of an integer."""
    sign = int(value < 0)
    groups, rest = [value % base], value // base
    while rest != -sign:
        groups.append(rest % base)
        rest //= base
    return Number(groups, sign, base)


def cell_of(layout: Layout, operand: int, frame: int) -> Cell:
    """The cell that an operand names in a frame; the first frame is 1."""
    middle = (0,) * (layout.groups - 2)
    if operand < layout.first_local:
        return (operand, *middle, 0)
    if operand < layout.first_next:
        return (operand, *middle, frame)
    return (operand - layout.first_next + layout.first_local, *middle, frame + 1)
