"""Routines that call a method of any value."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.lowering.assembler import Label
from compiler.lowering.tagged.attributes import Attributes
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.scopes import by_method
from compiler.lowering.tagged.tables import METHODS, Routine
from compiler.lowering.tagged.values import TYPES, Built, Tag
from compiler.machines.ram.isa import Opcode


class Methods(Attributes):
    """Writes calls of methods by name."""

    def method(self, name: str, count: int, keywords: tuple[str, ...]) -> Label:
        """The routine that calls a method of slot 0 with the arguments in the slots after it."""
        key = ("method", name, count, keywords)
        return self.program.unit.routine(key, lambda: self._write_method(name, count, keywords))

    def _write_method(self, name: str, count: int, keywords: tuple[str, ...]) -> None:
        w = self._writer(f"method {name}")
        x = w.temporary()
        cells = [w.temporary() for _ in range(count)]
        named = {key: w.temporary() for key in keywords}
        tag = w.tag_of(x)
        fail = Label()
        for kind, routine in METHODS.get(name, {}).items():
            if not self._exists(kind):
                continue
            bound = w.bind(routine, cells, {**named})
            if bound is None:
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, tag, w.constant(TYPES[kind]), skip)
            self._run(w, routine, kind, x, bound)
            w.c.place(skip)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), fail)
        address = w.payload(x)
        number = w.load(address, 0)
        if "WITH_FROZENSET" in self.program.flags and "set" in METHODS.get(name, {}):
            routine = METHODS[name]["set"]
            bound = w.bind(routine, cells, {**named})
            if bound is not None and routine.result != "none":
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(Built.FROZENSET), skip)
                with w.c.scratch():
                    inner = w.boxed(w.load(address, 1), Tag.SET)
                    self._run(w, routine, "set", inner, bound)
                w.c.place(skip)
        if name in ("send", "__next__", "close"):
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.GENERATOR), skip)
            with w.c.scratch():
                if name == "close":
                    w.store(address, 2, w.constant(-1))
                    w.move(w.none, w.c.own_slot(0))
                    w.emit(Opcode.RET)
                elif name == "__next__" or cells:
                    if name == "send":
                        w.store(address, 3, cells[0])
                    item = w.lib("next_of", x)
                    fine = Label()
                    w.c.branch(Opcode.JNE, item, w.end, fine)
                    w.lib("raise_stop_iteration", w.lib("returned_by", x))
                    w.c.place(fine)
                    w.move(item, w.c.own_slot(0))
                    w.emit(Opcode.RET)
            w.c.place(skip)
        self._per_class(w, number, name, x, cells, named)
        w.c.place(fail)
        if name in self.program.slots or any(self._is_value(cls, name) for cls in self._classes()):
            value = w.call(self.getter(name), [x])
            arguments = w.new_items(cells)
            options = w.new_options(named)
            w.move(w.call(self.invoke_label(), [value, arguments, options]), w.c.own_slot(0))
        else:
            self._no_attribute(w, x, name)
        self._finish(w)

    def _run(self, w: Body, routine: Routine, kind: str, x: int, bound: Sequence[int | None]) -> None:
        with w.c.scratch():
            w.move(w.run_routine(routine, kind, x, bound, None), w.c.own_slot(0))
            w.emit(Opcode.RET)

    def _per_class(self, w: Body, number: int, name: str, x: int, cells: Sequence[int], named: dict[str, int]) -> None:
        """For each class that has the method, its call, and the end of the routine."""
        callable_here = [cls for cls in self._classes() if cls.kind_of(name) != "property"]
        for f, classes in by_method(callable_here, name).items():
            with w.where_class_is(number, classes), w.c.scratch():
                kind = classes[0].kind_of(name)
                first = [] if kind == "static" else [x]
                if kind == "class":
                    first = [self.program.class_constant(w, classes[0])]
                w.move(self.call_cells(w, f, [*first, *cells], named), w.c.own_slot(0))
                w.emit(Opcode.RET)
