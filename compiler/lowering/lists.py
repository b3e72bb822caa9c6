"""Lists: where they lie in the heap, and what the language does with them.

The address of a list is that of its items, and its length lies before it. A list that may grow has at its
address where its items are, and in the cell after for how many there is room.
"""

from __future__ import annotations

from compiler.language.kinds import Kind, ListOf, String, is_number
from compiler.language.syntax import Comprehension, Expression, Index, ListLiteral, MethodCall, ReadIntegers, Slice
from compiler.lowering import conditions, expressions, loops, numbers, routines
from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

MEMORY = Trap("MemoryError", "")
OUT_OF_RANGE = Trap("IndexError", "list index out of range")
ASSIGNED_OUT_OF_RANGE = Trap("IndexError", "list assignment index out of range")
_RESIZED = Trap("RuntimeError", "a comprehension makes the list grow that it goes over")
_SPARE = 4
"""For how many items a growable list has room at least."""


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


def kept(c: Context, cell: int) -> int:
    """The cell, or a copy if calls would overwrite it."""
    return expressions.saved(c, cell) if c.is_next(cell) else cell


def new(c: Context, kind: Kind, length: int) -> tuple[int, int]:
    """A new list whose items are 0: the cells of its address and of where its items are."""
    if grows(kind):
        address = expressions.saved(c, c.library("new_growable", length, length))
        items = c.temporary()
        c.emit(Opcode.ADD, address, c.constant(2), items)
        return address, items
    address = expressions.saved(c, c.library("new_list", length))
    return address, address


# --------------------------------------------------------------------------------------------------- items


def normalised(c: Context, index: int, e: Expression, length: int, trap: Trap) -> int:
    """The cell of an index from 0 to length - 1; a negative one counts from the end."""
    inside = Label()
    known = constant_value(e)
    if known is not None and known < 0:
        place = c.temporary()
        c.emit(Opcode.ADD, length, index, place)
        c.branch(Opcode.JGE, place, ZERO, inside)
        c.halt(trap)
        c.place(inside)
        return place
    if known is None and not c.never_negative(e):
        if not (c.is_temporary(index) or c.is_next(index)):
            index = expressions.saved(c, index)
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


def item(c: Context, e: Index, into: int) -> int:
    """Code for `object[index]`; an index out of range raises IndexError."""
    address, index = expressions.operands(c, [e.object, e.index])
    c.emit(Opcode.LOAD, *located(c, e, address, index, OUT_OF_RANGE), into)
    return into


# --------------------------------------------------------------------------------------------------- new lists


def display(c: Context, e: ListLiteral, items: tuple[Expression, ...], into: int) -> int:
    """A list that is written out. New memory is 0 already; its end is written all the same, to see that it exists."""
    count = len(items)
    if not items and not grows(c.kind(e)):
        c.move(c.constant(EMPTY), into)
        return into
    address = into if c.is_temporary(into) else c.temporary()
    first = 0
    if grows(c.kind(e)):
        c.move(c.library("new_growable", c.constant(count), c.constant(max(_SPARE, count))), address)
        first = 2
    else:
        free = c.unit.free_cell()
        c.emit(Opcode.ADD, free, c.constant(1), address)
        c.emit(Opcode.ADD, free, c.constant(1 + count), free)
        c.emit(Opcode.STORE, address, c.constant(-1), c.constant(count), MEMORY)
    for i, element in enumerate(items):
        with c.scratch():
            if constant_value(element) != 0 or i == count - 1:
                cell = expressions.value(c, element)
                c.emit(Opcode.STORE, address, c.constant(first + i), cell, MEMORY)
    c.move(address, into)
    return into


