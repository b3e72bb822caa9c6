"""The code of functions of tagged programs: how they begin and end, and generators."""

from __future__ import annotations

import ast

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.adapters import Adapters
from compiler.lowering.tagged.library_types import type_in_c
from compiler.lowering.tagged.scopes import Function, Namespace, may_reenter, uses_what_is_sent
from compiler.lowering.tagged.values import Built, Tag
from compiler.lowering.tagged.writer import Finally
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

HEADER = 4
"""Cells of a generator before its saved slots: class, number of the function, state, value sent or returned."""
_FINISHED, _EXECUTING = -1, -2
LEFT = "a generator is left inside `try` or `with`; go through it to its end, or close it"


class Body(Adapters):
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
        if not type_in_c(f):  # an iterator in C can go on where it was
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
