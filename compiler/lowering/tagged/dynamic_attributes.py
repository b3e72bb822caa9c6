"""Attributes whose names are known only at run time, as in `getattr(x, name)`, and attributes that are deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.attributes import Attributes
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.values import FIRST_CLASS, UNSET, Tag
from compiler.machines.ram.isa import Opcode


class DynamicAttributes(Attributes):
    """Writes the routines that compare a name with those of all attributes that the program has."""

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
