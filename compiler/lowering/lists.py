"""What the language does with lists: displays, operators, slices, methods."""

from __future__ import annotations

from compiler.language.kinds import Kind, ListOf, String, is_number
from compiler.language.syntax import Expression, Index, ListLiteral, MethodCall, ReadIntegers, Slice
from compiler.lowering import heap, numbers, routines
from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode

_SPARE = 4
"""For how many items a growable list has room at least."""


def item(c: Context, e: Index, into: int) -> int:
    """Code for `object[index]`; an index out of range raises IndexError."""
    address, index = c.operands([e.object, e.index])
    c.emit(Opcode.LOAD, *heap.located(c, e, address, index, heap.OUT_OF_RANGE), into)
    return into


# --------------------------------------------------------------------------------------------------- new lists


def display(c: Context, e: ListLiteral, items: tuple[Expression, ...], into: int) -> int:
    """A list that is written out. New memory is 0 already; its end is written all the same, to see that it exists."""
    count = len(items)
    if not items and not heap.grows(c.kind(e)):
        c.move(c.constant(EMPTY), into)
        return into
    address = into if c.is_temporary(into) else c.temporary()
    first = 0
    if heap.grows(c.kind(e)):
        c.move(c.library("new_growable", c.constant(count), c.constant(max(_SPARE, count))), address)
        first = 2
    else:
        free = c.unit.free_cell()
        c.emit(Opcode.ADD, free, c.constant(1), address)
        c.emit(Opcode.ADD, free, c.constant(1 + count), free)
        c.emit(Opcode.STORE, address, c.constant(-1), c.constant(count))
    for i, element in enumerate(items):
        with c.scratch():
            if constant_value(element) != 0 or i == count - 1:
                cell = c.value(element)
                c.emit(Opcode.STORE, address, c.constant(first + i), cell)
    c.move(address, into)
    return into


def combined(c: Context, kind: ListOf, operator: str, left: Expression, right: Expression, into: int) -> int:
    """`+` of two lists, `*` of a list and a number."""
    if operator == "*":
        return _repeated(c, kind, left, right, into)
    x, y = (c.kept(cell) for cell in c.operands([left, right]))
    x_items, x_length = heap.view(c, c.kind(left), x)
    y_items, y_length = heap.view(c, c.kind(right), y)
    total = c.temporary()
    c.emit(Opcode.ADD, x_length, y_length, total)
    address, items = heap.new(c, kind, total)
    c.library("copy", x_items, items, x_length)
    after = c.temporary()
    c.emit(Opcode.ADD, items, x_length, after)
    c.library("copy", y_items, after, y_length)
    c.move(address, into)
    return into


def _repeated(c: Context, kind: ListOf, left: Expression, right: Expression, into: int) -> int:
    first = isinstance(c.kind(left), ListOf)
    sequence, times = (left, right) if first else (right, left)
    single = sequence.items[0] if isinstance(sequence, ListLiteral) and len(sequence.items) == 1 else None
    repeated = single or sequence
    cells = c.operands([repeated, times] if first else [times, repeated])
    source, count = (c.kept(cell) for cell in (cells if first else reversed(cells)))
    if single is not None:
        count = _at_least_zero(c, count, times)
        address, items = heap.new(c, kind, count)
        if constant_value(single) != 0:
            c.library("fill", items, count, source)
    else:
        source_items, length = heap.view(c, c.kind(sequence), source)
        count = _at_least_zero(c, count, times)
        total = numbers.operate(c, "*", length, count, c.temporary(), False, None)
        address, items = heap.new(c, kind, total)
        c.library("repeat", source_items, length, count, items)
    c.move(address, into)
    return into


def _at_least_zero(c: Context, cell: int, e: Expression) -> int:
    known = constant_value(e)
    if known is not None:
        return c.constant(max(known, 0))
    if c.never_negative(e):
        return cell
    return numbers.extreme(c, True, [ZERO, cell], c.temporary())


