"""From source text to syntax tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from compiler.language.advice import character_advice, token_advice, unexpected_span
from compiler.language.builder import Builder
from compiler.language.errors import refused
from compiler.language.expression_builder import Place
from compiler.language.kept_tables import keeping_tables
from compiler.language.layout import Layout
from compiler.language.newlines import with_newlines
from compiler.language.recovery import recovered
from compiler.language.refusals import Advice, Refusal
from compiler.language.shortening import shorten
from compiler.language.syntax import Block, Expression, Module, Span

OnLines = Callable[[int], None]
"""Is told how many lines are done."""


def parse(source: str, filename: str = "<program>", on_line: OnLines | None = None, all_errors: bool = True) -> Module:
    """The syntax tree of a program; raises SourceError for text outside the language, and nothing else.

    on_line: is told, at every line, how many have been read; all_errors: look for all errors of a program that has
    one, which takes longer.
    """
    source = with_newlines(source)
    try:
        body = _parsed(source, on_line)
    except Refusal as refusal:
        refusals = recovered(source, _parsed).refusals if all_errors else [refusal]
        raise refused(refusals, source, filename) from None
    lines = source.split("\n")
    return Module(Span(1, 1, len(lines), len(lines[-1]) + 1), body, source, filename)


def _parsed(source: str, on_line: OnLines | None = None) -> Block:
    """Raises Refusal."""
    place: Place = lambda span: _shifted(span, -1, 0)  # noqa: E731
    # The newline in front makes the indentation of the first line visible, that at the end closes the last.
    return Builder(place, _parse_field).module(_run("module", f"\n{source}\n", place, on_line))


def _parse_field(text: str, line: int, column: int, depth: int) -> Expression:
    """The expression inside the braces of an f-string, which begins at this line and column of the program."""
    # The parenthesis in front makes line ends count as spaces, as in CPython.
    place: Place = lambda span: _shifted(span, line - 1, column - 2)  # noqa: E731
    return Builder(place, _parse_field, depth).field(_run("field", f"({text})", place))


@cache
def _lark() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    lark = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start=["module", "field"],
        propagate_positions=True,
        postlex=Layout(),
        **keeping_tables(),
    )
    shorten(lark)
    return lark


def _run(start: str, text: str, place: Place, on_line: OnLines | None = None) -> Tree[Any]:
    """Lark's tree, with positions in `text`; those of a Refusal are mapped to the program by `place`."""
    try:
        return _watched(start, text, on_line) if on_line else _lark().parse(text, start=start)
    except Refusal as refusal:
        raise Refusal(refusal.message, refusal.hint, place(refusal.span)) from None
    except UnexpectedCharacters as error:
        span = Span(error.line, error.column, error.line, error.column + 1)
        advice = character_advice(error.char)
    except UnexpectedToken as error:
        span = unexpected_span(error.token)
        advice = token_advice(error.token, text, error.accepts or error.expected, _own_advice)
    raise Refusal(advice.message, advice.hint, place(span))


def _watched(start: str, text: str, on_line: OnLines) -> Tree[Any]:
    """Lark's tree, token by token."""
    parser = _lark().parse_interactive(text, start=start)
    last = None
    try:
        for last in parser.iter_parse():
            if last.type == "_NEWLINE":
                on_line(last.line or 0)
        return cast("Tree[Any]", parser.feed_eof(last))  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        # Parsed at once, the error says what would have been accepted.
        return _lark().parse(text, start=start)


def _own_advice(token: Token, previous: str) -> Advice | None:
    """What this language refuses of Python's grammar."""
    match token.type:
        case "COLON":
            return Advice("`:` does not fit here", "annotations and `match` are not in the language; leave them out")
        case "FOR":
            return Advice(
                "`for` does not fit here", "a comprehension is `[x for y in z]`, in square brackets and with one `for`"
            )
        case "STAR" | "__ANON_POWER":
            return Advice(f"`{token}` does not fit here", "arguments and targets are written one by one")
        case "RPAR" if previous == "(":
            return Advice("`()` is a tuple, and there are none as values", "use a list: `[]`")
        case "COMMA":
            return Advice("`,` does not fit here", "index nested lists as `a[i][j]`; tuples are not values")
        case _:
            return None


def _shifted(span: Span, lines: int, columns: int) -> Span:
    """The span `lines` further down; what is on line 1 is moved `columns` to the right as well."""
    column = span.column + (columns if span.line == 1 else 0)
    end_column = span.end_column + (columns if span.end_line == 1 else 0)
    return Span(span.line + lines, column, span.end_line + lines, end_column)
