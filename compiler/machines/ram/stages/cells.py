"""Which cells are read next, and which cell, and which group of it, the current token wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.circuits import relu, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.stages.cell_names import CellName, heap_cell
from compiler.machines.ram.stages.fetch import Begun, Frame, Instruction, Writer
from compiler.machines.ram.stages.history import Addresses, History
from compiler.machines.ram.stages.setting import Setting


@dataclass(frozen=True)
class Cell:
    """Wires for the coordinates of a cell's name, and for its squared length."""

    coordinates: tuple[Expression, ...]
    square: Expression


@dataclass(frozen=True)
class Cells:
    """The cells that are read as x and as y next, and the one that the current token wrote."""

    x: Cell
    y: Cell
    written: Cell


def addressing(s: Setting, now: Instruction) -> Expression:
    """Whether groups of a heap address are due: LOAD and STORE begin with them."""
    return s.c.wire("addressing", when(now.indirect, 1 - s.t.data))


def cells(s: Setting, now: Instruction, writer: Writer, begun: Begun, frame: Frame, addresses: Addresses) -> Cells:
    """Squared lengths from the squares of slots, frames and groups, in the layer of the coordinates."""
    x, y, z, target = (o.cell(s.g, frame.number, frame.square) for o in (now.x, now.y, now.z, writer.target))
    x = x + x.only(now.indirect, s.t.data, sign=-1) + copied(s, now, z, addresses)
    return Cells(
        _wires(s, "x cell", x.expressions()),
        _wires(s, "y cell", y.expressions()),
        _wires(s, "written cell", written(s, target, writer, begun, addresses)),
    )


def _wires(s: Setting, name: str, expressions: Sequence[Expression]) -> Cell:
    *coordinates, square = expressions
    wires = tuple(s.c.wire(f"{name} {i}", e) for i, e in enumerate(coordinates))
    return Cell(wires, s.c.wire(f"{name} squared", square))


def copied(s: Setting, now: Instruction, z: CellName, addresses: Addresses) -> CellName:
    """What is read in the place of x once the address is there: by LOAD the heap, by STORE its operand z."""
    return heap_cell(addresses.read).only(now.op[Opcode.LOAD], s.t.data) + z.only(now.op[Opcode.STORE], s.t.data)


def written(s: Setting, target: CellName, writer: Writer, begun: Begun, addresses: Addresses) -> Sequence[Expression]:
    """Coordinates and squared length of the cell that the current token wrote.

    Digits of a quotient, and groups that are only output, go to the scratch cell (-1, 0, …).
    """
    t = s.t
    output = when(writer.prints, 1 - begun.stores)
    elsewhere = 1 - begun.stores - t.quotient - writer.prints
    name = target.only(elsewhere) + heap_cell(addresses.write).only(begun.stores)
    first, *middle, square = name.expressions()
    return [first - t.quotient - output, *middle, square + t.quotient + output]


@dataclass(frozen=True)
class Index:
    """The index of the group that the current token wrote, and the square of that."""

    value: Expression
    square: Expression


def written_index(s: Setting, past: History, begun: Begun) -> Index:
    """Tokens since the run of groups began, every second one in a product.

    The last group of a product may come without a carry before it.
    """
    c, t = s.c, s.t
    product = begun.multiplies
    index = c.wire(
        "written index",
        relu(past.written_at - begun.at - product, 1 - product / 2)
        - relu(past.break_at + 1 - begun.at)
        + when(t.breaks, value=c.position + 1 - begun.at)
        + when(t.plain_last, 1 - past.previous_product_carry, product) / 2,
    )
    return Index(index, c.wire("written index squared", relu(index, index)))


@dataclass(frozen=True)
class Turns:
    """Which row of it comes next, from 0 on, of a product, a quotient and a comparison."""

    product: Expression
    quotient: Expression
    comparison: Expression


def turns(s: Setting, begun: Begun) -> Turns:
    """From the number of tokens that the instruction has emitted: a row of a product or of a quotient has two."""
    emitted = s.c.wire("emitted", when(1 - s.t.end, value=s.c.position + 1 - begun.at))
    return Turns((s.c.position - begun.at) / 2, (emitted - s.t.quotient) / 2, emitted)
