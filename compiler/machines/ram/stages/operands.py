"""What the cells hold: of x and of y the top group, and the group that the next token needs."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuits import step, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.stages.cells import Cell, Cells, Index, Turns
from compiler.machines.ram.stages.fetch import Frame, Instruction, Writer
from compiler.machines.ram.stages.setting import Setting


@dataclass(frozen=True)
class Top:
    """Of a cell: the index of its top group, that group, and the sign."""

    index: Expression
    value: Expression
    sign: Expression


def tops(s: Setting, cells: Cells, index: Index) -> tuple[Top, Top]:
    """The latest last group that was written to the cell of x, and to that of y."""
    t = s.t
    values = {"index": index.value, "value": t.value, "sign": t.sign}

    def top(name: str, cell: Cell) -> Top:
        match = list(zip(cell.coordinates, cells.written.coordinates))
        return Top(*s.c.latest(f"top {name}", t.last, match, cells.written.square, cell.square, **values))

    return top("x", cells.x), top("y", cells.y)


def caller(s: Setting, frame: Frame, writer: Writer) -> Expression:
    """The number of the latest CALL that entered the current frame."""
    (number,) = s.c.latest("caller", s.t.call, [(frame.number, frame.number)], frame.square, pc=writer.number)
    return number


@dataclass(frozen=True)
class Copying:
    """Whether the digits of a quotient are copied from the scratch cell, and whether SHL begins."""

    quotient: Expression
    shift_begins: Expression


def copying(s: Setting, now: Instruction) -> Copying:
    """Two parts of instructions that other stages tell from the rest."""
    quotient = s.c.wire("copying quotient", when(now.op[Opcode.QUO], s.t.group))
    return Copying(quotient, s.c.wire("shift start", when(now.op[Opcode.SHL], 1 - s.t.group)))


@dataclass(frozen=True)
class Asked:
    """Indices of the groups of x and of y that the next token needs."""

    x: Expression
    y: Expression


def top_down(s: Setting, now: Instruction, turns: Turns, x: Top) -> Expression:
    """The group of x in divisions and in comparisons, which go from the top down."""
    dividing = when(now.divides, 1 - s.t.group, value=x.index - turns.quotient)
    return dividing + when(now.compares, value=x.index - turns.comparison)


def asked(s: Setting, now: Instruction, turns: Turns, index: Index, y: Top, top_down: Expression) -> Asked:
    """Groups from the lowest up, those of addresses too; what goes from the top down is counted from there."""
    c, t, op = s.c, s.t, now.op
    following = index.value + 1
    of_address = sum(((i + 1) * f for i, f in enumerate(t.next_address)), Expression({}, {}))
    x_index = c.wire(
        "x index",
        of_address
        + op[Opcode.SHR]
        + when(t.group, 1 - op[Opcode.QUO], value=following - op[Opcode.SHL])
        + when(t.product_carry, value=turns.product)
        + top_down,
    )
    y_index = c.wire(
        "y index",
        of_address + when(t.group, now.adds, value=following) + when(now.compares, value=y.index - turns.comparison),
    )
    return Asked(x_index, y_index)


@dataclass(frozen=True)
class Reading:
    """A number that is read: its top group, and the group that the next token needs."""

    top: Top
    group: Expression


@dataclass(frozen=True)
class Operands:
    """The numbers in the cells of x and y."""

    x: Reading
    y: Reading


def operands(s: Setting, now: Instruction, cells: Cells, index: Index, tops: tuple[Top, Top], asked: Asked) -> Operands:
    """The latest group that was written to the cell with the index that is asked for."""
    c, t = s.c, s.t
    x, y = tops
    copying = (now.op[Opcode.QUO], t.group)
    # The digits of a quotient were written to the scratch cell top down, every second token.
    place = tuple(
        c.wire(f"x group cell {i}", e - when(*copying, value=e + (i == 0))) for i, e in enumerate(cells.x.coordinates)
    )
    digit = c.wire("digit", when(*copying, value=2 * (x.index - index.value - 1)))
    keys = [*cells.written.coordinates, index.value]

    def group(name: str, *query: Expression) -> Expression:
        square = cells.written.square + index.square
        (value,) = c.latest(f"group {name}", t.run + t.quotient, list(zip(query, keys)), square, value=t.value)
        return value

    x_group, y_group = group("x", *place, asked.x + digit), group("y", *cells.y.coordinates, asked.y)
    in_scratch = c.wire("in scratch", when(*copying, value=1 - x.index))
    return Operands(
        Reading(x, _extended(s, "x value", x, x.index - asked.x + in_scratch, x_group)),
        Reading(y, _extended(s, "y value", y, y.index - asked.y, y_group)),
    )


def _extended(s: Setting, name: str, top: Top, below: Expression, group: Expression) -> Expression:
    """The group `below` places below the top: one found in memory, the top itself, or all sign above it."""
    fill = (s.b - 1) * top.sign
    return s.c.wire(name, fill + step(below + 1, top.value - fill) + step(below, group - top.value))
