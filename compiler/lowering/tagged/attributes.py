"""Routines that read and store an attribute of any value."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from compiler.language.dataclasses import is_frozen
from compiler.language.desugar import bound_names
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.built_in_values import SIGNATURES
from compiler.lowering.tagged.copying import Copying
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.library_types import type_in_c
from compiler.lowering.tagged.method_values import WITHOUT_NAMES
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.tables import METHODS, RANGE_PARTS, SPECIAL_CALLS
from compiler.lowering.tagged.texts import class_variables
from compiler.lowering.tagged.values import FIRST_CLASS, TYPES, UNSET, Built, Tag
from compiler.machines.ram.isa import Opcode


class Attributes(Copying):
    """Writes getters and setters."""

    def getter(self, name: str) -> Label:
        """The routine that reads an attribute of the value in slot 0."""
        return self.program.unit.routine(("get", name), lambda: self._write_getter(name))

    def _write_getter(self, name: str) -> None:
        w = self._writer(f"get {name}")
        x = w.temporary()
        fail, other = Label(), Label()
        tag = w.tag_of(x)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), other)
        address = w.payload(x)
        number = w.load(address, 0)
        slot = self.program.slots.get(name)
        if slot is not None:
            absent = Label()
            w.c.branch(Opcode.JLT, number, w.constant(20), absent)
            value = w.load(address, 1 + slot)
            w.c.branch(Opcode.JEQ, value, w.tagged(UNSET, Tag.SINGLE), absent)
            w.move(value, w.c.own_slot(0))
            w.emit(Opcode.RET)
            w.c.place(absent)
        for cls in self._classes():
            found = self._class_part(cls, name)
            late = cls.late_cells(name)
            if found is None and not late:
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
            with w.c.scratch():
                self._give_late(w, late)
                if found is not None:
                    self._give(w, cls, name, found, x)
            w.c.place(skip)
        # A class as a value: its number is in cell 1.
        for cls in self._classes():
            found = self._class_part(cls, name)
            cell = found if isinstance(found, int) else None
            late = cls.late_cells(name)
            if cell is None and not late and name != "__name__":
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
            with w.c.scratch():
                w.c.branch(Opcode.JNE, w.load(address, 1), w.constant(cls.number), skip)
                self._give_late(w, late)
                if cell is None and name != "__name__":
                    w.c.jump(skip)
                w.move(w.string(cls.name) if cell is None else cell, w.c.own_slot(0))
                w.emit(Opcode.RET)
            w.c.place(skip)
        if name in self.program.function_attributes:
            absent = Label()
            value = self._of_function(w, name, number, x, absent)
            w.c.branch(Opcode.JEQ, value, w.end, absent)
            self._give_back(w, value)
            w.c.place(absent)
        if name == "__name__":
            self._name_of_function(w, x, address, number, fail)
        if name in RANGE_PARTS and "WITH_RANGE" in self.program.flags:
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.RANGE), skip)
            self._give_back(w, w.boxed(w.load(address, RANGE_PARTS[name]), Tag.INT))
            w.c.place(skip)
        if name == "__cause__":
            self._give_back(w, w.none)
        if name == "__next__":
            skip = Label()
            w.c.branch(Opcode.JGE, number, w.constant(FIRST_CLASS), skip)
            self._give_back(w, w.bound(w.function_value(self.program.method_wrapper(name)), x))
            w.c.place(skip)
        if name in ("index", "count") and "WITH_RANGE" in self.program.flags:
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.RANGE), skip)
            self._give_back(w, w.bound(w.function_value(self.program.method_wrapper(name)), x))
            w.c.place(skip)
        if name == "__class__":
            self._give_back(w, w.lib("any_type", x))
        w.c.jump(fail)
        w.c.place(other)
        if name == "__class__":
            self._give_back(w, w.lib("any_type", x))
        if name in ("numerator", "denominator"):
            skip = Label()
            w.c.branch(Opcode.JGE, tag, w.constant(Tag.SINGLE), skip)
            self._give_back(w, w.boxed(w.one if name == "denominator" else w.payload(x), Tag.INT))
            w.c.place(skip)
        if name in WITHOUT_NAMES:
            w.c.branch(Opcode.JNE, tag, w.constant(TYPES["list" if name == "sort" else "str"]), fail)
        if name in METHODS or name in WITHOUT_NAMES or any(name == special for special, _ in SPECIAL_CALLS):
            wrapper = self.program.method_wrapper(name)
            w.move(w.bound(w.function_value(wrapper), x), w.c.own_slot(0))
            w.emit(Opcode.RET)
        w.c.place(fail)
        if self.has_method("__getattr__"):
            plain = Label()
            w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), plain)
            self._try_method(w, w.load(w.payload(x), 0), "__getattr__", [x, w.string(name)])
            w.c.place(plain)
        self._no_attribute(w, x, name)
        self._finish(w)

    def _of_function(self, w: Body, name: str, number: int, x: int, absent: Label) -> int:
        """The attribute of a function, END if it has none; jumps if x is none, or if none has."""
        found = self.program.function_attributes[name]
        w.c.branch(Opcode.JNE, number, w.constant(Built.FUNCTION), absent)
        w.c.branch(Opcode.JEQ, found, ZERO, absent)
        return w.lib("dict_find", found, x)

    def _name_of_function(self, w: Body, x: int, address: int, number: int, fail: Label) -> None:
        """Gives back the name of a function, a method or a generator."""
        generator, function = Label(), Label()
        w.c.branch(Opcode.JEQ, number, w.constant(Built.FUNCTION), function)
        w.c.branch(Opcode.JEQ, number, w.constant(Built.GENERATOR), generator)
        w.c.branch(Opcode.JNE, number, w.constant(Built.BOUND), fail)
        self._give_back(w, w.call(self.getter("__name__"), [w.load(address, 1)]))
        w.c.place(generator)
        w.load(address, 1, w.c.own_slot(0))
        w.c.jump(self._chain("generator_name"))
        w.c.place(function)
        self._wrapped(w, x)
        w.load(address, 1, w.c.own_slot(0))
        w.c.jump(self._chain("function_name"))

    def _wrapped(self, w: Body, x: int) -> None:
        """Gives back the name that `functools.wraps` has given a function."""
        module = self.program.namespaces.get("functools")
        statements = self.program.included.get(module, []) if module is not None else []
        if module is None or not any("_names" in bound_names([s]) for s in statements):
            return
        names, plain = self.program.global_cell(module, "_names"), Label()
        assert names is not None
        name = w.lib("dict_find", w.payload(names), x)
        w.c.branch(Opcode.JEQ, name, w.end, plain)
        self._give_back(w, name)
        w.c.place(plain)

    def _give_late(self, w: Body, cells: Sequence[int]) -> None:
        """Gives back the first of the cells that is assigned."""
        for cell in cells:
            unassigned = Label()
            w.c.branch(Opcode.JEQ, cell, w.unset, unassigned)
            self._give_back(w, cell)
            w.c.place(unassigned)

    def _give(self, w: Body, cls: Class, name: str, found: Function | int, x: int) -> None:
        if isinstance(found, int):
            if self._may_be_function(cls, name):
                self._give_bound(w, found, x)
            w.move(found, w.c.own_slot(0))
        elif cls.kind_of(name) == "property":
            w.move(w.call(self.program.label(found), [x]), w.c.own_slot(0))
        elif cls.kind_of(name) == "static":
            w.move(w.function_value(found), w.c.own_slot(0))
        else:
            receiver = self.program.class_constant(w, cls) if cls.kind_of(name) == "class" else x
            w.move(w.bound(w.function_value(found), receiver), w.c.own_slot(0))
        w.emit(Opcode.RET)

    def _may_be_function(self, cls: Class, name: str) -> bool:
        """Whether what the body of a class assigned to a name may be a function that was made at run time."""
        for ancestor in cls.ancestors():
            for target, value in class_variables(ancestor.definition):
                if target == name:
                    made = value.func if isinstance(value, ast.Call) else value
                    if not isinstance(made, ast.Name):
                        return isinstance(made, ast.Call | ast.Attribute | ast.Subscript | ast.IfExp | ast.BoolOp)
                    known = self.program.definition(ancestor.namespace, made.id)
                    if known is None:
                        return made.id not in SIGNATURES or self.program.is_global(ancestor.namespace, made.id)
                    return not (isinstance(known, Class) or type_in_c(known))
        return False

    def _give_bound(self, w: Body, cell: int, x: int) -> None:
        """Gives back a method of x if the cell holds a function."""
        plain = Label()
        w.c.branch(Opcode.JNE, w.tag_of(cell), w.constant(Tag.OBJECT), plain)
        w.c.branch(Opcode.JNE, w.load(w.payload(cell), 0), w.constant(Built.FUNCTION), plain)
        self._give_back(w, w.bound(cell, x))
        w.c.place(plain)

    def _branch_on_class(self, w: Body, address: int, number: int, cls: Class, target: Label) -> None:
        """Jumps if the object is this class as a value."""
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
        with w.c.scratch():
            w.c.branch(Opcode.JEQ, w.load(address, 1), w.constant(cls.number), target)
        w.c.place(skip)

    def setter(self, name: str) -> Label:
        """The routine that stores slot 1 as an attribute of slot 0."""

        def write() -> None:
            w = self._writer(f"set {name}")
            x, value = w.temporary(), w.temporary()
            fail, cls_value = Label(), Label()
            w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
            address = w.payload(x)
            number = w.load(address, 0)
            w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), cls_value)
            self._set_properties(w, number, name, x, value)
            frozen = [cls for cls in self._classes() if any(is_frozen(a.definition) for a in cls.ancestors())]
            if frozen:
                with w.where_class_is(number, frozen):
                    w.raise_error("frozen_error", f"cannot assign to field '{name}'")
                    w.emit(Opcode.RET)
            self._keep_named_tuples(w, number, name, x)
            self._keep_to_slots(w, number, name, x)
            w.store(address, 1 + self.program.slots.setdefault(name, len(self.program.slots)), value)
            w.emit(Opcode.RET)
            w.c.place(cls_value)
            if name in self.program.function_attributes:
                values, made, other = self.program.function_attributes[name], Label(), Label()
                w.c.branch(Opcode.JNE, number, w.constant(Built.FUNCTION), other)
                w.c.branch(Opcode.JNE, values, ZERO, made)
                w.move(w.lib("dict_new"), values)
                w.c.place(made)
                w.lib("dict_set", values, x, value)
                w.emit(Opcode.RET)
                w.c.place(other)
            w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), fail)
            w.lib("check_class_value", value)
            for cls in self._classes():
                found = self._class_part(cls, name) if cls.binds(name) else None
                cell = cls.late.get(name, found)
                if isinstance(cell, int):
                    skip = Label()
                    w.c.branch(Opcode.JNE, w.load(address, 1), w.constant(cls.number), skip)
                    w.move(value, cell)
                    w.emit(Opcode.RET)
                    w.c.place(skip)
            w.lib("raise_unsupported", w.text("an attribute that a class gets at run time"))
            w.emit(Opcode.RET)
            w.c.place(fail)
            self._no_attribute(w, x, name)
            self._finish(w)

        return self.program.unit.routine(("set", name), write)

    def initial_setter(self, name: str) -> Label:
        """The same for the `__init__` of a data class, which may assign the fields of a frozen one."""

        def write() -> None:
            w = self._writer(f"set {name} at first")
            x, value = w.temporary(), w.temporary()
            slot = self.program.slots.setdefault(name, len(self.program.slots))
            w.store(w.payload(x), 1 + slot, value)
            self._finish(w)

        if not any(is_frozen(cls.definition) or cls.is_named_tuple for cls in self._classes()):
            return self.setter(name)
        return self.program.unit.routine(("set at first", name), write)
