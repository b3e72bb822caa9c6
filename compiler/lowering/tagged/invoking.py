"""Routines that call a value, and the chains of what may be called, which grow to the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.calls import Calls
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.library_types import type_in_c
from compiler.lowering.tagged.methods import Methods
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.values import Built, Tag
from compiler.machines.ram.isa import Opcode

HIDDEN = "the representation of this object holds its address"
TYPE_CHAINS = {"function_type": "function", "method_type": "method", "generator_type": "generator"}
"""The chains that give the name of an object's type, and what the type is called if its function is Python."""

NO_TYPE = {
    "instance": "isinstance() arg 2 must be a type, a tuple of types, or a union",
    "subclass": "issubclass() arg 2 must be a class, a tuple of classes, or a union",
}
"""What is said of a second argument that is none."""


class Invoking(Methods):
    """Writes calls of function values, and all routines that wait."""

    def invoke_label(self) -> Label:
        """The routine that calls slot 0 with the items in slot 1 and the dictionary, or 0, in slot 2."""
        return self.program.unit.routine("invoke", self._write_invoke)

    def _write_invoke(self) -> None:
        w = self._writer("invoke")
        f, arguments, _ = w.temporary(), w.temporary(), w.temporary()
        fail = self.program.unit.routine("not callable", self._write_not_callable)
        w.c.branch(Opcode.JNE, w.tag_of(f), w.constant(Tag.OBJECT), fail)
        address = w.payload(f)
        number = w.load(address, 0)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.BOUND), skip)
        w.load(address, 1, w.c.own_slot(0))
        w.move(w.lib("prepended", w.load(address, 2), arguments), arguments)
        w.c.jump(self.invoke_label())
        w.c.place(skip)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
        w.load(address, 1, f)
        w.c.jump(self._chain("construct"))
        w.c.place(skip)
        groups: dict[Function, list[Class]] = {}
        for cls in self._classes():
            method = cls.method("__call__")
            if method is not None:
                groups.setdefault(method, []).append(cls)
        for method, classes in groups.items():
            for cls in classes:
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                with w.c.scratch():
                    w.move(w.lib("prepended", f, arguments), arguments)
                    w.c.jump(self.program.adapter(method))
                w.c.place(skip)
        w.c.branch(Opcode.JNE, number, w.constant(Built.FUNCTION), fail)
        w.move(address, w.c.own_slot(0))
        number = w.c.own_slot(3)
        w.load(address, 1, number)
        w.c.jump(self._chain("invoke"))
        self._finish(w)

    def _write_not_callable(self) -> None:
        w = self._writer("not callable")
        w.lib("type_error", w.text("'"), w.temporary(), w.text("' object is not callable"))
        self._finish(w)

    def _chain(self, name: str) -> Label:
        if name not in self._chains:
            self._chains[name] = Label()
            self._done[name] = 0
        return self._chains[name]

    def write_rest(self) -> None:
        """Writes all routines that wait, and the chains, which grow while that is done."""
        program = self.program
        program.unit.write_routines()
        while self._extend():
            program.unit.write_routines()
        for name in list(self._chains):
            w = self._writer(name)
            w.c.place(self._chains[name])
            if name == "resume":
                w.move(w.end, w.c.own_slot(0))
            elif name.endswith("_repr"):
                w.lib("raise_unsupported", w.text(HIDDEN))
            elif name in TYPE_CHAINS:
                w.move(w.text(TYPE_CHAINS[name]), w.c.own_slot(0))
            elif "_of_" in name:
                w.raise_error("type_error", NO_TYPE[name.partition("_")[0]])
            self._finish(w)
        program.unit.write_routines()

    def _extend(self) -> bool:
        """Writes the next part of each chain; whether there was one."""
        changed = False
        for name in list(self._chains):
            growing: dict[str, Sequence[Any]] = {
                "invoke": self.program.taken,
                "resume": self.generators,
                "function_name": self.program.taken,
                "generator_name": self.generators,
                "construct": self.classes_taken,
                "class_repr": self.classes_taken,
                "type_repr": self.program.taken,
                "function_type": self.program.taken,
                "method_type": self.program.taken,
                "generator_type": self.generators,
                "new": self.classes_taken,
                "instance_of_class": self.classes_taken,
                "instance_of_type": self.program.taken,
                "subclass_of_class": self.classes_taken,
                "subclass_of_type": self.program.taken,
            }
            items = growing.get(name, ())
            new = items[self._done[name] :]
            if not new:
                continue
            changed = True
            self._done[name] += len(new)
            w = self._writer(name)
            w.c.place(self._chains[name])
            for _ in range(4):
                w.temporary()
            for item in list(new):
                if name == "invoke":
                    w.c.branch(Opcode.JEQ, w.c.own_slot(3), w.constant(item.number), self.program.adapter(item))
                elif name in ("function_name", "generator_name"):
                    self._answer(w, item.number, w.string(item.shown_name))
                elif name == "class_repr":
                    module = item.namespace.name or "__main__"
                    shown = item.name if item.namespace is self.program.prelude else f"{module}.{item.qualified_name}"
                    self._answer(w, item.number, w.text(f"<class '{shown}'>"))
                elif name == "type_repr":
                    if self.program.is_type(item):
                        self._answer(w, item.number, w.text(f"<class '{item.name}'>"))
                elif name == "new":
                    with w.c.scratch():
                        fresh = Label()
                        w.c.branch(Opcode.JNE, w.c.own_slot(0), w.constant(item.number), fresh)
                        if self.raise_abstract(w, item):
                            w.emit(Opcode.RET)
                        self._give_back(w, self.new_instance(w, item))
                        w.c.place(fresh)
                elif name in TYPE_CHAINS:
                    shown = type_in_c(item)
                    if name == "method_type" and item.stands_for.startswith("method."):
                        shown = "builtin_function_or_method"
                    if shown and shown != TYPE_CHAINS[name]:
                        self._answer(w, item.number, w.text(shown))
                elif "_of_" in name:
                    self.program.answer_type(w, name.partition("_")[0], item)
                elif name == "resume":
                    number = w.c.own_slot(1)
                    w.load(w.c.own_slot(0), 1, number)
                    w.c.branch(Opcode.JEQ, number, w.constant(item.number), self.program.body_label(item))
                else:
                    self._construct(w, item)
            self._chains[name] = Label()
            w.c.jump(self._chains[name])
            self._finish(w)
        return changed

    def _jump_if_object(self, w: Calls, x: int, tag: int, classes: Sequence[Class], here: Label) -> None:
        """Jumps if a value is an instance of one of the classes; see `Instances`."""
        raise NotImplementedError

    def _hook_new_of(self, w: Body) -> None:
        """`object.__new__(cls)`: an instance without attributes of a class that is a value."""
        cls, fail = w.temporary(), Label()
        w.c.branch(Opcode.JNE, w.tag_of(cls), w.constant(Tag.OBJECT), fail)
        address = w.payload(cls)
        w.c.branch(Opcode.JNE, w.load(address, 0), w.constant(Built.CLASS), fail)
        w.load(address, 1, w.c.own_slot(0))
        w.c.jump(self._chain("new"))
        w.c.place(fail)
        w.lib("raise_unsupported", w.text("`object.__new__` of this value"))

    def _answer(self, w: Body, number: int, cell: int) -> None:
        """Gives what is in the cell back if slot 0 is this number."""
        skip = Label()
        w.c.branch(Opcode.JNE, w.c.own_slot(0), w.constant(number), skip)
        self._give_back(w, cell)
        w.c.place(skip)

    def _construct(self, w: Body, cls: Class) -> None:
        """Makes an instance of the class whose number is in slot 0."""
        skip = Label()
        w.c.branch(Opcode.JNE, w.c.own_slot(0), w.constant(cls.number), skip)
        with w.c.scratch():
            maker = cls.method("__new__")
            if maker is None and self.raise_abstract(w, cls):
                w.emit(Opcode.RET)
            instance = self.new_instance(w, cls) if maker is None else self._made_by(w, cls, maker)
            method = cls.method("__init__")
            if cls.is_enum:
                self._look_up(w, cls)
            if cls.is_exception:
                values = w.boxed(w.c.own_slot(1), Tag.TUPLE)
                w.store(w.payload(instance), 1 + self.program.slots["args"], values)
            if method is None:
                if maker is None:
                    self._refuse_arguments(w, cls)
            else:
                arguments = w.lib("prepended", instance, w.c.own_slot(1))
                w.c.call(self.program.adapter(method), [ZERO, arguments, w.c.own_slot(2)])
            w.move(instance, w.c.own_slot(0))
            w.emit(Opcode.RET)
        w.c.place(skip)

    def _made_by(self, w: Body, cls: Class, maker: Function) -> int:
        """What `__new__` gives: the result itself, without `__init__`, if it is no instance of the class."""
        fine = Label()
        arguments = w.lib("prepended", self.program.class_constant(w, cls), w.c.own_slot(1))
        made = w.call(self.program.adapter(maker), [ZERO, arguments, w.c.own_slot(2)])
        self._jump_if_object(w, made, w.tag_of(made), [cls], fine)
        self._give_back(w, made)
        w.c.place(fine)
        return made

    def _look_up(self, w: Body, cls: Class) -> None:
        """With a single argument, gives the member of an enumeration that has this value."""
        make = Label()
        w.c.branch(Opcode.JNE, w.load(w.c.own_slot(1), -1), w.one, make)
        method = cls.method("_at_")
        assert method is not None
        value = w.load(w.c.own_slot(1), 0)
        self._give_back(w, w.call(self.program.label(method), [self.program.class_constant(w, cls), value]))
        w.c.place(make)

    def _refuse_arguments(self, w: Body, cls: Class) -> None:
        """Raises if there are arguments for a class without `__init__`."""
        fine = Label()
        w.c.branch(Opcode.JEQ, w.load(w.c.own_slot(1), -1), ZERO, fine)
        w.raise_error("type_error", f"{cls.name}() takes no arguments")
        w.c.place(fine)
