"""Syntax trees that are kept between runs: that of the runtime library takes longer to parse than most programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import lark

from compiler.language import syntax
from compiler.language.parser import parse
from compiler.language.syntax import Module, Node, Span
from compiler.storage.cache import kept, sources_digest

_CLASSES: dict[str, Callable[..., Node]] = {
    name: value for name, value in vars(syntax).items() if isinstance(value, type) and issubclass(value, Node)
}


def parse_once(source: str, filename: str) -> Module:
    """`parse` of `compiler.language.parser`, or the tree that it made of the same text last time.

    Raises:
        SourceError: the text is outside the language.
    """
    depends_on = source, filename, lark.__version__, sources_digest(Path(__file__).parent)
    return kept("parsing", depends_on, partial(parse, source, filename), saved_tree, opened_tree)


def saved_tree(tree: Module) -> bytes:
    """A tree as JSON: of a node its class, its span and its other fields; of a tuple no class and its items."""
    return json.dumps(_saved(tree), separators=(",", ":")).encode()


def opened_tree(content: bytes) -> Module | None:
    """The tree that was saved; None if the content is no tree."""
    try:
        tree = _opened(json.loads(content))
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return tree if isinstance(tree, Module) else None


def _saved(part: Any) -> Any:
    if isinstance(part, Node):
        span = part.span
        rest = (_saved(getattr(part, field.name)) for field in fields(part)[1:])
        return [type(part).__name__, span.line, span.column, span.end_line, span.end_column, *rest]
    return ["", *map(_saved, part)] if isinstance(part, tuple) else part


def _opened(part: Any) -> Any:
    if not isinstance(part, list):
        return part
    if not part[0]:
        return tuple(map(_opened, part[1:]))
    _, line, column, end_line, end_column, *rest = part
    return _CLASSES[part[0]](Span(line, column, end_line, end_column), *map(_opened, rest))