def sliced(c: Context, e: Slice) -> int:
    """The cell of a slice, of a list or of a string."""
    bounds = [bound for bound in (e.start, e.stop, e.step) if bound is not None]
    source, *cells = (c.kept(cell) for cell in c.operands([e.object, *bounds]))
    given = iter(cells)
    start, stop, step = (None if bound is None else next(given) for bound in (e.start, e.stop, e.step))
    if isinstance(c.kind(e.object), String):
        source = c.saved(c.library("text_of", source))
    items, length = heap.view(c, c.kind(e.object), source)
    if step is None or (e.step is not None and constant_value(e.step) == 1):
        first = ZERO if start is None else c.saved(c.library("clamp", start, length))
        after = length if stop is None else c.library("clamp", stop, length)
        count = after
        if first != ZERO:
            count = c.temporary()
            c.emit(Opcode.SUB, after, first, count)
            count = numbers.extreme(c, True, [ZERO, count], c.temporary())
        step = None
    else:
        assert e.step is not None
        first, after = _stepped_bounds(c, e.step, start, stop, step, length)
        count = c.library("slice_count", first, after, step)
    count = c.kept(count)
    from_here = items
    if first != ZERO:
        from_here = c.temporary()
        c.emit(Opcode.ADD, items, first, from_here)
    if isinstance(c.kind(e.object), String):
        if step is None:
            return c.library("substring", from_here, count)
        return c.library("stepped_substring", from_here, step, count)
    address, target = heap.new(c, c.kind(e), count)
    if step is None:
        c.library("copy", from_here, target, count)
    else:
        c.library("copy_steps", from_here, step, target, count)
    return address


def _stepped_bounds(
    c: Context, e_step: Expression, start: int | None, stop: int | None, step: int, length: int
) -> tuple[int, int]:
    """Where a slice with a step begins and ends. What is left out depends on the sign of the step."""
    first, after = c.temporary(), c.temporary()
    if start is not None:
        c.move(c.library("slice_first", start, length, step), first)
    if stop is not None:
        c.move(c.library("slice_first", stop, length, step), after)
    if start is None or stop is None:
        known = constant_value(e_step)
        backwards, done = Label(), Label()
        if known is None:
            c.branch(Opcode.JLT, step, ZERO, backwards)
        if known is None or known >= 0:
            if start is None:
                c.move(ZERO, first)
            if stop is None:
                c.move(length, after)
            c.jump(done)
        c.place(backwards)
        if known is None or known < 0:
            if start is None:
                c.emit(Opcode.ADD, length, c.constant(-1), first)
            if stop is None:
                c.move(c.constant(-1), after)
        c.place(done)
    return first, after


def read_integers(c: Context, e: ReadIntegers, into: int) -> int:
    """Code for `list(map(int, input().split()))`, which makes no list of strings."""
    c.unit.reads_input = True
    cell = c.library("read_integers")
    c.move(c.library("growable_of", cell) if heap.grows(c.kind(e)) else cell, into)
    return into


# --------------------------------------------------------------------------------------------------- methods


def method(c: Context, e: MethodCall) -> int:
    """`append`, which gives nothing, or `pop`; the cell of its result."""
    address, *arguments = c.operands([e.object, *e.arguments])
    if e.method == "append":
        return c.library("append", address, *arguments)
    items = heap.load(c, address, 0) if heap.grows(c.kind(e.object)) else address
    return c.library("pop_at" if arguments else "pop", address, items, *arguments)


def contains(c: Context, wanted_kind: Kind, kind: ListOf, wanted: int, address: int) -> int:
    """The cell of whether a list has an item."""
    if is_number(wanted_kind):
        items, length = heap.view(c, kind, address)
        return c.library("contains", items, length, wanted)
    return c.call(routines.contains(c, wanted_kind, kind), (address, wanted))


def equal(c: Context, left: Kind, right: Kind, x: int, y: int) -> int:
    """The cell of whether two lists are equal."""
    return c.call(routines.equal(c, left, right), (x, y))
