"""CPython's own parser as the oracle: its tree and ours, brought to one shape.

A shape is nested tuples: the name of the node's class, its span, and the shapes of its fields. The span is
left out where CPython has another notion of it: inside f-strings (3.11 has wrong positions there), for
tuples in parentheses, and for the inner nodes of `a and b and c`, which is one node for CPython. Of a
statement only the start counts.
"""

from __future__ import annotations

import ast
from dataclasses import fields
from typing import Any

from compiler.language import syntax as s

Shape = Any

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.BitAnd: "&",
    ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
    ast.Not: "not", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.And: "and", ast.Or: "or",
}  # fmt: skip

_WITHOUT_SPAN = ("TupleDisplay", "TupleTarget", "Logical", "Parameter")


def our_shape(module: s.Module) -> Shape:
    return tuple(_ours(statement, True) for statement in module.body)


def _ours(value: Any, spans: bool) -> Shape:
    if isinstance(value, tuple):
        return tuple(_ours(item, spans) for item in value)
    if not isinstance(value, s.Node):
        return value
    name = type(value).__name__
    span: Shape = None
    if spans and name not in _WITHOUT_SPAN:
        span = (value.span.line, value.span.column)
        if isinstance(value, s.Expression):
            span += (value.span.end_line, value.span.end_column)
    inner = spans and not isinstance(value, s.FormattedString)
    return (name, span, *(_ours(getattr(value, f.name), inner) for f in fields(value) if f.name != "span"))


def python_shape(source: str) -> Shape:
    """The shape of a program that is in the language; raises SyntaxError if it is not Python."""
    converter = _Converter(source)
    return tuple(converter.statement(statement) for statement in ast.parse(source).body)


