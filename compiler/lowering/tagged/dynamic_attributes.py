"""Attributes that are asked for or deleted, and those whose names are known only at run time: `getattr(x, name)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.attributes import Attributes
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.tables import STREAM
from compiler.lowering.tagged.values import FIRST_CLASS, TYPES, UNSET, Built, Tag
from compiler.machines.ram.isa import Opcode


class _Plain:
    """Stands for the classes of a program."""

    def method(self) -> None:
        """Stands for a function."""


_BUILT: dict[Built, object] = {
    Built.FUNCTION: _Plain.method,
    Built.GENERATOR: (item for item in range(0)),
    Built.RANGE: range(0),
    Built.ITERATOR: iter([]),
    Built.BOUND: _Plain().method,
    Built.CLASS: _Plain,
    Built.FROZENSET: frozenset(),
    Built.VIEW: {}.keys(),
    Built.VIEW_ITERATOR: iter({}),
}
"""One of each that the runtime makes itself, which knows what attributes it has."""
NATIVE_TYPES: dict[str, Callable[[], object]] = {
    "int": int,
    "bool": bool,
    "none": type(None),
    "str": str,
    "float": float,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "set": set,
}
"""Python's own types, which know what attributes they have."""


class DynamicAttributes(Attributes):
    """Writes the routines that compare a name with those of all attributes that the program has."""

    def tester(self, name: str) -> Label:
        """The routine that says, by 1 or 0, whether the value in slot 0 has an attribute."""
        return self.program.unit.routine(("has", name), lambda: self._write_tester(name))

    def _write_tester(self, name: str) -> None:
        w = self._writer(f"has {name}")
        x = w.temporary()
        yes, no, other = Label(), Label(), Label()
        tag = w.tag_of(x)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), other)
        address = w.payload(x)
        number = w.load(address, 0)
        for cls in self._classes():
            if self._class_part(cls, name) is not None:
                w.c.branch(Opcode.JEQ, number, w.constant(cls.number), yes)
            elif cls.late_cells(name):
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                for cell in cls.late_cells(name):
                    w.c.branch(Opcode.JNE, cell, w.unset, yes)
                w.c.place(skip)
        slot = self.program.slots.get(name)
        if slot is not None:
            unset = w.tagged(UNSET, Tag.SINGLE)
            built = Label()
            w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), built)
            w.c.branch(Opcode.JNE, w.load(address, 1 + slot), unset, yes)
            w.c.place(built)
        for kind, example in _BUILT.items():
            if hasattr(example, name):
                w.c.branch(Opcode.JEQ, number, w.constant(kind), yes)
        if name in self.program.function_attributes:
            absent = Label()
            w.c.branch(Opcode.JNE, self._of_function(w, name, number, x, absent), w.end, yes)
            w.c.place(absent)
        if hasattr(_Plain(), name):
            w.c.branch(Opcode.JGE, number, w.constant(FIRST_CLASS), yes)
        for cls in self._classes():
            if self._class_part(cls, name) is not None:
                self._branch_on_class(w, address, number, cls, yes)
            elif cls.late_cells(name):
                here, skip = Label(), Label()
                self._branch_on_class(w, address, number, cls, here)
                w.c.jump(skip)
                w.c.place(here)
                for cell in cls.late_cells(name):
                    w.c.branch(Opcode.JNE, cell, w.unset, yes)
                w.c.place(skip)
        if name in STREAM:
            self._refuse_of_stream(w, number)
        w.c.jump(no)
        w.c.place(other)
        for native in TYPES:
            if hasattr(NATIVE_TYPES[native](), name) and self._exists(native):
                w.c.branch(Opcode.JEQ, tag, w.constant(TYPES[native]), yes)
        w.c.place(no)
        self._give_back(w, ZERO)
        w.c.place(yes)
        self._give_back(w, w.one)
        self._finish(w)

    def deleter(self, name: str) -> Label:
        """The routine that deletes an attribute of the value in slot 0."""

        def write() -> None:
            w = self._writer(f"delete {name}")
            x = w.temporary()
            fail = Label()
            w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
            address = w.payload(x)
            w.c.branch(Opcode.JLT, w.load(address, 0), w.constant(FIRST_CLASS), fail)
            self._delete_properties(w, w.load(address, 0), name, x)
            slot, unset = self.program.slots.get(name), w.tagged(UNSET, Tag.SINGLE)
            if slot is not None:
                w.c.branch(Opcode.JEQ, w.load(address, 1 + slot), unset, fail)
                w.store(address, 1 + slot, unset)
                w.emit(Opcode.RET)
            w.c.place(fail)
            self._no_attribute(w, x, name)
            self._finish(w)

        return self.program.unit.routine(("delete", name), write)

    def _delete_properties(self, w: Body, number: int, name: str, x: int) -> None:
        """For classes in which the attribute is a property: calls what deletes it, or raises."""
        for cls in self._classes():
            if cls.kind_of(name) != "property":
                continue
            deleter = next((a.deleters[name] for a in cls.ancestors() if name in a.deleters), None)
            with w.where_class_is(number, [cls]), w.c.scratch():
                if deleter is None:
                    w.raise_error("attribute_error", f"property '{name}' of '{cls.name}' object has no deleter")
                else:
                    w.call(self.program.label(deleter), [x])
                w.emit(Opcode.RET)

    def dynamic(self, what: str) -> Label:
        """The routine that gets, sets or deletes the attribute of slot 0 that slot 1 names, or says if it has it.

        what: "get", "set", "delete" or "has".
        """
        ways: Mapping[str, Callable[[str], Label]] = {
            "get": self.getter, "set": self.setter, "delete": self.deleter, "has": self.tester,
        }  # fmt: skip

        def write() -> None:
            w = self._writer(f"dynamic {what}")
            x, name, value = w.temporary(), w.temporary(), w.temporary()
            fail = Label()
            w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
            w.c.branch(Opcode.JLT, w.load(w.payload(x), 0), w.constant(FIRST_CLASS), fail)
            for known in self._names(what):
                skip = Label()
                w.c.branch(Opcode.JEQ, w.lib("any_equal", name, w.string(known)), ZERO, skip)
                with w.c.scratch():
                    self._give_back(w, w.call(ways[what](known), [x, value] if what == "set" else [x]))
                w.c.place(skip)
            if what == "has":
                self._give_back(w, ZERO)
            elif what != "set":
                if what == "get":
                    self._try_method(w, w.load(w.payload(x), 0), "__getattr__", [x, name])
                w.lib("no_attribute", x, w.lib("str_payload", name))
                w.emit(Opcode.RET)
            w.c.place(fail)
            w.lib("raise_unsupported", w.text("an attribute that the text of the program does not name"))
            self._finish(w)

        return self.program.unit.routine(("dynamic", what), write)

    def _hook_attribute_named(self, w: Body) -> None:
        x, name = w.temporary(), w.temporary()
        w.move(w.call(self.dynamic("get"), [x, name]), w.c.own_slot(0))

    def _names(self, what: str) -> list[str]:
        """The names that objects of the program's classes may have."""
        if what in ("set", "delete"):
            return list(self.program.slots)
        parts = {name for cls in self._classes() if not cls.namespace.name for name in (*cls.methods, *cls.attributes)}
        return [*self.program.slots, *sorted(parts - self.program.slots.keys())]
