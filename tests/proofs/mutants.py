"""Mutants of a module's text: every comparison, sign, constant, name of a family and condition, one at a time."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class TextMutant:
    """function: the qualified name of the function that is changed; line: in the module; change: before -> after.

    text: the line, with a mark where the change is; module: makes the changed module, which takes a while.
    """

    function: str
    line: int
    change: str
    text: str
    module: Callable[[], ast.Module]

    def __str__(self) -> str:
        return f"{self.function}, line {self.line}: {self.change}"


COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
}
_RINGS = (["J", "CALL", "RET", "J"], ["SAME", "F", "CHAR", "INT", "K", "H", "Q", "T", "L", "D", "SAME"])
OTHER_FAMILY = {name: other for ring in _RINGS for name, other in zip(ring, ring[1:])}
"""What a family of tokens becomes, as a member of the enum or by its name in a pattern."""
COMBINED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult}


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare(left, ops, comparators):
            for i, op in enumerate(ops):
                for other in COMPARED.get(type(op), ()):
                    yield ast.Compare(left, [*ops[:i], other(), *ops[i + 1 :]], comparators)
        case ast.BinOp(left, op, right) if type(op) in COMBINED:
            yield ast.BinOp(left, COMBINED[type(op)](), right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for i in range(len(values)):
                rest = [*values[:i], *values[i + 1 :]]
                yield ast.BoolOp(op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.Constant(value) if isinstance(value, int) and not isinstance(value, bool):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        case ast.Attribute(value, "x", context):
            yield ast.Attribute(value, "y", context)
        case ast.Attribute(value, "y", context):
            yield ast.Attribute(value, "x", context)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(str(name)) if name in OTHER_FAMILY:
            yield ast.Constant(OTHER_FAMILY[name])
        case ast.Attribute(ast.Name("Family") as enum, name, context) if name in OTHER_FAMILY:
            yield ast.Attribute(enum, OTHER_FAMILY[name], context)
        case ast.AugAssign(target, op, value) | ast.AugAssign(target, op, value) if type(op) in COMBINED:
            yield ast.AugAssign(target, COMBINED[type(op)](), value)
            yield ast.Pass()
        case ast.Expr(ast.Call()):
            yield ast.Pass()


def mutants(source: str) -> Iterator[TextMutant]:
    """Every change of a function's body, one at a time."""
    module, lines = ast.parse(source), source.splitlines()
    for scope, function in _functions(module):
        where = [node for statement in function.body for node in ast.walk(statement)]
        for index, node in enumerate(where):
            for other in changed(node):
                change = f"{ast.unparse(node)} -> {ast.unparse(other)}"
                line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
                text = lines[line - 1]
                text = f"{text[:column]}^{text[column:]}".strip()
                made = partial(_mutated, module, scope, function.name, index, other)
                yield TextMutant(f"{scope}{function.name}", line, change, text, made)


def _mutated(module: ast.Module, scope: str, function: str, index: int, other: ast.AST) -> ast.Module:
    """A copy of the module in which another node stands in the place of one of a function's body."""
    mutated = copy.deepcopy(module)
    [twin] = [f for s, f in _functions(mutated) if (s, f.name) == (scope, function)]
    nodes = [n for statement in twin.body for n in ast.walk(statement)]
    _Replace(nodes[index], other).visit(twin)
    return ast.fix_missing_locations(mutated)


def _functions(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef):
            yield "", statement
        if isinstance(statement, ast.ClassDef):
            yield from ((f"{statement.name}.", f) for f in statement.body if isinstance(f, ast.FunctionDef))


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


@contextmanager
def in_place(module: types.ModuleType, mutant: TextMutant) -> Iterator[None]:
    """The changed function runs wherever the module's own is used."""
    other = types.ModuleType(module.__name__)
    other.__dict__["__name__"] = module.__name__
    exec(compile(mutant.module(), str(module.__file__), "exec"), other.__dict__)
    original, twin = (_code_of(m, mutant.function) for m in (module, other))
    kept = original.__code__
    original.__code__ = twin.__code__
    try:
        yield
    finally:
        original.__code__ = kept


def _code_of(module: types.ModuleType, name: str) -> types.FunctionType:
    found: object = module
    for part in name.split("."):
        found = vars(found)[part]
    return found.fget if isinstance(found, property) else found  # type: ignore[return-value]
