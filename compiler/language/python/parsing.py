"""From the text of any Python program to its syntax tree."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedToken

from compiler.language.advice import token_advice, unexpected_span
from compiler.language.errors import refused
from compiler.language.kept_tables import keeping_tables
from compiler.language.newlines import with_newlines
from compiler.language.python.patterns import Patterns
from compiler.language.python.tokens import PythonLexer
from compiler.language.recovery import recovered
from compiler.language.refusals import Refusal
from compiler.language.shortening import shorten


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
        span = unexpected_span(error.token)
        advice = token_advice(error.token, source, error.accepts or error.expected)
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
        **keeping_tables(),
    )
    shorten(lark)
    return lark
