"""Classes derived from `dict` and `list`: they are derived from classes of the library that stand for these."""

from __future__ import annotations

import ast

from compiler.language.trees import walk

_STANDING = {"dict": "__dict_base__", "list": "__list_base__"}


def with_standing_bases(node: ast.ClassDef) -> None:
    """Changes the bases of a class, and the calls `dict.update(self, …)` in it, in place."""
    names = {base.id for base in node.bases if isinstance(base, ast.Name)} & _STANDING.keys()
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in names:
            base.id = _STANDING[base.id]
    for part in walk(*node.body) if names else []:
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as owner), args=[ast.Name(id="self"), *_]):
                if name in names:
                    owner.id = _STANDING[name]
