"""Routines that depend on the classes and functions of the program: attributes, methods, operators on objects."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.calls import Calls
from compiler.lowering.tagged.functions import HEADER, Body
from compiler.lowering.tagged.scopes import Class, Function, default_expressions, is_setter
from compiler.lowering.tagged.tables import METHODS, SPECIAL, WRAPPERS, Routine
from compiler.lowering.tagged.values import FIRST_CLASS, NONE, TYPES, UNSET, Built, Tag
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import ERROR_TEXT, RAISE_TEXT, Origin, Trap

if TYPE_CHECKING:
    from compiler.lowering.tagged.program import Program

_RAISES = {
    "raise_value_error": "ValueError",
    "raise_type_error": "TypeError",
    "raise_index_error": "IndexError",
    "raise_attribute_error": "AttributeError",
    "raise_overflow_error": "OverflowError",
    "raise_zero_division_error": "ZeroDivisionError",
    "raise_runtime_error": "RuntimeError",
    "raise_unsupported": "NotImplementedError",
    "raise_key_error": "KeyError",
    "raise_stop_iteration": "StopIteration",
    "raise_unbound": "UnboundLocalError",
    "raise_name_error": "NameError",
    "raise_eof_error": "EOFError",
}


_NOT_CALLED = frozenset(
    {f"__i{name[2:]}" for name, _ in SPECIAL}
    | {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__new__", "__format__", "__index__", "__int__"}
    | {"__float__", "__round__", "__reversed__", "__matmul__", "__divmod__", "__abs__", "__pos__", "__invert__"}
)
"""Special methods that nothing here would call."""


class Objects:
    """The part of a program that writes these routines."""

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

    # ------------------------------------------------------------------------------------------- instances

    def new_instance(self, w: Calls, owner: Class) -> int:
        """The value of a new instance without attributes."""
        program = self.program
        count = len(program.slots)
        address = w.lib("new_object", w.constant(owner.number), w.constant(count))
        first = w.temporary()
        w.emit(Opcode.ADD, address, w.one, first)
        w.lib("fill", first, w.constant(count), w.tagged(UNSET, Tag.SINGLE))
        return w.boxed(address, Tag.OBJECT)

    def write_class(self, w: Calls, s: ast.ClassDef) -> None:
        """Evaluates what the body of a class binds."""
        program = self.program
        cls = program.classes[s]
        for decorator in s.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not (isinstance(function, ast.Name) and function.id in ("dataclass", "total_ordering")):
                raise w.refusal(decorator, "decorators of classes are not in the language", "")
        if len(s.bases) > 1 or any(not isinstance(b, ast.Name) for b in s.bases):
            raise w.refusal(s, "a class has at most one base in the language", "")
        if s.bases and cls.base is None and isinstance(s.bases[0], ast.Name):
            if s.bases[0].id not in ("object", "ABC", "Generic", "Protocol"):
                raise w.refusal(s.bases[0], f"`{s.bases[0].id}` cannot be a base here", "write a class that holds one")
        for statement in s.body:
            match statement:
                case ast.FunctionDef():
                    f = program.functions[statement]
                    if statement.name in _NOT_CALLED:
                        raise w.refusal(statement, f"`{statement.name}` is not in the language", "")
                    if f.free:
                        raise w.refusal(
                            statement, "a method that uses variables of a function around it", "pass them to the class"
                        )
                    for d in [] if is_setter(statement) else statement.decorator_list:
                        if not (isinstance(d, ast.Name) and d.id in ("staticmethod", "classmethod", "property")):
                            raise w.refusal(d, "this decorator is not in the language for methods", "")
                    program.write_defaults(w, statement)
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    cell = cls.attributes.get(name) or program.code.global_cell()
                    with w.statement(statement):
                        w.value(value, cell)
                    cls.attributes[name] = cell
                    w.class_names[name] = cell
                case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.AnnAssign(value=None):
                    pass
                case _:
                    raise w.refusal(statement, "this does not fit in the body of a class", "move it out")
        w.class_names = {}
        if w.function is not None or program.definition(w.namespace, s.name) is not cls:
            w.assign(s.name, program.class_constant(w, cls))

    def _classes(self) -> list[Class]:
        return list(self.program.classes.values())

    def has_method(self, name: str) -> bool:
        """Whether a class of the program has a method of this name."""
        return any(cls.method(name) for cls in self._classes())

    def has_attribute(self, name: str) -> bool:
        """Whether objects or classes of the program may have an attribute of this name."""
        return (
            name in self.program.slots
            or self.has_method(name)
            or any(self._class_part(cls, name) is not None for cls in self._classes())
        )

    # ------------------------------------------------------------------------------------------ attributes

    def getter(self, name: str) -> Label:
        """The routine that reads an attribute of the value in slot 0."""
        return self.program.unit.routine(("get", name), lambda: self._write_getter(name))

    def _write_getter(self, name: str) -> None:
        w = self._writer(f"get {name}")
        x = w.temporary()
        fail, other = Label(), Label()
        tag = w.tag_of(x)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), other)
        address = w.payload(x)
        number = w.load(address, 0)
        slot = self.program.slots.get(name)
        if slot is not None:
            absent = Label()
            w.c.branch(Opcode.JLT, number, w.constant(20), absent)
            value = w.load(address, 1 + slot)
            w.c.branch(Opcode.JEQ, value, w.tagged(UNSET, Tag.SINGLE), absent)
            w.move(value, w.c.own_slot(0))
            w.emit(Opcode.RET)
            w.c.place(absent)
        for cls in self._classes():
            found = self._class_part(cls, name)
            if found is None:
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
            with w.c.scratch():
                self._give(w, cls, found, x)
            w.c.place(skip)
        # A class as a value: its number is in cell 1.
        for cls in self._classes():
            cell = next((a.attributes[name] for a in cls.ancestors() if name in a.attributes), None)
            if cell is None and name != "__name__":
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
            with w.c.scratch():
                w.c.branch(Opcode.JNE, w.load(address, 1), w.constant(cls.number), skip)
                w.move(w.string(cls.name) if cell is None else cell, w.c.own_slot(0))
                w.emit(Opcode.RET)
            w.c.place(skip)
        if name == "__name__":
            w.c.branch(Opcode.JNE, number, w.constant(Built.FUNCTION), fail)
            w.load(address, 1, w.c.own_slot(0))
            w.c.jump(self._chain("function_name"))
        if name == "__cause__":
            self._give_back(w, w.none)
        if name == "__class__":
            self._give_back(w, w.lib("any_type", x))
        w.c.jump(fail)
        w.c.place(other)
        if name == "__class__":
            self._give_back(w, w.lib("any_type", x))
        if name in METHODS:
            wrapper = self.program.method_wrapper(name)
            w.move(w.bound(w.function_value(wrapper), x), w.c.own_slot(0))
            w.emit(Opcode.RET)
        w.c.place(fail)
        self._no_attribute(w, x, name)
        self._finish(w)

    def _class_part(self, cls: Class, name: str) -> Function | int | None:
        for ancestor in cls.ancestors():
            if name in ancestor.methods:
                return ancestor.methods[name]
            if name in ancestor.attributes:
                return ancestor.attributes[name]
            if any(
                isinstance(s, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == name for t in s.targets)
                or isinstance(s, ast.AnnAssign)
                and isinstance(s.target, ast.Name)
                and s.target.id == name
                and s.value is not None
                for s in ancestor.definition.body
            ):
                ancestor.attributes[name] = self.program.code.global_cell()
                return ancestor.attributes[name]
        return None

    def _give(self, w: Body, cls: Class, found: Function | int, x: int) -> None:
        if isinstance(found, int):
            w.move(found, w.c.own_slot(0))
        elif cls.kind_of(found.name) == "property":
            w.move(w.call(self.program.label(found), [x]), w.c.own_slot(0))
        elif cls.kind_of(found.name) == "static":
            w.move(w.function_value(found), w.c.own_slot(0))
        else:
            receiver = self.program.class_constant(w, cls) if cls.kind_of(found.name) == "class" else x
            w.move(w.bound(w.function_value(found), receiver), w.c.own_slot(0))
        w.emit(Opcode.RET)

    def _no_attribute(self, w: Body, x: int, name: str) -> None:
        before = w.lib("concatenate", w.text("'"), w.lib("type_name", x))
        w.lib("raise_attribute_error", w.lib("concatenate", before, w.text(f"' object has no attribute '{name}'")))

    def setter(self, name: str) -> Label:
        """The routine that stores slot 1 as an attribute of slot 0."""

        def write() -> None:
            w = self._writer(f"set {name}")
            x, value = w.temporary(), w.temporary()
            fail, cls_value = Label(), Label()
            w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
            address = w.payload(x)
            number = w.load(address, 0)
            w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), cls_value)
            self._set_properties(w, number, name, x, value)
            w.store(address, 1 + self.program.slots.setdefault(name, len(self.program.slots)), value)
            w.emit(Opcode.RET)
            w.c.place(cls_value)
            for cls in self._classes():
                cell = next((a.attributes[name] for a in cls.ancestors() if name in a.attributes), None)
                if cell is not None:
                    skip = Label()
                    w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
                    w.c.branch(Opcode.JNE, w.load(address, 1), w.constant(cls.number), skip)
                    w.move(value, cell)
                    w.emit(Opcode.RET)
                    w.c.place(skip)
            w.c.place(fail)
            self._no_attribute(w, x, name)
            self._finish(w)

        return self.program.unit.routine(("set", name), write)

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

    # --------------------------------------------------------------------------------------------- methods

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
            options = ZERO
            if named:
                options = w.lib("dict_new")
                for key, cell in named.items():
                    w.lib("dict_set", options, w.string(key), cell)
            w.move(w.call(self.invoke_label(), [value, arguments, options]), w.c.own_slot(0))
        else:
            self._no_attribute(w, x, name)
        self._finish(w)

    def _is_value(self, cls: Class, name: str) -> bool:
        return isinstance(self._class_part(cls, name), int)

    def _exists(self, kind: str) -> bool:
        return kind not in ("dict", "set", "float") or f"WITH_{kind.upper()}" in self.program.flags

    def _run(self, w: Body, routine: Routine, kind: str, x: int, bound: Sequence[int | None]) -> None:
        with w.c.scratch():
            w.move(w.run_routine(routine, kind, x, bound, None), w.c.own_slot(0))
            w.emit(Opcode.RET)

    def _per_class(self, w: Body, number: int, name: str, x: int, cells: Sequence[int], named: dict[str, int]) -> None:
        """For each class that has the method, its call, and the end of the routine."""
        groups: dict[Function, list[Class]] = {}
        for cls in self._classes():
            f = cls.method(name)
            if f is not None and cls.kind_of(name) != "property":
                groups.setdefault(f, []).append(cls)
        for f, classes in groups.items():
            skip, here = Label(), Label()
            for cls in classes:
                w.c.branch(Opcode.JEQ, number, w.constant(cls.number), here)
            w.c.jump(skip)
            w.c.place(here)
            with w.c.scratch():
                kind = classes[0].kind_of(name)
                first = [] if kind == "static" else [x]
                if kind == "class":
                    first = [self.program.class_constant(w, classes[0])]
                w.move(self._call_cells(w, f, [*first, *cells], named), w.c.own_slot(0))
                w.emit(Opcode.RET)
            w.c.place(skip)

    def _call_cells(self, w: Body, f: Function, cells: Sequence[int], named: dict[str, int]) -> int:
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
        options = ZERO
        if named:
            options = w.lib("dict_new")
            for key, cell in named.items():
                w.lib("dict_set", options, w.string(key), cell)
        return w.call(self.invoke_label(), [w.function_value(f), arguments, options])

    # ------------------------------------------------------------------------------ chains that grow at the end

    def invoke_label(self) -> Label:
        """The routine that calls slot 0 with the items in slot 1 and the dictionary, or 0, in slot 2."""
        return self.program.unit.routine("invoke", self._write_invoke)

    def _write_invoke(self) -> None:
        w = self._writer("invoke")
        f, arguments, _ = w.temporary(), w.temporary(), w.temporary()
        fail = self._chain("fail")
        w.c.branch(Opcode.JNE, w.tag_of(f), w.constant(Tag.OBJECT), fail)
        address = w.payload(f)
        number = w.load(address, 0)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.BOUND), skip)
        w.load(address, 1, w.c.own_slot(0))
        w.move(w.lib("prepended", w.load(address, 2), arguments), arguments)
        w.c.jump(self.invoke_label())
        w.c.place(skip)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.CLASS), skip)
        w.load(address, 1, f)
        w.c.jump(self._chain("construct"))
        w.c.place(skip)
        groups: dict[Function, list[Class]] = {}
        for cls in self._classes():
            method = cls.method("__call__")
            if method is not None:
                groups.setdefault(method, []).append(cls)
        for method, classes in groups.items():
            for cls in classes:
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                with w.c.scratch():
                    w.move(w.lib("prepended", f, arguments), arguments)
                    w.c.jump(self.program.adapter(method))
                w.c.place(skip)
        w.c.branch(Opcode.JNE, number, w.constant(Built.FUNCTION), fail)
        w.move(address, w.c.own_slot(0))
        number = w.c.own_slot(3)
        w.load(address, 1, number)
        w.c.jump(self._chain("invoke"))
        self._finish(w)

    def _chain(self, name: str) -> Label:
        if name not in self._chains:
            self._chains[name] = Label()
            self._done[name] = 0
        return self._chains[name]

    def write_rest(self) -> None:
        """Writes all routines that wait, and the chains, which grow while that is done."""
        program = self.program
        program.unit.write_routines()
        while self._extend():
            program.unit.write_routines()
        for name in list(self._chains):
            w = self._writer(name)
            w.c.place(self._chains[name])
            if name == "fail":
                function = w.temporary()
                w.lib("type_error", w.text("'"), function, w.text("' object is not callable"))
            elif name == "resume":
                w.move(w.end, w.c.own_slot(0))
            self._finish(w)
        program.unit.write_routines()

    def _extend(self) -> bool:
        """Writes the next part of each chain; whether there was one."""
        changed = False
        for name in list(self._chains):
            growing: dict[str, Sequence[Any]] = {
                "invoke": self.program.taken,
                "resume": self.generators,
                "function_name": self.program.taken,
                "construct": self.classes_taken,
            }
            items = growing.get(name, ())
            new = items[self._done[name] :]
            if not new:
                continue
            changed = True
            self._done[name] += len(new)
            w = self._writer(name)
            w.c.place(self._chains[name])
            for _ in range(4):
                w.temporary()
            for item in list(new):
                if name == "invoke":
                    w.c.branch(Opcode.JEQ, w.c.own_slot(3), w.constant(item.number), self.program.adapter(item))
                elif name == "function_name":
                    self._name_function(w, item)
                elif name == "resume":
                    number = w.c.own_slot(1)
                    w.load(w.c.own_slot(0), 1, number)
                    w.c.branch(Opcode.JEQ, number, w.constant(item.number), self.program.body_label(item))
                else:
                    self._construct(w, item)
            self._chains[name] = Label()
            w.c.jump(self._chains[name])
            self._finish(w)
        return changed

    def _name_function(self, w: Body, f: Function) -> None:
        """Gives the name back if slot 0 is the number of the function."""
        skip = Label()
        w.c.branch(Opcode.JNE, w.c.own_slot(0), w.constant(f.number), skip)
        self._give_back(w, w.string(f.name))
        w.c.place(skip)

    def _construct(self, w: Body, cls: Class) -> None:
        """Makes an instance of the class whose number is in slot 0."""
        skip = Label()
        w.c.branch(Opcode.JNE, w.c.own_slot(0), w.constant(cls.number), skip)
        with w.c.scratch():
            instance = self.new_instance(w, cls)
            method = cls.method("__init__")
            if cls.is_exception:
                values = w.boxed(w.c.own_slot(1), Tag.TUPLE)
                w.store(w.payload(instance), 1 + self.program.slots["args"], values)
            if method is None:
                self._refuse_arguments(w, cls)
            else:
                arguments = w.lib("prepended", instance, w.c.own_slot(1))
                w.c.call(self.program.adapter(method), [ZERO, arguments, w.c.own_slot(2)])
            w.move(instance, w.c.own_slot(0))
            w.emit(Opcode.RET)
        w.c.place(skip)

    def _refuse_arguments(self, w: Body, cls: Class) -> None:
        """Raises if there are arguments for a class without `__init__`."""
        fine = Label()
        w.c.branch(Opcode.JEQ, w.load(w.c.own_slot(1), -1), ZERO, fine)
        w.raise_error("type_error", f"{cls.name}() takes no arguments")
        w.c.place(fine)

    # ----------------------------------------------------------------------------------------------- hooks

    def write_hook(self, function: str) -> None:
        """Writes a function of the library that depends on the program."""
        w = self._writer(function)
        if function in _RAISES:
            self._raise(w, function)
        else:
            getattr(self, f"_hook_{function}")(w)
        self._finish(w)

    def exception_class(self, name: str) -> Class:
        """The class of an exception of Python's own."""
        return next(c for c in self._classes() if c.name == name and c.namespace is self.program.prelude)

    def failure(self, function: str, message: str) -> Trap | None:
        """What a routine that raises a constant message ends the run in, if nothing in the program can catch it."""
        if self.program.catches or function not in _RAISES or function == "raise_key_error":
            return None
        return Trap(_RAISES[function], message)

    def _raise(self, w: Body, function: str) -> None:
        """Ends the run, or makes an exception be under way; slot 0 has the message, or the key that is missing."""
        name = _RAISES[function]
        message = w.temporary()
        if not self.program.catches:
            self._print_message(w, function, message)
            w.c.halt(Trap(name, ""))
            return
        if function == "raise_stop_iteration":
            values = w.boxed(w.lib("value_items", message), Tag.TUPLE)
        else:
            values = w.new_tuple([message if function == "raise_key_error" else w.boxed(message, Tag.STR)])
        instance = self.new_instance(w, self.exception_class(name))
        w.store(w.payload(instance), 1 + self.program.slots["args"], values)
        if function == "raise_stop_iteration":
            w.store(w.payload(instance), 1 + self.program.slots["value"], message)
        self._throw(w, instance)

    def _print_message(self, w: Body, function: str, message: int) -> None:
        if function == "raise_key_error":
            message = w.lib("repr_of", message)
        elif function == "raise_stop_iteration":
            message = w.lib("value_text", message)
        w.lib("print_error", message)

    def _throw(self, w: Body, exception: int) -> None:
        """Makes an exception be under way; that this is done here is how the reader of the trace knows the line."""
        with w.c.at(Origin(comment=RAISE_TEXT)):
            w.move(exception, self.program.raised)

    def _hook_print_error(self, w: Body) -> None:
        """Prints a string as the message of the error that ends the run."""
        text = w.temporary()
        with w.c.at(Origin(comment=ERROR_TEXT)):
            several, top, end = Label(), Label(), Label()
            w.c.branch(Opcode.JGE, text, ZERO, several)
            code = w.temporary()
            w.emit(Opcode.SUB, w.constant(-1), text, code)
            w.emit(Opcode.OUTC, code)
            w.emit(Opcode.RET)
            w.c.place(several)
            i, length = w.copied(ZERO), w.load(text, -1)
            w.c.place(top)
            w.c.branch(Opcode.JGE, i, length, end)
            w.emit(Opcode.LOAD, text, i, code)
            w.emit(Opcode.OUTC, code)
            w.emit(Opcode.ADD, i, w.one, i)
            w.c.jump(top)
            w.c.place(end)

    def _hook_uncaught(self, w: Body) -> None:
        """Ends the run with the exception in slot 0: its message is printed, its class is that of the trap."""
        x = w.temporary()
        w.move(ZERO, self.program.raised)
        number = w.load(w.payload(x), 0)
        self._end_silently(w, number)
        w.lib("print_error", w.lib("str_of", x))
        w.code.origin = Origin(comment=ERROR_TEXT)
        for cls in self._classes():
            if any(a.name == "BaseException" for a in cls.ancestors()):
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                w.c.halt(Trap(cls.qualified_name, ""))
                w.c.place(skip)

    def _end_silently(self, w: Body, number: int) -> None:
        """Ends the run if the number of the class is that of SystemExit."""
        for cls in self._classes():
            if cls.name == "SystemExit":
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                w.c.halt(None)
                w.c.place(skip)

    def _hook_instance_of(self, w: Body) -> None:
        """An exception, made if slot 0 is only its class."""
        x = w.temporary()
        fail, instance = Label(), Label()
        w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
        number = w.load(w.payload(x), 0)
        w.c.branch(Opcode.JGE, number, w.constant(FIRST_CLASS), instance)
        w.move(w.call(self.invoke_label(), [x, w.new_items([]), ZERO]), x)
        w.c.place(instance)
        w.emit(Opcode.RET)
        w.c.place(fail)
        w.lib("raise_type_error", w.text("exceptions must derive from BaseException"))

    def _hook_generator_failed(self, w: Body) -> None:
        """An exception leaves a generator: one that would only say that it is at its end is an error."""
        done = Label()
        exception = w.copied(self.program.raised)
        self.jump_if_class(w, exception, [self.exception_class("StopIteration")], done, False)
        w.lib("raise_runtime_error", w.text("generator raised StopIteration"))
        w.c.place(done)

    def _hook_exception_of(self, w: Body) -> None:
        """The same, and then it is under way."""
        x = w.temporary()
        w.lib("instance_of", x, into=x)
        if self.program.catches:
            self._throw(w, x)

    def _object(self, w: Body, x: int) -> tuple[int, int]:
        address = w.payload(x)
        return address, w.load(address, 0)

    def _try_method(self, w: Body, number: int, name: str, cells: Sequence[int], raw: str = "any") -> None:
        """If the class of cells[0] has the method, its value is given back, made raw as told."""
        groups: dict[Function, list[Class]] = {}
        for cls in self._classes():
            f = cls.method(name)
            if f is not None:
                groups.setdefault(f, []).append(cls)
        for f, classes in groups.items():
            skip, here = Label(), Label()
            for cls in classes:
                w.c.branch(Opcode.JEQ, number, w.constant(cls.number), here)
            w.c.jump(skip)
            w.c.place(here)
            with w.c.scratch():
                result = self._call_cells(w, f, list(cells), {})
                if raw == "truth":
                    fine = Label()
                    w.c.branch(Opcode.JEQ, result, w.tagged(1, Tag.SINGLE), skip)
                    w.c.place(fine)
                    result = w.lib("truth_of", result)
                elif raw == "int":
                    result = w.lib("int_of", result)
                elif raw == "str":
                    result = w.lib("str_payload", result)
                elif raw == "operator":
                    w.c.branch(Opcode.JEQ, result, w.tagged(1, Tag.SINGLE), skip)
                w.move(result, w.c.own_slot(0))
                w.emit(Opcode.RET)
            w.c.place(skip)

    def _give_back(self, w: Body, cell: int) -> None:
        w.move(cell, w.c.own_slot(0))
        w.emit(Opcode.RET)

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

    def _reflected(self, w: Body, name: str, x: int, y: int, raw: str) -> None:
        """The method of y, if y is an object of the program."""
        if not self.has_method(name):
            return
        skip = Label()
        w.c.branch(Opcode.JNE, w.tag_of(y), w.constant(Tag.OBJECT), skip)
        _, number = self._object(w, y)
        self._try_method(w, number, name, [y, x], raw)
        w.c.place(skip)

    def _direct(self, w: Body, name: str, x: int, y: int, raw: str) -> None:
        self._reflected(w, name, y, x, raw)

    def _hook_object_equal(self, w: Body) -> None:
        x, y = w.temporary(), w.temporary()
        self._direct(w, "__eq__", x, y, "truth")
        self._reflected(w, "__eq__", x, y, "truth")
        w.move(w.lib("built_equal", x, y), w.c.own_slot(0))

    def _compare(self, w: Body, method: str, reflected: str, symbol: str) -> None:
        """`x symbol y` for values of which one is an object."""
        x, y = w.temporary(), w.temporary()
        self._direct(w, method, x, y, "truth")
        self._reflected(w, reflected, x, y, "truth")
        if symbol in ("<=", ">=") and self.has_method("__lt__"):
            self._negated_less(w, *((x, y) if symbol == "<=" else (y, x)))
        if self.program.flags & {"WITH_FROZENSET", "WITH_VIEW"}:
            sets = (x, y) if symbol in ("<", "<=") else (y, x)
            result = w.lib("sets_less", *sets, w.constant(int(len(symbol) == 1)))
            skip = Label()
            w.c.branch(Opcode.JEQ, result, w.end, skip)
            self._give_back(w, result)
            w.c.place(skip)
        w.lib("compare_error", w.text(symbol), x, y)

    def _hook_object_less(self, w: Body) -> None:
        self._compare(w, "__lt__", "__gt__", "<")

    def _hook_object_less_equal(self, w: Body) -> None:
        self._compare(w, "__le__", "__ge__", "<=")

    def _hook_object_greater(self, w: Body) -> None:
        self._compare(w, "__gt__", "__lt__", ">")

    def _hook_object_greater_equal(self, w: Body) -> None:
        self._compare(w, "__ge__", "__le__", ">=")

    def _negated_less(self, w: Body, x: int, y: int) -> None:
        """With `total_ordering`, x <= y is not y < x."""
        if not any(
            isinstance(d, ast.Name) and d.id == "total_ordering"
            for c in self._classes()
            for d in c.definition.decorator_list
        ):
            return
        less = w.lib("any_less", y, x)
        result = w.temporary()
        w.emit(Opcode.SUB, w.one, less, result)
        self._give_back(w, result)

    def _hook_object_binary(self, w: Body) -> None:
        operator, x, y = w.temporary(), w.temporary(), w.temporary()
        for i, (name, reflected) in enumerate(SPECIAL):
            if not (self.has_method(name) or self.has_method(reflected)):
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, operator, w.constant(i), skip)
            with w.c.scratch():
                self._direct(w, name, x, y, "operator")
                self._reflected(w, reflected, x, y, "operator")
            w.c.place(skip)
        if "WITH_FROZENSET" in self.program.flags or "WITH_VIEW" in self.program.flags:
            result = w.lib("built_binary", operator, x, y)
            fine = Label()
            w.c.branch(Opcode.JEQ, result, w.end, fine)
            self._give_back(w, result)
            w.c.place(fine)
        w.lib("operand_error", w.lib("operator_name", operator), x, y)

    def _hook_object_negative(self, w: Body) -> None:
        x = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__neg__", [x])
        w.lib("type_error", w.text("bad operand type for unary -: '"), x, w.text("'"))

    def _hook_object_truth(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._try_method(w, number, "__bool__", [x], "truth")
        self._try_method(w, number, "__len__", [x], "int")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_length", address)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "set_len", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "dict_len", w.load(address, 1))
        w.move(w.one, w.c.own_slot(0))

    def _hook_object_length(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._try_method(w, number, "__len__", [x], "int")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_length", address)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "set_len", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "dict_len", w.load(address, 1))
        w.lib("type_error", w.text("object of type '"), x, w.text("' has no len()"))

    def _hook_object_index(self, w: Body) -> None:
        x, i = w.temporary(), w.temporary()
        address, number = self._object(w, x)
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
        self._try_method(w, number, "__contains__", [x, item], "truth")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_contains", address, item)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "set_has", w.load(address, 1), item)
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "view_contains", address, item)
        iterate = Label()
        for cls in self._classes():
            if cls.method("__iter__"):
                w.c.branch(Opcode.JEQ, number, w.constant(cls.number), iterate)
        w.c.branch(Opcode.JLT, number, w.constant(FIRST_CLASS), iterate)
        w.lib("contains_error", x)
        w.emit(Opcode.RET)
        w.c.place(iterate)
        w.move(w.lib("iterator_contains", w.lib("iter_of", x), item), w.c.own_slot(0))

    def _hook_object_iter(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
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
        w.lib("type_error", w.text("'"), x, w.text("' object is not iterable"))
        w.emit(Opcode.RET)
        w.c.place(fine)

    def _hook_object_next(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        skip = Label()
        w.c.branch(Opcode.JNE, number, w.constant(Built.GENERATOR), skip)
        w.move(address, w.c.own_slot(0))
        w.c.jump(self.program.unit.function(self.program.unit.library, "resume"))
        w.c.place(skip)
        self._of_built(w, number, Built.VIEW_ITERATOR, "WITH_VIEW", "view_next", address)
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

    def _hook_object_hash(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._try_method(w, number, "__hash__", [x], "int")
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "frozenset_hash", w.load(address, 1))
        w.move(address, w.c.own_slot(0))

    def _hook_object_repr(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._try_method(w, number, "__repr__", [x], "str")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "repr_range", address)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "repr_frozenset", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "repr_view", address)
        w.lib("raise_unsupported", w.text("the representation of this object holds its address"))

    def _hook_object_str(self, w: Body) -> None:
        x = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__str__", [x], "str")
        w.move(w.lib("object_repr", x), w.c.own_slot(0))

    def _hook_object_class_name(self, w: Body) -> None:
        x = w.temporary()
        _, number = self._object(w, x)
        for cls in self._classes():
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
            self._give_back(w, w.text(cls.name))
            w.c.place(skip)
        names = {
            Built.FUNCTION: "function",
            Built.RANGE: "range",
            Built.GENERATOR: "generator",
            Built.CLASS: "type",
            Built.FROZENSET: "frozenset",
            Built.BOUND: "method",
        }
        for built, name in names.items():
            skip = Label()
            w.c.branch(Opcode.JNE, number, w.constant(built), skip)
            self._give_back(w, w.text(name))
            w.c.place(skip)
        w.move(w.text("object"), w.c.own_slot(0))

    def _hook_any_type(self, w: Body) -> None:
        x = w.temporary()
        tag = w.tag_of(x)
        for kind, number in TYPES.items():
            if kind == "none" or not self._exists(kind):
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, tag, w.constant(number), skip)
            wrapper = self.program.wrapper_of(kind, WRAPPERS[kind])
            self._give_back(w, w.function_value(wrapper))
            w.c.place(skip)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), w.leave)
        _, class_number = self._object(w, x)
        for cls in self._classes():
            skip = Label()
            w.c.branch(Opcode.JNE, class_number, w.constant(cls.number), skip)
            self._give_back(w, self.program.class_constant(w, cls))
            w.c.place(skip)

    # -------------------------------------------------------------------------------------------- isinstance

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
        if not isinstance(item, ast.Name):
            raise w.refusal(item, "the type has to be a name here", "write a name, or a tuple of names")
        if w.is_builtin(item.id):
            if item.id in TYPES:
                w.c.branch(Opcode.JEQ, tag, w.constant(TYPES[item.id]), here)
                if item.id == "int":
                    w.c.branch(Opcode.JEQ, tag, w.constant(Tag.BOOL), here)
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
        skip = Label()
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), skip)
        self.jump_if_class(w, x, [known], here, True)
        w.c.place(skip)


HOOKS = frozenset(_RAISES) | {name.removeprefix("_hook_") for name in vars(Objects) if name.startswith("_hook_")}
"""The functions of the library that are written here."""
