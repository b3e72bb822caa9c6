"""Lists in the heap: where their items and their length lie.

The address of a list is that of its items, and its length lies before it. A list that may grow has at its
address where its items are, and after that for how many there is room.
"""

from __future__ import annotations

from compiler.language.kinds import Kind, ListOf
from compiler.language.syntax import Expression, Index
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.constants import constant_value, is_beyond
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

OUT_OF_RANGE = Trap("IndexError", "list index out of range")
ASSIGNED_OUT_OF_RANGE = Trap("IndexError", "list assignment index out of range")
BEYOND = Trap("IndexError", "cannot fit 'int' into an index-sized integer")


def grows(kind: Kind) -> bool:
    """Whether lists of this type can change their length, and so have a header."""
    return isinstance(kind, ListOf) and kind.growable


def view(c: Context, kind: Kind, address: int) -> tuple[int, int]:
    """The cells of where the items of a list are, and of how many."""
    length = load(c, address, -1)
    return (load(c, address, 0) if grows(kind) else address), length


def load(c: Context, address: int, offset: int) -> int:
    """A temporary with the content of the heap at an address and an offset."""
    cell = c.temporary()
    c.emit(Opcode.LOAD, address, c.constant(offset), cell)
    return cell


def new(c: Context, kind: Kind, length: int) -> tuple[int, int]:
    """A new list whose items are 0: the cells of its address and of where its items are."""
    if grows(kind):
        address = c.saved(c.library("new_growable", length, length))
        items = c.temporary()
        c.emit(Opcode.ADD, address, c.constant(2), items)
        return address, items
    address = c.saved(c.library("new_list", length))
    return address, address


def normalised(c: Context, index: int, e: Expression, length: int, trap: Trap) -> int:
    """The cell of an index from 0 to length - 1; a negative one counts from the end."""
    inside = Label()
    known = constant_value(e)
    trap = BEYOND if is_beyond(known) else trap
    if known is not None and known < 0:
        place = c.temporary()
        c.emit(Opcode.ADD, length, index, place)
        c.branch(Opcode.JGE, place, ZERO, inside)
        c.halt(trap)
        c.place(inside)
        return place
    if known is None and not c.never_negative(e):
        if not (c.is_temporary(index) or c.is_next(index)):
            index = c.saved(index)
        c.branch(Opcode.JIN, index, length, inside)
        c.emit(Opcode.ADD, index, length, index)
    c.branch(Opcode.JIN, index, length, inside)
    c.halt(trap)
    c.place(inside)
    return index


def located(c: Context, e: Index, address: int, index: int, trap: Trap) -> tuple[int, int]:
    """The two cells that LOAD and STORE add up for an item, after a check of the index."""
    length = load(c, address, -1)
    index = normalised(c, index, e.index, length, trap)
    return (load(c, address, 0) if grows(c.kind(e.object)) else address), index
