"""Classes in the bodies of classes: `class A: class B: …` becomes a class `A.B` before `A`, and a variable `B` of `A`.

The body of a class does not see the names of the body around it, so the place makes no difference to it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from compiler.language.trees import walk


def hoist(module: ast.Module) -> None:
    """Takes classes out of the bodies of classes, in place."""
    _Hoisting().visit(module)


class _Hoisting(ast.NodeTransformer):
    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | list[ast.AST]:
        if not _is_simple(node):
            return node
        names = {s.name: f"{node.name}.{s.name}" for s in node.body if isinstance(s, ast.ClassDef)}
        before: list[ast.AST] = []
        body: list[ast.stmt] = []
        for statement in node.body:
            if isinstance(statement, ast.ClassDef):
                variable = ast.Name(statement.name, ast.Store())
                statement.name = names[statement.name]
                _rename([*statement.bases, *statement.decorator_list], names)
                taken = self.visit(statement)
                before += taken if isinstance(taken, list) else [taken]
                kept = ast.Assign([variable], ast.Name(statement.name, ast.Load()))
                ast.copy_location(kept, statement)
                statement = ast.fix_missing_locations(kept)
            else:
                statement = self.visit(statement)
            body.append(statement)
        node.body = body
        return [*before, node] if before else node


def _is_simple(node: ast.ClassDef) -> bool:
    """Whether nothing is carried out in the body of a class before a class in it."""
    last = max((i for i, s in enumerate(node.body) if isinstance(s, ast.ClassDef)), default=0)
    return not any(isinstance(s, ast.Expr) and not isinstance(s.value, ast.Constant) for s in node.body[:last])


def _rename(parts: list[ast.expr], names: Mapping[str, str]) -> None:
    for node in walk(*parts):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
