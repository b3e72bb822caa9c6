"""Private names: inside the class `C`, `__x` stands for `_C__x`.

Source: The Python Language Reference, 6.2.1, "Private name mangling". In calls, the names of arguments stay, as in
CPython 3.11.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from compiler.language.trees import children

Rename = Callable[[str], str]


def mangle(module: ast.Module) -> None:
    """Gives the private names in the classes of a module their full names, in place."""
    waiting: list[tuple[ast.AST, str]] = [(module, "")]
    while waiting:
        node, owner = waiting.pop()
        if owner:
            _rename(node, partial(full_name, owner))
        if not isinstance(node, ast.ClassDef):
            waiting += [(child, owner) for child in children(node)]
            continue
        waiting += [(child, owner) for child in (*node.decorator_list, *node.bases, *node.keywords)]
        inside = node.name.lstrip("_")
        waiting += [(child, inside) for child in node.body]


def full_name(owner: str, name: str) -> str:
    """A name in the body of a class; owner: the name of the class without the underscores before it."""
    private = name.startswith("__") and not name.endswith("__") and "." not in name
    return f"_{owner}{name}" if private and owner else name


def written_name(owner: str, name: str) -> str:
    """The name that is written for a full one in the class `owner`."""
    beginning = f"_{owner.lstrip('_')}"
    return name.removeprefix(beginning) if name.startswith(f"{beginning}__") else name


def _rename(node: ast.AST, rename: Rename) -> None:
    match node:
        case ast.Name():
            node.id = rename(node.id)
        case ast.Attribute():
            node.attr = rename(node.attr)
        case ast.FunctionDef() | ast.ClassDef():
            node.name = rename(node.name)
        case ast.arg():
            node.arg = rename(node.arg)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            node.name = rename(name)
        case ast.MatchMapping(rest=str(name)):
            node.rest = rename(name)
        case ast.MatchClass(kwd_attrs=names):
            node.kwd_attrs = [rename(name) for name in names]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            node.names = [rename(name) for name in names]
