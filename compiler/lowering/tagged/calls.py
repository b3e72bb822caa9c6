"""Calls, attributes and functions as values, in tagged programs."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from compiler.language.desugar import FunctionExpression, at
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged import signatures
from compiler.lowering.tagged.expressions import Expressions, is_plain
from compiler.lowering.tagged.scopes import Class, Function, default_expressions
from compiler.lowering.tagged.tables import FUNCTIONS, METHODS, NATIVE, Routine
from compiler.lowering.tagged.values import NONE, TYPES, Built, Tag
from compiler.machines.ram.isa import Opcode

Options = dict[str, ast.expr]
"""Arguments given by keyword."""


class Calls(Expressions):
    """Writes calls."""

    def _call(self, e: ast.Call, into: int | None) -> int:
        function = e.func
        match function:
            case ast.Name(id=name) if self.is_builtin(name):
                return self._builtin(e, name, into)
            case ast.Name(id=name):
                known = self.known(name)
                if known is not None:
                    return self._call_known(e, known, into)
            case FunctionExpression(definition=definition) if definition.name == "<genexpr>":
                return self.call_function(e, self.program.functions[definition], e.args, [], into)
            case ast.Attribute(value=value, attr=attribute):
                return self._call_attribute(e, value, attribute, into)
        return self._call_value(e, self.value(function), into)

    def known(self, name: str) -> Function | Class | None:
        """The function or class that a name surely is."""
        how, _ = self.where(name)
        if how == "global":
            return self.program.definition(self.namespace, name)
        return self.program.local_definition(self.function, name)

    def _call_known(self, e: ast.Call, known: Function | Class, into: int | None) -> int:
        if isinstance(known, Class):
            return self.construct(e, known, into)
        return self.call_function(e, known, e.args, e.keywords, into)

    # --------------------------------------------------------------------------------- functions known

    def call_function(
        self,
        e: ast.Call,
        f: Function,
        arguments: Sequence[ast.expr],
        keywords: Sequence[ast.keyword],
        into: int | None,
        first: Sequence[int] = (),
        record: int | None = None,
    ) -> int:
        """Calls a function, with the values of `first` before the other arguments."""
        if any(isinstance(a, ast.Starred) for a in arguments) or any(k.arg is None for k in keywords):
            value = self.function_value(f) if record is None else record
            return self._call_value(e, value, into, first)
        a = f.definition.args
        positional = signatures.positional(f)
        given: dict[str, ast.expr] = {}
        extra: list[ast.expr] = []
        names = positional[len(first) :]
        for i, argument in enumerate(arguments):
            if i < len(names):
                given[names[i]] = argument
            else:
                extra.append(argument)
        named: list[ast.keyword] = []
        allowed = [x.arg for x in [*a.args, *a.kwonlyargs]]
        wrong = ""
        for keyword in keywords:
            assert keyword.arg is not None
            if keyword.arg in given or keyword.arg in positional[: len(first)]:
                wrong = wrong or signatures.twice(f, keyword.arg)
            elif keyword.arg in allowed:
                given[keyword.arg] = keyword.value
            elif a.kwarg is None:
                wrong = wrong or f"{signatures.unexpected(f)}{keyword.arg}'"
            else:
                named.append(keyword)
        order = [*arguments, *(k.value for k in keywords)]
        cells = dict(zip(map(id, order), self.operands(order)))
        wrong = wrong or self._mismatch(f, len(first) + len(arguments), given, first)
        if wrong:
            self.raise_error("type_error", wrong)
            return self.placed(self.none, into)
        slots: list[int] = list(first[: len(positional)])
        owner_record = None
        if f.hidden:
            owner_record = self.record_of(f) if record is None else self.payload(record)
        for name in [*names, *(x.arg for x in a.kwonlyargs)]:
            slots.append(cells[id(given[name])] if name in given else self.default_cell(f, name, owner_record))
        if a.vararg is not None:
            slots.append(self.new_tuple([*first[len(positional) :], *(cells[id(x)] for x in extra)]))
        if a.kwarg is not None:
            d = self.lib("dict_new")
            for keyword in named:
                self.lib("dict_set", d, self.string(keyword.arg or ""), cells[id(keyword.value)])
            slots.append(self.boxed(d, Tag.DICT))
        if f.hidden:
            slots.insert(0, ZERO if owner_record is None else owner_record)
        return self.call(self.program.label(f), slots, into)

    def _mismatch(self, f: Function, count: int, given: Mapping[str, ast.expr], first: Sequence[int]) -> str:
        """What is wrong with a call that gives `count` arguments by position, and those of `given` in all; or ""."""
        a = f.definition.args
        names = signatures.positional(f)
        if count > len(names) and a.vararg is None:
            return signatures.takes(f) + signatures.given(count)
        defaults = default_expressions(a)
        absent = [name for name in names[len(first) :] if name not in given and name not in defaults]
        if absent:
            return signatures.missing(f, absent)
        absent = [x.arg for x in a.kwonlyargs if x.arg not in given and x.arg not in defaults]
        return signatures.missing(f, absent, "keyword-only") if absent else ""

    def default_cell(self, f: Function, name: str, record: int | None) -> int:
        """The value of a parameter's default."""
        if not f.keeps_defaults:
            return self.program.default_cell(f, name)
        assert record is not None
        return self.load(record, 2 + len(f.free) + list(default_expressions(f.definition.args)).index(name))

    def record_of(self, f: Function) -> int | None:
        """The record of a function called by name; None if it has none."""
        if not f.has_record:
            return None
        if self.function is f:
            return self.record
        if f.definition.name.startswith("<"):
            return self.payload(self.function_value(f))
        return self.payload(self.read(f.name, f.definition))

    def function_value(self, f: Function) -> int:
        """A function as a value: an object with its number, captured variables and defaults."""
        self.program.take(f)
        if not f.has_record:
            return self.program.function_constant(self, f)
        defaults = default_expressions(f.definition.args) if f.keeps_defaults else {}
        address = self.lib("new_object", self.constant(Built.FUNCTION), self.constant(1 + len(f.free) + len(defaults)))
        self.store(address, 1, self.constant(f.number))
        for i, name in enumerate(f.free):
            with self.c.scratch():
                self.store(address, 2 + i, self.box(name))
        for i, e in enumerate(defaults.values()):
            with self.c.scratch():
                self.store(address, 2 + len(f.free) + i, self.value(e))
        return self.boxed(address, Tag.OBJECT)

    def _functionexpression(self, e: FunctionExpression, into: int | None) -> int:
        return self.placed(self.function_value(self.program.functions[e.definition]), into)

    # --------------------------------------------------------------------------------- functions not known

    def invoke(self, function: int, cells: Sequence[int], into: int | None = None) -> int:
        """Calls a function value with positional arguments."""
        arguments = self.new_items(cells)
        return self.call(self.program.invoke_label(), [function, arguments, ZERO], into)

    def _call_value(self, e: ast.Call, function: int, into: int | None, first: Sequence[int] = ()) -> int:
        if isinstance(e.func, ast.Name) and not all(map(is_plain, e.args)):
            function = self.copied(function)
        if any(isinstance(a, ast.Starred) for a in e.args):
            header = self.lib("new_growable", ZERO, self.constant(4))
            for cell in first:
                self.lib("append", header, cell)
            for item in e.args:
                if isinstance(item, ast.Starred):
                    self.lib("extend_list", header, self.value(item.value))
                else:
                    self.lib("append", header, self.value(item))
            arguments = self.lib("tuple_of_list", header)
        else:
            arguments = self.new_items([*first, *self.operands(e.args)])
        keywords = ZERO
        if e.keywords:
            keywords = self.lib("dict_new")
            for keyword in e.keywords:
                if keyword.arg is None:
                    text = f"__main__.{ast.unparse(e.func)}() got multiple values for keyword argument '"
                    self.lib("keywords_take", keywords, self.value(keyword.value), self.text(text))
                else:
                    self.lib("dict_set", keywords, self.string(keyword.arg), self.value(keyword.value))
        return self.call(self.program.invoke_label(), [function, arguments, keywords], into)

    # ----------------------------------------------------------------------------------------------- names

    def global_value(self, e: ast.Name, into: int | None) -> int:
        """The value of a name that is not local: a variable, a function, a class or a built-in one."""
        name = e.id
        known = self.program.definition(self.namespace, name)
        if isinstance(known, Function):
            return self.placed(self.function_value(known), into)
        if isinstance(known, Class):
            return self.placed(self.program.class_constant(self, known), into)
        cell = self.program.global_cell(self.namespace, name)
        if cell is not None:
            return self.placed(self.check_global(name, cell), into)
        if name == "NotImplemented":
            return self.placed(self.tagged(1, Tag.SINGLE), into)
        if name == "__name__":
            return self.placed(self.string("__main__"), into)
        if name not in dir(builtins):
            self.raise_error("name_error", f"name '{name}' is not defined")
            return self.placed(self.none, into)
        wrapper = self.program.wrapper(self, e)
        return self.placed(self.function_value(wrapper), into)

    # ------------------------------------------------------------------------------------------ attributes

    def _attribute(self, e: ast.Attribute, into: int | None) -> int:
        found = self.program.module_attribute(self, e)
        if found is not None:
            return self.value(found, into)
        owner = self._class_named(e.value)
        if owner is not None:
            return self.placed(self.class_attribute(e, owner, e.attr), into)
        if e.attr == "__name__" and isinstance(e.value, ast.Name) and not self.is_builtin(e.value.id):
            known = self.known(e.value.id)
            if isinstance(known, Function):
                return self.placed(self.string(known.name), into)
        if e.attr == "__name__" and isinstance(e.value, ast.Call) and isinstance(e.value.func, ast.Name):
            if e.value.func.id == "type" and self.is_builtin("type") and len(e.value.args) == 1:
                return self.boxed(self.lib("type_name", self.value(e.value.args[0])), Tag.STR, into)
        if isinstance(e.value, ast.Name) and self.is_builtin(e.value.id) and e.value.id in TYPES and e.attr in METHODS:
            wrapper = self.program.method_wrapper(e.attr)
            return self.placed(self.function_value(wrapper), into)
        self.check_method(e, e.attr)
        return self.attribute(e, self.value(e.value), e.attr, into)

    def _class_named(self, e: ast.expr) -> Class | None:
        if isinstance(e, ast.Name):
            known = self.known(e.id) if not self.is_builtin(e.id) else None
            known = known or (
                self.program.definition(self.namespace, e.id) if self.where(e.id)[0] == "global" else None
            )
            return known if isinstance(known, Class) else None
        return None

    def class_attribute(self, e: ast.Attribute, owner: Class, name: str) -> int:
        """An attribute of a class named in the program."""
        for ancestor in owner.ancestors():
            if name in ancestor.attributes:
                return ancestor.attributes[name]
            if name in ancestor.methods:
                f = ancestor.methods[name]
                if ancestor.how.get(name) == "class":
                    return self.bound(self.function_value(f), self.program.class_constant(self, owner))
                return self.function_value(f)
        if name == "__name__":
            return self.string(owner.name)
        self.raise_error("attribute_error", f"type object '{owner.name}' has no attribute '{name}'")
        return self.none

    def bound(self, function: int, receiver: int) -> int:
        """A method with its object, as a value."""
        address = self.lib("new_object", self.constant(Built.BOUND), self.constant(2))
        self.store(address, 1, function)
        self.store(address, 2, receiver)
        return self.boxed(address, Tag.OBJECT)

    def attribute(self, e: ast.AST, object: int, name: str, into: int | None) -> int:
        """Code for `object.name`."""
        return self.call(self.program.getter(name), [object], into)

    def store_attribute(self, e: ast.Attribute, object: int, name: str, cell: int) -> None:
        """Code for `object.name = value`."""
        owner = self._class_named(e.value)
        if owner is not None:
            for ancestor in owner.ancestors():
                if name in ancestor.attributes:
                    self.move(cell, ancestor.attributes[name])
                    return
            raise self.refusal(e, f"the class `{owner.name}` has no attribute `{name}`", "define it in the class")
        self.call(self.program.setter(name), [object, cell])

    # --------------------------------------------------------------------------------------------- methods

    def _call_attribute(self, e: ast.Call, value: ast.expr, name: str, into: int | None) -> int:
        assert isinstance(e.func, ast.Attribute)
        found = self.program.module_attribute(self, e.func)
        if found is not None:
            return self.value(at(ast.Call(found, e.args, e.keywords), e), into)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super":
            return self._call_super(e, name, into)
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
        if isinstance(value, ast.Name) and not all(map(is_plain, [*e.args, *(k.value for k in e.keywords)])):
            receiver = self.copied(receiver)
        return self.method_call(e, receiver, self.type_of(value), name, into)

    def _call_on_type(self, e: ast.Call, kind: str, name: str, into: int | None) -> int:
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
        return self.method_call(at(ast.Call(e.func, e.args[1:], e.keywords), e), receiver, kind, name, into)

    def _call_super(self, e: ast.Call, name: str, into: int | None) -> int:
        f = self.function
        while f is not None and f.owner is None:
            f = f.parent
        if f is None or f.owner is None or not f.parameters:
            raise self.refusal(e, "`super()` outside a method", "")
        base = f.owner.base
        method = base.method(name) if base else None
        receiver = self.read(f.parameters[0], e)
        if method is None:
            if name == "__init__":
                for argument in e.args:
                    self.value(argument)
                return self.placed(self.none, into)
            raise self.refusal(e, f"no class above `{f.owner.name}` has a method `{name}`", "check the name")
        assert base is not None
        first = [] if base.kind_of(name) == "static" else [receiver]
        return self.call_function(e, method, e.args, e.keywords, into, first)

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
        if name == "sort" and kind in ("list", "any") and not self.program.has_method("sort"):
            return self._sort(e, receiver, into)
        if name == "format" and kind in ("str", "any"):
            arguments = self.gathered(e.args)
            keywords = self.lib("dict_new") if e.keywords else ZERO
            for keyword in e.keywords:
                self.lib("dict_set", keywords, self.string(keyword.arg or ""), self.value(keyword.value))
            self.program.uses_format = True
            text = self.lib("str_payload", receiver)
            return self.boxed(self.lib("format_text", text, arguments, keywords), Tag.STR, into)
        if name in ("union", "intersection", "difference", "update") and len(e.args) != 1 and not e.keywords:
            if name == "update":
                for argument in e.args:
                    self.method_call(at(ast.Call(e.func, [argument], []), e), receiver, kind, name, None)
                return self.placed(self.none, into)
            cell = receiver if e.args else self.method_on(e, receiver, "copy", [])
            for argument in e.args:
                cell = self.method_call(at(ast.Call(e.func, [argument], []), e), cell, kind, name, None)
            return self.placed(cell, into)
        starred = any(isinstance(a, ast.Starred) for a in e.args) or any(k.arg is None for k in e.keywords)
        if name == "update" and kind in ("dict", "any") and e.keywords and not starred:
            for keyword in e.keywords:
                self.lib("any_store", receiver, self.string(keyword.arg or ""), self.value(keyword.value))
            if not e.args:
                return self.placed(self.none, into)
            e = at(ast.Call(e.func, e.args, []), e)
        if starred:
            return self._call_value(e, self.attribute(e, receiver, name, None), into)
        routine = METHODS.get(name, {}).get(kind)
        if routine is not None:
            order = [*e.args, *(k.value for k in e.keywords)]
            cells = self.operands(order)
            named = {k.arg: cell for k, cell in zip(e.keywords, cells[len(e.args) :])}
            bound = self.bind(routine, cells[: len(e.args)], named)
            if bound is not None:
                return self.run_routine(routine, kind, receiver, bound, into)
        keywords_given = tuple(k.arg or "" for k in e.keywords)
        cells = self.operands([*e.args, *(k.value for k in e.keywords)])
        return self.call(self.program.method(name, len(e.args), keywords_given), [receiver, *cells], into)

    def check_method(self, e: ast.AST, name: str) -> None:
        """Refuses the methods of Python's own types that are not in the language."""
        known = name in METHODS or name in ("sort", "format", "fromkeys", "close") or name in self.program.slots
        if not known and name in NATIVE and not self.program.has_attribute(name):
            raise self.refusal(e, f"the method `{name}` is not in the language", "write it as a function")

    def bind(self, routine: Routine, cells: Sequence[int], named: Mapping[Any, int]) -> list[int | None] | None:
        """The argument of each parameter, None for a default; or None if they do not fit."""
        if len(cells) > len(routine.parameters):
            return None
        result: list[int | None] = list(cells)
        rest: dict[Any, int] = dict(named)
        for parameter in routine.parameters[len(cells) :]:
            cell = rest.pop(parameter.name, None) if parameter.name else None
            if cell is None and parameter.default is None:
                return None
            result.append(cell)
        return None if rest else result

    def run_routine(
        self,
        routine: Routine,
        kind: str | None,
        receiver: int | None,
        arguments: Sequence[int | None],
        into: int | None,
    ) -> int:
        """Calls a routine of the library: payloads in, a value out."""
        cells = []
        if receiver is not None:
            cells.append(self.payload(receiver))
        for parameter, cell in zip(routine.parameters, arguments):
            if cell is None:
                cells.append(self._default(parameter.default or ""))
            elif parameter.type == "any":
                cells.append(cell)
            elif parameter.type == "int":
                cells.append(self.lib("int_of", cell))
            elif parameter.type == "str":
                cells.append(self.lib("str_payload", cell))
            else:
                cells.append(self.payload(cell))
        if routine.result == "none":
            self.lib(routine.name, *cells)
            return self.placed(self.none, into)
        result = self.lib(routine.name, *cells)
        if routine.result == "any":
            return self.placed(result, into)
        return self.boxed(result, TYPES[routine.result], into)

    def _default(self, text: str) -> int:
        special = {"None": NONE, "missing": -1, "HEAP": self.unit.layout.heap_size, "space": -33}
        if text in special:
            return self.constant(special[text])
        if text.lstrip("-").isdigit():
            return self.constant(int(text))
        return self.text(text)

    def _sort(self, e: ast.Call, receiver: int, into: int | None) -> int:
        self._sort_header(e, self.payload(receiver), {k.arg: k.value for k in e.keywords})
        return self.placed(self.none, into)

    def _sort_header(self, e: ast.Call, header: int, options: dict[str | None, ast.expr]) -> None:
        """Sorts a list in place, by `key` and `reverse`."""
        if set(options) - {"key", "reverse"}:
            raise self.refusal(e, "sorting has only `key` and `reverse`", "")
        key = options.get("key")
        reverse = ZERO
        if "reverse" in options:
            reverse = self.lib("truth_of", self.value(options["reverse"]))
        if key is None or isinstance(key, ast.Constant) and key.value is None:
            self.lib("sort_list", header, reverse)
            return
        keys = self.mapped(key, header)
        self.lib("sort_list_by", keys, header, reverse)

    def mapped(self, key: ast.expr, header: int) -> int:
        """The header of the list of a function's values for the items of a list."""
        keys = self.lib("new_growable", ZERO, self.lib("max_of", self.load(header, -1), self.constant(4)))
        known: Function | None = None
        if isinstance(key, FunctionExpression):
            known = self.program.functions[key.definition]
        function = None
        record = None
        simple = known is not None and len(known.parameters) == 1 and not known.definition.args.vararg
        if known is not None and simple:
            record = self.function_value(known) if known.has_record else None
        else:
            function = self.copied(self.value(key))
        i, length = self.copied(ZERO), self.load(header, -1)
        top, end = Label(), Label()
        self.c.place(top)
        self.c.branch(Opcode.JGE, i, length, end)
        with self.c.scratch():
            item = self.temporary()
            self.emit(Opcode.LOAD, self.load(header, 0), i, item)
            if function is None and known is not None:
                first = [ZERO if record is None else self.payload(record)] if known.hidden else []
                result = self.call(self.program.label(known), [*first, item])
            else:
                assert function is not None
                result = self.invoke(function, [item])
            self.lib("append", keys, result)
        self.emit(Opcode.ADD, i, self.one, i)
        self.c.jump(top)
        self.c.place(end)
        return keys

    # ------------------------------------------------------------------------------------------ built-ins

    def is_print(self, e: ast.expr) -> bool:
        """Writes the code if it is a call of `print`."""
        if not (isinstance(e, ast.Call) and isinstance(e.func, ast.Name) and e.func.id == "print"):
            return False
        if not self.is_builtin("print"):
            return False
        self._print(e)
        return True

    def _print(self, e: ast.Call) -> None:
        options = {k.arg: k.value for k in e.keywords if k.arg not in ("flush", "file")}
        if set(options) - {"sep", "end"}:
            raise self.refusal(e, "`print` has only `sep`, `end` and `flush`", "")
        if any(isinstance(a, ast.Starred) for a in e.args):
            header = self.gathered(e.args)
            separator = self._option(options.get("sep"), " ")
            self.lib("print_items", header, separator)
        else:
            cells = self.operands(e.args)
            texts = [ast.copy_location(ast.Constant(" "), e), *(options[k] for k in ("sep",) if k in options)]
            constant = isinstance(texts[-1], ast.Constant)
            separator = 0 if constant else self._option(texts[-1], " ")
            for i, cell in enumerate(cells):
                if i:
                    if constant:
                        assert isinstance(texts[-1], ast.Constant)
                        self.c.put(" " if texts[-1].value is None else str(texts[-1].value))
                    else:
                        self.lib("print_string", separator)
                argument = e.args[i]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    self.c.put(argument.value)
                elif self.type_of(argument) == "str":
                    self.lib("print_string", self.payload(cell))
                else:
                    self.lib("print_value", cell)
        end = options.get("end")
        if end is None or isinstance(end, ast.Constant):
            self.c.put("\n" if end is None or end.value is None else str(end.value))
        else:
            self.lib("print_string", self._option(end, "\n"))

    def _option(self, e: ast.expr | None, default: str) -> int:
        if e is None:
            return self.text(default)
        return self.lib("text_or", self.value(e), self.text(default))

    def as_list(self, e: ast.expr) -> int:
        """The header of a list of the items of an expression, which only reads it or is its own."""
        if isinstance(e, ast.ListComp):
            return self.comprehension(e)
        if isinstance(e, ast.Call) and isinstance(e.func, FunctionExpression):
            return self.lib("list_of", self.value(e))
        return self.lib("list_of", self.value(e))

    def _builtin(self, e: ast.Call, name: str, into: int | None) -> int:
        arguments, options = e.args, {k.arg: k.value for k in e.keywords}
        starred = any(isinstance(a, ast.Starred) for a in arguments) or None in options
        if starred and name != "print":
            return self._call_value(e, self.global_value(at(ast.Name(name, ast.Load()), e), None), into)
        count = len(arguments)
        routine = FUNCTIONS.get(name)
        if routine is not None:
            if name == "iter" and count != 1 or options:
                raise self.refusal(e, f"`{name}` with these arguments is not in the language", "")
            bound = self.bind(routine, self.operands(arguments[:1]), {})
            if bound is None or count != 1:
                raise self.refusal(e, f"`{name}` takes one argument", "")
            return self.run_routine(routine, None, None, bound, into)
        method = getattr(self, f"_call_{name}", None)
        if method is None and name not in dir(builtins):
            return self.global_value(at(ast.Name(name, ast.Load()), e), into)
        if method is None:
            raise self.refusal(e, f"`{name}` is not in the language", "")
        result: int = method(e, arguments, options, into)
        return result

    def _call_print(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        self._print(e)
        return self.placed(self.none, into)

    def _call_str(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.string(""), into)
        if self.type_of(arguments[0]) == "str":
            return self.value(arguments[0], into)
        return self.boxed(self.lib("str_of", self.value(arguments[0])), Tag.STR, into)

    def _call_bool(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.false, into)
        return self.truth_value(arguments[0], into)

    def _call_int(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.tagged(0, Tag.INT), into)
        base = options.get("base") or (arguments[1] if len(arguments) > 1 else None)
        if base is not None:
            x, y = self.operands([arguments[0], base])
            return self.boxed(
                self.lib("int_from_text", self.lib("str_payload", x), self.lib("int_of", y)), Tag.INT, into
            )
        if self.type_of(arguments[0]) == "int":
            return self.value(arguments[0], into)
        return self.boxed(self.lib("int_from", self.value(arguments[0])), Tag.INT, into)

    def _call_float(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.tagged(self.program.float_payload(0.0), Tag.FLOAT), into)
        return self.boxed(self.lib("float_from", self.value(arguments[0])), Tag.FLOAT, into)

    def _call_list(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.new_list([], into)
        return self.boxed(self.as_list(arguments[0]), Tag.LIST, into)

    def _call_tuple(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.new_tuple([], into)
        return self.boxed(self.lib("tuple_of", self.value(arguments[0])), Tag.TUPLE, into)

    def _call_dict(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        d = self.lib("dict_from", self.value(arguments[0])) if arguments else self.lib("dict_new")
        for name, value in options.items():
            self.lib("dict_set", d, self.string(name), self.value(value))
        return self.boxed(d, Tag.DICT, into)

    def _call_set(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        s = self.lib("set_from", self.value(arguments[0])) if arguments else self.lib("set_new")
        return self.boxed(s, Tag.SET, into)

    def _call_frozenset(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        s = self.lib("set_from", self.value(arguments[0])) if arguments else self.lib("set_new")
        address = self.lib("new_object", self.constant(Built.FROZENSET), self.one)
        self.store(address, 1, s)
        return self.boxed(address, Tag.OBJECT, into)

    def _call_range(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        cells = [self.lib("int_of", cell) for cell in self.operands(arguments)]
        cells = [ZERO, *cells] if len(cells) == 1 else cells
        cells = [*cells, self.one] if len(cells) == 2 else cells
        return self.lib("new_range", *cells, into=into)

    def _call_sum(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        start = options.get("start") or (arguments[1] if len(arguments) > 1 else None)
        cells = self.operands([arguments[0], *([start] if start is not None else [])])
        return self.lib("sum_of", *[*cells, self.constant(0)][:2], into=into)

    def _call_sorted(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        header = self.as_list(arguments[0])
        self._sort_header(e, header, options)  # type: ignore[arg-type]
        return self.boxed(header, Tag.LIST, into)

    def _call_min(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._extreme(e, "least_of", arguments, options, into)

    def _call_max(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._extreme(e, "greatest_of", arguments, options, into)

    def _extreme(self, e: ast.Call, routine: str, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        header = self.gathered(arguments) if len(arguments) > 1 else self.as_list(arguments[0])
        result, empty, end = self.temporary(), Label(), Label()
        length = self.load(header, -1)
        self.c.branch(Opcode.JEQ, length, ZERO, empty)
        key = options.get("key")
        keys = header if key is None or isinstance(key, ast.Constant) else self.mapped(key, header)
        index = self.lib(routine, keys)
        self.emit(Opcode.LOAD, self.load(header, 0), index, result)
        self.c.jump(end)
        self.c.place(empty)
        if "default" in options:
            self.value(options["default"], result)
        else:
            name = "min" if routine == "least_of" else "max"
            self.raise_error("value_error", f"{name}() arg is an empty sequence")
        self.c.place(end)
        return self.placed(result, into)

    def _call_pow(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        cells = self.operands(arguments)
        if len(cells) == 2:
            return self.lib("any_power", *cells, into=into)
        return self.boxed(self.lib("power_of", *(self.lib("int_of", cell) for cell in cells)), Tag.INT, into)

    def _call_divmod(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        x, y = [self.copied(cell) for cell in self.operands(arguments)]
        return self.new_tuple([self.lib("any_floor_divide", x, y), self.lib("any_modulo", x, y)], into)

    def _call_round(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        digits = options.get("ndigits") or (arguments[1] if len(arguments) > 1 else None)
        cells = self.operands([arguments[0], *([digits] if digits is not None else [])])
        return self.lib("any_round", *[*cells, self.none][:2], into=into)

    def _call_any(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._any_all(arguments[0], True, into)

    def _call_all(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._any_all(arguments[0], False, into)

    def _any_all(self, e: ast.expr, sense: bool, into: int | None) -> int:
        result = self.copied(self.boolean_constant(not sense))
        iterator = self.lib("iter_of", self.value(e))
        top, end = Label(), Label()
        self.c.place(top)
        with self.c.scratch():
            item = self.lib("next_of", iterator)
            self.c.branch(Opcode.JEQ, item, self.end, end)
            self.jump_if_cell(item, "any", top, not sense)
        self.move(self.boolean_constant(sense), result)
        self.c.place(end)
        return self.placed(result, into)

    def boolean_constant(self, value: bool) -> int:
        """A cell with `True` or `False`."""
        return self.true if value else self.false

    def _call_next(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        cells = self.operands(arguments)
        item = self.lib("next_of", cells[0])
        fine = Label()
        self.c.branch(Opcode.JNE, item, self.end, fine)
        if len(cells) > 1:
            self.move(cells[1], item)
        else:
            self.lib("raise_stop_iteration", self.lib("returned_by", cells[0]))
        self.c.place(fine)
        return self.placed(item, into)

    def _call_isinstance(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.truth_value(e, into)

    def jump_if_instance(self, e: ast.Call, target: Label, sense: bool) -> None:
        """Code that jumps if `isinstance(…)` is `sense`."""
        cell = self.value(e.args[0])
        self.program.jump_if_instance(self, cell, e.args[1], target, sense)

    def jump_unless_caught(self, types: ast.expr, exception: int, target: Label) -> None:
        """Code that jumps if an exception is of none of the types of an `except`."""
        self.program.jump_if_instance(self, exception, types, target, False)

    def _call_issubclass(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        raise self.refusal(e, "`issubclass` is not in the language", "use `isinstance`")

    def _call_type(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.lib("any_type", self.value(arguments[0]), into=into)

    def _call_callable(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.boolean(self.lib("is_callable", self.value(arguments[0])), into)

    def _call_id(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.boxed(self.value(arguments[0]), Tag.INT, into)

    def _call_input(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if arguments:
            self.lib("print_value", self.value(arguments[0]))
        self.unit.reads_input = True
        return self.boxed(self.lib("read_text"), Tag.STR, into)

    def _call_hasattr(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        raise self.refusal(e, "`hasattr` is not in the language", "set the attribute to None first")

    def _call_getattr(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and isinstance(arguments[1].value, str):
            return self.attribute(e, self.value(arguments[0]), arguments[1].value, into)
        raise self.refusal(e, "`getattr` is only in the language with a constant name", "use a dictionary")

    def _call_format(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        x, spec = [*self.operands(arguments), self.string("")][:2]
        return self.boxed(self.lib("format_value", x, self.lib("str_payload", spec)), Tag.STR, into)

    def _root(self) -> Class:
        return self.program.exception_class("BaseException")

    def construct(self, e: ast.Call, owner: Class, into: int | None) -> int:
        """Makes an instance."""
        method = owner.method("__init__")
        if (
            method is not None
            and owner.is_exception
            and method.owner is not self.program.exception_class("BaseException")
        ):
            # CPython keeps the arguments before `__init__` is called.
            return self._call_value(e, self.program.class_constant(self, owner), into)
        instance = self.program.new_instance(self, owner)
        if method is not None:
            self.call_function(e, method, e.args, e.keywords, None, [instance])
        elif e.args or e.keywords:
            self.operands([*e.args, *(k.value for k in e.keywords)])
            self.raise_error("type_error", f"{owner.name}() takes no arguments")
        return self.placed(instance, into)
