"""Which attributes classes may get by assignments outside their bodies: `cls.count += 1` in a class method."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.texts import own_nodes, stored_attributes

_OF_CLASSES = ("__new__", "__init_subclass__")
"""Methods whose first argument is a class, without a decorator."""
Named = Callable[[Function | None, str], Function | Class | None]
"""What a name surely is in a function, or outside all functions."""


def late_attributes(
    classes: Iterable[Class], functions: Iterable[Function], body: list[ast.stmt], named: Named
) -> dict[Class, list[str]]:
    """For each class the attributes that it may get, and that its own body does not assign.

    body: the statements outside all functions.
    """
    classes = [cls for cls in classes if not cls.namespace.name]
    found: dict[Class, list[str]] = {}
    for f, stored in [(None, stored_attributes(own_nodes(body))), *((f, f.text.stored) for f in functions)]:
        for node in stored:
            for cls in _owners(node, f, classes, named):
                if not cls.binds(node.attr) and node.attr not in found.setdefault(cls, []):
                    found[cls].append(node.attr)
    return found


def _owners(node: ast.Attribute, f: Function | None, classes: list[Class], named: Named) -> list[Class]:
    """The classes whose attribute an assignment may be."""
    match node.value:
        case ast.Name(id=name):
            known = named(f, name)
            if isinstance(known, Class):
                return [known]
            method = _method_with_first(f, name)
            if method is not None and method.owner is not None:
                if method.owner.kind_of(method.name) != "class" and method.name not in _OF_CLASSES:
                    return []
                return [cls for cls in classes if method.owner in cls.mro]
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            return [cls for cls in classes if any(a.binds(node.attr) for a in cls.mro)]
    return [cls for cls in classes if any(a.binds(node.attr) for a in cls.mro[1:])]


def _method_with_first(f: Function | None, name: str) -> Function | None:
    """The method whose first parameter a name is, in it or in a function inside it."""
    while f is not None and name not in f.parameters and name not in f.bound:
        f = f.parent
    return f if f is not None and f.owner is not None and f.parameters[:1] == [name] else None
