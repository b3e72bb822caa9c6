"""Built-in functions as values: functions that call them, with as many of their parameters as a program needs.

They are in `library/values/builtins.txt`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from compiler.language.desugar import desugar, parameters
from compiler.language.python.parsing import parse_python
from compiler.lowering.tagged.texts import default_expressions

_FILE = Path(__file__).parent.parent / "library/values/builtins.txt"
NOT_GIVEN = "__end__"
"""The default of a parameter that has no value of its own."""


@cache
def _definitions() -> Mapping[str, ast.FunctionDef]:
    tree = parse_python(_FILE.read_text(encoding="utf-8"), "<builtins>")
    return {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}


SIGNATURES: Mapping[str, ast.arguments] = {name: s.args for name, s in _definitions().items()}
"""The parameters of the functions that may be values."""


def definition_for(name: str, least: int, most: int, keywords: frozenset[str] | None) -> ast.FunctionDef:
    """The definition of a built-in function for calls with so many arguments by position, and these by name.

    keywords: None for any. All programs share it, so nothing changes it.
    """
    a = SIGNATURES[name]
    positional = [p.arg for p in [*a.posonlyargs, *a.args]]
    optional = default_expressions(a)
    needed = {p for i, p in enumerate(positional) if i < most or p not in optional}
    needed |= {p.arg for p in [*a.args, *a.kwonlyargs] if keywords is None or p.arg in keywords}
    if a.vararg is not None and (most > len(positional) or not positional):
        needed.add(a.vararg.arg)
    known = {p.arg for p in [*a.args, *a.kwonlyargs]}
    if a.kwarg is not None and (keywords is None or keywords - known):
        needed.add(a.kwarg.arg)
    given = positional[:least] if least <= len(positional) or a.vararg is None else [*positional, a.vararg.arg]
    return _definition(name, frozenset(needed), frozenset(given))


@cache
def _definition(name: str, needed: frozenset[str], given: frozenset[str]) -> ast.FunctionDef:
    """The definition with these parameters only, some of which are surely given something."""
    definition = copy.deepcopy(_definitions()[name])
    a = definition.args
    defaults = default_expressions(a)
    empty = {p.arg: ast.Tuple([], ast.Load()) for p in (a.vararg, a.kwarg) if p is not None}
    left_out = {p.arg: (empty | defaults)[p.arg] for p in parameters(a) if p.arg not in needed}
    a.posonlyargs = [p for p in a.posonlyargs if p.arg in needed]
    a.args = [p for p in a.args if p.arg in needed]
    a.kwonlyargs = [p for p in a.kwonlyargs if p.arg in needed]
    a.defaults = [defaults[p.arg] for p in [*a.posonlyargs, *a.args] if p.arg in defaults]
    a.kw_defaults = [defaults.get(p.arg) for p in a.kwonlyargs]
    a.vararg = a.vararg if a.vararg is not None and a.vararg.arg in needed else None
    a.kwarg = a.kwarg if a.kwarg is not None and a.kwarg.arg in needed else None
    definition.body = _Pruned(left_out, given).statements(definition.body)
    desugared = desugar(ast.fix_missing_locations(ast.Module([definition], []))).body[0]
    assert isinstance(desugared, ast.FunctionDef)
    return desugared


class _Pruned(ast.NodeTransformer):
    """Puts defaults where parameters are that nothing is given for, and leaves out what is then not done."""

    def __init__(self, defaults: Mapping[str, ast.expr], given: frozenset[str]) -> None:
        self._defaults, self._given = defaults, given

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """A block, up to what surely leaves it."""
        result: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.If):
                result += self._if(statement)
            else:
                result.append(self.visit(statement))
            if result and isinstance(result[-1], ast.Return):
                break
        return result

    def _if(self, node: ast.If) -> list[ast.stmt]:
        test = self.visit(node.test)
        truth = self._truth(test)
        if truth is None:
            node.test, node.body, node.orelse = test, self.statements(node.body), self.statements(node.orelse)
            return [node]
        return self.statements(node.body if truth else node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.visit(node.test)
        truth = self._truth(test)
        body, other = self.visit(node.body), self.visit(node.orelse)
        return ast.IfExp(test, body, other) if truth is None else body if truth else other

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self._defaults.get(node.id, node))

    def _truth(self, e: ast.expr) -> bool | None:
        """The truth of a condition, if it is known which parameters are given something."""
        match e:
            case ast.Compare(left=ast.Name(id=x), comparators=[ast.Name(id=y)]) if y == NOT_GIVEN:
                return True if x == y else False if x in self._given else None
            case ast.Compare(left=ast.Constant(value=None), ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                return True
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._truth(operand)
                return None if inner is None else not inner
            case ast.Tuple(elts=[]):
                return False
            case ast.Name(id=name) if name in self._given:
                return True  # a tuple of further arguments
        return None
