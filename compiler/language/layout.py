"""From the lexer's tokens to the parser's: indentation, brackets, and tokens of Python that are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from lark import Token
from lark.indenter import Indenter
from lark.lark import PostLex

from compiler.language.advice import number_advice, token_span
from compiler.language.refusals import OPERATORS, WORDS, Advice, Refusal
from compiler.language.syntax import Span

MAX_NESTING = 90
"""How deep brackets, blocks and expressions may be nested (CPython: brackets 200, blocks 99)."""

_PAIRS = {"LPAR": "RPAR", "LSQB": "RSQB"}


class Layout(PostLex):
    """The `postlex` of the parser. It has no state, so one parser serves several threads."""

    always_accept = ("_NEWLINE", "OTHER_WORD", "OTHER_NAME", "OTHER_NUMBER", "OTHER_OPERATOR")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens with INDENT and DEDENT among them."""
        return cast(Iterator[Token], _Indentation().process(_checked(stream)))  # type: ignore[no-untyped-call]


def _checked(stream: Iterator[Token]) -> Iterator[Token]:
    """The same tokens; raises `Refusal` at one that is not in the language or a bracket without its pair."""
    opened: list[Token] = []
    for token in stream:
        if token.type.startswith("OTHER_"):
            advice = _advice(token)
            raise Refusal(advice.message, advice.hint, token_span(token))
        if token.type in _PAIRS:
            opened.append(token)
            if len(opened) > MAX_NESTING:
                raise Refusal("brackets are nested too deeply", "name parts of the expression", token_span(token))
        elif token.type in _PAIRS.values():
            if not opened:
                raise Refusal(f"this `{token}` closes nothing", "remove it", token_span(token))
            opener = opened.pop()
            if _PAIRS[opener.type] != token.type:
                raise Refusal(f"`{token}` does not close `{opener}`", "close the inner one first", token_span(token))
        yield token
    if opened:
        raise Refusal(f"this `{opened[-1]}` is never closed", "close it", token_span(opened[-1]))


def _advice(token: Token) -> Advice:
    match token.type:
        case "OTHER_WORD":
            return WORDS[token]
        case "OTHER_OPERATOR":
            return OPERATORS[token]
        case "OTHER_NUMBER":
            return _number_advice(token)
        case _:
            return Advice(f"the name `{token}` is not in ASCII", "use the letters A to Z, digits and `_` in names")


def _number_advice(text: str) -> Advice:
    """Why a word that begins like a number is none of this language."""
    if text[-1] in "jJ" and not text.startswith(("0x", "0X")):
        return Advice("there are no complex numbers in the language", "use two integers")
    if "." in text or re.match(r"[0-9_]+[eE]", text):
        return Advice("there are no floats in the language", "use integers, scaled if need be")
    return number_advice(text)


class _Indentation(Indenter):
    """Lark's indenter with Python's rule for tabs: to the next multiple of 8, and never ambiguous."""

    NL_type = "_NEWLINE"
    OPEN_PAREN_types = list(_PAIRS)
    CLOSE_PAREN_types = list(_PAIRS.values())
    INDENT_type = "_INDENT"
    DEDENT_type = "_DEDENT"
    tab_len = 8

    def __init__(self) -> None:
        super().__init__()
        self.narrow = [0]
        """The open indentations if a tab were one column wide."""

    def handle_NL(self, token: Token) -> Iterator[Token]:
        if self.paren_level > 0:
            return
        if token.endswith("\\\n"):
            line, column = (token.end_line or 0) - 1, len(token.split("\n")[-2])
            raise Refusal("a backslash alone on its line", "remove the line", Span(line, column, line, column + 1))
        yield token
        blank = token.rsplit("\n", 1)[1]
        width, narrow = len(blank.expandtabs(self.tab_len)), len(blank)
        end = Span(token.end_line or 0, 1, token.end_line or 0, len(blank) + 1)
        if (width > self.indent_level[-1]) != (narrow > self.narrow[-1]):
            raise Refusal("tabs and spaces are mixed in the indentation", "indent with spaces only", end)
        if width > self.indent_level[-1]:
            self.indent_level.append(width)
            self.narrow.append(narrow)
            yield Token(self.INDENT_type, blank, None, end.line, 1, end.line, end.end_column)
            return
        while width < self.indent_level[-1]:
            self.indent_level.pop()
            self.narrow.pop()
            yield Token(self.DEDENT_type, blank, None, end.line, 1, end.line, end.end_column)
        if width != self.indent_level[-1]:
            raise Refusal("this line is indented like no line before it", "indent it like the block it belongs to", end)
        if narrow != self.narrow[-1]:
            raise Refusal("tabs and spaces are mixed in the indentation", "indent with spaces only", end)
