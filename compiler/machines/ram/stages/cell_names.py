"""Names of cells as points, selected by flags, flat enough for one feed-forward layer.

Attention finds a cell by the squared distance between names, so a name is needed together with the
square of its length. Both are sums of *monomials* `flag and flag and … * value`, one neuron each; to
restrict a name to a condition is to add a flag to each monomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.circuits.expressions import Expression, Number
from compiler.circuits.gates import when
from compiler.machines.ram.stages.history import AddressGroup

Monomial = tuple[tuple[Expression, ...], Expression, Number]
"""Flags, value and a coefficient."""


@dataclass(frozen=True)
class CellName:
    """`parts[i]` are the monomials of coordinate i, lowest first; the last entry is the squared length."""

    parts: tuple[tuple[Monomial, ...], ...]

    def only(self, *flags: Expression, sign: Number = 1) -> CellName:
        """The name where all the flags are 1, else zero."""
        return CellName(tuple(tuple((flags + f, v, sign * c) for f, v, c in part) for part in self.parts))

    def __add__(self, other: CellName) -> CellName:
        return CellName(tuple(a + b for a, b in zip(self.parts, other.parts)))

    def expressions(self) -> list[Expression]:
        """Coordinates and squared length as sums of neurons; a monomial without flags stays linear."""
        zero = Expression({}, {})
        return [sum(((when(*f, value=v) if f else v) * c for f, v, c in part), zero) for part in self.parts]


def heap_cell(address: Sequence[AddressGroup]) -> CellName:
    """The cell at a heap address, lowest group first."""
    squares = tuple(((), group.square, 1) for group in address)
    return CellName((*((((), group.coordinate, 1),) for group in address), squares))


@dataclass(frozen=True)
class Operand:
    """What an operand token says: its slot and its square, whether it is local, whether of the next frame."""

    local: Expression
    next: Expression
    slot: Expression
    slot_square: Expression = Expression({}, {})

    def cell_of(self, groups: int, frame: Expression) -> CellName:
        """The same cell from the current frame where the operand is local, 0 elsewhere; without its squared length."""
        middle: tuple[tuple[Monomial, ...], ...] = ((),) * (groups - 2)
        return CellName(((((), self.slot, 1),), *middle, (((), frame + self.next, 1),), ()))

    def cell(self, groups: int, frame: Expression, frame_square: Expression) -> CellName:
        """Slot `slot` of the frame; a next-frame operand is local too, and its frame is one more."""
        one_more = 2 * frame + 1
        middle: tuple[tuple[Monomial, ...], ...] = ((),) * (groups - 2)
        return CellName(
            (
                (((), self.slot, 1),),
                *middle,
                (((self.local,), frame, 1), ((self.next,), Expression({}, {}) + 1, 1)),
                (((), self.slot_square, 1), ((self.local,), frame_square, 1), ((self.next,), one_more, 1)),
            )
        )
