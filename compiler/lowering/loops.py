"""What `for` and comprehensions go over: ranges, lists and strings; and comprehensions themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.language.kinds import Kind, String
from compiler.language.syntax import Call, Comprehension, Expression
from compiler.lowering import heap, numbers
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.conditions import jump_if
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

Body = Callable[[Label], None]
"""Writes the body of a loop; it is given the label of the place to go to for the next round."""

_NO_STEP = Trap("ValueError", "range() arg 3 must not be zero")
_RESIZED = Trap("RuntimeError", "a comprehension makes the list grow that it goes over")


@dataclass(frozen=True)
class Habits:
    """What is known of a loop.

    counts_in_target: nothing else assigns the target, so that it may be the counter; keeps_last: the target
    is read after the loop; resizes: the body may change the length of lists.
    """

    counts_in_target: bool
    keeps_last: bool
    resizes: bool


def prepare(c: Context, iterable: Expression, changed: set[int]) -> Range | Items:
    """Evaluates what a loop goes over. changed: the cells of variables that the loop may assign."""
    if isinstance(iterable, Call) and iterable.function == "range":
        cells = [_lasting(c, cell, changed) for cell in c.operands(iterable.arguments)]
        if len(cells) == 1:
            cells = [ZERO, *cells]
        if len(cells) == 2:
            cells = [*cells, c.constant(1)]
        start, stop, step = cells
        return Range(start, stop, step, iterable.arguments)
    cell = c.value(iterable)
    if isinstance(c.kind(iterable), String):
        cell = c.library("text_of", cell)
    return Items(c.kind(iterable), _lasting(c, cell, changed))


def _lasting(c: Context, cell: int, changed: set[int]) -> int:
    """The cell, or a copy if the loop might overwrite it."""
    return c.saved(cell) if cell in changed or c.is_next(cell) else cell


@dataclass(frozen=True)
class Range:
    """A range: the cells of its bounds and step, and the expressions that they come from."""

    start: int
    stop: int
    step: int
    arguments: tuple[Expression, ...]

    @property
    def known_start(self) -> int | None:
        """The start, if it is a constant."""
        return 0 if len(self.arguments) == 1 else constant_value(self.arguments[0])

    @property
    def known_stop(self) -> int | None:
        """The stop, if it is a constant."""
        return constant_value(self.arguments[min(1, len(self.arguments) - 1)])

    @property
    def known_step(self) -> int | None:
        """The step, if it is a constant."""
        return 1 if len(self.arguments) < 3 else constant_value(self.arguments[2])

    def count(self, c: Context) -> int:
        """The cell of the number of rounds."""
        if self.known_step != 1:
            self._check_step(c)
            return c.library("slice_count", self.start, self.stop, self.step)
        if self.known_start == 0 and c.never_negative(self.arguments[min(1, len(self.arguments) - 1)]):
            return self.stop
        difference = c.temporary()
        c.emit(Opcode.SUB, self.stop, self.start, difference)
        return numbers.extreme(c, True, [ZERO, difference], c.temporary())

    def run(self, c: Context, target: int, body: Body, habits: Habits) -> None:
        """Code that runs the body for each number; target: the cell that the number is put into."""
        top, again, end = Label(), Label(), Label()
        step = self.known_step
        counter = target if habits.counts_in_target and step else c.temporary()
        if not step:
            self._run_either_way(c, counter, target, body)
            return
        leave = (Opcode.JGE, self.start, self.stop) if step > 0 else (Opcode.JGE, self.stop, self.start)
        if self.known_start is None or self.known_stop is None:
            c.branch(*leave, end)
        elif not range(self.known_start, self.known_stop, step):
            return
        c.move(self.start, counter)
        c.place(top)
        c.move(counter, target)
        body(again)
        c.place(again)
        c.emit(Opcode.ADD, counter, self.step, counter)
        c.branch(Opcode.JLT, *((counter, self.stop) if step > 0 else (self.stop, counter)), top)
        if counter == target and habits.keeps_last:
            c.emit(Opcode.SUB, counter, self.step, counter)
        c.place(end)

    def _run_either_way(self, c: Context, counter: int, target: int, body: Body) -> None:
        """The sign of the step is found out at run time."""
        top, again, test, down, end = Label(), Label(), Label(), Label(), Label()
        self._check_step(c)
        c.move(self.start, counter)
        c.jump(test)
        c.place(top)
        c.move(counter, target)
        body(again)
        c.place(again)
        c.emit(Opcode.ADD, counter, self.step, counter)
        c.place(test)
        c.branch(Opcode.JLT, self.step, ZERO, down)
        c.branch(Opcode.JLT, counter, self.stop, top)
        c.jump(end)
        c.place(down)
        c.branch(Opcode.JLT, self.stop, counter, top)
        c.place(end)

    def _check_step(self, c: Context) -> None:
        if not self.known_step:
            c.branch(Opcode.JEQ, self.step, ZERO, c.failure(_NO_STEP))


@dataclass(frozen=True)
class Items:
    """The items of a list or the characters of a string, whose address is in a cell."""

    kind: Kind
    address: int

    def count(self, c: Context) -> int:
        """The cell of the number of items."""
        return heap.load(c, self.address, -1)

    def run(self, c: Context, target: int, body: Body, habits: Habits) -> None:
        """Code that runs the body for each item; target: the cell that the item is put into."""
        top, again, test = Label(), Label(), Label()
        index = c.temporary()
        items, length = heap.view(c, self.kind, self.address)
        c.move(ZERO, index)
        c.jump(test)
        c.place(top)
        c.emit(Opcode.LOAD, items, index, target)
        if isinstance(self.kind, String):
            c.emit(Opcode.SUB, c.constant(-1), target, target)
        body(again)
        c.place(again)
        c.emit(Opcode.ADD, index, c.constant(1), index)
        if habits.resizes:
            c.emit(Opcode.LOAD, self.address, c.constant(-1), length)
            if items != self.address:
                c.emit(Opcode.LOAD, self.address, ZERO, items)
        c.place(test)
        c.branch(Opcode.JLT, index, length, top)


def comprehension(c: Context, e: Comprehension, into: int) -> int:
    """Room for all items is taken first, since the items themselves may need memory."""
    inside = [*e.conditions, e.element]
    changed = {c.shared[name].cell for name in sorted(c.effects.assigned_in_calls(inside))}
    iteration = prepare(c, e.iterable, changed)
    count = c.kept(iteration.count(c))
    address, items = heap.new(c, c.kind(e), count)
    pointer, limit = c.temporary(), c.temporary()
    c.move(items, pointer)
    may_grow = isinstance(iteration, Items) and c.effects.resizes(inside)
    if may_grow:
        c.emit(Opcode.ADD, items, count, limit)

    def body(skip: Label) -> None:
        for condition in e.conditions:
            jump_if(c, condition, skip, False)
        with c.scratch():
            cell = c.value(e.element)
            if may_grow:
                inside_limit = Label()
                c.branch(Opcode.JLT, pointer, limit, inside_limit)
                c.halt(_RESIZED)
                c.place(inside_limit)
            c.emit(Opcode.STORE, pointer, ZERO, cell)
            c.emit(Opcode.ADD, pointer, c.constant(1), pointer)

    with c.comprehension_target(e) as target:
        iteration.run(c, target, body, Habits(counts_in_target=True, keeps_last=False, resizes=may_grow))
    if e.conditions or may_grow:
        length = c.temporary()
        c.emit(Opcode.SUB, pointer, items, length)
        c.emit(Opcode.STORE, address, c.constant(-1), length)
    c.move(address, into)
    return into
