"""Copies of objects, for `copy` in the library, and what may be called."""

from __future__ import annotations

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.keeping import Keeping
from compiler.lowering.tagged.values import FIRST_CLASS, UNSET, Built, Tag
from compiler.machines.ram.isa import Opcode

_THEMSELVES = (Built.FUNCTION, Built.BOUND, Built.CLASS, Built.RANGE, Built.FROZENSET)


class Copying(Keeping):
    """Writes the routines that copy objects."""

    def _hook_slot_count(self, w: Body) -> None:
        w.move(w.constant(len(self.program.slots)), w.c.own_slot(0))

    def _hook_is_assigned(self, w: Body) -> None:
        x, unset = w.temporary(), Label()
        w.c.branch(Opcode.JEQ, x, w.tagged(UNSET, Tag.SINGLE), unset)
        self._give_back(w, w.one)
        w.c.place(unset)
        w.move(ZERO, w.c.own_slot(0))

    def _hook_copy_object(self, w: Body) -> None:
        """A copy that shares the values of the attributes; what has a method `copy` in the library says it itself."""
        x = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__copy__", [x])
        for cls in self._classes():
            method = cls.method("copy")
            if method is not None and method.namespace.name:
                with w.where_class_is(number, [cls]), w.c.scratch():
                    self._give_back(w, self.call_cells(w, method, [x], {}))
        w.move(w.lib("clone_object", x), w.c.own_slot(0))

    def _hook_clone_object(self, w: Body) -> None:
        """A copy of all cells; of functions, classes and members of enumerations themselves."""
        x = w.temporary()
        _, number = self._object(w, x)
        same, other = Label(), Label()
        for built in _THEMSELVES:
            w.c.branch(Opcode.JEQ, number, w.constant(built), same)
        for cls in self._classes():
            if cls.is_enum:
                w.c.branch(Opcode.JEQ, number, w.constant(cls.number), same)
        w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), other)
        self._give_back(w, w.lib("cloned", x))
        w.c.place(other)
        w.lib("raise_unsupported", w.text("a copy of this object"))
        w.c.place(same)
