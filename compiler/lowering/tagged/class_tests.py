"""Whether a value is an instance of a class, and whether a class is below another one."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.calls import Calls
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.invoking import NO_TYPE, Invoking
from compiler.lowering.tagged.library_types import native_base
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.tables import TYPE_NAMES
from compiler.lowering.tagged.values import TYPES, Built, Tag
from compiler.machines.ram.isa import Opcode


class ClassTests(Invoking):
    """Writes both, for types that are named and for types that are values."""

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
        if any(isinstance(item, ast.Starred) for item in items):
            items = [types]
        here = target if sense else Label()
        with w.c.scratch():
            tag = w.tag_of(x)
            for item in items:
                self._jump_if_type(w, x, tag, item, here)
        if not sense:
            w.c.jump(target)
            w.c.place(here)

    def _jump_if_type(self, w: Calls, x: int, tag: int, item: ast.expr, here: Label) -> None:
        if isinstance(item, ast.Constant) and item.value is None:
            w.c.branch(Opcode.JEQ, x, w.none, here)
            return
        if isinstance(item, ast.Attribute):
            found = self.program.module_attribute(w, item)
            item = found if found is not None else item
        if isinstance(item, ast.Name) and w.is_builtin(item.id):
            if item.id not in TYPE_NAMES:
                raise w.refusal(item, f"the name `{item.id}` is not known here", "")
            self._jump_if_native(w, x, tag, item.id, here, not w.namespace.name)
            return
        known: object = None
        if isinstance(item, ast.Name):
            known = w.known(item.id) or self.program.definition(w.namespace, item.id)
        if isinstance(known, Class):
            self._jump_if_object(w, x, tag, [known], here)
            return
        w.c.branch(Opcode.JNE, w.lib("is_instance", x, w.value(item)), ZERO, here)

    def _jump_if_native(self, w: Calls, x: int, tag: int, name: str, here: Label, derived: bool) -> None:
        """Jumps if a value is of one of Python's own types; derived: or of a class that is below it in CPython."""
        if name in TYPES:
            w.c.branch(Opcode.JEQ, tag, w.constant(TYPES[name]), here)
            if name == "int":
                w.c.branch(Opcode.JEQ, tag, w.constant(Tag.BOOL), here)
            below = [c for c in self._classes() if native_base(c) == name] if derived else []
            if below:
                self._jump_if_object(w, x, tag, below, here)
        elif name == "object":
            w.c.jump(here)
        elif name == "NoneType":
            w.c.branch(Opcode.JEQ, x, w.none, here)
        else:
            skip = Label()
            w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), skip)
            if name == "type":
                named = w.boxed(w.lib("type_name", x), Tag.STR)
                w.c.branch(Opcode.JNE, w.lib("any_equal", named, w.string("type")), ZERO, here)
            else:
                built = {"range": Built.RANGE, "frozenset": Built.FROZENSET}[name]
                w.c.branch(Opcode.JEQ, w.load(w.payload(x), 0), w.constant(built), here)
            w.c.place(skip)

    def _jump_if_object(self, w: Calls, x: int, tag: int, classes: Sequence[Class], here: Label) -> None:
        """Jumps if a value is an instance of one of the classes, or of those derived from them."""
        skip = Label()
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), skip)
        self.jump_if_class(w, x, classes, here, True)
        w.c.place(skip)

    def _hook_object_instance(self, w: Body) -> None:
        self._ask_type(w, "instance")

    def _hook_object_subclass(self, w: Body) -> None:
        self._ask_type(w, "subclass", True)

    def _ask_type(self, w: Body, what: str, of_classes: bool = False) -> None:
        """Asks the type in slot 1 about slot 0, in the chain of the classes or that of Python's own types."""
        x, cls = w.temporary(), w.temporary()
        fail, native = Label(), Label()
        if of_classes:
            fine = Label()
            named = w.boxed(w.lib("type_name", x), Tag.STR)
            w.c.branch(Opcode.JNE, w.lib("any_equal", named, w.string("type")), ZERO, fine)
            w.raise_error("type_error", "issubclass() arg 1 must be a class")
            w.emit(Opcode.RET)
            w.c.place(fine)
        w.c.branch(Opcode.JNE, w.tag_of(cls), w.constant(Tag.OBJECT), fail)
        address = w.payload(cls)
        number = w.load(address, 0)
        w.move(x, cls)
        w.load(address, 1, w.c.own_slot(0))
        w.c.branch(Opcode.JEQ, number, w.constant(Built.FUNCTION), native)
        w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), fail)
        w.c.jump(self._chain(f"{what}_of_class"))
        w.c.place(native)
        w.c.jump(self._chain(f"{what}_of_type"))
        w.c.place(fail)
        w.raise_error("type_error", NO_TYPE[what])

    def answer_type(self, w: Body, what: str, item: Class | Function) -> None:
        """The part of a chain for one class or type: slot 0 has the number of what is asked, slot 1 a value."""
        if isinstance(item, Function) and not self.program.is_type(item):
            return
        skip, yes = Label(), Label()
        w.c.branch(Opcode.JNE, w.c.own_slot(0), w.constant(item.number), skip)
        with w.c.scratch():
            x = w.c.own_slot(1)
            if what == "subclass":
                self._jump_if_below(w, x, item, yes)
            elif isinstance(item, Class):
                self._jump_if_object(w, x, w.tag_of(x), [item], yes)
            else:
                self._jump_if_native(w, x, w.tag_of(x), item.name, yes, True)
            self._give_back(w, ZERO)
            w.c.place(yes)
            self._give_back(w, w.one)
        w.c.place(skip)

    def _jump_if_below(self, w: Body, x: int, item: Class | Function, yes: Label) -> None:
        """Jumps if the class in a cell is the given one, or below it."""
        address, no = w.payload(x), Label()
        if isinstance(item, Function) and item.name == "object":
            w.c.jump(yes)
            return
        if isinstance(item, Function):
            below = [c for c in self._classes() if native_base(c) == item.name]
            types = [item, *([self.program.built_in("bool")] if item.name == "int" else [])]
        else:
            below, types = [], []
        inside = [c for c in self._classes() if any(a is item or a in below for a in c.ancestors())]
        number = w.load(address, 1)
        other = Label()
        w.c.branch(Opcode.JEQ, w.load(address, 0), w.constant(Built.CLASS), other)
        for f in types:
            self.program.take(f)
            w.c.branch(Opcode.JEQ, number, w.constant(f.number), yes)
        w.c.jump(no)
        w.c.place(other)
        for cls in inside:
            w.c.branch(Opcode.JEQ, number, w.constant(cls.number), yes)
        w.c.place(no)
