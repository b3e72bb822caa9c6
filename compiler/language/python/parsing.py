"""From the text of any Python program to its syntax tree."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedToken

from compiler.language.errors import refused
from compiler.language.newlines import with_newlines
from compiler.language.python.advice import token_advice
from compiler.language.python.patterns import Patterns
from compiler.language.python.tokens import PythonLexer, token_span
from compiler.language.recovery import recovered
from compiler.language.refusals import Refusal
from compiler.language.shortening import shorten
from compiler.language.syntax import Span


def parse_python(source: str, filename: str = "<program>") -> ast.Module:
    """The tree of a program, as `ast.parse` gives it, but for columns, which are characters and not bytes.

    Raises SourceError.
    """
    source = with_newlines(source)
    found = recovered(source, parsed)
    if found.result is None or found.refusals:
        raise refused(found.refusals, source, filename)
    return found.result


def parsed(source: str) -> ast.Module:
    """The tree of a text whose lines end in newlines only. Raises Refusal."""
    try:
        return cast(ast.Module, _lark().parse(source))
    except UnexpectedToken as error:
        token = error.token
        before = source[: token.start_pos or 0] if token.type != "$END" else source
        advice = token_advice(token, before, error.accepts or error.expected)
        span = token_span(token)
        if token.type in ("NEWLINE", "$END", "DEDENT", "INDENT"):
            span = Span(span.line, span.column, span.line, span.column + 1)
        raise Refusal(advice.message, advice.hint, span) from None


@cache
def _lark() -> Lark:
    lark = Lark(
        Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer=PythonLexer,
        start="module",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=Patterns(),
    )
    shorten(lark)
    return lark
