"""From the rules of the grammar to expressions: the callbacks that Lark calls, innermost rule first.

Each takes the children of its rule and gives a node of `ast`, with its place. Nothing here is recursive but targets, so
deeply nested text is no problem.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lark import Token

from compiler.language.literals import LiteralError, number, string, text_of_fstring
from compiler.language.python.places import LOAD, Part, at, end, grouped, name_of, nodes, span, start, stored
from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

_BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "@": ast.MatMult,
    "**": ast.Pow,
    "<<": ast.LShift,
    ">>": ast.RShift,
    "&": ast.BitAnd,
    "|": ast.BitOr,
    "^": ast.BitXor,
}
_UNARY: dict[str, type[ast.unaryop]] = {"+": ast.UAdd, "-": ast.USub, "~": ast.Invert, "not": ast.Not}
COMPARISONS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "in": ast.In,
    "not in": ast.NotIn,
    "is": ast.Is,
    "is not": ast.IsNot,
}

Parts = list[Part]


def operator(text: str) -> ast.operator:
    """The node of a binary operator."""
    return _BINARY[text]()


class Expressions:
    """The callbacks of expressions."""

    # ---------------------------------------------------------------------------------------------- atoms

    def name(self, parts: Parts) -> ast.expr:
        return at(ast.Name(name_of(parts[0]), LOAD), parts[0], parts[0])

    def none(self, parts: Parts) -> ast.expr:
        return at(ast.Constant(None), parts[0], parts[0])

    def true(self, parts: Parts) -> ast.expr:
        return at(ast.Constant(True), parts[0], parts[0])

    def false(self, parts: Parts) -> ast.expr:
        return at(ast.Constant(False), parts[0], parts[0])

    def ellipsis(self, parts: Parts) -> ast.expr:
        return at(ast.Constant(...), parts[0], parts[0])

    def number(self, parts: Parts) -> ast.expr:
        try:
            return at(ast.Constant(number(parts[0])), parts[0], parts[0])
        except LiteralError as error:
            raise _in_literal(error, parts[0]) from None

    def group(self, parts: Parts) -> ast.expr:
        node: ast.expr = parts[1]
        if isinstance(node, ast.Starred):
            raise Refusal("a starred expression does not fit here", "write a comma after it for a tuple", span(node))
        return grouped(node, parts[0], parts[2])

    # --------------------------------------------------------------------------------------------- strings

    def strings(self, parts: Parts) -> ast.expr:
        """Literals that follow each other, as one; the pieces of f-strings are lists."""
        if len(parts) == 1 and isinstance(parts[0], Token):
            return at(ast.Constant(_string(parts[0]), _kind(parts[0])), parts[0], parts[0])
        first, last = (part if isinstance(part, Token) else part[i] for part, i in ((parts[0], 0), (parts[-1], -1)))
        if all(isinstance(part, Token) for part in parts):
            values: list[Any] = [_string(part) for part in parts]
            if len({type(value) for value in values}) > 1:
                raise Refusal("bytes and strings are joined", "make them all one type", span(first, last))
            joined = b"".join(values) if isinstance(values[0], bytes) else "".join(values)
            return at(ast.Constant(joined, _kind(first)), first, last)
        pieces: list[ast.expr] = []
        for part in parts:
            if isinstance(part, Token):
                value = _string(part)
                if isinstance(value, bytes):
                    raise Refusal("bytes and strings are joined", "make them all one type", span(first, last))
                pieces.append(at(ast.Constant(value, _kind(part)), part, part))
            else:
                pieces += part[1:-1]
        return at(ast.JoinedStr(_merged(pieces)), first, last)

    def formatted(self, parts: Parts) -> Parts:
        return [parts[0], *_pieces(parts[1:-1]), parts[-1]]

    def field(self, parts: Parts) -> list[ast.expr]:
        """A field, with the text before it if it is `{x=}`."""
        value, rest = parts[1], {part.type: part for part in parts[2:-1] if isinstance(part, Token)}
        specification = next((part for part in parts[2:-1] if isinstance(part, ast.JoinedStr)), None)
        conversion = -1
        if "CONVERSION" in rest:
            letter = rest["CONVERSION"][1:].strip()
            if letter not in ("r", "s", "a"):
                raise Refusal(f"there is no conversion `!{letter}`", "write `!r` or `!s`", span(rest["CONVERSION"]))
            conversion = ord(letter)
        elif "DEBUG" in rest and specification is None:
            conversion = ord("r")
        made: list[ast.expr] = [at(ast.FormattedValue(value, conversion, specification), parts[0], parts[-1])]
        if "DEBUG" in rest:
            debug = rest["DEBUG"]
            text = at(ast.Constant(str(debug)), debug, debug)
            text.lineno, text.col_offset = end(parts[0])
            return [text, *made]
        return made

    def format_spec(self, parts: Parts) -> ast.expr:
        pieces = _merged(_pieces(parts[1:]))
        return at(ast.JoinedStr(pieces), parts[0], parts[-1] if len(parts) == 1 else pieces[-1])

    # ------------------------------------------------------------------------------------------- operators

    def named(self, parts: Parts) -> ast.expr:
        target = at(ast.Name(name_of(parts[0]), ast.Store()), parts[0], parts[0])
        return at(ast.NamedExpr(target, parts[2]), parts[0], parts[2])

    def conditional(self, parts: Parts) -> ast.expr:
        body, _, test, _, other = parts
        return at(ast.IfExp(test, body, other), body, other)

    def logical(self, parts: Parts) -> ast.expr:
        kind = ast.Or() if parts[1] == "or" else ast.And()
        return at(ast.BoolOp(kind, parts[::2]), parts[0], parts[-1])

    def unary(self, parts: Parts) -> ast.expr:
        return at(ast.UnaryOp(_UNARY[parts[0]](), parts[1]), parts[0], parts[1])

    def binary(self, parts: Parts) -> ast.expr:
        return at(ast.BinOp(parts[0], _BINARY[parts[1]](), parts[2]), parts[0], parts[2])

    def compare(self, parts: Parts) -> ast.expr:
        operators: list[ast.cmpop] = []
        operands: list[ast.expr] = []
        words: list[str] = []
        for part in parts[1:]:
            if isinstance(part, Token):
                words.append(str(part))
            else:
                operators.append(COMPARISONS[" ".join(words)]())
                operands.append(part)
                words = []
        return at(ast.Compare(parts[0], operators, operands), parts[0], parts[-1])

    def starred(self, parts: Parts) -> ast.expr:
        return at(ast.Starred(parts[1], LOAD), parts[0], parts[1])

    def yield_(self, parts: Parts) -> ast.expr:
        return at(ast.Yield(parts[1] if len(parts) > 1 else None), parts[0], parts[-1])

    def yield_from(self, parts: Parts) -> ast.expr:
        return at(ast.YieldFrom(parts[2]), parts[0], parts[2])

    def await_(self, parts: Parts) -> ast.expr:
        return at(ast.Await(parts[1]), parts[0], parts[1])

    # ------------------------------------------------------------------------------------------ primaries

    def attribute(self, parts: Parts) -> ast.expr:
        return at(ast.Attribute(parts[0], name_of(parts[2]), LOAD), parts[0], parts[2])

    def subscript(self, parts: Parts) -> ast.expr:
        return at(ast.Subscript(parts[0], parts[2], LOAD), parts[0], parts[3])

    def slice_(self, parts: Parts) -> ast.expr:
        bounds: list[ast.expr | None] = [None]
        for part in parts:
            if isinstance(part, Token):
                bounds.append(None)
            else:
                bounds[-1] = part
        lower, upper, step = [*bounds, None][:3]
        return at(ast.Slice(lower, upper, step), parts[0], parts[-1])

    def call(self, parts: Parts) -> ast.expr:
        values, keywords = parts[2] if len(parts) == 4 else ([], [])
        return at(ast.Call(parts[0], values, keywords), parts[0], parts[-1])

    def call_of_generator(self, parts: Parts) -> ast.expr:
        return at(ast.Call(parts[0], [self.generator(parts[1:])], []), parts[0], parts[-1])

    def argument(self, parts: Parts) -> ast.expr:
        if len(parts) == 1:
            value: ast.expr = parts[0]
            return value
        if isinstance(parts[0], Token):
            return at(ast.Starred(parts[1], LOAD), parts[0], parts[1])
        hint = "put the generator expression in parentheses of its own"
        raise Refusal("a generator expression beside other arguments", hint, span(parts[0]))

    def keyword(self, parts: Parts) -> ast.keyword:
        name = None if len(parts) == 2 else name_of(parts[0])
        return at(ast.keyword(name, parts[-1]), parts[0], parts[-1])

    def arguments(self, parts: Parts) -> tuple[list[ast.expr], list[ast.keyword]]:
        keywords: list[ast.keyword] = []
        values: list[ast.expr] = []
        for part in parts:
            if isinstance(part, ast.keyword):
                keywords.append(part)
            elif not isinstance(part, Token):
                if keywords and (not isinstance(part, ast.Starred) or any(k.arg is None for k in keywords)):
                    raise Refusal("an argument after those given by name", "give it before them", span(part))
                values.append(part)
        return values, keywords

    # -------------------------------------------------------------------------------------------- displays

    def tuple_(self, parts: Parts) -> ast.expr:
        return at(ast.Tuple(nodes(parts, ast.expr), LOAD), parts[0], parts[-1])

    parenthesized_tuple = tuple_

    def list_(self, parts: Parts) -> ast.expr:
        return at(ast.List(nodes(parts, ast.expr), LOAD), parts[0], parts[-1])

    def set_(self, parts: Parts) -> ast.expr:
        return at(ast.Set(nodes(parts, ast.expr)), parts[0], parts[-1])

    def pair(self, parts: Parts) -> tuple[ast.expr | None, ast.expr]:
        return (None, parts[1]) if len(parts) == 2 else (parts[0], parts[2])

    def dict_(self, parts: Parts) -> ast.expr:
        pairs = [part for part in parts if isinstance(part, tuple)]
        return at(ast.Dict([key for key, _ in pairs], [value for _, value in pairs]), parts[0], parts[-1])

    # ------------------------------------------------------------------------------------- comprehensions

    def comprehension_for(self, parts: Parts) -> ast.comprehension:
        is_async = int(parts[0] == "async")
        target, _, iterable, *tests = parts[1 + is_async :]
        return ast.comprehension(stored(target), iterable, nodes(tests, ast.expr), is_async)

    def generator(self, parts: Parts) -> ast.expr:
        return at(ast.GeneratorExp(_element(parts[1]), parts[2:-1]), parts[0], parts[-1])

    def list_comprehension(self, parts: Parts) -> ast.expr:
        return at(ast.ListComp(_element(parts[1]), parts[2:-1]), parts[0], parts[-1])

    def set_comprehension(self, parts: Parts) -> ast.expr:
        return at(ast.SetComp(_element(parts[1]), parts[2:-1]), parts[0], parts[-1])

    def dict_comprehension(self, parts: Parts) -> ast.expr:
        key, value = parts[1]
        if key is None:
            raise Refusal("`**` in a comprehension", "go over `d.items()`", span(value))
        return at(ast.DictComp(key, value, parts[2:-1]), parts[0], parts[-1])

    # ------------------------------------------------------------------------------------------- functions

    def lambda_(self, parts: Parts) -> ast.expr:
        arguments = parts[1] if isinstance(parts[1], ast.arguments) else no_parameters()
        return at(ast.Lambda(arguments, parts[-1]), parts[0], parts[-1])

    def parameter(self, parts: Parts) -> Parts:
        return parts

    lambda_parameter = parameter

    def parameters(self, parts: Parts) -> ast.arguments:
        """The parameters of a function, each the list of its tokens and expressions, with commas between."""
        made = no_parameters()
        star = False
        for part in parts:
            if isinstance(part, Token):
                continue
            first = part[0]
            if made.kwarg is not None:
                raise Refusal("a parameter after `**`", "write it before", span(first))
            if first == "/":
                if made.posonlyargs or star or not made.args:
                    raise Refusal("`/` does not fit here", "write it once, after the first parameters", span(first))
                made.posonlyargs, made.args = made.args, []
            elif first == "*":
                if star:
                    raise Refusal("a second `*`", "use one", span(first))
                star = True
                if len(part) > 1:
                    made.vararg = _parameter(part[1:])
            elif first == "**":
                made.kwarg = _parameter(part[1:])
            else:
                default = part[-1] if len(part) > 2 and part[-2] == "=" else None
                argument = _parameter(part if default is None else part[:-2])
                if star:
                    made.kwonlyargs.append(argument)
                    made.kw_defaults.append(default)
                else:
                    if default is None and made.defaults:
                        raise Refusal(f"`{first}` needs a default", "write parameters with defaults last", span(first))
                    made.args.append(argument)
                    made.defaults += [default] if default is not None else []
        last = [part for part in parts if not isinstance(part, Token)][-1]
        if star and made.vararg is None and not made.kwonlyargs:
            raise Refusal("no parameter after `*`", "name the parameters that are given by name only", span(last[0]))
        return made


def no_parameters() -> ast.arguments:
    """The parameters of a function without any."""
    return ast.arguments([], [], None, [], [], None, [])


def _parameter(parts: Sequence[Part]) -> ast.arg:
    annotation = parts[2] if len(parts) > 1 else None
    return at(ast.arg(name_of(parts[0]), annotation), parts[0], parts[-1])


def _element(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Starred):
        raise Refusal("a starred expression in a comprehension", "write a second `for`", span(node))
    return node


def _kind(token: Token) -> str | None:
    return "u" if token[0] == "u" else None


def _string(token: Token) -> str | bytes:
    try:
        return string(token)
    except LiteralError as error:
        raise _in_literal(error, token) from None


def _in_literal(error: LiteralError, token: Token) -> Refusal:
    """The error at its place in the program."""
    line, column = start(token)
    before = token[: error.offset]
    if "\n" in before:
        line, column = line + before.count("\n"), error.offset - before.rindex("\n") - 1
    else:
        column += error.offset
    return Refusal(error.message, error.hint, Span(line, column + 1, line, column + 1 + error.length))


def _pieces(parts: Sequence[Part]) -> list[ast.expr]:
    """The texts and fields of an f-string."""
    found: list[ast.expr] = []
    for part in parts:
        if isinstance(part, Token):
            try:
                found.append(at(ast.Constant(text_of_fstring(part, part.type == "RAW_TEXT")), part, part))
            except LiteralError as error:
                raise _in_literal(error, part) from None
        else:
            found += part
    return found


def _merged(pieces: Sequence[ast.expr]) -> list[ast.expr]:
    """The pieces with texts that follow each other as one, and without empty ones."""
    merged: list[ast.expr] = []
    for piece in pieces:
        if isinstance(piece, ast.Constant) and not piece.value:
            continue
        last = merged[-1] if merged else None
        if isinstance(piece, ast.Constant) and isinstance(last, ast.Constant):
            merged[-1] = at(ast.Constant(str(last.value) + str(piece.value), last.kind), last, piece)
        else:
            merged.append(piece)
    return merged
