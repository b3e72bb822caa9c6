"""Where nodes of the tree are, and what an assignment makes of an expression."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeVar

from lark import Token

from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

Part = Any
"""A child of a rule: a token, a node of `ast`, or what the callback of another rule gave."""

LOAD = ast.Load()

_Node = TypeVar("_Node", bound=ast.AST)


def start(part: Part) -> tuple[int, int]:
    """Line, from 1, and column, from 0, in characters; parentheses around an expression count."""
    if isinstance(part, Token):
        return part.line or 1, (part.column or 1) - 1
    outer = getattr(part, "outer", None)
    return outer[:2] if outer is not None else (part.lineno, part.col_offset)


def end(part: Part) -> tuple[int, int]:
    """The same for the end."""
    if isinstance(part, Token):
        return part.end_line or 1, (part.end_column or 1) - 1
    outer = getattr(part, "outer", None)
    return outer[2:] if outer is not None else (part.end_lineno, part.end_col_offset)


def at(node: _Node, first: Part, last: Part) -> _Node:
    """The node, from the first to the last of its parts."""
    node.lineno, node.col_offset = start(first)  # type: ignore[attr-defined]
    node.end_lineno, node.end_col_offset = end(last)  # type: ignore[attr-defined]
    return node


def grouped(node: _Node, opening: Token, closing: Token) -> _Node:
    """The node with parentheses around it: its attribute `outer` says where they are."""
    node.outer = start(opening) + end(closing)  # type: ignore[attr-defined]
    return node


def span(first: Part, last: Part | None = None) -> Span:
    """Where an error is."""
    line, column = start(first)
    end_line, end_column = end(first if last is None else last)
    return Span(line, column + 1, end_line, end_column + 1)


def name_of(token: Token) -> str:
    """The name that a token stands for: names that look alike are one."""
    return unicodedata.normalize("NFKC", str(token))


def nodes(parts: Sequence[Part], kind: type[_Node]) -> list[_Node]:
    """Those of the children that are nodes of a class."""
    return [part for part in parts if isinstance(part, kind)]


def stored(node: ast.expr, context: type[ast.Store] | type[ast.Del] = ast.Store) -> ast.expr:
    """The expression as a target, or as what is deleted. Raises Refusal if it cannot be one."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        match part:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                pass
            case ast.Starred() if context is ast.Store:
                waiting.append(part.value)
            case ast.Tuple() | ast.List():
                waiting += part.elts
            case _ if context is ast.Del:
                raise Refusal("this cannot be deleted", "delete a name, or an item `a[i]`", span(part))
            case _:
                hint = "assign to a name, or to an item `a[i]`; to compare, write `==`"
                raise Refusal("this cannot be assigned to", hint, span(part))
        part.ctx = context()
    return node


def updated(node: ast.expr) -> ast.Name | ast.Attribute | ast.Subscript:
    """The expression as the single target of `a += b` or `a: t`. Raises Refusal if it cannot be one."""
    stored(node)
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return node
    raise Refusal("only a single target fits here", "write one line for each", span(node))
