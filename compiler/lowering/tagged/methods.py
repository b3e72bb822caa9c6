"""Routines that call a method of any value."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.dynamic_attributes import NATIVE_TYPES, DynamicAttributes
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.scopes import by_method
from compiler.lowering.tagged.signatures import complaint
from compiler.lowering.tagged.tables import METHODS, SPECIAL_CALLS
from compiler.lowering.tagged.values import FIRST_CLASS, TYPES, UNSET, Built, Tag
from compiler.machines.ram.isa import Opcode

GENERATOR_METHODS = frozenset({("send", 1), ("throw", 1), ("throw", 2), ("throw", 3), ("close", 0), ("__next__", 0)})
"""The methods of generators, with how many arguments each takes."""


class Methods(DynamicAttributes):
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
            skip = Label()
            w.c.branch(Opcode.JNE, tag, w.constant(TYPES[kind]), skip)
            with w.c.scratch():
                if bound is None:
                    self._does_not_fit(w, NATIVE_TYPES[kind](), name, count, keywords)
                else:
                    types = ["str" if sure else "any" for sure in self.program.sure_texts.get(name, ())]
                    self._give_back(w, w.run_routine(routine, kind, x, bound, None, named, types))
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
                    result = w.run_routine(routine, "set", inner, bound, None)
                    if routine.result == "set":
                        frozen = w.lib("new_object", w.constant(Built.FROZENSET), w.one)
                        w.store(frozen, 1, w.payload(result))
                        result = w.boxed(frozen, Tag.OBJECT)
                    self._give_back(w, result)
                w.c.place(skip)
        if name in ("index", "count") and count == 1 and not keywords and "WITH_RANGE" in self.program.flags:
            of_range = f"range_{name}_of"
            self._of_built(w, number, Built.RANGE, "WITH_RANGE", of_range, address, cells[0], box=Tag.INT)
        if name == "isdisjoint" and count == 1 and not keywords and "WITH_VIEW" in self.program.flags:
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.VIEW), skip)
            with w.c.scratch():
                w.c.branch(Opcode.JEQ, w.load(address, 2), w.one, skip)
                self._give_back(w, w.boolean(w.lib("view_is_disjoint", address, cells[0])))
            w.c.place(skip)
        if (name, count) in GENERATOR_METHODS:
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.GENERATOR), skip)
            with w.c.scratch():
                self._of_generator(w, address, name, x, cells)
            w.c.place(skip)
        elif name in ("send", "throw", "close"):
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.GENERATOR), skip)
            self._does_not_fit(w, (None for _ in range(0)), name, count, keywords)
            w.c.place(skip)
        if name in self.program.slots and self.has_method(name):
            self._hidden(w, address, number, name, cells, named)
        self._per_class(w, number, name, x, cells, named)
        self._of_class(w, address, number, name, x, cells, named)
        w.c.place(fail)
        if (name, count) in SPECIAL_CALLS and not keywords:
            self._special_call(w, name, x, tag, cells)
        asked = self.has_method("__getattr__")
        if asked or name in self.program.slots or any(self._is_value(cls, name) for cls in self._classes()):
            value = w.call(self.getter(name), [x])
            arguments = w.new_items(cells)
            options = w.new_options(named)
            w.move(w.call(self.invoke_label(), [value, arguments, options]), w.c.own_slot(0))
        else:
            self._no_attribute(w, x, name)
        self._finish(w)

    def _special_call(self, w: Body, name: str, x: int, tag: int, cells: Sequence[int]) -> None:
        """A special method of a value that is of no class of the program."""
        native, fail = Label(), Label()
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), native)
        w.c.branch(Opcode.JGE, w.load(w.payload(x), 0), w.constant(FIRST_CLASS), fail)
        w.c.place(native)
        routine, result = SPECIAL_CALLS[name, len(cells)]
        value = w.lib(routine, x, *cells)
        if result == "bool":
            value = w.boolean(value)
        elif result != "any":
            value = w.boxed(value, TYPES[result])
        self._give_back(w, value)
        w.c.place(fail)

    def _of_class(
        self, w: Body, address: int, number: int, name: str, x: int, cells: Sequence[int], named: dict[str, int]
    ) -> None:
        """For a class as a value: the call of its class method or static method."""
        classes = [cls for cls in self._classes() if cls.kind_of(name) in ("static", "class")]
        if not classes:
            return
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
        with w.c.scratch():
            its_number = w.load(address, 1)
            for f, having in by_method(classes, name).items():
                with w.where_class_is(its_number, having), w.c.scratch():
                    first = [x] if having[0].kind_of(name) == "class" else []
                    self._give_back(w, self.call_cells(w, f, [*first, *cells], named))
        w.c.place(skip)

    def _does_not_fit(self, w: Body, example: object, name: str, count: int, keywords: tuple[str, ...]) -> None:
        """Raises what CPython says of arguments of these numbers and names for a value of the type of the example."""
        message = complaint(example, name, count, keywords)
        if message is None:
            w.lib("raise_unsupported", w.text(f"`{name}` with these arguments"))
        else:
            w.raise_error("type_error", message)
        w.emit(Opcode.RET)

    def _of_generator(self, w: Body, address: int, name: str, x: int, cells: Sequence[int]) -> None:
        """The methods of generators."""
        if name == "close":
            self._close(w, address, x)
            return
        if name == "send":
            self._check_begun(w, address, cells[0])
            w.store(address, 3, cells[0])
        if name == "throw":
            w.move(w.lib("thrown_of", cells[0], [*cells, w.none][1]), self.program.thrown)
        item = w.lib("next_of", x)
        fine = Label()
        w.c.branch(Opcode.JNE, item, w.end, fine)
        w.lib("raise_stop_iteration", w.lib("returned_by", x))
        w.c.place(fine)
        self._give_back(w, item)

    def _check_begun(self, w: Body, address: int, sent: int) -> None:
        """Raises if something is sent into a generator that waits for nothing yet."""
        fine = Label()
        w.c.branch(Opcode.JNE, w.load(address, 2), ZERO, fine)
        w.c.branch(Opcode.JEQ, sent, w.none, fine)
        w.raise_error("type_error", "can't send non-None value to a just-started generator")
        w.c.place(fine)

    def _close(self, w: Body, address: int, x: int) -> None:
        """Ends a generator: where it waits, GeneratorExit is raised."""
        ended, failed, done = Label(), Label(), Label()
        if self.program.thrown:
            w.c.branch(Opcode.JGE, ZERO, w.load(address, 2), ended)
            exits = self.program.exception_class("GeneratorExit")
            instance = self.program.new_instance(w, exits)
            w.store(w.payload(instance), 1 + self.program.slots["args"], w.new_tuple([]))
            w.move(instance, self.program.thrown)
            w.handler = failed
            item = w.lib("next_of", x)
            w.handler = None
            w.c.branch(Opcode.JEQ, item, w.end, ended)
            w.raise_error("runtime_error", "generator ignored GeneratorExit")
            w.c.place(failed)
            exception = w.copied(self.program.raised)
            self.program.jump_if_class(
                w, exception, [exits, self.program.exception_class("StopIteration")], done, False
            )
            w.move(ZERO, self.program.raised)
        w.c.place(ended)
        w.store(address, 2, w.constant(-1))
        w.move(w.none, w.c.own_slot(0))
        w.c.place(done)
        w.emit(Opcode.RET)

    def _hidden(
        self, w: Body, address: int, number: int, name: str, cells: Sequence[int], named: dict[str, int]
    ) -> None:
        """Calls what an attribute of the object holds that hides a method."""
        skip = Label()
        w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), skip)
        with w.c.scratch():
            value = w.load(address, 1 + self.program.slots[name])
            w.c.branch(Opcode.JEQ, value, w.tagged(UNSET, Tag.SINGLE), skip)
            arguments, options = w.new_items(cells), w.new_options(named)
            self._give_back(w, w.call(self.invoke_label(), [value, arguments, options]))
        w.c.place(skip)

    def _per_class(self, w: Body, number: int, name: str, x: int, cells: Sequence[int], named: dict[str, int]) -> None:
        """For each class that has the method, its call, and the end of the routine."""
        callable_here = [cls for cls in self._classes() if cls.kind_of(name) != "property"]
        for f, having in by_method(callable_here, name).items():
            kind = having[0].kind_of(name)
            for classes in [[cls] for cls in having] if kind == "class" else [having]:
                with w.where_class_is(number, classes), w.c.scratch():
                    first = [] if kind == "static" else [x]
                    if kind == "class":
                        first = [self.program.class_constant(w, classes[0])]
                    w.move(self.call_cells(w, f, [*first, *cells], named), w.c.own_slot(0))
                    w.emit(Opcode.RET)
