"""Which variables of a body may be read before they are assigned, for tagged programs.

Control flow is followed with the set of names that are surely assigned, as in `assignment.py`, but more simply:
what a loop assigns counts only inside it. What is not sure is checked at run time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from compiler.language.desugar import FunctionExpression, target_names

State = frozenset[str] | None
"""The names surely assigned; None where control does not get."""


def uncertain(body: Sequence[ast.stmt], names: Sequence[str]) -> frozenset[str]:
    """Those of the names that a read may find unassigned."""
    flow = _Flow({name for name in names if "#" not in name})
    flow.block(body, frozenset())
    functions = [node for s in body for node in ast.walk(s) if isinstance(node, ast.FunctionDef)]
    return frozenset(flow.found | flow.names & _deleted(functions))


def uncertain_inside(body: Sequence[ast.stmt], names: Sequence[str]) -> frozenset[str]:
    """Those of the names that a function inside the body may find unassigned: not sure to be where it is made."""
    flow = _Flow({name for name in names if "#" not in name})
    flow.block(body, frozenset())
    return frozenset(flow.found_inside | flow.names & _deleted(body))


def _deleted(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that `del` statements name, anywhere in these."""
    names = (node for s in body for node in ast.walk(s) if isinstance(node, ast.Name))
    return frozenset(name.id for name in names if isinstance(name.ctx, ast.Del))


class _Flow:
    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.found: set[str] = set()
        self.found_inside: set[str] = set()

    def block(self, body: Sequence[ast.stmt], state: State) -> State:
        for statement in body:
            if state is None:
                return None
            state = self._statement(statement, state)
        return state

    def _reads(self, node: ast.AST | None, state: frozenset[str]) -> frozenset[str]:
        """Notes what an expression reads; the state after it."""
        if node is None:
            return state
        for part in _own(node):
            if isinstance(part, FunctionExpression):
                self._makes(part, state)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                if part.id in self.names and part.id not in state:
                    self.found.add(part.id)
        return state | {part.target.id for part in _own(node) if isinstance(part, ast.NamedExpr)}

    def _makes(self, node: ast.AST, state: frozenset[str]) -> None:
        """Notes what the functions in a node may read."""
        read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        self.found_inside |= (read & self.names) - state

    def _statement(self, s: ast.stmt, state: frozenset[str]) -> State:
        match s:
            case ast.If():
                state = self._reads(s.test, state)
                return _meet(self.block(s.body, state), self.block(s.orelse, state))
            case ast.While():
                state = self._reads(s.test, state)
                self.block(s.body, state)
                self.block(s.orelse, state)
                return state
            case ast.For():
                state = self._reads(s.iter, state)
                self._reads(s.target, state)
                self.block(s.body, state | set(target_names(s.target)))
                self.block(s.orelse, state)
                return state
            case ast.Try():
                after = self.block(s.body, state)
                after = self.block(s.orelse, after) if after is not None else None
                for handler in s.handlers:
                    self._reads(handler.type, state)
                    caught = state | {handler.name} if handler.name else state
                    after = _meet(after, self.block(handler.body, caught))
                self.block(s.finalbody, state)
                return after if after is None else self.block(s.finalbody, after)
            case ast.With():
                for item in s.items:
                    state = self._reads(item.context_expr, state)
                    if item.optional_vars is not None:
                        state |= set(target_names(item.optional_vars))
                after = self.block(s.body, state)
                return state if after is None else after
            case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
                self._reads(s, state)
                return None
            case ast.FunctionDef() | ast.ClassDef():
                for decorator in s.decorator_list:
                    self._reads(decorator, state)
                self._makes(s, state | {s.name})
                return state | {s.name}
            case ast.Delete():
                self._reads(s, state)
                deleted = _deleted([s])
                self.found |= deleted & self.names
                return state - deleted
            case ast.Assign() | ast.AnnAssign():
                state = self._reads(s.value, state)
                targets = s.targets if isinstance(s, ast.Assign) else [s.target]
                for target in targets:
                    self._reads(target, state)
                    state |= set(target_names(target))
                return state
            case ast.AugAssign(target=ast.Name(id=name)):
                if name in self.names and name not in state:
                    self.found.add(name)
                return self._reads(s.value, state) | {name}
            case ast.Import() | ast.ImportFrom():
                return state | {alias.asname or alias.name.split(".")[0] for alias in s.names}
            case _:
                return self._reads(s, state)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of an expression, bodies of functions inside it left out."""
    yield node
    if not isinstance(node, FunctionExpression):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def _meet(one: State, other: State) -> State:
    if one is None or other is None:
        return other if one is None else one
    return one & other
