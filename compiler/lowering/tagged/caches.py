"""Which of the library's two sorts of `functools.cache` and `lru_cache` a program needs.

The short one forgets nothing and takes arguments by position only. The other one is CPython's, and costs more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from compiler.language.trees import last_name, walk

_CACHES = ("cache", "lru_cache")
_ATTRIBUTES = ("cache_info", "cache_clear", "__wrapped__")
_OUTPUT = ("print", "input")


def shows_its_cache(nodes: Sequence[ast.AST]) -> bool:
    """Whether a program, of which these are all nodes, can tell the short sort from CPython's.

    It asks what a cache holds, or empties it; calls a function of such a name with arguments by name; or what a cached
    function does besides giving its result can be seen. What it does by way of other functions is not noticed.
    """
    bound = {name for node in nodes for name in _cached_names(node)}
    cached = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name in bound]
    return (
        any(isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES for node in nodes)
        or any(isinstance(node, ast.Call) and node.keywords and last_name(node.func) in bound for node in nodes)
        or any(_can_be_seen(node) for function in cached for node in walk(function))
    )


def _cached_names(node: ast.AST) -> Iterable[str]:
    """What a statement binds to a function with a cache."""
    match node:
        case ast.FunctionDef(name=name, decorator_list=[_, *_] as decorators) if any(map(_mentions_cache, decorators)):
            return [name]
        case ast.Assign(targets=targets, value=value) if _mentions_cache(value):
            return [last_name(target) for target in targets]
    return []


def _mentions_cache(e: ast.expr) -> bool:
    return any(last_name(node) in _CACHES for node in walk(e))


def _can_be_seen(node: ast.AST) -> bool:
    match node:
        case ast.Global() | ast.Nonlocal():
            return True
        case ast.Call(func=function):
            return last_name(function) in _OUTPUT
    return False
