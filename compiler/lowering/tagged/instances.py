"""The types of values, and how objects are shown."""

from __future__ import annotations

from compiler.lowering.assembler import EMPTY, Label
from compiler.lowering.tagged.class_tests import ClassTests
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.invoking import HIDDEN
from compiler.lowering.tagged.scopes import Class, by_method
from compiler.lowering.tagged.values import TYPES, Built, Tag
from compiler.machines.ram.isa import Opcode


class Instances(ClassTests):
    """Writes the names of classes, and how objects are shown."""

    def _hook_object_hash(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        unhashable = [cls for cls in self._classes() if _is_unhashable(cls)]
        if unhashable:
            with w.where_class_is(number, unhashable), w.c.scratch():
                w.lib("type_error", w.text("unhashable type: '"), x, w.text("'"))
                w.emit(Opcode.RET)
        self._try_method(w, number, "__hash__", [x], "int")
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "frozenset_hash", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "raise_unsupported", w.text("the hash of a view"))
        w.move(address, w.c.own_slot(0))

    def _hook_object_repr(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._try_method(w, number, "__repr__", [x], "str")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "repr_range", address)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "repr_frozenset", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "repr_view", address)
        for built, chain in ((Built.CLASS, "class_repr"), (Built.FUNCTION, "type_repr")):
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(built), skip)
            w.load(address, 1, w.c.own_slot(0))
            w.c.jump(self._chain(chain))
            w.c.place(skip)
        w.lib("raise_unsupported", w.text(HIDDEN))

    def _hook_object_str(self, w: Body) -> None:
        x = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__str__", [x], "str")
        w.move(w.lib("object_repr", x), w.c.own_slot(0))

    def _hook_object_format(self, w: Body) -> None:
        """Formats what the library has instead of the object: `_format_` gives it."""
        x, spec = w.temporary(), w.temporary()
        _, number = self._object(w, x)
        if "WITH_OWN_FORMAT" in self.program.flags:
            self._try_method(w, number, "__format__", [x, w.boxed(spec, Tag.STR)], "str")
            special = Label()
            w.c.branch(Opcode.JNE, spec, w.constant(EMPTY), special)
            self._give_back(w, w.lib("str_of", x))
            w.c.place(special)
        for f, classes in by_method(self._classes(), "_format_").items():
            with w.where_class_is(number, classes), w.c.scratch():
                self._give_back(w, w.lib("format_value", w.call(self.program.label(f), [x]), spec))
        w.lib("type_error", w.text("unsupported format string passed to "), x, w.text(".__format__"))

    def _hook_object_class_name(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        for cls in self._classes():
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
            self._give_back(w, w.text(cls.shown_name))
            w.c.place(skip)
        for built, name in ((Built.RANGE, "range"), (Built.CLASS, "type"), (Built.FROZENSET, "frozenset")):
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(built), skip)
            self._give_back(w, w.text(name))
            w.c.place(skip)
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "view_name", address)
        self._of_built(w, number, Built.VIEW_ITERATOR, "WITH_VIEW", "view_iterator_name", address)
        self._of_built(w, number, Built.ITERATOR, "WITH_ITERATOR", "iterator_name", address)
        bound, generator = Label(), Label()
        w.c.branch(Opcode.JEQ, number, w.constant(Built.BOUND), bound)
        w.load(address, 1, w.c.own_slot(0))
        w.c.branch(Opcode.JEQ, number, w.constant(Built.GENERATOR), generator)
        w.c.jump(self._chain("function_type"))
        w.c.place(generator)
        w.c.jump(self._chain("generator_type"))
        w.c.place(bound)
        w.load(w.payload(w.load(address, 1)), 1, w.c.own_slot(0))
        w.c.jump(self._chain("method_type"))

    def _hook_any_type(self, w: Body) -> None:
        x = w.temporary()
        tag = w.tag_of(x)
        for kind, number in TYPES.items():
            if not self._exists(kind):
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, tag, w.constant(number), skip)
            self._give_back(w, self._type(w, "NoneType" if kind == "none" else kind))
            w.c.place(skip)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), w.leave)
        _, class_number = self._object(w, x)
        for cls in self._classes():
            skip = Label()
            w.c.branch(Opcode.JNE, class_number, w.constant(cls.number), skip)
            self._give_back(w, self.program.class_constant(w, cls))
            w.c.place(skip)
        built = {Built.CLASS: ("type", "WITH_OBJECT"), Built.RANGE: ("range", "WITH_RANGE")}
        for other, (name, flag) in {**built, Built.FROZENSET: ("frozenset", "WITH_FROZENSET")}.items():
            if flag in self.program.flags:
                skip = Label()
                w.c.branch(Opcode.JNE, class_number, w.constant(other), skip)
                self._give_back(w, self._type(w, name))
                w.c.place(skip)
        w.lib("raise_unsupported", w.text("the type of this object"))

    def _type(self, w: Body, name: str) -> int:
        """One of Python's own types as a value."""
        return w.function_value(self.program.built_in(name))


def _is_unhashable(cls: Class) -> bool:
    """Whether a class has an `__eq__` and no `__hash__` beside it: CPython makes the latter None."""
    first = next((a for a in cls.ancestors() if a.methods.keys() & {"__eq__", "__hash__"}), None)
    return first is not None and "__hash__" not in first.methods
