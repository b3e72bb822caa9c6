"""What has to be known of a whole module before its constructs are taken apart one by one."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from dataclasses import dataclass

from compiler.language.dataclasses import is_dataclass, is_named_tuple, own_fields
from compiler.language.matching import match_arguments
from compiler.language.trees import walk

_OF_PARTS = ("asdict", "astuple", "replace", "is_dataclass")
"""Functions of `dataclasses` that ask for the names of the fields."""


@dataclass(frozen=True)
class Facts:
    """What a module says as a whole.

    asks_for_fields: whether `_fields` of named tuples is read; asks_for_parts: the same for the names of the fields of
    data classes; matched: of classes what positional patterns are about; generic: classes that take types in brackets;
    own: the names that the module itself gives a meaning; reads: whether it reads its input without `open`.
    """

    asks_for_fields: bool
    asks_for_parts: bool
    matched: Mapping[str, list[str]]
    generic: frozenset[str]
    own: frozenset[str]
    reads: bool


def facts_of(module: ast.Module) -> Facts:
    """The facts about a module."""
    nodes = walk(module)
    matched: dict[str, list[str]] = {}
    generic: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            fields = [f.name for f in own_fields(node) if f.initial and not f.by_keyword] if has_fields(node) else []
            matched[node.name] = match_arguments(node) or [n for base in bases for n in matched.get(base, [])] + fields
            if any(isinstance(base, ast.Subscript) for base in node.bases) or generic.intersection(bases):
                generic.add(node.name)
    return Facts(
        any(isinstance(node, ast.Attribute) and node.attr == "_fields" for node in nodes),
        any(_imports(node, "dataclasses", _OF_PARTS) for node in nodes),
        matched,
        frozenset(generic),
        frozenset(name for statement in module.body for name in _bound(statement)),
        any(
            isinstance(n, ast.Name) and n.id == "input" or isinstance(n, ast.Attribute) and n.attr == "stdin"
            for n in nodes
        ),
    )


def has_fields(node: ast.ClassDef) -> bool:
    """Whether it is a data class or a named tuple."""
    return is_dataclass(node) or is_named_tuple(node)


def _imports(node: ast.AST, module: str, names: Container[str]) -> bool:
    """Whether a module, or one of its names, is imported."""
    if isinstance(node, ast.Import):
        return any(alias.name == module for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == module and any(a.name in names for a in node.names)


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module binds: all that it assigns, whatever the scope."""
    names = [n.id for n in walk(statement) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    return [*names, statement.name] if isinstance(statement, ast.FunctionDef | ast.ClassDef) else names
