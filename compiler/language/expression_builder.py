"""From Lark's tree to the syntax tree: expressions, with the rules that the grammar leaves out.

Lark's tree is read from the root downwards, so that `list(map(int, input().split()))` is recognised as a
whole and everything else that looks like a part of it can be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lark import Token, Tree

from compiler.language.advice import token_span
from compiler.language.layout import MAX_NESTING
from compiler.language.literals import LiteralError
from compiler.language.refusals import BUILTINS, Refusal, method_advice
from compiler.language.strings import Field, read_string
from compiler.language.syntax import (
    Binary,
    BooleanLiteral,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Expression,
    FormattedString,
    Index,
    IntegerLiteral,
    ListLiteral,
    Logical,
    MethodCall,
    Name,
    ReadIntegers,
    Slice,
    Span,
    StringLiteral,
    Unary,
)

Place = Callable[[Span], Span]
"""Maps a position in the text that Lark read to one in the program."""

FieldParser = Callable[[str, int, int, int], Expression]
"""Parses the text of an f-string's field, given its line and column and the nesting around it."""

MAX_DIGITS = 4300
"""Decimal digits in a literal: CPython's limit."""


class ExpressionBuilder:
    """Makes expressions out of Lark's trees.

    Attributes:
        place: where a place of this text is in the whole source: a field of an f-string is a text of its own.
        depth: how deeply the expression at hand is nested.
    """

    def __init__(self, place: Place, parse_field: FieldParser, depth: int = 0) -> None:
        self.place = place
        self.parse_field = parse_field
        self.depth = depth

    def field(self, tree: Tree[Any]) -> Expression:
        """The expression in a field of an f-string."""
        return self.expression(tree.children[0])

    def span(self, tree: Tree[Any] | Token) -> Span:
        """Where in the source the tree or token is."""
        if isinstance(tree, Token):
            return self.place(token_span(tree))
        meta = tree.meta
        return self.place(Span(meta.line, meta.column, meta.end_line, meta.end_column))

    def expression(self, tree: Tree[Any]) -> Expression:
        """One expression.

        Raises:
            Refusal: it is outside the language, or nested too deeply.
        """
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Refusal("this is nested too deeply", "name parts of it, or write functions", head(self.span(tree)))
        built = self._expression(tree)
        self.depth -= 1
        return built

    def _expression(self, tree: Tree[Any]) -> Expression:
        span = self.span(tree)
        parts: list[Any] = tree.children
        match tree.data:
            case "name":
                return Name(span, str(parts[0]))
            case "integer":
                return self._integer(span, parts[0])
            case "true" | "false":
                return BooleanLiteral(span, tree.data == "true")
            case "strings":
                return self._strings(span, parts)
            case "conditional":
                then, test, otherwise = parts
                return Conditional(span, self.expression(test), self.expression(then), self.expression(otherwise))
            case "logical":
                return Logical(span, str(parts[1]), self.expression(parts[0]), self.expression(parts[2]))
            case "unary":
                return Unary(span, str(parts[0]), self.expression(parts[1]))
            case "binary":
                return Binary(span, str(parts[1]), self.expression(parts[0]), self.expression(parts[2]))
            case "comparison":
                operators = tuple(" ".join(comparator.children) for comparator in parts[1::2])
                return Comparison(span, tuple(self.expression(part) for part in parts[::2]), operators)
            case "index":
                return Index(span, self.expression(parts[0]), self.expression(parts[1]))
            case "slice":
                return self._slice(span, parts)
            case "list":
                return ListLiteral(span, tuple(self.expression(part) for part in parts if part is not None))
            case "comprehension":
                return self._comprehension(span, parts)
            case "call":
                return self._call(span, tree)
            case "attribute":
                advice = method_advice(parts[1])
                raise Refusal(advice.message, advice.hint, self.span(parts[1]))
            case "tuple":
                raise Refusal(
                    "tuples are not values in the language",
                    "use a list; `a, b = …` and `return a, b` are the only tuples",
                    span,
                )
            case other:
                raise AssertionError(f"no rule {other}")

    def _integer(self, span: Span, token: Token) -> Expression:
        if len(token) > MAX_DIGITS and token.isdecimal():
            raise Refusal(f"this number has more than {MAX_DIGITS} digits", "write it as a product or a power", span)
        try:
            return IntegerLiteral(span, int(token, 0))
        except ValueError:
            raise Refusal("this number is too long", "write it as a product or a power", span) from None

    def _strings(self, span: Span, literals: list[Token]) -> Expression:
        parts: list[str | Expression] = []
        for literal in literals:
            try:
                pieces = read_string(literal)
            except LiteralError as error:
                line, column = self._position(literal, error.offset)
                raise Refusal(error.message, error.hint, Span(line, column, line, column + 1)) from None
            for piece in pieces:
                if isinstance(piece, Field):
                    line, column = self._position(literal, piece.offset)
                    parts.append(self.parse_field(piece.text, line, column, self.depth))
                elif parts and isinstance(parts[-1], str):
                    parts[-1] += piece
                else:
                    parts.append(piece)
        if len(parts) == 1 and isinstance(parts[0], str):
            return StringLiteral(span, parts[0])
        return FormattedString(span, tuple(part for part in parts if part != ""))

    def _position(self, token: Token, offset: int) -> tuple[int, int]:
        """Line and column, in the program, of a character of a token."""
        start = self.span(token)
        before = token[:offset].split("\n")
        column = len(before[-1]) + (start.column if len(before) == 1 else 1)
        return start.line + len(before) - 1, column

    def _slice(self, span: Span, parts: list[Any]) -> Expression:
        start, stop, step = (self.expression(part) if part is not None else None for part in parts[1:])
        return Slice(span, self.expression(parts[0]), start, stop, step)

    def _comprehension(self, span: Span, parts: list[Any]) -> Expression:
        element, target, iterable, *conditions = parts
        if target.data != "name":
            raise Refusal("a comprehension has a single name after `for`", "write a loop", self.span(target))
        return Comprehension(
            span,
            self.expression(element),
            Name(self.span(target), str(target.children[0])),
            self.iterable(iterable),
            tuple(self.expression(part) for part in conditions),
        )

    def iterable(self, tree: Tree[Any]) -> Expression:
        """What a `for` goes over; only here may `range` be called."""
        if tree.data == "tuple":
            raise Refusal("tuples are not values in the language", "write a list, in `[…]`", self.span(tree))
        if is_call(tree, "range"):
            return Call(self.span(tree), "range", self.arguments(tree))
        return self.expression(tree)

    def arguments(self, call: Tree[Any]) -> tuple[Expression, ...]:
        """The arguments of a call, which have no names.

        Raises:
            Refusal: one has a name, or is starred.
        """
        for part in call.children[1:]:
            if part is not None and part.data == "keyword":
                raise Refusal(
                    "arguments have no names in the language",
                    "write the arguments in the order of the parameters",
                    self.span(part),
                )
        return tuple(self.expression(part) for part in call.children[1:] if part is not None)

    def _call(self, span: Span, tree: Tree[Any]) -> Expression:
        function = tree.children[0]
        if function.data == "attribute":
            return self._method_call(span, tree, function)
        if function.data != "name":
            raise Refusal(
                "only functions can be called, by their names", "call a function of the program", self.span(function)
            )
        name = str(function.children[0])
        if _is_read_integers(tree):
            return ReadIntegers(span)
        if name in ("list", "map", "range"):
            raise Refusal(BUILTINS[name].message, BUILTINS[name].hint, self.span(function))
        if name == "print":
            raise Refusal("`print` gives no value", "write `print(…)` as a line of its own", self.span(function))
        return Call(span, name, self.arguments(tree))

    def _method_call(self, span: Span, tree: Tree[Any], attribute: Tree[Any]) -> Expression:
        parts: list[Any] = attribute.children
        receiver, method = parts
        if method not in ("append", "pop"):
            advice = method_advice(method)
            raise Refusal(advice.message, advice.hint, self.span(method))
        arguments = self.arguments(tree)
        if len(arguments) > 1 or (method == "append" and not arguments):
            wanted = "one argument" if method == "append" else "at most one argument"
            raise Refusal(f"`{method}` takes {wanted}, not {len(arguments)}", "", span)
        return MethodCall(span, self.expression(receiver), str(method), arguments)


def head(span: Span) -> Span:
    """The first character of it."""
    return Span(span.line, span.column, span.line, span.column + 1)


def is_call(tree: Tree[Any], function: str) -> bool:
    """Whether the tree is `function(…)`."""
    return tree.data == "call" and _is_name(tree.children[0], function)


def _is_name(tree: Tree[Any], name: str) -> bool:
    return bool(tree.data == "name" and tree.children[0] == name)


def _is_read_integers(tree: Tree[Any]) -> bool:
    """Whether the tree is `list(map(int, input().split()))`."""
    if not is_call(tree, "list") or len(tree.children) != 2 or not is_call(tree.children[1], "map"):
        return False
    conversion = tree.children[1].children[1:]
    if len(conversion) != 2 or not _is_name(conversion[0], "int") or conversion[1].data != "call":
        return False
    split, *arguments = conversion[1].children
    if split.data != "attribute" or split.children[1] != "split" or arguments not in ([], [None]):
        return False
    reading = split.children[0]
    return is_call(reading, "input") and reading.children[1:] in ([], [None])