class _Converter:
    def __init__(self, source: str) -> None:
        self.lines = [line.encode() for line in source.split("\n")]
        self.spans = True

    def node(self, name: str, node: ast.AST, *parts: Shape) -> Shape:
        span: Shape = None
        if self.spans and name not in _WITHOUT_SPAN:
            assert isinstance(node, ast.stmt | ast.expr)
            span = self._position(node.lineno, node.col_offset)
            if isinstance(node, ast.expr) and name != "Print":
                span += self._position(node.end_lineno or 0, node.end_col_offset or 0)
        return (name, span, *parts)

    def _position(self, line: int, offset: int) -> tuple[int, int]:
        return line, len(self.lines[line - 1][:offset].decode()) + 1

    def block(self, statements: list[ast.stmt]) -> Shape:
        return tuple(map(self.statement, statements))

    def statement(self, node: ast.stmt) -> Shape:
        match node:
            case ast.Assign():
                return self.node("Assign", node, tuple(map(self.target, node.targets)), self.expression(node.value))
            case ast.AugAssign():
                return self.node(
                    "AugmentedAssign",
                    node,
                    self.target(node.target),
                    _OPERATORS[type(node.op)],
                    self.expression(node.value),
                )
            case ast.If() | ast.While():
                return self.node(
                    type(node).__name__,
                    node,
                    self.expression(node.test),
                    self.block(node.body),
                    self.block(node.orelse),
                )
            case ast.For():
                return self.node(
                    "For",
                    node,
                    self.target(node.target),
                    self.expression(node.iter),
                    self.block(node.body),
                    self.block(node.orelse),
                )
            case ast.Break() | ast.Continue() | ast.Pass():
                return self.node(type(node).__name__, node)
            case ast.Assert():
                return self.node("Assert", node, self.expression(node.test), self.optional(node.msg))
            case ast.Return():
                return self.node("Return", node, self.optional(node.value))
            case ast.Global():
                return self.node("Global", node, tuple(node.names))
            case ast.FunctionDef():
                arguments = node.args.args
                defaults = [None] * (len(arguments) - len(node.args.defaults)) + node.args.defaults
                parameters = tuple(
                    ("Parameter", None, argument.arg, self.optional(default))
                    for argument, default in zip(arguments, defaults)
                )
                return self.node("FunctionDefinition", node, node.name, parameters, self.block(node.body))
            case ast.Expr(value=ast.Constant(value=str())):
                return self.node("Pass", node)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print")) as call):
                named = {keyword.arg: self.expression(keyword.value) for keyword in call.keywords}
                return self.node(
                    "Print", node, tuple(map(self.expression, call.args)), named.get("sep"), named.get("end")
                )
            case ast.Expr():
                return self.node("ExpressionStatement", node, self.expression(node.value))
            case _:
                raise AssertionError(f"not in the language: {ast.dump(node)}")

    def target(self, node: ast.expr) -> Shape:
        if isinstance(node, ast.Tuple):
            return self.node("TupleTarget", node, tuple(map(self.target, node.elts)))
        return self.expression(node)

    def optional(self, node: ast.expr | None) -> Shape:
        return None if node is None else self.expression(node)

    def expression(self, node: ast.expr) -> Shape:
        match node:
            case ast.Constant(value=bool()):
                return self.node("BooleanLiteral", node, node.value)
            case ast.Constant(value=int()):
                return self.node("IntegerLiteral", node, node.value)
            case ast.Constant(value=str()):
                return self.node("StringLiteral", node, node.value)
            case ast.JoinedStr():
                return self._formatted(node)
            case ast.Name():
                return self.node("Name", node, node.id)
            case ast.UnaryOp():
                return self.node("Unary", node, _OPERATORS[type(node.op)], self.expression(node.operand))
            case ast.BinOp():
                return self.node(
                    "Binary", node, _OPERATORS[type(node.op)], self.expression(node.left), self.expression(node.right)
                )
            case ast.BoolOp():
                folded = self.expression(node.values[0])
                for value in node.values[1:]:
                    folded = self.node("Logical", node, _OPERATORS[type(node.op)], folded, self.expression(value))
                return folded
            case ast.Compare():
                return self.node(
                    "Comparison",
                    node,
                    tuple(map(self.expression, [node.left, *node.comparators])),
                    tuple(_OPERATORS[type(operator)] for operator in node.ops),
                )
            case ast.IfExp():
                return self.node(
                    "Conditional",
                    node,
                    self.expression(node.test),
                    self.expression(node.body),
                    self.expression(node.orelse),
                )
            case ast.Call(func=ast.Name(id="list")):
                assert ast.unparse(node) == "list(map(int, input().split()))"
                return self.node("ReadIntegers", node)
            case ast.Call(func=ast.Attribute() as method):
                return self.node(
                    "MethodCall",
                    node,
                    self.expression(method.value),
                    method.attr,
                    tuple(map(self.expression, node.args)),
                )
            case ast.Call(func=ast.Name() as name):
                return self.node("Call", node, name.id, tuple(map(self.expression, node.args)))
            case ast.Subscript(slice=ast.Slice() as bounds):
                return self.node(
                    "Slice",
                    node,
                    self.expression(node.value),
                    self.optional(bounds.lower),
                    self.optional(bounds.upper),
                    self.optional(bounds.step),
                )
            case ast.Subscript():
                return self.node("Index", node, self.expression(node.value), self.expression(node.slice))
            case ast.List():
                return self.node("ListLiteral", node, tuple(map(self.expression, node.elts)))
            case ast.ListComp(generators=[loop]):
                return self.node(
                    "Comprehension",
                    node,
                    self.expression(node.elt),
                    self.expression(loop.target),
                    self.expression(loop.iter),
                    tuple(map(self.expression, loop.ifs)),
                )
            case ast.Tuple():
                return self.node("TupleDisplay", node, tuple(map(self.expression, node.elts)))
            case _:
                raise AssertionError(f"not in the language: {ast.dump(node)}")

    def _formatted(self, node: ast.JoinedStr) -> Shape:
        if not any(isinstance(part, ast.FormattedValue) for part in node.values):
            text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            return self.node("StringLiteral", node, text)
        spans, self.spans = self.spans, False
        parts = tuple(
            part.value if isinstance(part, ast.Constant) else self.expression(part.value)
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
        self.spans = spans
        return self.node("FormattedString", node, parts)
