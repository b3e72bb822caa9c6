"""Reading a format with Lark; what does not fit becomes a `SourceError` with line, column and caret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from compiler.language.errors import SourceError, source_error
from compiler.language.newlines import with_newlines
from compiler.language.syntax import Span
from compiler.lowering.assembler import CapacityError
from compiler.machines.ram.program import Origin


@dataclass(frozen=True)
class Text:
    """A source text, lines ended by newlines only, and its name. It makes errors and origins of its places."""

    text: str
    filename: str

    @staticmethod
    def of(text: str, filename: str) -> Text:
        """The text, its line ends line feeds, without a byte order mark."""
        return Text(with_newlines(text), filename)

    @cached_property
    def lines(self) -> list[str]:
        """Its lines; after a last line end comes an empty one."""
        return self.text.split("\n")

    def error(self, message: str, hint: str, span: Span) -> SourceError:
        """The error at this place, to be raised."""
        return source_error(message, hint, self.text, self.filename, span)

    def origin(self, span: Span, steps: int = 0) -> Origin:
        """Of instructions that come from a stretch of one line, which is their comment."""
        return Origin(span.line, span.column, self.lines[span.line - 1][span.column - 1 : span.end_column - 1], steps)

    @contextmanager
    def reports_capacity(self) -> Iterator[None]:
        """Inside, CapacityError becomes SourceError."""
        try:
            yield
        except CapacityError as problem:
            raise self.error(str(problem), "", Span(1, 1, 1, 1)) from None

    def tree(self, grammar: str, hint: str) -> Tree[Any]:
        """Lark's tree by `<grammar>.lark` of this folder, in which lines end in `_NL`; hint: what fits instead.

        Raises:
            SourceError: the text does not fit the grammar.
        """
        try:
            return _lark(grammar).parse(self.text + "\n")
        except UnexpectedCharacters as error:
            span = Span(error.line, error.column, error.line, error.column + 1)
            raise self.error(f"the character `{error.char}` does not fit here", hint, span) from None
        except UnexpectedToken as error:
            span, text = span_of(error.token), str(error.token).strip()
            if not text or text.startswith((";", "#")):
                span = Span(span.line, span.column, span.line, span.column + 1)
                raise self.error("the line ends too early", hint, span) from None
            raise self.error(f"`{text}` does not fit here", hint, span) from None


def span_of(part: Token | Tree[Any]) -> Span:
    """Where a token or a tree with children stands."""
    at = part if isinstance(part, Token) else part.meta
    line, column = at.line or 1, at.column or 1
    return Span(line, column, at.end_line or line, at.end_column or column + 1)


@cache
def _lark(grammar: str) -> Lark:
    text = Path(__file__).with_name(f"{grammar}.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)
