"""Routines that depend on a type: printing, writing into a text, and comparing lists of it.

They are written once for each type that needs them, and called with the address of the list in slot 0.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.language.kinds import Boolean, Integer, Kind, ListOf, String, is_number
from compiler.lowering import heap
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import ERROR_TEXT, Origin


def show(c: Context, kind: Kind, cell: int) -> None:
    """Prints a value as `print` does."""
    match kind:
        case Integer():
            c.emit(Opcode.OUTI, cell)
        case String():
            c.library("print_string", cell)
        case _:
            c.call(_writer(c, kind, prints=True), (cell,))


def say(c: Context, kind: Kind, cell: int) -> None:
    """Prints a value as the message of the error that ends the run."""
    if not isinstance(kind, String):
        start = c.kept(c.library("begin_text"))
        add(c, kind, cell)
        cell = c.library("end_text", start)
    c.call(_routine(c, ("say", kind), _print_message), (cell,))


def _print_message(c: Context) -> None:
    """The characters of the string in slot 0: its only one as a negative number, or where they are."""
    text, code, one = c.temporary(), c.temporary(), c.constant(1)
    several, top, end = Label(), Label(), Label()
    with c.at(Origin(comment=ERROR_TEXT)):
        c.branch(Opcode.JGE, text, ZERO, several)
        c.emit(Opcode.SUB, c.constant(-1), text, code)
        c.emit(Opcode.OUTC, code)
        c.jump(end)
        c.place(several)
        index, length = c.temporary(), c.temporary()
        c.move(ZERO, index)
        c.emit(Opcode.LOAD, text, c.constant(-1), length)
        c.place(top)
        c.branch(Opcode.JGE, index, length, end)
        c.emit(Opcode.LOAD, text, index, code)
        c.emit(Opcode.OUTC, code)
        c.emit(Opcode.ADD, index, one, index)
        c.jump(top)
        c.place(end)


def add(c: Context, kind: Kind, cell: int) -> None:
    """Adds a value to the text that is being put together, as `str` does."""
    match kind:
        case Integer():
            c.library("add_integer", cell)
        case String():
            c.library("add_string", cell)
        case _:
            c.call(_writer(c, kind, prints=False), (cell,))


def _constant_text(c: Context, text: str, prints: bool) -> None:
    if prints:
        c.put(text)
        return
    for character in text:
        c.library("add_character", c.constant(ord(character)))


def _writer(caller: Context, kind: Kind, prints: bool) -> Label:
    """The routine that prints a boolean or a list, or adds it to a text."""

    def write(c: Context) -> None:
        value = c.temporary()
        if isinstance(kind, Boolean):
            no = Label()
            c.branch(Opcode.JEQ, value, ZERO, no)
            _constant_text(c, "True", prints)
            c.emit(Opcode.RET)
            c.place(no)
            _constant_text(c, "False", prints)
            return
        assert isinstance(kind, ListOf)
        _constant_text(c, "[", prints)
        loop = _Items(c, kind, value)
        loop.begin()
        _write_item(c, kind.element, loop.item, prints)
        c.emit(Opcode.ADD, loop.index, c.constant(1), loop.index)
        c.branch(Opcode.JGE, loop.index, loop.length, loop.end)
        _constant_text(c, ", ", prints)
        c.jump(loop.top)
        c.place(loop.end)
        _constant_text(c, "]", prints)

    return _routine(caller, ("print" if prints else "add", kind), write)


def _write_item(c: Context, kind: Kind, cell: int, prints: bool) -> None:
    """An item of a list: strings in quotes."""
    if not isinstance(kind, String):
        (show if prints else add)(c, kind, cell)
    elif prints:
        with c.scratch():
            start = c.temporary()
            c.move(c.library("begin_text"), start)
            c.library("add_quoted", cell)
            c.library("print_string", c.library("end_text", start))
    else:
        c.library("add_quoted", cell)


def contains(caller: Context, wanted: Kind, kind: ListOf) -> Label:
    """The routine that looks for slot 1, a string or a list, in the list in slot 0."""

    def write(c: Context) -> None:
        address, value = c.temporary(), c.temporary()
        loop = _Items(c, kind, address)
        loop.begin()
        next_one = Label()
        _branch_unless_equal(c, kind.element, wanted, loop.item, value, next_one)
        c.move(c.constant(1), c.own_slot(0))
        c.emit(Opcode.RET)
        c.place(next_one)
        c.emit(Opcode.ADD, loop.index, c.constant(1), loop.index)
        c.branch(Opcode.JLT, loop.index, loop.length, loop.top)
        c.place(loop.end)
        c.move(ZERO, c.own_slot(0))

    return _routine(caller, ("contains", wanted, kind), write)


def equal(caller: Context, left: Kind, right: Kind) -> Label:
    """The routine that compares the lists in slots 0 and 1."""

    def write(c: Context) -> None:
        assert isinstance(left, ListOf) and isinstance(right, ListOf)
        x, y = c.temporary(), c.temporary()
        loop = _Items(c, left, x)
        other_items, other_length = heap.view(c, right, y)
        different, other = Label(), c.temporary()
        c.branch(Opcode.JNE, loop.length, other_length, different)
        loop.begin()
        c.emit(Opcode.LOAD, other_items, loop.index, other)
        _branch_unless_equal(c, left.element, right.element, loop.item, other, different)
        c.emit(Opcode.ADD, loop.index, c.constant(1), loop.index)
        c.branch(Opcode.JLT, loop.index, loop.length, loop.top)
        c.place(loop.end)
        c.move(c.constant(1), c.own_slot(0))
        c.emit(Opcode.RET)
        c.place(different)
        c.move(ZERO, c.own_slot(0))

    return _routine(caller, ("equal", left, right), write)


def _branch_unless_equal(c: Context, left: Kind, right: Kind, x: int, y: int, target: Label) -> None:
    match left, right:
        case ListOf(), ListOf():
            c.branch(Opcode.JEQ, c.call(equal(c, left, right), (x, y)), ZERO, target)
        case String(), String():
            same = Label()
            c.branch(Opcode.JEQ, x, y, same)
            c.branch(Opcode.JLT, x, ZERO, target)
            c.branch(Opcode.JEQ, c.library("equal_strings", x, y), ZERO, target)
            c.place(same)
        case _:
            assert is_number(left) and is_number(right)
            c.branch(Opcode.JNE, x, y, target)


class _Items:
    """A loop over the items of a list, whose end the caller writes."""

    def __init__(self, c: Context, kind: Kind, address: int) -> None:
        self.c = c
        self.top, self.end = Label(), Label()
        self.items, self.length = heap.view(c, kind, address)
        self.index, self.item = c.temporary(), c.temporary()

    def begin(self) -> None:
        """Leaves for `end` if there are no items; `top` is here, with an item in its cell."""
        self.c.branch(Opcode.JEQ, self.length, ZERO, self.end)
        self.c.move(ZERO, self.index)
        self.c.place(self.top)
        self.c.emit(Opcode.LOAD, self.items, self.index, self.item)


def _routine(caller: Context, key: tuple[object, ...], write: Callable[[Context], None]) -> Label:
    """The routine with this key, which `write` writes once, with a context of its own."""
    unit, evaluate = caller.unit, caller.evaluate

    def write_all() -> None:
        c = Context(unit, unit.library, None, evaluate)
        unit.assembler.library = True
        unit.assembler.origin = Origin(comment=f"library {key[0]} {key[-1]}")
        write(c)
        c.emit(Opcode.RET)
        c.finish()

    return unit.routine(key, write_all)
