"""Loops of tagged programs: over the items of a value, over a range, and those of comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from compiler.language.desugar import ITERATOR, target_names
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.conditions import Conditions
from compiler.lowering.tagged.types import constant_int
from compiler.lowering.tagged.values import Tag
from compiler.machines.ram.isa import Opcode


class Loops(Conditions):
    """Writes loops."""

    def _listcomp(self, e: ast.ListComp, into: int | None) -> int:
        return self.boxed(self.comprehension(e), Tag.LIST, into)

    def _setcomp(self, e: ast.SetComp, into: int | None) -> int:
        s = self.lib("set_new")
        self.rounds(e, e.generators, lambda: self.lib("set_add", s, self.value(e.elt)))
        return self.boxed(s, Tag.SET, into)

    def _dictcomp(self, e: ast.DictComp, into: int | None) -> int:
        d = self.lib("dict_new")
        self.rounds(e, e.generators, lambda: self.lib("dict_set", d, *self.operands([e.key, e.value])))
        return self.boxed(d, Tag.DICT, into)

    def comprehension(self, e: ast.ListComp) -> int:
        """The header of the list that a comprehension makes."""
        header = self.lib("new_growable", ZERO, self.constant(4))
        self.rounds(e, e.generators, lambda: self.lib("append", header, self.value(e.elt)))
        return header

    def rounds(self, e: ast.expr, generators: Sequence[ast.comprehension], body: Callable[[], object]) -> None:
        """The loops of a comprehension around what is done with each item."""
        if not generators:
            with self.c.scratch():
                body()
            return
        generator = generators[0]
        if generator.is_async:
            raise self.refusal(e, "`async` is not in the language", "leave it out")
        self.declare_targets(generator.target)

        def each(again: Label) -> None:
            outside, self.inside_comprehension = self.inside_comprehension, True
            for test in generator.ifs:
                self.jump_if(test, again, False)
            self.rounds(e, generators[1:], body)
            self.inside_comprehension = outside

        self.loop(generator.target, generator.iter, each, Label())

    def declare_targets(self, target: ast.expr) -> None:
        """Gives the variables of a comprehension a place of their own."""
        for name in target_names(target):
            if name in self.slots or self.where(name)[0] != "global":
                continue
            if self.function is None:
                if self.program.global_cell(self.namespace, name) is None:
                    self.program.new_global(self.namespace, name)
            else:
                raise AssertionError(name)

    def store_target(self, target: ast.expr, cell: int) -> None:
        """Code that assigns to a target; see `Statements`."""
        raise NotImplementedError

    def loop(self, target: ast.expr, iterable: ast.expr, body: Callable[[Label], None], leave: Label) -> None:
        """Goes over the items; `body` is given where the next round begins. `leave` is placed by the caller."""
        again, end = Label(), Label()
        if (
            isinstance(iterable, ast.Call)
            and isinstance(iterable.func, ast.Name)
            and iterable.func.id == "range"
            and self.is_builtin("range")
            and not iterable.keywords
            and 1 <= len(iterable.args) <= 3
            and not any(isinstance(a, ast.Starred) for a in iterable.args)
        ):
            self._count(target, iterable.args, body)
            return
        iterator = self.value(iterable)
        if not (isinstance(iterable, ast.Name) and iterable.id == ITERATOR):
            iterator = self.lib("iter_of", iterator)
        self.c.place(again)
        with self.c.scratch():
            item = self.lib("next_of", iterator)
            self.c.branch(Opcode.JEQ, item, self.end, end)
            self.store_target(target, item)
            body(again)
        self.c.jump(again)
        self.c.place(end)

    def _count(self, target: ast.expr, arguments: Sequence[ast.expr], body: Callable[[Label], None]) -> None:
        """A loop over a range, without making one."""
        cells = []
        for argument in arguments:
            cell = self.value(argument)
            if self.type_of(argument) == "int":
                cells.append(self.copied(cell) if self.is_variable(argument) else cell)
            else:
                cells.append(self.boxed(self.lib("int_of", cell), Tag.INT))
        start, stop = (self.constant(0), cells[0]) if len(cells) == 1 else (cells[0], cells[1])
        step = cells[2] if len(cells) == 3 else self.tagged(1, Tag.INT)
        known = constant_int(arguments[2]) if len(arguments) == 3 else 1
        counter = self.copied(start)
        top, again, test, down, end = Label(), Label(), Label(), Label(), Label()
        if known is None:
            fine = Label()
            self.c.branch(Opcode.JNE, step, ZERO, fine)
            self.raise_error("value_error", "range() arg 3 must not be zero")
            self.c.place(fine)
        elif known == 0:
            self.raise_error("value_error", "range() arg 3 must not be zero")
        self.c.jump(test)
        self.c.place(top)
        with self.c.scratch():
            self.store_target(target, counter)
            body(again)
        self.c.place(again)
        self.emit(Opcode.ADD, counter, step, counter)
        self.c.place(test)
        if known is None:
            self.c.branch(Opcode.JLT, step, ZERO, down)
        if known is None or known > 0:
            self.c.branch(Opcode.JLT, counter, stop, top)
        if known is None:
            self.c.jump(end)
            self.c.place(down)
        if known is None or known < 0:
            self.c.branch(Opcode.JLT, stop, counter, top)
        self.c.place(end)
