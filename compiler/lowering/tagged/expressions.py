"""Expressions of tagged programs: `value` writes the code that evaluates one."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from compiler.language.desugar import FunctionExpression
from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.constants import is_beyond
from compiler.lowering.tagged.loops import Loops
from compiler.lowering.tagged.tables import BINARY, SPECIAL_OF
from compiler.lowering.tagged.types import constant_int
from compiler.lowering.tagged.values import Tag
from compiler.machines.ram.isa import Opcode

_CALLED = {"Await": "`await`", "Yield": "`yield` here", "YieldFrom": "`yield from` here", "Starred": "`*` here"}

_NO_GENERIC = frozenset({"int", "float", "bool", "str", "range", "object"})
"""Types that take no types in brackets."""


class Expressions(Loops):
    """Writes expressions."""

    def value(self, e: ast.expr, into: int | None = None) -> int:
        """The cell of the value: `into`, a variable's or a constant's, or a temporary."""
        method = getattr(self, f"_{type(e).__name__.lower()}", None)
        if method is None:
            hint = "call an ordinary function" if isinstance(e, ast.Await) else ""
            raise self.refusal(e, f"{_CALLED.get(type(e).__name__, type(e).__name__)} is not in the language", hint)
        result: int = method(e, into)
        return result

    def _constant(self, e: ast.Constant, into: int | None) -> int:
        value = e.value
        if value is None:
            return self.placed(self.none, into)
        if isinstance(value, bool):
            return self.placed(self.tagged(int(value), Tag.BOOL), into)
        if isinstance(value, int):
            return self.placed(self.tagged(value, Tag.INT), into)
        if isinstance(value, str):
            if any("\ud800" <= c <= "\udfff" for c in value):
                raise self.refusal(e, "a surrogate is not a character", "write the character itself")
            return self.placed(self.string(value), into)
        if isinstance(value, float):
            return self.placed(self.tagged(self.program.float_payload(value), Tag.FLOAT), into)
        if value is Ellipsis:
            return self.placed(self.tagged(2, Tag.SINGLE), into)
        kind = "bytes" if isinstance(value, bytes) else "complex numbers"
        raise self.refusal(e, f"{kind} are not in the language", "use strings and numbers")

    def _joinedstr(self, e: ast.JoinedStr, into: int | None) -> int:
        parts = [self._field(part) for part in e.values]
        if not parts:
            return self.placed(self.string(""), into)
        if len(parts) == 1:
            return self.boxed(parts[0], Tag.STR, into)
        start = self.lib("begin_text")
        for part in parts:
            self.lib("add_string", part)
        return self.boxed(self.lib("end_text", start), Tag.STR, into)

    def _field(self, part: ast.expr) -> int:
        """The payload of a part of an f-string, as a string."""
        if isinstance(part, ast.Constant):
            return self.text(str(part.value))
        assert isinstance(part, ast.FormattedValue)
        cell = self.value(part.value)
        if part.conversion in (ord("r"), ord("a")):
            cell = self.boxed(self.lib("repr_of" if part.conversion == ord("r") else "ascii_of", cell), Tag.STR)
        elif part.conversion == ord("s"):
            cell = self.boxed(self.lib("str_of", cell), Tag.STR)
        if part.format_spec is None:
            if self.type_of(part.value) == "str" or part.conversion != -1:
                return self.payload(cell)
            if "WITH_OWN_FORMAT" in self.program.flags:
                return self.lib("format_value", self.copied(cell), self.constant(EMPTY))
            return self.lib("str_of", self.copied(cell))
        spec = self.payload(self.value(part.format_spec))
        return self.lib("format_value", cell, spec)

    def _list(self, e: ast.List, into: int | None) -> int:
        if any(isinstance(item, ast.Starred) for item in e.elts):
            return self.boxed(self.gathered(e.elts), Tag.LIST, into)
        return self.new_list(self.operands(e.elts), into)

    def _tuple(self, e: ast.Tuple, into: int | None) -> int:
        if any(isinstance(item, ast.Starred) for item in e.elts):
            return self.boxed(self.lib("tuple_of_list", self.gathered(e.elts)), Tag.TUPLE, into)
        return self.new_tuple(self.operands(e.elts), into)

    def gathered(self, items: Sequence[ast.expr]) -> int:
        """The header of a list of items, some of them starred."""
        header = self.lib("new_growable", ZERO, self.constant(4))
        for item in items:
            if isinstance(item, ast.Starred):
                self.lib("extend_list", header, self.value(item.value))
            else:
                self.lib("append", header, self.value(item))
        return header

    def _dict(self, e: ast.Dict, into: int | None) -> int:
        d = self.lib("dict_new")

        def add(i: int, value: ast.expr) -> None:
            key = e.keys[i]
            if key is None:
                self.lib("dict_take", d, self.value(value))
            else:
                self.lib("dict_set", d, *self.operands([key, value]))

        self.for_each(e.values, add)
        return self.boxed(d, Tag.DICT, into)

    def _set(self, e: ast.Set, into: int | None) -> int:
        s = self.lib("set_new")

        def add(_: int, item: ast.expr) -> None:
            if isinstance(item, ast.Starred):
                self.lib("set_extend", s, self.value(item.value))
            else:
                self.lib("set_add", s, self.value(item))

        self.for_each(e.elts, add)
        if len(e.elts) > 2 and all(map(is_constant, e.elts)):
            s = self.lib("set_of_constants", s)
        return self.boxed(s, Tag.SET, into)

    def _name(self, e: ast.Name, into: int | None) -> int:
        how, _ = self.where(e.id)
        if how == "global":
            return self.global_value(e, into)
        return self.read(e.id, e, into)

    def global_value(self, e: ast.Name, into: int | None) -> int:
        """The value of a name that is not local; see `Names`."""
        raise NotImplementedError

    def _namedexpr(self, e: ast.NamedExpr, into: int | None) -> int:
        cell = self.copied(self.value(e.value), into)
        self.assign(e.target.id, cell)
        return cell

    _captured = _namedexpr

    def _unaryop(self, e: ast.UnaryOp, into: int | None) -> int:
        if isinstance(e.op, ast.Not):
            return self.truth_value(e, into)
        known = constant_int(e)
        if known is not None:
            return self.placed(self.tagged(known, Tag.INT), into)
        if isinstance(e.op, ast.USub) and isinstance(e.operand, ast.Constant) and isinstance(e.operand.value, float):
            return self.placed(self.tagged(self.program.float_payload(-e.operand.value), Tag.FLOAT), into)
        operand = self.value(e.operand)
        if isinstance(e.op, ast.USub) and self.type_of(e.operand) == "int":
            target = self.temporary() if into is None else into
            self.emit(Opcode.SUB, ZERO, operand, target)
            return target
        routine = {"USub": "any_negative", "UAdd": "any_positive", "Invert": "any_invert"}[type(e.op).__name__]
        return self.lib(routine, operand, into=into)

    def _binop(self, e: ast.BinOp, into: int | None) -> int:
        x, y = self.operands([e.left, e.right])
        return self.combined(e, e.op, x, y, self.type_of(e.left), self.type_of(e.right), into)

    def combined(
        self,
        e: ast.AST,
        op: ast.operator,
        x: int,
        y: int,
        left: str,
        right: str,
        into: int | None,
        in_place: bool = False,
    ) -> int:
        """`x op y` on cells whose types are known as far as said."""
        operator = type(op).__name__
        if operator not in BINARY:
            raise self.refusal(e, "`@` is not in the language", "multiply in a loop")
        if left == right == "int" and operator in ("Add", "Sub"):
            target = self.temporary() if into is None else into
            self.emit(Opcode.ADD if operator == "Add" else Opcode.SUB, x, y, target)
            return target
        if operator == "Mod" and left not in ("int", "bool", "float"):
            self.program.uses_percent = True
        if in_place and self.program.has_method(f"__i{SPECIAL_OF[operator]}__"):
            return self.call(self.program.in_place(operator), [x, y], into)
        numbers = {left, right} <= {"int", "bool"} or (left == right == "str" and operator == "Add")
        changes = in_place and not numbers  # or its message says so
        return self.lib(BINARY[operator] + ("_in_place" if changes else ""), x, y, into=into)

    def _boolop(self, e: ast.BoolOp, into: int | None) -> int:
        result = self.temporary()
        end = Label()
        for i, operand in enumerate(e.values):
            with self.c.scratch():
                self.value(operand, result)
                if i < len(e.values) - 1:
                    self.jump_if_cell(result, self.type_of(operand), end, isinstance(e.op, ast.Or))
        self.c.place(end)
        return self.placed(result, into)

    def _ifexp(self, e: ast.IfExp, into: int | None) -> int:
        result = self.temporary()
        other, end = Label(), Label()
        self.jump_if(e.test, other, False)
        with self.c.scratch():
            self.value(e.body, result)
        self.c.jump(end)
        self.c.place(other)
        with self.c.scratch():
            self.value(e.orelse, result)
        self.c.place(end)
        return self.placed(result, into)

    def _starred(self, e: ast.Starred, into: int | None) -> int:
        raise self.refusal(e, "a starred expression does not fit here", "put it in brackets")

    def _subscript(self, e: ast.Subscript, into: int | None) -> int:
        if isinstance(e.slice, ast.Slice):
            cells = self.operands([e.value, *self.bounds(e.slice)])
            return self.lib("any_slice", *cells, into=into)
        if isinstance(e.value, ast.Name) and e.value.id in _NO_GENERIC and self.is_builtin(e.value.id):
            self.value(e.slice)
            self.raise_error("type_error", f"type '{e.value.id}' is not subscriptable")
            return self.placed(self.none, into)
        routine = "any_index_beyond" if is_beyond(constant_int(e.slice)) else "any_index"
        return self.lib(routine, *self.operands([e.value, e.slice]), into=into)

    def bounds(self, e: ast.Slice) -> list[ast.expr]:
        """Start, stop and step, None for what is left out."""
        return [part or ast.copy_location(ast.Constant(None), e) for part in (e.lower, e.upper, e.step)]

    def _functionexpression(self, e: FunctionExpression, into: int | None) -> int:
        raise NotImplementedError


def is_constant(e: ast.expr) -> bool:
    """Whether CPython makes the value when it compiles."""
    match e:
        case ast.Tuple(elts=items):
            return all(map(is_constant, items))
        case ast.UnaryOp(operand=operand):
            return is_constant(operand)
        case ast.BinOp(left=left, right=right):
            return is_constant(left) and is_constant(right)
    return isinstance(e, ast.Constant)
