"""Definite assignment: which reads of variables may come before any assignment.

The analysis follows control flow with the set of names that are surely assigned; None stands for "control
does not get here". Names never become unassigned, so the head of a loop sees what was assigned before it.
The effects of calls are found by going over the whole program again and again: at first no function is
called and none returns, until that is seen to be wrong.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from compiler.language.refusals import Refusal, Report
from compiler.language.results import always_true
from compiler.language.scopes import FunctionScope, Scopes
from compiler.language.syntax import (
    Assert,
    Assign,
    AugmentedAssign,
    Block,
    BooleanLiteral,
    Break,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Continue,
    For,
    FunctionDefinition,
    If,
    Index,
    IntegerLiteral,
    Logical,
    Module,
    Name,
    Node,
    Return,
    Statement,
    TupleTarget,
    While,
)
from compiler.language.walk import children, single_targets

State = frozenset[str] | None


def maybe_unbound(module: Module, scopes: Scopes, report: Report) -> frozenset[Name]:
    """The names that may be read before they are assigned.

    Reports the first call of a function that may come before its definition, and the first read of a variable
    that would still be one of Python's own functions.
    """
    everything = frozenset({*scopes.globals, *scopes.functions})
    entries: dict[str, State] = dict.fromkeys(scopes.functions)
    exits: dict[str, State] = dict.fromkeys(scopes.functions)
    while True:
        flow = _Flow(scopes, exits)
        flow.module(module)
        for name, function in scopes.functions.items():
            entry = entries[name]
            flow.function(function, everything if entry is None else entry)
        if (flow.entries, flow.exits) == (entries, exits):
            break
        entries, exits = flow.entries, flow.exits
    for call in {call.function: call for call in reversed(flow.early_calls)}.values():
        message = f"`{call.function}` may be called here before it is defined"
        report.add(Refusal(message, "put the definition, and those of what it calls, before the first call", call.span))
    variables = {*scopes.globals, *(local for function in scopes.functions.values() for local in function.locals)}
    for read in {read.identifier: read for read in reversed(flow.unbound)}.values():
        if read.identifier in dir(builtins) and read.identifier in variables:
            message = f"`{read.identifier}` may be read here before it is assigned, as Python's own function"
            report.add(Refusal(message, "choose another name", read.span))
    return frozenset(flow.unbound)


class _Flow:
    """One pass. `exits` is what functions surely assign before they return, as far as known before it."""

    def __init__(self, scopes: Scopes, exits: dict[str, State]) -> None:
        self.scopes = scopes
        self.known_exits = exits
        self.entries: dict[str, State] = dict.fromkeys(scopes.functions)
        self.exits: dict[str, State] = dict.fromkeys(scopes.functions)
        self.unbound: list[Name] = []
        self.early_calls: list[Call] = []
        self._locals: frozenset[str] = frozenset()
        self._targets: list[str] = []
        self._breaks: list[list[State]] = []
        self._returns: list[State] = []

    def module(self, module: Module) -> None:
        self._locals = frozenset()
        self._block(module.body, frozenset())

    def function(self, function: FunctionScope, entry: frozenset[str]) -> None:
        self._locals = frozenset(function.parameters + function.locals)
        self._returns = []
        end = self._block(function.definition.body, entry.union(map(self._key, function.parameters)))
        left = _meet([end, *self._returns])
        name = function.definition.name
        self.exits[name] = None if left is None else frozenset(key for key in left if not key.startswith(_LOCAL))

    def _key(self, identifier: str) -> str:
        """How an identifier appears in a state: locals and module-level variables are told apart."""
        return _LOCAL + identifier if identifier in self._locals else identifier

    # -------------------------------------------------------------------------------------- statements

    def _block(self, block: Block, state: State) -> State:
        for statement in block:
            if state is None:
                return None
            state = self._statement(statement, state)
        return state

    def _statement(self, statement: Statement, state: frozenset[str]) -> State:
        match statement:
            case Assign():
                after = self._evaluate([statement.value], state)
                for target in statement.targets:
                    after = self._assign(target, after)
                return after
            case AugmentedAssign(target=Name()):
                return self._assign(statement.target, self._evaluate([statement.target, statement.value], state))
            case If():
                after = self._evaluate([statement.test], state)
                return _meet([self._block(statement.then, after), self._block(statement.otherwise, after)])
            case While():
                return self._loop(statement, self._evaluate([statement.test], state), always_true(statement.test))
            case For():
                return self._loop(statement, self._evaluate([statement.iterable], state), False)
            case Break():
                self._breaks[-1].append(state)
                return None
            case Continue():
                return None
            case Return():
                self._returns.append(self._evaluate([statement.value] if statement.value else [], state))
                return None
            case Assert():
                after = self._evaluate([statement.test], state)
                if statement.message is not None:
                    self._evaluate([statement.message], after)
                return None if _always_false(statement.test) else after
            case FunctionDefinition():
                defaults = [p.default for p in statement.parameters if p.default is not None]
                after = self._evaluate(defaults, state)
                return None if after is None else after | {statement.name}
            case _:
                return self._evaluate(children(statement), state)

    def _loop(self, loop: While | For, head: State, endless: bool) -> State:
        self._breaks.append([])
        start = self._assign(loop.target, head) if isinstance(loop, For) else head
        self._block(loop.body, start)
        broken = self._breaks.pop()
        return _meet([None if endless else self._block(loop.otherwise, head), *broken])

    def _assign(self, target: Name | Index | TupleTarget, state: State) -> State:
        for single in single_targets(target):
            if isinstance(single, Index):
                state = self._evaluate([single.object, single.index], state)
            elif state is not None:
                state |= {self._key(single.identifier)}
        return state

    # ------------------------------------------------------------------------------------- expressions

    def _evaluate(self, nodes: Iterable[Node], state: State) -> State:
        """The state after the nodes have been evaluated one after the other."""
        for node in nodes:
            if state is None:
                return None
            state = self._node(node, state)
        return state

    def _node(self, node: Node, state: frozenset[str]) -> State:
        match node:
            case Name():
                return self._read(node, state)
            case Call():
                after = self._evaluate(node.arguments, state)
                return self._called(node, after) if node.function in self.scopes.functions else after
            case Logical():
                after = self._evaluate([node.left], state)
                self._evaluate([node.right], after)
                return after
            case Conditional():
                after = self._evaluate([node.test], state)
                return _meet([self._evaluate([node.then], after), self._evaluate([node.otherwise], after)])
            case Comparison():
                after = self._evaluate(node.operands[:2], state)
                self._evaluate(node.operands[2:], after)
                return after
            case Comprehension():
                after = self._evaluate([node.iterable], state)
                self._targets.append(node.target.identifier)
                self._evaluate([*node.conditions, node.element], after)
                self._targets.pop()
                return after
            case _:
                return self._evaluate(children(node), state)

    def _read(self, name: Name, state: frozenset[str]) -> State:
        key = self._key(name.identifier)
        if name.identifier in self._targets or key in state:
            return state
        self.unbound.append(name)
        return state | {key}  # had it been unbound, the program would have ended here

    def _called(self, call: Call, state: State) -> State:
        if state is None:
            return None
        if call.function not in state:
            self.early_calls.append(call)
        outside = frozenset(key for key in state if not key.startswith(_LOCAL))
        before = self.entries[call.function]
        self.entries[call.function] = outside if before is None else before & outside
        exit_state = self.known_exits[call.function]
        return None if exit_state is None else state | exit_state


_LOCAL = "local "


def _meet(states: Iterable[State]) -> State:
    """What is assigned whichever of the ways control came."""
    reachable = [state for state in states if state is not None]
    return frozenset.intersection(*reachable) if reachable else None


def _always_false(test: Node) -> bool:
    return isinstance(test, BooleanLiteral | IntegerLiteral) and not test.value
