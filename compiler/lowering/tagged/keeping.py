"""What keeps an attribute from being assigned, or says that it is not there."""

from __future__ import annotations

from compiler.lowering.assembler import Label
from compiler.lowering.tagged.class_bodies import ClassBodies
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.tables import STREAM
from compiler.lowering.tagged.values import Tag
from compiler.machines.ram.isa import Opcode


class Keeping(ClassBodies):
    """Writes the parts of getters and setters for attributes that are not there, or not free."""

    def _no_attribute(self, w: Body, x: int, name: str) -> None:
        if name in STREAM:
            plain = Label()
            w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), plain)
            self._refuse_of_stream(w, w.load(w.payload(x), 0))
            w.c.place(plain)
        w.lib("no_attribute", x, w.text(name))

    def _refuse_of_stream(self, w: Body, number: int) -> None:
        """Ends with NotImplementedError for `sys.stdin` and the like, which have more attributes in CPython."""
        streams = [cls for cls in self._classes() if cls.is_stream]
        if streams:
            with w.where_class_is(number, streams):
                w.lib("raise_unsupported", w.text("this attribute of `sys.stdin` or `sys.stdout`"))
                w.emit(Opcode.RET)

    def _keep_named_tuples(self, w: Body, number: int, name: str, x: int) -> None:
        """Raises for named tuples: neither their fields nor other attributes can be assigned."""
        for cls in self._classes():
            if cls.is_named_tuple:
                with w.where_class_is(number, [cls]):
                    if name in cls.methods["__init__"].parameters[1:]:
                        w.raise_error("attribute_error", "can't set attribute")
                    else:
                        self._no_attribute(w, x, name)
                    w.emit(Opcode.RET)

    def _set_properties(self, w: Body, number: int, name: str, x: int, value: int) -> None:
        """For classes in which the attribute is a property: calls its setter, or raises."""
        for cls in self._classes():
            if cls.kind_of(name) != "property":
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
            setter = cls.setter(name)
            if setter is None:
                w.raise_error("attribute_error", f"property '{name}' of '{cls.name}' object has no setter")
            else:
                w.call(self.program.label(setter), [x, value])
            w.emit(Opcode.RET)
            w.c.place(skip)

    def _keep_to_slots(self, w: Body, number: int, name: str, x: int) -> None:
        """Raises for objects whose classes have `__slots__` that do not name the attribute."""
        for cls in self._classes():
            if cls.places is None or name in cls.places:
                continue
            with w.where_class_is(number, [cls]):
                if self._class_part(cls, name) is None:
                    self._no_attribute(w, x, name)
                else:
                    w.raise_error("attribute_error", f"'{cls.name}' object attribute '{name}' is read-only")
                w.emit(Opcode.RET)
