"""What the values of expressions of tagged programs surely are."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from compiler.language.refusals import Consequence, Refusal
from compiler.language.trees import walk
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.tables import METHODS
from compiler.lowering.tagged.writer import Writer, span_of


class Types(Writer):
    """Knows the types of expressions, and evaluates several in order."""

    def type_of(self, e: ast.expr) -> str:
        """What the value of an expression surely is, or "any"."""
        match e:
            case ast.Constant(value=value):
                return "none" if value is None else type(value).__name__
            case ast.JoinedStr():
                return "str"
            case ast.List() | ast.ListComp():
                return "list"
            case ast.Tuple():
                return "tuple"
            case ast.Dict() | ast.DictComp():
                return "dict"
            case ast.Set() | ast.SetComp():
                return "set"
            case ast.Compare() if len(e.ops) == 1 and isinstance(e.ops[0], ast.Is | ast.IsNot | ast.In | ast.NotIn):
                return "bool"
            case ast.UnaryOp(op=ast.Not()):
                return "bool"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.type_of(operand) if self.type_of(operand) in ("int", "float") else "any"
            case ast.BinOp(left=left, op=operator, right=right):
                return self._binary_type(type(operator).__name__, self.type_of(left), self.type_of(right))
            case ast.IfExp(body=body, orelse=other):
                return self.type_of(body) if self.type_of(body) == self.type_of(other) else "any"
            case ast.Name(id=name):
                return self.variable_type(name)
            case ast.Call(func=ast.Name(id=name)) if self.is_builtin(name):
                if name in ("len", "ord", "int", "hash"):
                    return "int"
                if name in ("str", "list", "tuple", "dict", "set", "bool", "float", "repr", "chr"):
                    return {"repr": "str", "chr": "str"}.get(name, name)
                if name == "sorted":
                    return "list"
                if name == "isinstance":
                    return "bool"
            case ast.Call(func=ast.Attribute(attr=name, value=value)):
                routine = METHODS.get(name, {}).get(self.type_of(value))
                if routine is not None and routine.result != "none":
                    return "list" if routine.result == "strings" else routine.result
            case ast.Subscript(value=value, slice=ast.Slice()) if self.type_of(value) in ("str", "list", "tuple"):
                return self.type_of(value)
            case ast.Subscript(value=value) if self.type_of(value) == "str":
                return "str"
        return "any"

    def _binary_type(self, operator: str, left: str, right: str) -> str:
        if left in ("int", "bool") and right in ("int", "bool"):
            if operator in ("Add", "Sub", "Mult", "FloorDiv", "Mod", "LShift", "RShift"):
                return "int"
            if left == right == "int" and operator in ("BitAnd", "BitOr", "BitXor"):
                return "int"
            return "float" if operator == "Div" else "any"
        if operator == "Add" and left == right and left in ("str", "list", "tuple"):
            return left
        if operator == "Mod" and left == "str":
            return "str"
        return "any"

    def variable_type(self, name: str) -> str:
        """What a variable surely is, "any" if that is not known."""
        return self.program.types.get((self.function, self.namespace, name), "any")

    def is_builtin(self, name: str) -> bool:
        """Whether a name means Python's own function here, and is no name of the program."""
        how, _ = self.where(name)
        return how == "global" and not self.program.is_global(self.namespace, name)

    def operands(self, expressions: Sequence[ast.expr]) -> list[int]:
        """Evaluates from left to right; the cells have the values when all are evaluated."""
        cells: list[int] = []

        def operand(i: int, e: ast.expr) -> None:
            cell = self.value(e)
            if self.is_variable(e) and not all(map(is_plain, expressions[i + 1 :])):
                cell = self.copied(cell)
            cells.append(cell)

        self.for_each(expressions, operand)
        return cells

    def is_variable(self, e: ast.expr) -> bool:
        """Whether the cell of the value is that of a variable, which what is evaluated later may change."""
        return isinstance(e, ast.Name) or isinstance(e, ast.Attribute) and isinstance(self.known_of(e.value), Class)

    def known_of(self, e: ast.expr) -> Function | Class | None:
        """The function or class that an expression surely is; see `Names`."""
        raise NotImplementedError

    def placed(self, cell: int, into: int | None) -> int:
        """The cell itself, or `into` with its content."""
        return cell if into is None else self.copied(cell, into)

    def for_each(self, expressions: Sequence[ast.expr], do: Callable[[int, ast.expr], None]) -> None:
        """Does the same with each expression, and its number; what is refused in several of them is all noted."""
        refused: ast.expr | None = None
        for i, e in enumerate(expressions):
            try:
                do(i, e)
            except Refusal as refusal:
                self.program.refuse(refusal, e)
                refused = e
        if refused is not None:
            raise Consequence("a part of this was refused", "", span_of(refused))

    def value(self, e: ast.expr, into: int | None = None) -> int:
        """The cell of the value: `into`, a variable's or a constant's, or a temporary."""
        raise NotImplementedError


def is_plain(e: ast.expr) -> bool:
    """Whether evaluating it changes no variable."""
    return all(isinstance(node, ast.Constant | ast.Name) for node in walk(e))


def constant_int(e: ast.expr) -> int | None:
    """The value of an integer literal with a sign."""
    match e:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            return -value
    return None
