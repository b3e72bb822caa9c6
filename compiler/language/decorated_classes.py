"""What is done with a class once its body is there: its decorators, and `__init_subclass__` of its bases."""

from __future__ import annotations

import ast

from compiler.language.decorated_methods import decorated

_KNOWN = ("dataclass", "total_ordering", "unique")
"""The decorators of classes that are gone when a program is lowered."""


def decorations(node: ast.ClassDef) -> list[ast.stmt]:
    """The statement that calls the decorators which are ordinary functions, taken away from the class."""
    others = [d for d in node.decorator_list if not _is_known(d)]
    if not others:
        return []
    node.decorator_list = [d for d in node.decorator_list if _is_known(d)]
    return [ast.Assign([ast.Name(node.name, ast.Store())], decorated(node.name, others))]


def _is_known(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(function).rpartition(".")[2] in _KNOWN


def told_bases(node: ast.ClassDef, telling: set[str]) -> list[ast.stmt]:
    """The call of `__init_subclass__` of a base; telling: the classes that have one, to which this one may be added."""
    own = [s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init_subclass__"]
    for method in own:
        method.decorator_list = [ast.copy_location(ast.Name("staticmethod", ast.Load()), method)]
    base = next((base for base in node.bases if ast.unparse(base) in telling), None)
    if own or base is not None:
        telling.add(node.name)
    if base is None:
        return []
    method_of_base = ast.Attribute(base, "__init_subclass__", ast.Load())
    given = [keyword for keyword in node.keywords if keyword.arg != "metaclass"]
    return [ast.Expr(ast.Call(method_of_base, [ast.Name(node.name, ast.Load())], given))]
