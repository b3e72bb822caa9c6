"""Errors in the source text: where, what, and what to write instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

_LONG, _BEFORE = 160, 60
"""Of a longer line, so many characters are shown; so many of them in front of the error."""
MAX_SHOWN = 20
"""How many errors of a program are shown; of the rest the number is said."""


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

    @property
    def errors(self) -> tuple[SourceError, ...]:
        """All that is wrong with the program, as far as it could be found out: this alone."""
        return (self,)

    def __str__(self) -> str:
        return self.render()


class CombinedSourceError(SourceError):
    """Several errors of one program, in the order of the text; taken as one, it is the first of them."""

    def __init__(self, errors: tuple[SourceError, ...]) -> None:
        first = errors[0]
        super().__init__(first.message, first.hint, first.filename, first.span, first.line_text)
        self.args = (errors,)
        self._errors = errors

    @property
    def errors(self) -> tuple[SourceError, ...]:
        """All of them, in the order of the source."""
        return self._errors

    def render(self) -> str:
        """The first MAX_SHOWN errors, one after the other, and how many there are besides."""
        shown = [error.render() for error in self.errors[:MAX_SHOWN]]
        rest = len(self.errors) - len(shown)
        if rest:
            shown.append(f"{self.filename}: {rest} more error{'s' if rest > 1 else ''}")
        return "\n".join(shown)


def together(errors: Iterable[SourceError]) -> SourceError:
    """Errors of one program, at least one, as a single error: in the order of the text, none of them twice."""
    found = {(error.span.line, error.span.column, error.message): error for error in errors}
    ordered = tuple(found[key] for key in sorted(found))
    return ordered[0] if len(ordered) == 1 else CombinedSourceError(ordered)


def source_error(message: str, hint: str, source: str, filename: str, span: Span) -> SourceError:
    """A `SourceError` at `span` of the text `source` (whose lines end in newlines only)."""
    lines = source.split("\n")
    text = lines[span.line - 1] if span.line <= len(lines) else ""
    return SourceError(message, hint, filename, span, text)


def refused(refusals: Iterable[Refusal], source: str, filename: str) -> SourceError:
    """The error for what was refused in the text `source`."""
    return together(source_error(r.message, r.hint, source, filename, r.span) for r in refusals)


def _blank(text: str) -> str:
    """White space as wide as `text` on a terminal; tabs stay, since their width is not known here."""
    return "".join("\t" if character == "\t" else " " * _width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
