"""What a value is an instance of, and how objects are shown."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.tagged.calls import Calls
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.invoking import HIDDEN, Invoking
from compiler.lowering.tagged.library_types import native_base
from compiler.lowering.tagged.scopes import Class, Function, by_method
from compiler.lowering.tagged.tables import WRAPPERS
from compiler.lowering.tagged.values import TYPES, Built, Tag
from compiler.machines.ram.isa import Opcode


class Instances(Invoking):
    """Writes tests of classes, and names of classes."""

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
        return w.function_value(self.program.wrapper_of(name, WRAPPERS[name]))

    def jump_if_class(self, w: Calls, x: int, classes: Sequence[Class], target: Label, sense: bool) -> None:
        """Jumps if an object is (or is not) an instance of one of the classes, or of those derived from them."""
        inside = [c for c in self._classes() if any(a in classes for a in c.ancestors())]
        number = w.load(w.payload(x), 0)
        here = target if sense else Label()
        for cls in inside:
            w.c.branch(Opcode.JEQ, number, w.constant(cls.number), here)
        if not sense:
            w.c.jump(target)
            w.c.place(here)

    def jump_if_instance(self, w: Calls, x: int, types: ast.expr, target: Label, sense: bool) -> None:
        """Jumps by `isinstance(x, types)`."""
        if isinstance(types, ast.BinOp) and isinstance(types.op, ast.BitOr):
            types = ast.copy_location(ast.Tuple([types.left, types.right], ast.Load()), types)
        items = types.elts if isinstance(types, ast.Tuple) else [types]
        if not all(self._is_known_type(w, item) for item in items):
            found = w.lib("is_instance", w.copied(x), w.value(types))
            w.c.branch(Opcode.JNE if sense else Opcode.JEQ, found, ZERO, target)
            return
        here = target if sense else Label()
        with w.c.scratch():
            tag = w.tag_of(x)
            for item in items:
                self._jump_if_type(w, x, tag, item, here)
        if not sense:
            w.c.jump(target)
            w.c.place(here)

    def _is_known_type(self, w: Calls, item: ast.expr) -> bool:
        """Whether an expression is a type that is known where it is compiled."""
        if isinstance(item, ast.Attribute):
            found = self.program.module_attribute(w, item)
            item = found if found is not None else item
        if not isinstance(item, ast.Name):
            return isinstance(item, ast.Constant) and item.value is None
        if w.is_builtin(item.id):
            return item.id in TYPES or item.id in ("object", "range", "frozenset")
        return isinstance(w.known(item.id) or self.program.definition(w.namespace, item.id), Class)

    def _hook_instance_of_type(self, w: Body) -> None:
        """Whether a value is an instance of a type that is known at run time only."""
        x, cls = w.temporary(), w.temporary()
        del x
        self._by_type(w, cls, "class_instance", "type_instance")

    def _hook_subclass_of_type(self, w: Body) -> None:
        """The same for what is a class itself."""
        x, cls = w.temporary(), w.temporary()
        fail = Label()
        w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
        address = w.payload(x)
        w.c.branch(Opcode.JNE, w.load(address, 0), w.constant(Built.CLASS), fail)
        w.load(address, 1, w.c.own_slot(0))
        self._by_type(w, cls, "class_subclass", "type_subclass")
        w.c.place(fail)
        w.lib("raise_unsupported", w.text("`issubclass` of this value"))

    def _by_type(self, w: Body, cls: int, of_class: str, of_type: str) -> None:
        """Goes on in a chain with the number of a class, or of one of Python's own types, in slot 1."""
        fail = Label()
        w.c.branch(Opcode.JNE, w.tag_of(cls), w.constant(Tag.OBJECT), fail)
        address = w.payload(cls)
        number = w.load(address, 0)
        for built, chain in ((Built.CLASS, of_class), (Built.FUNCTION, of_type)):
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(built), skip)
            w.load(address, 1, w.c.own_slot(1))
            w.c.jump(self._chain(chain))
            w.c.place(skip)
        w.c.place(fail)
        w.raise_error("type_error", "isinstance() arg 2 must be a type, a tuple of types, or a union")
        w.emit(Opcode.RET)

    def answer_instance(self, w: Body, item: Class | Function, chain: str) -> None:
        """A part of one of the chains: gives back whether slot 0 is of the type, if that is the one in slot 1."""
        skip, yes = Label(), Label()
        x = w.c.own_slot(0)
        w.c.branch(Opcode.JNE, w.c.own_slot(1), w.constant(item.number), skip)
        with w.c.scratch():
            if isinstance(item, Class) and chain == "class_subclass":
                for cls in self._classes():
                    if item in cls.ancestors():
                        w.c.branch(Opcode.JEQ, x, w.constant(cls.number), yes)
            elif isinstance(item, Class):
                self._jump_if_object(w, x, w.tag_of(x), [item], yes)
            elif item.name == "object":
                w.c.jump(yes)
            elif item.name == "NoneType" and chain == "type_instance":
                w.c.branch(Opcode.JEQ, x, w.none, yes)
            elif chain == "type_instance" and (item.name in TYPES or item.name in ("range", "frozenset")):
                self._jump_if_type(w, x, w.tag_of(x), ast.Name(item.name, ast.Load()), yes)
            elif chain == "type_subclass":
                for cls in self._classes():
                    if native_base(cls) == item.name:
                        w.c.branch(Opcode.JEQ, x, w.constant(cls.number), yes)
            else:
                w.lib("raise_unsupported", w.text(f"whether this is of the type `{item.name}`"))
            self._give_back(w, ZERO)
            w.c.place(yes)
            self._give_back(w, w.one)
        w.c.place(skip)

    def _jump_if_type(self, w: Calls, x: int, tag: int, item: ast.expr, here: Label) -> None:
        if isinstance(item, ast.Constant) and item.value is None:
            w.c.branch(Opcode.JEQ, x, w.none, here)
            return
        if isinstance(item, ast.Attribute):
            found = self.program.module_attribute(w, item)
            item = found if found is not None else item
        if not isinstance(item, ast.Name):
            raise w.refusal(item, "the type has to be a name here", "write a name, or a tuple of names")
        if w.is_builtin(item.id):
            if item.id in TYPES:
                w.c.branch(Opcode.JEQ, tag, w.constant(TYPES[item.id]), here)
                if item.id == "int":
                    w.c.branch(Opcode.JEQ, tag, w.constant(Tag.BOOL), here)
                derived = [] if w.namespace.name else [c for c in self._classes() if native_base(c) == item.id]
                if derived:
                    self._jump_if_object(w, x, tag, derived, here)
                return
            if item.id == "object":
                w.c.jump(here)
                return
            built = {"range": Built.RANGE, "frozenset": Built.FROZENSET}.get(item.id)
            if built is None:
                raise w.refusal(item, f"the name `{item.id}` is not known here", "")
            skip = Label()
            w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), skip)
            w.c.branch(Opcode.JEQ, w.load(w.payload(x), 0), w.constant(built), here)
            w.c.place(skip)
            return
        known = w.known(item.id) or self.program.definition(w.namespace, item.id)
        if not isinstance(known, Class):
            raise w.refusal(item, f"`{item.id}` is no class that is known here", "name the class itself")
        self._jump_if_object(w, x, tag, [known], here)

    def _jump_if_object(self, w: Calls, x: int, tag: int, classes: Sequence[Class], here: Label) -> None:
        """Jumps if a value is an instance of one of the classes, or of those derived from them."""
        skip = Label()
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), skip)
        self.jump_if_class(w, x, classes, here, True)
        w.c.place(skip)


def _is_unhashable(cls: Class) -> bool:
    """Whether a class has an `__eq__` and no `__hash__` beside it: CPython makes the latter None."""
    first = next((a for a in cls.ancestors() if a.methods.keys() & {"__eq__", "__hash__"}), None)
    return first is not None and "__hash__" not in first.methods
