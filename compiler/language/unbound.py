"""Which variables of a body may be read before they are assigned, for tagged programs.

Control flow is followed with the set of names that are surely assigned, as in `assignment.py`, but more simply:
what a loop assigns counts only inside it. What is not sure is checked at run time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from compiler.language.desugar import FunctionExpression, bound_names, parameters, target_names
from compiler.language.trees import children, walk

_BLOCKS = ("body", "orelse", "finalbody", "handlers")
"""The fields of statements that hold statements, or `except` clauses."""

State = frozenset[str] | None
"""The names surely assigned; None where control does not get."""


@dataclass(frozen=True)
class Unassigned:
    """The variables of a body that may be found unassigned.

    Attributes:
        here: by a read in the body itself.
        inside: by a function inside it: those that are not sure to be assigned where it is made.
    """

    here: frozenset[str]
    inside: frozenset[str]


def unassigned(
    body: Sequence[ast.stmt], names: Iterable[str], given: Iterable[str] = (), swallowing: bool = True
) -> Unassigned:
    """Which of the names; given: those that are assigned at the beginning.

    swallowing: whether the program goes on after an exception in a `with` statement; see `swallows`.
    """
    flow = _Flow({name for name in names if "#" not in name}, swallowing=swallowing)
    flow.block(body, frozenset(given))
    functions = [node for s in body for node in walk(s) if isinstance(node, ast.FunctionDef)]
    outside = _cleared_outside(functions)
    return Unassigned(
        frozenset(flow.found | flow.names & (_deleted(functions) | outside)),
        frozenset(flow.found_inside | flow.names & (_deleted(body) | _cleared(body) | outside)),
    )


def swallows(body: Sequence[ast.stmt]) -> bool:
    """Whether an `__exit__` may end an exception: not if all in the program return nothing or a constant false."""
    for node in (part for s in body for part in walk(s)):
        match node:
            case ast.FunctionDef(name="__exit__", decorator_list=[_, *_]):
                return True
            case ast.FunctionDef(name="__exit__"):
                results = [part.value for part in walk(node) if isinstance(part, ast.Return)]
                if not all(value is None or isinstance(value, ast.Constant) and not value.value for value in results):
                    return True
            case ast.Name(id="__exit__", ctx=ast.Store()) | ast.Attribute(attr="__exit__", ctx=ast.Store()):
                return True
            case ast.Constant(value="__exit__"):
                return True
    return False


def read_early(body: Sequence[ast.stmt], names: Iterable[str]) -> frozenset[str]:
    """Those names of a module that a function may find unassigned: it is named before they are surely assigned.

    From then on it may be called. What it needs is what it reads, and what the functions need that it names, all but
    what it has assigned before; a class needs what its methods need.
    """
    owned = {name for name in names if "#" not in name}
    definitions: dict[str, list[ast.FunctionDef]] = {}
    for s in body:
        for node in _outside_functions(s):
            match node:
                case ast.FunctionDef(name=name):
                    definitions.setdefault(name, []).append(node)
                case ast.ClassDef(name=name):
                    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
                    definitions.setdefault(name, []).extend(methods)
                case ast.Assign(targets=[ast.Name(id=name)], value=FunctionExpression(definition=definition)):
                    definitions.setdefault(name, []).append(definition)
    needs: dict[str, frozenset[str]] = dict.fromkeys(definitions, frozenset())
    gives = {name: _given(functions) for name, functions in definitions.items()}
    changed = True
    while changed:
        changed = False
        for name, functions in definitions.items():
            needed = frozenset(n for f in functions for n in _needed(f, owned, needs, gives))
            if needed != needs[name]:
                needs[name], changed = needed, True
    flow = _Flow(owned, needs, gives)
    flow.block(body, frozenset())
    inside = {
        part.id
        for functions in definitions.values()
        for f in functions
        for own in [_own_names(f)]
        for part in walk(f)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id not in own
    }
    return frozenset(flow.found_early | owned & inside & (_deleted(body) | _cleared(body)))


def _own_names(f: ast.FunctionDef) -> set[str]:
    """The names that mean variables of the function in it."""
    outer = {n for node in walk(f) if isinstance(node, ast.Global) for n in node.names}
    return {a.arg for a in parameters(f.args)} | set(bound_names(f.body)) - outer


def _needed(
    f: ast.FunctionDef, owned: set[str], needs: Mapping[str, frozenset[str]], gives: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The names of the module that have to be assigned when a function is called."""
    own = _own_names(f)
    visible = {name: needed for name, needed in needs.items() if name not in own}
    flow = _Flow(owned - own, visible, gives, inside=True)
    flow.block(f.body, frozenset())
    return frozenset(flow.found | flow.found_early)


def _given(functions: Sequence[ast.FunctionDef]) -> frozenset[str]:
    """The names of the module that a call surely assigns."""
    if len(functions) != 1:
        return frozenset()
    found: set[str] = set()
    outer = {n for node in functions[0].body if isinstance(node, ast.Global) for n in node.names}
    for s in functions[0].body:
        if any(isinstance(node, ast.Return | ast.Try | ast.Yield) for node in walk(s)):
            break
        if isinstance(s, ast.Assign | ast.AnnAssign) and s.value is not None:
            targets = s.targets if isinstance(s, ast.Assign) else [s.target]
            found |= outer & {name for target in targets for name in target_names(target)}
    return frozenset(found)


def _outside_functions(node: ast.AST) -> list[ast.AST]:
    """The nodes of a statement or an expression, bodies of functions and classes inside it left out."""
    waiting, found = [node], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | FunctionExpression):
            waiting += reversed(children(node))
    return found


