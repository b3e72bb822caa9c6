"""The code of functions of tagged programs: how they begin and end, generators, and what calls a function value."""

from __future__ import annotations

import ast

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged import signatures
from compiler.lowering.tagged.exceptions import Exceptions
from compiler.lowering.tagged.scopes import Function, Namespace, may_reenter, uses_what_is_sent
from compiler.lowering.tagged.texts import default_expressions
from compiler.lowering.tagged.values import Built, Tag
from compiler.lowering.tagged.writer import Finally
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

HEADER = 4
"""Cells of a generator before its saved slots: class, number of the function, state, value sent or returned."""
_FINISHED, _EXECUTING = -1, -2
LEFT = "a generator is left inside `try` or `with`; go through it to its end, or close it"


class Body(Exceptions):
    """Writes the body of a function, or of the module level."""

    frame: int = 0

    def module(self, body: list[ast.stmt]) -> None:
        """Code for the statements of a module."""
        self.block(body)

    def own_slot_free(self) -> bool:
        """Whether the first slot of the frame may be overwritten."""
        return False

    # ------------------------------------------------------------------------------------------- functions

    def write(self) -> None:
        """Writes the function."""
        f = self.function
        assert f is not None
        if f.is_generator:
            self._write_generator(f)
            return
        if f.hidden:
            self.record = self.temporary()
        self._declare(f, f.parameters, True)
        self._declare(f, f.bound, False)
        self.block(f.definition.body)
        self.returned(self.none)
        self.c.place(self.leave)
        self.emit(Opcode.RET)
        self.c.finish()

    def _declare(self, f: Function, names: list[str], parameters: bool) -> None:
        if parameters:
            for name in names:
                self.slots[name] = self.temporary()
        if not parameters:
            self.uncertain = self.program.uncertain(f)
            unset = self.uncertain | self.program.uncertain_inside(f)
        for name in names:
            if not parameters:
                self.slots[name] = self.temporary()
                if name in self.uncertain and name not in f.captured:
                    self.move(self.unset, self.slots[name])
            if name in f.captured:
                box = self.lib("new_list", self.one)
                if parameters:
                    self.store(box, 0, self.slots[name])
                elif name in unset:
                    self.store(box, 0, self.unset)
                self.move(box, self.slots[name])

    def returned(self, cell: int) -> None:
        """Code for `return`: out of the frame, or, in a generator, its end."""
        f = self.function
        if f is not None and f.is_generator:
            self.store(self.generator, 3, cell)
            self.store(self.generator, 2, self.constant(_FINISHED))
            self.move(self.end, self.c.own_slot(0))
        else:
            self.move(cell, self.c.own_slot(0))
        self.emit(Opcode.RET)

    # ------------------------------------------------------------------------------------------ generators

    generator = 0

    def _write_generator(self, f: Function) -> None:
        """A call makes an object that holds the slots; the body is entered again and again by `resume`."""
        size = self.code.global_cell(1)
        body = self.program.body_label(f)
        self.temporary()
        with self.c.scratch():
            slots = [self.temporary() for _ in f.parameters]
            address = self.lib("new_object", self.constant(Built.GENERATOR), size)
            self.store(address, 1, self.constant(f.number))
            if uses_what_is_sent(f):
                self.store(address, 3, self.none)
            for i, slot in enumerate([self.c.own_slot(0), *slots]):
                self.store(address, HEADER + i, slot)
            self.boxed(address, Tag.OBJECT, self.c.own_slot(0))
            self.emit(Opcode.RET)
        self.c.place(body)
        self.generator = self.c.own_slot(0)
        states: list[Label] = []
        self.resumes = states
        dispatch, start = Label(), Label()
        self.c.jump(dispatch)
        self.c.place(start)
        for name in f.parameters:
            self.slots[name] = self.temporary()
        self.record = self.temporary()
        self.load(self.generator, HEADER, self.record)
        for i, name in enumerate(f.parameters):
            self.load(self.generator, HEADER + 1 + i, self.slots[name])
        for name in f.parameters:
            if name in f.captured:
                box = self.lib("new_list", self.one)
                self.store(box, 0, self.slots[name])
                self.move(box, self.slots[name])
        self._declare(f, f.bound, False)
        self.block(f.definition.body)
        self.returned(self.none)
        self.c.place(self.leave)
        if self.program.catches:
            library, self.code.library = self.code.library, True  # the error is at the line of the caller
            if f.namespace.name:  # no generator in CPython, but an iterator that its caller may end
                self.c.library("iterator_failed", self.generator)
            else:
                self.c.library("generator_failed")
            self.code.library = library
        self.store(self.generator, 2, self.constant(_FINISHED))
        self.move(self.end, self.c.own_slot(0))
        self.emit(Opcode.RET)
        self.c.place(dispatch)
        state = self.load(self.generator, 2)
        if may_reenter(f):
            self._refuse_to_reenter(state)
        if self.program.thrown:
            goes_on = Label()
            self.c.branch(Opcode.JEQ, self.program.thrown, ZERO, goes_on)
            self.c.branch(Opcode.JLT, ZERO, state, goes_on)
            self._take_thrown()
            self.c.jump(self.leave)
            self.c.place(goes_on)
        self.c.branch(Opcode.JEQ, state, ZERO, start)
        for number, label in enumerate(states, start=1):
            self.c.branch(Opcode.JEQ, state, self.constant(number), label)
        self.move(self.end, self.c.own_slot(0))
        self.emit(Opcode.RET)
        self.code.set_initial(size, HEADER + self.frame)
        self.c.finish()

    def _pause(self, value: int, delegates: bool = False) -> int:
        """Hands a value out; the cell of what is sent in when the generator goes on.

        delegates: what is thrown in is not taken here.
        """
        first = self.unit.layout.first_local
        top = self.c.top
        self.frame = max(self.frame, top + 1)
        for slot in range(1, top):
            self.store(self.generator, HEADER + slot, first + slot)
        label = Label()
        self.resumes.append(label)
        self.store(self.generator, 2, self.constant(len(self.resumes)))
        counted = self.catches_exit > 0 or any(isinstance(block, Finally) for block in self.blocks)
        if counted and self.program.suspended:
            self.emit(Opcode.ADD, self.program.suspended, self.one, self.program.suspended)
        self.move(value, self.c.own_slot(0))
        self.emit(Opcode.RET)
        self.c.place(label)
        if counted and self.program.suspended:
            self.emit(Opcode.SUB, self.program.suspended, self.one, self.program.suspended)
        for slot in range(1, top):
            self.load(self.generator, HEADER + slot, first + slot)
        sent = self.load(self.generator, 3)
        self.store(self.generator, 3, self.none)
        if self.program.thrown and not delegates:
            fine = Label()
            self.c.branch(Opcode.JEQ, self.program.thrown, ZERO, fine)
            self._take_thrown()
            self.c.jump(self.handler or self.leave)
            self.c.place(fine)
        return sent

    def _refuse_to_reenter(self, state: int) -> None:
        """Raises if the generator is being carried out already, and notes that it is."""
        fine, out = Label(), Label()
        self.c.branch(Opcode.JNE, state, self.constant(_EXECUTING), fine)
        handler, self.handler = self.handler, out
        self.raise_error("value_error", "generator already executing")
        self.handler = handler
        self.c.place(out)
        self.emit(Opcode.RET)
        self.c.place(fine)
        self.store(self.generator, 2, self.constant(_EXECUTING))

    def _take_thrown(self) -> None:
        """The exception that was thrown into the generator is under way."""
        self.move(self.program.thrown, self.program.raised)
        self.move(ZERO, self.program.thrown)

    def yielded(self, e: ast.Yield | ast.YieldFrom) -> int:
        """Code for `yield`, which saves the slots that are in use; the cell of what is sent."""
        if self.function is None or not self.function.is_generator:
            raise self.refusal(e, "`yield` outside a function", "")
        if isinstance(e, ast.Yield):
            return self._pause(self.none if e.value is None else self.value(e.value))
        if any(
            c.method("__next__") and (c.method("throw") or c.method("close")) for c in self.program.classes.values()
        ):
            hint = "write a loop with `yield`, and say in it what an exception does"
            raise self.refusal(e, "`yield from` beside an iterator that has `throw` or `close`", hint)
        iterator = self.lib("iter_of", self.value(e.value))
        top, end = Label(), Label()
        self.c.place(top)
        with self.c.scratch():
            item = self.lib("next_of", iterator)
            self.c.branch(Opcode.JEQ, item, self.end, end)
            sent = self._pause(item, True)
            if self.program.thrown:
                self._throw_on(iterator, top)
            if self.program.sends:
                self.lib("send_on", iterator, sent)
        self.c.jump(top)
        self.c.place(end)
        return self.lib("returned_by", iterator)

    def _throw_on(self, iterator: int, again: Label) -> None:
        """What was thrown into a generator that waits for another one is thrown into that, or closes it."""
        thrown, nothing, here, exits = self.program.thrown, Label(), Label(), Label()
        self.c.branch(Opcode.JEQ, thrown, ZERO, nothing)
        inner = self.lib("is_generator", iterator)
        self.program.jump_if_class(self, thrown, [self.program.exception_class("GeneratorExit")], exits, True)
        self.c.branch(Opcode.JNE, inner, ZERO, again)
        self.c.place(here)
        self._take_thrown()
        self.c.jump(self.handler or self.leave)
        self.c.place(exits)
        self.c.branch(Opcode.JEQ, inner, ZERO, here)
        exception = self.copied(thrown)
        self.move(ZERO, thrown)
        self.call(self.program.method("close", 0, ()), [iterator])
        self.move(exception, thrown)
        self.c.jump(here)
        self.c.place(nothing)

    def _yield(self, e: ast.Yield, into: int | None) -> int:
        return self.placed(self.yielded(e), into)

    def _yieldfrom(self, e: ast.YieldFrom, into: int | None) -> int:
        return self.placed(self.yielded(e), into)

    # ------------------------------------------------------------------------------- calls of function values

    def write_adapter(self, f: Function) -> None:
        """Takes the record, the items of the arguments and a dictionary or 0, and calls the function."""
        record, arguments, keywords = self.temporary(), self.temporary(), self.temporary()
        a = f.definition.args
        count = self.load(arguments, -1)
        positional = signatures.positional(f)
        only = [x.arg for x in a.kwonlyargs]
        names = [*positional, *only]
        allowed = [x.arg for x in a.args] + only
        if self.program.has_keywords:
            self._check_keywords(f, count, keywords, allowed)
        if a.vararg is None:
            fine = Label()
            self.c.branch(Opcode.JGE, self.constant(len(positional)), count, fine)
            takes = self.text(signatures.takes(f).removeprefix(signatures.name_of(f)))
            self.lib("count_error", self.text(signatures.name_of(f)), takes, count)
            self.c.place(fine)
        cells = []
        for i, name in enumerate(names):
            cell = self.temporary()
            cells.append(cell)
            done = Label()
            if i < len(positional):
                absent = Label()
                self.c.branch(Opcode.JGE, self.constant(i), count, absent)
                self.load(arguments, i, cell)
                self.c.jump(done)
                self.c.place(absent)
            if self.program.has_keywords and name in allowed:
                none = Label()
                self.c.branch(Opcode.JEQ, keywords, ZERO, none)
                self.lib("dict_find", keywords, self.string(name), into=cell)
                self.c.branch(Opcode.JNE, cell, self.end, done)
                self.c.place(none)
            self._absent(f, name, names[i:], record, keywords, cell)
            self.c.place(done)
        if a.vararg is not None:
            rest = self.lib("rest_of", arguments, self.constant(len(positional)))
            cells.append(self.boxed(rest, Tag.TUPLE))
        if a.kwarg is not None:
            known = self.new_items([self.string(name) for name in allowed])
            cells.append(self.boxed(self.lib("keywords_without", keywords, known), Tag.DICT))
        if f.hidden:
            cells.insert(0, record)
        self.c.call(self.program.label(f), cells)
        self.move(self.c.next_slot(0), self.c.own_slot(0))
        self.c.place(self.leave)
        self.emit(Opcode.RET)
        self.c.finish()

    def _absent(self, f: Function, name: str, later: list[str], record: int, keywords: int, cell: int) -> None:
        """Gives a parameter its default, or raises: without keywords, those after it have no values either."""
        defaults = default_expressions(f.definition.args)
        if name in defaults:
            self.move(self.default_cell(f, name, record), cell)
            return
        own = signatures.positional(f)
        kind = "positional" if name in own else "keyword-only"
        absent = [other for other in later if other not in defaults and (other in own) == (name in own)]
        if self.namespace.name:
            absent = [name]
        if self.program.has_keywords and len(absent) > 1:
            alone = Label()
            self.c.branch(Opcode.JNE, keywords, ZERO, alone)
            self.raise_error("type_error", signatures.missing(f, absent, kind))
            self.c.place(alone)
            absent = [name]
        if self.program.catches and len(absent) == 1 and kind == "positional":
            self.lib("missing_error", self.text(signatures.name_of(f)), self.text(name))
        else:
            self.raise_error("type_error", signatures.missing(f, absent, kind))

    def _check_keywords(self, f: Function, count: int, keywords: int, allowed: list[str]) -> None:
        """Raises if an argument is given by a name that there is not, or that has a value by position."""
        none = Label()
        self.c.branch(Opcode.JEQ, keywords, ZERO, none)
        if f.definition.args.kwarg is None:
            for a in f.definition.args.posonlyargs:
                with self.c.scratch():
                    fine = Label()
                    self.c.branch(Opcode.JEQ, self.lib("dict_find", keywords, self.string(a.arg)), self.end, fine)
                    self.raise_error("type_error", signatures.only_by_position(f, [a.arg]))
                    self.c.place(fine)
            known = self.new_items([self.string(name) for name in allowed])
            self.lib("check_keywords", keywords, known, self.text(signatures.name_of(f)))
        for i, name in enumerate(signatures.positional(f)):
            if name not in allowed:
                continue
            self.c.branch(Opcode.JGE, self.constant(i), count, none)
            with self.c.scratch():
                fine = Label()
                self.c.branch(Opcode.JEQ, self.lib("dict_find", keywords, self.string(name)), self.end, fine)
                self.lib("twice_error", self.text(signatures.name_of(f)), self.text(name))
                self.c.place(fine)
        self.c.place(none)

    def check_generators(self) -> None:
        """Ends with NotImplementedError if a generator was left where CPython would run a part of it at once."""
        if self.program.suspended:
            fine = Label()
            self.c.branch(Opcode.JEQ, self.program.suspended, ZERO, fine)
            self.c.halt(Trap("NotImplementedError", LEFT))
            self.c.place(fine)


def top_level(program: object, namespace: Namespace) -> Body:
    """The writer of the statements outside all functions."""
    return Body(program, namespace, None)  # type: ignore[arg-type]
