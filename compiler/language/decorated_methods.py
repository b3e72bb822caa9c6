"""Methods with decorators that are ordinary functions.

`@d def m(self)` becomes the method `m#` and the class variable `m = d(m#)`. Where Python looks for a method itself, or
`@property` and the like come first, a method is left that calls the variable `m#d`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from compiler.language.python.parsing import parse_python
from compiler.language.trees import walk

PLAIN = ("staticmethod", "classmethod", "property")
"""The decorators of methods that the lowering knows."""


def without_decorators(owner: str, method: ast.FunctionDef) -> list[ast.stmt]:
    """What stands for a method in the body of the class `owner`: the method itself if its decorators are known."""
    names = [ast.unparse(d) for d in method.decorator_list]
    if names and names[-1].rpartition(".")[2] == "cached_property" and len(names) == 1:
        return _cached(method)
    first = names[0] if names and names[0] in PLAIN else ""
    others = method.decorator_list[bool(first) :]
    if not others or any(n in PLAIN or n.endswith((".setter", ".getter", ".deleter")) for n in names[bool(first) :]):
        return [method]
    name = method.name
    special = name.startswith("__") and name.endswith("__")
    method.name, method.decorator_list = f"{name}#", []
    value = decorated(method.name, others)
    if not first and not special:
        return [method, _placed(ast.Assign([ast.Name(name, ast.Store())], value), method)]
    parameters = {"staticmethod": "*a, **k", "property": "self"}.get(first, "self, *a, **k")
    mark = f"@{first}\n" if first else ""
    called = parse_python(f"{mark}def {name}({parameters}):\n return {owner}.hidden({parameters})\n").body[0]
    for node in walk(called):
        if isinstance(node, ast.Attribute) and node.attr == "hidden":
            node.attr = f"{name}#d"
    variable = ast.Assign([ast.Name(f"{name}#d", ast.Store())], value)
    return [method, _placed(variable, method), _placed(called, method)]


def decorated(name: str, decorators: Sequence[ast.expr]) -> ast.expr:
    """What the decorators above a definition make of what it has bound to the name."""
    value: ast.expr = ast.Name(name, ast.Load())
    for decorator in reversed(decorators):
        value = ast.Call(decorator, [value], [])
    return value


def _cached(method: ast.FunctionDef) -> list[ast.stmt]:
    """`functools.cached_property`: the first value is kept as an attribute of the object."""
    name = method.name
    body = f" if not hasattr(self, '{name}#kept'): self.kept = self.hidden()\n return self.kept\n"
    asked = parse_python(f"@property\ndef {name}(self):\n{body}").body[0]
    for node in walk(asked):
        if isinstance(node, ast.Attribute):
            node.attr = f"{name}#" if node.attr == "hidden" else f"{name}#kept"
    method.name, method.decorator_list = f"{name}#", []
    return [method, _placed(asked, method)]


def _placed(statement: ast.stmt, place: ast.AST) -> ast.stmt:
    for node in walk(statement):
        if not hasattr(node, "lineno") or not isinstance(statement, ast.Assign):
            ast.copy_location(node, place)
    return ast.fix_missing_locations(statement)
