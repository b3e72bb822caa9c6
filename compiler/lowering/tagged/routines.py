"""What the routines are written with that depend on the classes and functions of a tagged program."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.calls import Calls
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.scopes import Class, Function, by_method
from compiler.lowering.tagged.texts import default_expressions
from compiler.lowering.tagged.values import UNSET, Built, Tag
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Origin

if TYPE_CHECKING:
    from compiler.lowering.tagged.method_calls import MethodCalls
    from compiler.lowering.tagged.program import Program


class Routines:
    """The classes of a program, and instances of them."""

    def __init__(self) -> None:
        self.generators: list[Function] = []
        self.classes_taken: list[Class] = []
        self._chains: dict[str, Label] = {}
        self._done: dict[str, int] = {}

    @property
    def program(self) -> Program:
        """The program that the routines belong to."""
        return self  # type: ignore[return-value]

    def _writer(self, comment: str) -> Body:
        program = self.program
        program.code.library = True
        program.code.origin = Origin(comment=f"library {comment}")
        return Body(program, program.prelude, None)

    def _finish(self, w: Body) -> None:
        w.c.place(w.leave)
        w.emit(Opcode.RET)
        w.c.finish()

    def _classes(self) -> list[Class]:
        return list(self.program.classes.values())

    def has_method(self, name: str) -> bool:
        """Whether a class of the program has a method of this name."""
        return any(cls.method(name) for cls in self._classes())

    def may_compare(self, name: str) -> bool:
        """Whether a class has a method of this name whose result may be no truth value."""
        methods = [cls.methods[name] for cls in self._classes() if name in cls.methods]
        return not all(map(gives_truth, methods))

    def has_attribute(self, name: str) -> bool:
        """Whether objects or classes of the program may have an attribute of this name."""
        return (
            name in self.program.slots
            or self.has_method(name)
            or any(name in cls.late for cls in self._classes())
            or any(self._class_part(cls, name) is not None for cls in self._classes())
        )

    def _class_part(self, cls: Class, name: str) -> Function | int | None:
        for ancestor in cls.ancestors():
            if name in ancestor.methods:
                return ancestor.methods[name]
            if name in ancestor.attributes:
                return ancestor.attributes[name]
            if ancestor.binds(name):
                ancestor.attributes[name] = self.program.code.global_cell()
                return ancestor.attributes[name]
        return None

    def _is_value(self, cls: Class, name: str) -> bool:
        return isinstance(self._class_part(cls, name), int) or bool(cls.late_cells(name))

    def _exists(self, kind: str) -> bool:
        return kind not in ("dict", "set", "float") or f"WITH_{kind.upper()}" in self.program.flags

    def _object(self, w: Body, x: int) -> tuple[int, int]:
        address = w.payload(x)
        return address, w.load(address, 0)

    def _give_back(self, w: Body, cell: int) -> None:
        w.move(cell, w.c.own_slot(0))
        w.emit(Opcode.RET)

    def _try_method(self, w: Body, number: int, name: str, cells: Sequence[int], raw: str = "any") -> None:
        """If the class of cells[0] has the method, its value is given back, made raw as told."""
        for f, classes in by_method(self._classes(), name).items():
            with w.where_class_is(number, classes) as skip, w.c.scratch():
                result = self.call_cells(w, f, list(cells), {})
                if raw in ("truth", "opposite"):
                    w.c.branch(Opcode.JEQ, result, w.tagged(1, Tag.SINGLE), skip)
                    result = w.lib("truth_of", result)
                    if raw == "opposite":
                        w.emit(Opcode.SUB, w.one, result, result)
                        result = w.boolean(result)
                elif raw == "int":
                    result = w.lib("int_of", result)
                elif raw == "integer":
                    result = w.lib("int_by_method", result)
                elif raw == "str":
                    result = w.lib("str_payload", result)
                elif raw == "operator":
                    w.c.branch(Opcode.JEQ, result, w.tagged(1, Tag.SINGLE), skip)
                w.move(result, w.c.own_slot(0))
                w.emit(Opcode.RET)

    def call_cells(self, w: MethodCalls, f: Function, cells: Sequence[int], named: dict[str, int]) -> int:
        """Calls a function with values that are there."""
        a = f.definition.args
        names = [x.arg for x in [*a.posonlyargs, *a.args]]
        defaults = default_expressions(a)
        plain = a.vararg is None and a.kwarg is None and len(cells) <= len(names) and set(named) <= set(f.parameters)
        slots: list[int] = list(cells)
        for name in [*names[len(cells) :], *(x.arg for x in a.kwonlyargs)]:
            if name in named:
                slots.append(named[name])
            elif name in defaults:
                slots.append(w.default_cell(f, name, None))
            else:
                plain = False
        if plain:
            return w.call(self.program.label(f), [*([ZERO] if f.hidden else []), *slots])
        arguments = w.new_items(cells)
        options = w.new_options(named)
        return w.call(self.invoke_label(), [w.function_value(f), arguments, options])

    def new_instance(self, w: Calls, owner: Class) -> int:
        """The value of a new instance without attributes."""
        program = self.program
        count = len(program.slots)
        address = w.lib("new_object", w.constant(owner.number), w.constant(count))
        first = w.temporary()
        w.emit(Opcode.ADD, address, w.one, first)
        w.lib("fill", first, w.constant(count), w.tagged(UNSET, Tag.SINGLE))
        return w.boxed(address, Tag.OBJECT)

    def raise_abstract(self, w: Calls, cls: Class) -> bool:
        """Raises if a class has abstract methods, so that it has no instances; whether it does."""
        names = cls.abstract()
        if names:
            methods = f"abstract method{'s' * (len(names) > 1)} {', '.join(names)}"
            w.raise_error("type_error", f"Can't instantiate abstract class {cls.name} with {methods}")
        return bool(names)

    def _of_built(
        self, w: Body, number: int, built: Built, flag: str, routine: str, *cells: int, box: Tag | None = None
    ) -> None:
        """If the object is of a class of the runtime, gives back what the routine of the library says."""
        if flag not in self.program.flags:
            return
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(built), skip)
        with w.c.scratch():
            result = w.lib(routine, *cells)
            self._give_back(w, result if box is None else w.boxed(result, box))
        w.c.place(skip)

    def invoke_label(self) -> Label:
        """The routine that calls slot 0 with the items in slot 1 and the dictionary, or 0, in slot 2."""
        raise NotImplementedError

    def _chain(self, name: str) -> Label:
        """Where the part of a chain begins that is not written yet."""
        raise NotImplementedError


def gives_truth(f: Function) -> bool:
    """Whether a method surely gives True, False or NotImplemented."""
    returns = [node for node in f.text.nodes if isinstance(node, ast.Return)]
    return all(node.value is not None and _is_truth(node.value) for node in returns)


def _is_truth(e: ast.expr) -> bool:
    match e:
        case ast.BoolOp(values=values):
            return all(map(_is_truth, values))
        case ast.Constant(value=bool()) | ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.Name(id="NotImplemented"):
            return True
        case ast.Call(func=ast.Name(id="isinstance" | "all" | "any" | "bool")):
            return True
    return False
