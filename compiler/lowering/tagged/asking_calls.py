"""Calls of built-in functions that ask what a value is, and what attributes it has."""

from __future__ import annotations

import ast

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.method_calls import MethodCalls
from compiler.lowering.tagged.scopes import Class
from compiler.lowering.tagged.tables import HIDDEN_ATTRIBUTES
from compiler.lowering.tagged.types import is_plain
from compiler.machines.ram.isa import Opcode

Options = dict[str, ast.expr]
"""Arguments given by keyword."""


class AskingCalls(MethodCalls):
    """Writes them."""

    def _call_isinstance(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.truth_value(e, into)

    def jump_if_instance(self, e: ast.Call, target: Label, sense: bool) -> None:
        """Code that jumps if `isinstance(…)` is `sense`."""
        cell = self.value(e.args[0])
        if self.is_variable(e.args[0]) and not is_plain(e.args[1]):
            cell = self.copied(cell)
        self.program.jump_if_instance(self, cell, e.args[1], target, sense)

    def jump_unless_caught(self, types: ast.expr, exception: int, target: Label) -> None:
        """Code that jumps if an exception is of none of the types of an `except`."""
        self.program.jump_if_instance(self, exception, types, target, False)

    def _call_issubclass(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        below, above = map(self.known_of, arguments)
        if isinstance(below, Class) and isinstance(above, Class):
            return self.placed(self.boolean_constant(above in below.ancestors()), into)
        return self.boolean(self.lib("is_subclass", *self.operands(arguments)), into)

    def _call_hasattr(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        self._check_asking(e)
        name = self._attribute_name(e)
        if name is None:
            return self.boolean(self.call(self.program.dynamic("has"), self.operands(arguments)), into)
        return self.boolean(self.call(self.program.tester(name), [self.value(arguments[0])]), into)

    def _call_getattr(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if len(arguments) == 3:
            self._check_asking(e)
        name = self._attribute_name(e)
        cells = [self.copied(cell) for cell in self.operands(arguments)]
        getter = self.program.getter(name) if name is not None else self.program.dynamic("get")
        own = cells[:1] if name is not None else cells[:2]
        if len(arguments) == 2:
            return self.call(getter, own, into)
        result, absent = cells[2], Label()
        tester = self.program.tester(name) if name is not None else self.program.dynamic("has")
        self.c.branch(Opcode.JEQ, self.call(tester, own), ZERO, absent)
        self.call(getter, own, result)
        self.c.place(absent)
        return self.placed(result, into)

    def _call_setattr(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        name = self._attribute_name(e)
        if name is None:
            self.call(self.program.dynamic("set"), self.operands(arguments))
        else:
            self.call(self.program.setter(name), self.operands([arguments[0], arguments[2]]))
        return self.placed(self.none, into)

    def _call_delattr(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        name = self._attribute_name(e)
        if name is None:
            self.call(self.program.dynamic("delete"), self.operands(arguments))
        else:
            self.call(self.program.deleter(name), [self.value(arguments[0])])
        return self.placed(self.none, into)

    def _check_asking(self, e: ast.Call) -> None:
        """Refuses to ask whether there is an attribute where a method of the program would have to be asked."""
        if self.program.has_method("__getattr__") and not self.namespace.name:
            hint = "call it in `try`, with `except AttributeError`"
            raise self.refusal(e, "this with a class that has `__getattr__` is not in the language", hint)

    def _attribute_name(self, e: ast.Call) -> str | None:
        """The name in `getattr(x, "name")` and the like; None if it is not constant."""
        name = e.args[1]
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return None
        if name.value in HIDDEN_ATTRIBUTES:
            raise self.refusal(e, f"the attribute `{name.value}` is not in the language", "")
        return name.value
