"""Where views of dictionaries are values, and not only gone over: they are sets there."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from compiler.lowering.tagged.tables import METHODS

_VIEWS = ("keys", "items")


def has_views_as_values(nodes: Iterable[ast.AST]) -> bool:
    """Whether a view of keys or pairs may be compared with another or combined with it."""
    views: set[int] = set()
    used: set[int] = set()
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[]) if name in _VIEWS:
                views.add(id(node))
        match node:
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable):
                used.add(id(iterable))
            case ast.Call(func=ast.Name(), args=arguments):
                used.update(map(id, arguments))
            case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in METHODS:
                used.update(map(id, arguments))
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[view]):
                used.add(id(view))
    return bool(views - used)
