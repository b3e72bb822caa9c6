"""Calls of methods in tagged programs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compiler.language.desugar import at
from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.tagged import signatures
from compiler.lowering.tagged.calls import TWICE
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.sorting import Sorting
from compiler.lowering.tagged.tables import METHODS, NATIVE, READ, STREAM, Routine
from compiler.lowering.tagged.types import is_plain
from compiler.lowering.tagged.values import NONE, TYPES, Tag
from compiler.machines.ram.isa import Opcode


class MethodCalls(Sorting):
    """Writes calls of methods."""

    def _call_attribute(self, e: ast.Call, value: ast.expr, name: str, into: int | None) -> int:
        assert isinstance(e.func, ast.Attribute)
        found = self.program.module_attribute(self, e.func)
        if found is not None:
            return self.value(at(ast.Call(found, e.args, e.keywords), e), into)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super":
            return self._super_call(e, name, into)
        if name == "__new__" and isinstance(value, ast.Name) and value.id == "object" and len(e.args) == 1:
            return self.lib("new_of", self.value(e.args[0]), into=into)
        owner = self._class_named(value)
        if owner is not None:
            return self._call_on_class(e, owner, name, into)
        if (
            isinstance(value, ast.Name)
            and self.is_builtin(value.id)
            and value.id in ("str", "dict", "list", "int", "set")
        ):
            return self._call_on_type(e, value.id, name, into)
        receiver = self.value(value)
        if self.is_variable(value) and not all(map(is_plain, [*e.args, *(k.value for k in e.keywords)])):
            receiver = self.copied(receiver)
        return self.method_call(e, receiver, self.type_of(value), name, into)

    def _call_on_type(self, e: ast.Call, kind: str, name: str, into: int | None) -> int:
        starred = any(isinstance(a, ast.Starred) for a in e.args) or any(k.arg is None for k in e.keywords)
        if starred and name in METHODS:
            return self._call_value(e, self.value(e.func), into)
        if (kind, name) == ("dict", "fromkeys"):
            cells = self.operands(e.args)
            return self.boxed(
                self.lib("dict_from_keys", cells[0], cells[1] if len(cells) > 1 else self.none), Tag.DICT, into
            )
        if (kind, name) == ("str", "maketrans"):
            return self.lib("char_table", *[*self.operands(e.args), self.none, self.none][:3], into=into)
        if not e.args:
            raise self.refusal(e, f"`{kind}.{name}` needs an argument", "")
        receiver = self.value(e.args[0])
        if self.type_of(e.args[0]) != kind and kind in METHODS.get(name, {}):
            receiver = self._checked_receiver(self.copied(receiver), kind, name)
        return self.method_call(at(ast.Call(e.func, e.args[1:], e.keywords), e), receiver, kind, name, into)

    def _checked_receiver(self, x: int, kind: str, name: str) -> int:
        """The value, after code that raises if it is not of the type whose method is called."""
        fine, tag = Label(), self.tag_of(x)
        self.c.branch(Opcode.JEQ, tag, self.constant(TYPES[kind]), fine)
        if kind == "int":
            self.c.branch(Opcode.JEQ, tag, self.constant(Tag.BOOL), fine)
        before = f"descriptor '{name}' for '{kind}' objects doesn't apply to a '"
        self.lib("type_error", self.text(before), x, self.text("' object"))
        self.c.place(fine)
        return x

    def _super_call(self, e: ast.Call, name: str, into: int | None) -> int:
        f = self.function
        while f is not None and f.owner is None:
            f = f.parent
        if f is None or f.owner is None or not f.parameters:
            raise self.refusal(e, "`super()` outside a method", "")
        receiver = self.read(f.parameters[0], e)
        targets: dict[Function | None, list[Class]] = {}
        for cls in self.program.classes.values():
            if f.owner in cls.mro:
                above = cls.mro[cls.mro.index(f.owner) + 1 :]
                found = next((a.methods[name] for a in above if name in a.methods), None)
                targets.setdefault(found, []).append(cls)
        if name == "__new__" and None in targets:
            if len(targets) > 1 or len(e.args) != 1 or e.keywords:
                raise self.refusal(e, "this call of `__new__` is not in the language", "write `super().__new__(cls)`")
            return self.lib("new_of", self.value(e.args[0]), into=into)
        if name == "__init_subclass__" and targets.keys() != {None}:
            raise self.refusal(e, "`super().__init_subclass__` of a class is not in the language", "name the class")
        if targets.keys() == {None} and name not in ("__init__", "__init_subclass__"):
            raise self.refusal(e, f"no class above `{f.owner.name}` has a method `{name}`", "check the name")
        if len(targets) > 1:
            return self._super_next(e, receiver, targets, into)
        method = next(iter(targets))
        if method is None:
            if name == "__init__" and (e.args or e.keywords):
                self.lib("check_no_arguments", *self.gathered_arguments(e))
            else:
                self.operands([argument for argument in e.args if not isinstance(argument, ast.Starred)])
            return self.placed(self.none, into)
        assert method.owner is not None
        first = [] if method.owner.kind_of(name) == "static" else [receiver]
        return self.call_function(e, method, e.args, e.keywords, into, first)

    def _super_next(
        self, e: ast.Call, receiver: int, targets: Mapping[Function | None, Sequence[Class]], into: int | None
    ) -> int:
        """`super()` where several bases meet: which method is next depends on the class of the object."""
        starred = any(isinstance(a, ast.Starred) for a in e.args) or any(k.arg is None for k in e.keywords)
        gathered: tuple[int, int] = ZERO, ZERO
        cells, named = [], {}
        if starred:
            arguments, keywords = self.gathered_arguments(e, [receiver])
            gathered = self.copied(arguments), self.copied(keywords)
        else:
            order = [self.copied(cell) for cell in self.operands([*e.args, *(k.value for k in e.keywords)])]
            cells, named = order[: len(e.args)], dict(zip([k.arg or "" for k in e.keywords], order[len(e.args) :]))
        number = self.load(self.payload(receiver), 0)
        result, end = self.copied(self.none), Label()
        for method, classes in targets.items():
            if method is None:
                if isinstance(e.func, ast.Attribute) and e.func.attr == "__init__" and (e.args or e.keywords):
                    with self.where_class_is(number, classes):
                        given = gathered if starred else (self.new_items(cells), self.new_options(named))
                        self.lib("check_no_arguments", *given)
                continue
            with self.where_class_is(number, classes):
                with self.c.scratch():
                    if starred:
                        self.call(self.program.invoke_label(), [self.function_value(method), *gathered], result)
                    else:
                        self.move(self.program.call_cells(self, method, [receiver, *cells], named), result)
                self.c.jump(end)
        self.c.place(end)
        return self.placed(result, into)

    def _call_on_class(self, e: ast.Call, owner: Class, name: str, into: int | None) -> int:
        method = owner.method(name)
        if method is None:
            function = self.class_attribute(e.func, owner, name)  # type: ignore[arg-type]
            return self._call_value(e, function, into)
        first = [self.program.class_constant(self, owner)] if owner.kind_of(name) == "class" else []
        return self.call_function(e, method, e.args, e.keywords, into, first)

    def method_on(self, e: ast.AST, receiver: int, name: str, cells: Sequence[int]) -> int:
        """Calls a method with values that are there."""
        return self.call(self.program.method(name, len(cells), ()), [receiver, *cells])

    def method_call(self, e: ast.Call, receiver: int, kind: str, name: str, into: int | None) -> int:
        """Calls a method of a value."""
        self.check_method(e, name)
        if name == "__class__":
            return self._call_value(e, self.lib("any_type", receiver), into)
        if name == "__next__" and not e.args and not e.keywords and not self.program.has_method(name):
            return self.next_value(receiver, into)
        if name == "sort" and kind in ("list", "any"):
            return self._of_own_type(e, receiver, kind, Tag.LIST, self.sort, into)
        if name == "format" and kind in ("str", "any"):
            return self._of_own_type(e, receiver, kind, Tag.STR, self._format, into)
        return self._call_method(e, receiver, kind, name, into)

    def _of_own_type(
        self,
        e: ast.Call,
        receiver: int,
        kind: str,
        tag: Tag,
        write: Callable[[ast.Call, int, int | None], int],
        into: int | None,
    ) -> int:
        """A call of a method that is written where it is called, if the receiver is of the type that has it."""
        if kind != "any":
            return write(e, receiver, into)
        assert isinstance(e.func, ast.Attribute)
        result, other, end = self.temporary(), Label(), Label()
        with self.c.scratch():
            self.c.branch(Opcode.JNE, self.tag_of(receiver), self.constant(int(tag)), other)
        with self.c.scratch():
            write(e, receiver, result)
        self.c.jump(end)
        self.c.place(other)
        with self.c.scratch():
            if self.program.has_attribute(e.func.attr):
                self._call_method(e, receiver, kind, e.func.attr, result)
            else:
                self.lib("no_attribute", receiver, self.text(e.func.attr))
        self.c.place(end)
        return self.placed(result, into)

    def _format(self, e: ast.Call, receiver: int, into: int | None) -> int:
        """`text.format(…)`."""
        arguments = self.gathered(e.args)
        keywords = self.lib("dict_new") if e.keywords else ZERO
        for keyword in e.keywords:
            value = self.value(keyword.value)
            if keyword.arg is None:
                self.lib("keywords_take", keywords, value, self.text(TWICE.format("str.format()")))
            else:
                self.lib("dict_set", keywords, self.string(keyword.arg), value)
        self.program.uses_format = True
        return self.boxed(self.lib("format_text", self.payload(receiver), arguments, keywords), Tag.STR, into)

    def _call_method(self, e: ast.Call, receiver: int, kind: str, name: str, into: int | None) -> int:
        starred = any(isinstance(a, ast.Starred) for a in e.args) or any(k.arg is None for k in e.keywords)
        if starred:
            return self._call_value(e, self.attribute(e, receiver, name, None), into)
        routine = METHODS.get(name, {}).get(kind)
        if routine is not None:
            order = [*e.args, *(k.value for k in e.keywords)]
            cells = self.operands(order)
            named = {k.arg: cell for k, cell in zip(e.keywords, cells[len(e.args) :])}
            bound = self.bind(routine, cells[: len(e.args)], named)
            if bound is not None:
                types = [self.type_of(argument) for argument in e.args]
                return self.run_routine(routine, kind, receiver, bound, into, named, types)
        keywords_given = tuple(k.arg or "" for k in e.keywords)
        cells = self.operands([*e.args, *(k.value for k in e.keywords)])
        return self.call(self.program.method(name, len(e.args), keywords_given), [receiver, *cells], into)

    def next_value(self, iterator: int, into: int | None) -> int:
        """Code for `next(iterator)`; see `BuiltinCalls`."""
        raise NotImplementedError

    def check_method(self, e: ast.AST, name: str) -> None:
        """Refuses the methods of Python's own types that are not in the language."""
        known = name in METHODS or name in READ or name in self.program.slots or self.namespace.name
        native = name in NATIVE or name in STREAM and any(cls.is_stream for cls in self.program.classes.values())
        if not known and native and not self.program.has_attribute(name):
            what = "attribute" if name.startswith("__") else "method"
            raise self.refusal(e, f"the {what} `{name}` is not in the language", "write it as a function")

    def bind(self, routine: Routine, cells: Sequence[int], named: Mapping[Any, int]) -> list[int | None] | None:
        """The argument of each parameter, None for a default; or None if they do not fit."""
        if routine.each:
            return None if named else list(cells)
        if len(cells) > sum(not parameter.is_constant for parameter in routine.parameters):
            return None
        result: list[int | None] = list(cells)
        rest: dict[Any, int] = dict(named)
        for parameter in routine.parameters[len(cells) :]:
            cell = rest.pop(parameter.name, None) if parameter.name else None
            if cell is None and parameter.default is None:
                return None
            result.append(cell)
        return None if rest and not routine.named else result

    def run_routine(
        self,
        routine: Routine,
        kind: str | None,
        receiver: int | None,
        arguments: Sequence[int | None],
        into: int | None,
        named: Mapping[Any, int] | None = None,
        types: Sequence[str] = (),
    ) -> int:
        """Calls a routine of the library: payloads in, a value out. types: what the first arguments surely are."""
        if routine.each:
            assert receiver is not None
            return self._run_on_each(routine, receiver, [cell for cell in arguments if cell is not None], into)
        cells = []
        if receiver is not None:
            cells.append(self.payload(receiver))
        for i, (parameter, cell) in enumerate(zip(routine.parameters, arguments)):
            if cell is None:
                cells.append(self._default(parameter.default or ""))
            elif parameter.type == "any":
                cells.append(cell)
            elif parameter.type == "int":
                cells.append(self.lib("int_of", cell))
            elif parameter.type == "bound":
                cells.append(self.lib("bound_of", cell))
            elif parameter.type in ("str", "text"):
                cells.append(self._text_argument(routine, i, cell, types))
            else:
                cells.append(self.payload(cell))
        if routine.result == "none":
            self.lib(routine.name, *cells)
            if routine.named:
                taken = {parameter.name for parameter in routine.parameters}
                for key, cell in (named or {}).items():
                    if key not in taken:
                        self.lib(routine.named, cells[0], self.string(key), cell)
            return self.placed(self.none, into)
        result = self.lib(routine.name, *cells)
        if routine.result == "any":
            return self.placed(result, into)
        return self.boxed(result, TYPES[routine.result], into)

    def _text_argument(self, routine: Routine, i: int, cell: int, types: Sequence[str]) -> int:
        """What is passed of an argument that has to be a string, or, for a parameter `text`, a string or None."""
        tagged = routine.parameters[i].type == "text"
        if i < len(types) and types[i] == "str":
            return cell if tagged else self.payload(cell)
        said = signatures.text_complaint(routine, i) if routine.method else None
        if not tagged:
            return self.lib("str_payload", cell) if said is None else self.lib(said[0], cell, self.text(said[1]))
        assert said is not None
        none = Label()
        self.c.branch(Opcode.JEQ, cell, self.none, none)
        self.lib(said[0], cell, self.text(said[1]))
        self.c.place(none)
        return cell

    def _run_on_each(self, routine: Routine, receiver: int, arguments: Sequence[int], into: int | None) -> int:
        """Calls a routine for the first argument, and one for each of the others; see `Routine`."""
        own = self.payload(receiver)
        if routine.result == "none" and not routine.last:
            for cell in arguments:
                self.lib(routine.each, own, cell)
            return self.placed(self.none, into)
        result = self.lib(routine.name, own, arguments[0]) if arguments else self.lib("set_copy", own)
        for cell in arguments[1:]:
            self.lib(routine.each, result, cell)
        if routine.last:
            self.lib(routine.last, own, result)
            return self.placed(self.none, into)
        return self.boxed(result, TYPES[routine.result], into)

    def _default(self, text: str) -> int:
        layout = self.unit.layout
        special = {"None": NONE, "missing": -1, "HEAP": layout.largest_heap, "space": -33}
        special["EMPTY_TUPLE"] = EMPTY * layout.base + Tag.TUPLE
        if text in special:
            return self.constant(special[text])
        if text.lstrip("-").isdigit():
            return self.constant(int(text))
        return self.text(text)