def _cleared(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The names of the `except` clauses in these, which are unassigned after the clause."""
    waiting: list[ast.AST] = [*body]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            for field in _BLOCKS:
                waiting += getattr(node, field, ())
    return frozenset(found)


def _cleared_outside(functions: Sequence[ast.FunctionDef]) -> frozenset[str]:
    """The same of names that are not those of the function that has the clause."""
    return frozenset(
        name
        for f in functions
        for node in walk(f)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in _cleared(f.body) & frozenset(node.names)
    )


def _deleted(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that `del` statements name, anywhere in these."""
    names = (node for s in body for node in walk(s) if isinstance(node, ast.Name))
    return frozenset(name.id for name in names if isinstance(name.ctx, ast.Del))


class _Flow:
    def __init__(
        self,
        names: set[str],
        needs: Mapping[str, frozenset[str]] = MappingProxyType({}),
        gives: Mapping[str, frozenset[str]] = MappingProxyType({}),
        inside: bool = False,
        swallowing: bool = True,
    ) -> None:
        """needs, gives: of functions, the names that have to be assigned for a call, and that a call assigns.

        inside: whether this is the body of a function, whose functions are taken as called where they are made.
        """
        self.names, self.needs, self.gives, self.inside = names, needs, gives, inside
        self.swallowing = swallowing
        self.found: set[str] = set()
        self.found_inside: set[str] = set()
        self.found_early: set[str] = set()

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
        assigned: set[str] = set()
        for part in _outside_functions(node):
            if isinstance(part, ast.Name):
                if not isinstance(part.ctx, ast.Load):
                    continue
                if part.id in self.names and part.id not in state:
                    self.found.add(part.id)
                if part.id in self.needs:
                    self.found_early |= self.needs[part.id] & self.names - state
            elif isinstance(part, FunctionExpression):
                self._makes(part, state)
            elif isinstance(part, ast.NamedExpr):
                assigned.add(part.target.id)
        return state | assigned if assigned else state

    def _makes(self, node: ast.AST, state: frozenset[str]) -> None:
        """Notes what the functions in a node may read."""
        read = {part.id for part in walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        self.found_inside |= (read & self.names) - state
        if self.inside or isinstance(node, FunctionExpression):
            self._calls(node, state)

    def _calls(self, node: ast.AST, state: frozenset[str]) -> None:
        """Notes what functions that may be called at once need."""
        if not self.needs:
            return
        match node:
            case FunctionExpression(definition=definition):
                functions = [definition]
            case ast.ClassDef(body=body):
                functions = [part for part in body if isinstance(part, ast.FunctionDef)]
            case _:
                functions = [node] if isinstance(node, ast.FunctionDef) else []
        for f in functions:
            self.found_early |= _needed(f, self.names, self.needs, self.gives) - state

    def _statement(self, s: ast.stmt, state: frozenset[str]) -> State:
        match s:
            case ast.If():
                state = self._reads(s.test, state)
                return _meet(self.block(s.body, state), self.block(s.orelse, state))
            case ast.While():
                state = self._reads(s.test, state)
                state -= _cleared(s.body)
                self.block(s.body, state)
                self.block(s.orelse, state)
                return state
            case ast.For():
                state = self._reads(s.iter, state)
                self._reads(s.target, state)
                state -= _cleared(s.body)
                self.block(s.body, state | set(target_names(s.target)))
                self.block(s.orelse, state)
                return state
            case ast.Try():
                after = self.block(s.body, state)
                after = self.block(s.orelse, after) if after is not None else None
                state -= _cleared(s.body)
                for handler in s.handlers:
                    self._reads(handler.type, state)
                    caught = state | {handler.name} if handler.name else state
                    ended = self.block(handler.body, caught)
                    after = _meet(after, ended if ended is None else ended - {handler.name})
                self.block(s.finalbody, state - _cleared([s]))
                return after if after is None else self.block(s.finalbody, after)
            case ast.With():
                before = None
                for item in s.items:
                    state = self._reads(item.context_expr, state)
                    before = state if before is None else before  # `__exit__` may end an exception from here on
                    if item.optional_vars is not None:
                        self._reads(item.optional_vars, state)
                        state |= set(target_names(item.optional_vars))
                after = self.block(s.body, state)
                if not self.swallowing:
                    return state if after is None else after
                return _meet(None if before is None else before - _cleared(s.body), after)
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
            case ast.Assign(targets=[ast.Name(id=name)], value=FunctionExpression()) if self.needs and not self.inside:
                return state | {name}
            case ast.Assign() | ast.AnnAssign():
                state = self._reads(s.value, state)
                targets = s.targets if isinstance(s, ast.Assign) else [s.target]
                for target in targets:
                    self._reads(target, state)
                    state |= set(target_names(target))
                return state | self._called(s)
            case ast.AugAssign(target=ast.Name(id=name)):
                if name in self.names and name not in state:
                    self.found.add(name)
                return self._reads(s.value, state) | {name}
            case ast.Import() | ast.ImportFrom():
                return state | {alias.asname or alias.name.split(".")[0] for alias in s.names}
            case _:
                return self._reads(s, state) | self._called(s)

    def _called(self, s: ast.AST) -> frozenset[str]:
        """The names that the call assigns which a statement is, or whose value it assigns."""
        match getattr(s, "value", None):
            case ast.Call(func=ast.Name(id=name)):
                return self.gives.get(name, frozenset())
        return frozenset()


def _meet(one: State, other: State) -> State:
    if one is None or other is None:
        return other if one is None else one
    return one & other
