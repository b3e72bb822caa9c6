"""What objects do as containers: items, iteration, membership."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.functions import HEADER, Body
from compiler.lowering.tagged.raising import Raising
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.values import FIRST_CLASS, NONE, Built, Tag
from compiler.machines.ram.isa import Opcode

_BOUNDS = ("_start", "_stop", "_step")
"""The attributes of the slices of the library."""


class Containers(Raising):
    """Writes the routines of objects with items."""

    def _of_members(self, w: Body, address: int, number: int, routine: str, *cells: int) -> None:
        """If the object is the class of an enumeration, gives back what a routine says of the list of its members."""
        for cls in self._classes():
            members = self._class_part(cls, "_members_") if cls.is_enum else None
            if not isinstance(members, int):
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
            with w.c.scratch():
                w.c.branch(Opcode.JNE, w.load(address, 1), w.constant(cls.number), skip)
                self._give_back(w, w.lib(routine, members, *cells))
            w.c.place(skip)

    def _hook_object_iter(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._of_members(w, address, number, "iter_of")
        fine = Label()
        w.c.branch(Opcode.JEQ, number, w.constant(Built.GENERATOR), fine)
        w.c.branch(Opcode.JEQ, number, w.constant(Built.ITERATOR), fine)
        w.c.branch(Opcode.JEQ, number, w.constant(Built.VIEW_ITERATOR), fine)
        self._try_method(w, number, "__iter__", [x])
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "iterator_over", x)
        if "WITH_FROZENSET" in self.program.flags:
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.FROZENSET), skip)
            with w.c.scratch():
                self._give_back(w, w.lib("iter_of", w.boxed(w.load(address, 1), Tag.SET)))
            w.c.place(skip)
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "view_iter", address)
        by_items = self.program.definition(self.program.prelude, "__by_items__")
        classes = [c for c in self._classes() if c.method("__getitem__") and not c.method("__iter__")]
        if isinstance(by_items, Function):
            with w.where_class_is(number, classes), w.c.scratch():
                self._give_back(w, self.call_cells(w, by_items, [x], {}))
        w.lib("type_error", w.text("'"), x, w.text("' object is not iterable"))
        w.emit(Opcode.RET)
        w.c.place(fine)

    def _hook_object_tuple(self, w: Body) -> None:
        """A named tuple as a tuple; any other object itself."""
        x = w.temporary()
        address, number = self._object(w, x)
        for cls in self._classes():
            if cls.is_named_tuple:
                with w.where_class_is(number, [cls]), w.c.scratch():
                    fields = cls.methods["__init__"].parameters[1:]
                    items = [w.load(address, 1 + self.program.slots[field]) for field in fields]
                    self._give_back(w, w.new_tuple(items))
        w.move(x, w.c.own_slot(0))

    def _hook_object_slice(self, w: Body) -> None:
        x, start, stop, step = (w.temporary() for _ in range(4))
        address, number = self._object(w, x)
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_slice", address, start, stop, step)
        if isinstance(self.program.definition(self.program.prelude, "slice"), Class):
            self._try_method(w, number, "__getitem__", [x, self._slice(w, [start, stop, step])])
        w.lib("type_error", w.text("'"), x, w.text("' object is not subscriptable"))

    def _slice(self, w: Body, cells: Sequence[int]) -> int:
        """A slice as a value."""
        cls = self.program.definition(self.program.prelude, "slice")
        assert isinstance(cls, Class)
        bounds = self.new_instance(w, cls)
        for name, cell in zip(_BOUNDS, cells):
            w.store(w.payload(bounds), 1 + self.program.slots[name], cell)
        return bounds

    def _hook_object_store_slice(self, w: Body) -> None:
        x, *bounds = [w.temporary() for _ in range(4)]
        value = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__setitem__", [x, self._slice(w, bounds), value])
        w.lib("type_error", w.text("'"), x, w.text("' object does not support item assignment"))

    def _hook_object_delete_slice(self, w: Body) -> None:
        x, *bounds = [w.temporary() for _ in range(4)]
        _, number = self._object(w, x)
        self._try_method(w, number, "__delitem__", [x, self._slice(w, bounds)])
        w.lib("type_error", w.text("'"), x, w.text("' object does not support item deletion"))

    def _hook_is_slice(self, w: Body) -> None:
        x, cls = w.temporary(), self.program.definition(self.program.prelude, "slice")
        no = Label()
        w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), no)
        if isinstance(cls, Class):
            with w.where_class_is(w.load(w.payload(x), 0), [cls]):
                self._give_back(w, w.one)
        w.c.place(no)
        w.move(ZERO, w.c.own_slot(0))

    def _hook_slice_bound(self, w: Body) -> None:
        """Where a slice begins or ends, or its step, by number."""
        x, number = w.temporary(), w.temporary()
        for i, name in enumerate(_BOUNDS):
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(i), skip)
            self._give_back(w, w.load(w.payload(x), 1 + self.program.slots[name]))
            w.c.place(skip)

    def _hook_object_next(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.GENERATOR), skip)
        w.move(address, w.c.own_slot(0))
        w.c.jump(self.program.unit.function(self.program.unit.library, "resume"))
        w.c.place(skip)
        self._of_built(w, number, Built.VIEW_ITERATOR, "WITH_VIEW", "view_next", address)
        self._try_method(w, number, "_next_", [x])  # of the library: what it gives is an item or the end
        if self.has_method("__next__"):
            stop = Label()
            before = w.handler
            w.handler = stop
            self._try_method(w, number, "__next__", [x])
            w.handler = before
            w.lib("type_error", w.text("'"), x, w.text("' object is not an iterator"))
            w.emit(Opcode.RET)
            w.c.place(stop)
            exception = w.copied(self.program.raised)
            done = Label()
            self.jump_if_class(w, exception, [self.exception_class("StopIteration")], done, False)
            w.move(ZERO, self.program.raised)
            w.c.place(done)
            w.move(w.end, w.c.own_slot(0))
            w.emit(Opcode.RET)
            return
        w.lib("type_error", w.text("'"), x, w.text("' object is not an iterator"))

    def _hook_resume(self, w: Body) -> None:
        w.temporary()
        w.c.jump(self._chain("resume"))

    def _hook_object_items(self, w: Body) -> None:
        x = w.temporary()
        _, number = self._object(w, x)
        by_keys = self.program.definition(self.program.prelude, "__by_keys__")
        if isinstance(by_keys, Function):
            # What the library's own classes give by `items` is the same.
            keys = {c: c.method("keys") for c in self._classes() if c.method("__getitem__")}
            classes = [c for c, f in keys.items() if f is not None and f.namespace is self.program.user]
            with w.where_class_is(number, classes), w.c.scratch():
                self._give_back(w, self.call_cells(w, by_keys, [x], {}))
        self._try_method(w, number, "items", [x])

    def _hook_returned_by(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.GENERATOR), skip)
        value = w.load(address, HEADER - 1)
        w.store(address, HEADER - 1, w.none)
        self._give_back(w, value)
        w.c.place(skip)
        w.move(w.constant(NONE), w.c.own_slot(0))

    def _hook_object_length(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._of_members(w, address, number, "length_of")
        self._try_method(w, number, "__len__", [x], "int")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_length", address)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "set_len", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "dict_len", w.load(address, 1))
        w.lib("type_error", w.text("object of type '"), x, w.text("' has no len()"))

    def _hook_object_index(self, w: Body) -> None:
        x, i = w.temporary(), w.temporary()
        address, number = self._object(w, x)
        for cls in self._classes():
            method = cls.method("_named_")
            if method is not None:
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
                with w.c.scratch():
                    w.c.branch(Opcode.JNE, w.load(address, 1), w.constant(cls.number), skip)
                    receiver = self.program.class_constant(w, cls)
                    self._give_back(w, w.call(self.program.label(method), [receiver, i]))
                w.c.place(skip)
        self._try_method(w, number, "__getitem__", [x, i])
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_index", address, i)
        w.lib("type_error", w.text("'"), x, w.text("' object is not subscriptable"))

    def _hook_object_store(self, w: Body) -> None:
        x, i, value = w.temporary(), w.temporary(), w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__setitem__", [x, i, value])
        w.lib("type_error", w.text("'"), x, w.text("' object does not support item assignment"))

    def _hook_object_delete(self, w: Body) -> None:
        x, i = w.temporary(), w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__delitem__", [x, i])
        w.lib("type_error", w.text("'"), x, w.text("' object doesn't support item deletion"))

    def _hook_object_contains(self, w: Body) -> None:
        x, item = w.temporary(), w.temporary()
        address, number = self._object(w, x)
        self._of_members(w, address, number, "any_contains", item)
        self._try_method(w, number, "__contains__", [x, item], "truth")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_contains", address, item)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "set_has", w.load(address, 1), item)
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "view_contains", address, item)
        iterate = Label()
        for cls in self._classes():
            if cls.method("__iter__") or cls.method("__getitem__"):
                w.c.branch(Opcode.JEQ, number, w.constant(cls.number), iterate)
        w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), iterate)
        w.lib("contains_error", x)
        w.emit(Opcode.RET)
        w.c.place(iterate)
        w.move(w.lib("iterator_contains", w.lib("iter_of", x), item), w.c.own_slot(0))
