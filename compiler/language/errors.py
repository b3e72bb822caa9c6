"""Errors in the source text: where, what, and what to write instead."""

from __future__ import annotations

import unicodedata

from compiler.language.syntax import Span

_LONG, _BEFORE = 160, 60
"""Of a longer line, so many characters are shown; so many of them in front of the error."""


class SourceError(Exception):
    """The program is outside the language; `str()` of it is `render()`.

    message: one line that says what is wrong; hint: what to write instead, or empty; span: where;
    line_text: the source line on which the span begins.
    """

    def __init__(self, message: str, hint: str, filename: str, span: Span, line_text: str) -> None:
        super().__init__(message, hint, filename, span, line_text)
        self.message = message
        self.hint = hint
        self.filename = filename
        self.span = span
        self.line_text = line_text

    def render(self) -> str:
        """`file:line:column: error: message`, the source line, carets under the span, and the hint."""
        start = self.span.column - 1
        stop = self.span.end_column - 1 if self.span.end_line == self.span.line else len(self.line_text)
        first = max(0, start - _BEFORE) if len(self.line_text) > _LONG else 0
        text = self.line_text[first : first + _LONG]
        marked = text[start - first : stop - first].rstrip()
        lines = [
            f"{self.filename}:{self.span.line}:{self.span.column}: error: {self.message}",
            "    " + text,
            "    " + _blank(text[: start - first]) + "^" * max(1, sum(map(_width, marked))),
        ]
        return "\n".join([*lines, f"hint: {self.hint}"] if self.hint else lines)

    def __str__(self) -> str:
        return self.render()


def source_error(message: str, hint: str, source: str, filename: str, span: Span) -> SourceError:
    """A `SourceError` at `span` of the text `source` (whose lines end in newlines only)."""
    lines = source.split("\n")
    text = lines[span.line - 1] if span.line <= len(lines) else ""
    return SourceError(message, hint, filename, span, text)


def _blank(text: str) -> str:
    """White space as wide as `text` on a terminal; tabs stay, since their width is not known here."""
    return "".join("\t" if character == "\t" else " " * _width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