def combined(c: Context, kind: ListOf, operator: str, left: Expression, right: Expression, into: int) -> int:
    """`+` of two lists, `*` of a list and a number."""
    if operator == "*":
        return _repeated(c, kind, left, right, into)
    x, y = (kept(c, cell) for cell in expressions.operands(c, [left, right]))
    x_items, x_length = view(c, c.kind(left), x)
    y_items, y_length = view(c, c.kind(right), y)
    total = c.temporary()
    c.emit(Opcode.ADD, x_length, y_length, total)
    address, items = new(c, kind, total)
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
    cells = expressions.operands(c, [repeated, times] if first else [times, repeated])
    source, count = (kept(c, cell) for cell in (cells if first else reversed(cells)))
    if single is not None:
        count = _at_least_zero(c, count, times)
        address, items = new(c, kind, count)
        if constant_value(single) != 0:
            c.library("fill", items, count, source)
    else:
        source_items, length = view(c, c.kind(sequence), source)
        count = _at_least_zero(c, count, times)
        total = numbers.operate(c, "*", length, count, c.temporary(), False, None)
        address, items = new(c, kind, total)
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
    source, *cells = (kept(c, cell) for cell in expressions.operands(c, [e.object, *bounds]))
    given = iter(cells)
    start, stop, step = (None if bound is None else next(given) for bound in (e.start, e.stop, e.step))
    if isinstance(c.kind(e.object), String):
        source = expressions.saved(c, c.library("text_of", source))
    items, length = view(c, c.kind(e.object), source)
    if step is None or (e.step is not None and constant_value(e.step) == 1):
        first = ZERO if start is None else expressions.saved(c, c.library("clamp", start, length))
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
    count = kept(c, count)
    from_here = items
    if first != ZERO:
        from_here = c.temporary()
        c.emit(Opcode.ADD, items, first, from_here)
    if isinstance(c.kind(e.object), String):
        if step is None:
            return c.library("substring", from_here, count)
        return c.library("stepped_substring", from_here, step, count)
    address, target = new(c, c.kind(e), count)
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


def comprehension(c: Context, e: Comprehension, into: int) -> int:
    """Room for all items is taken first, since the items themselves may need memory."""
    inside = [*e.conditions, e.element]
    changed = {c.shared[name].cell for name in c.effects.assigned_in_calls(inside)}
    iteration = loops.prepare(c, e.iterable, changed)
    count = kept(c, iteration.count(c))
    address, items = new(c, c.kind(e), count)
    pointer, limit = c.temporary(), c.temporary()
    c.move(items, pointer)
    may_grow = isinstance(iteration, loops.Items) and c.effects.resizes(inside)
    if may_grow:
        c.emit(Opcode.ADD, items, count, limit)

    def body(skip: Label) -> None:
        for condition in e.conditions:
            conditions.jump_if(c, condition, skip, False)
        with c.scratch():
            cell = expressions.value(c, e.element)
            if may_grow:
                inside_limit = Label()
                c.branch(Opcode.JLT, pointer, limit, inside_limit)
                c.halt(_RESIZED)
                c.place(inside_limit)
            c.emit(Opcode.STORE, pointer, ZERO, cell, MEMORY)
            c.emit(Opcode.ADD, pointer, c.constant(1), pointer)

    with c.comprehension_target(e) as target:
        iteration.run(c, target, body, loops.Habits(counts_in_target=True, keeps_last=False, resizes=may_grow))
    if e.conditions or may_grow:
        length = c.temporary()
        c.emit(Opcode.SUB, pointer, items, length)
        c.emit(Opcode.STORE, address, c.constant(-1), length)
    c.move(address, into)
    return into


def read_integers(c: Context, e: ReadIntegers, into: int) -> int:
    """Code for `list(map(int, input().split()))`, which makes no list of strings."""
    c.unit.reads_input = True
    cell = c.library("read_integers")
    c.move(c.library("growable_of", cell) if grows(c.kind(e)) else cell, into)
    return into


# --------------------------------------------------------------------------------------------------- methods


def method(c: Context, e: MethodCall) -> int:
    """`append`, which gives nothing, or `pop`; the cell of its result."""
    address, *arguments = expressions.operands(c, [e.object, *e.arguments])
    if e.method == "append":
        return c.library("append", address, *arguments)
    items = load(c, address, 0) if grows(c.kind(e.object)) else address
    return c.library("pop_at" if arguments else "pop", address, items, *arguments)


def contains(c: Context, wanted_kind: Kind, kind: ListOf, wanted: int, address: int) -> int:
    """The cell of whether a list has an item."""
    if is_number(wanted_kind):
        items, length = view(c, kind, address)
        return c.library("contains", items, length, wanted)
    return c.call(routines.contains(c.unit, wanted_kind, kind), (address, wanted))


def equal(c: Context, left: Kind, right: Kind, x: int, y: int) -> int:
    """The cell of whether two lists are equal."""
    return c.call(routines.equal(c.unit, left, right), (x, y))
