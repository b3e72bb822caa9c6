"""What the names of a program mean: functions, their locals, and module-level variables."""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from compiler.language.builtins import ARGUMENTS, RESERVED
from compiler.language.refusals import BUILTINS, Advice, Refusal, Report
from compiler.language.syntax import (
    Assign,
    AugmentedAssign,
    Call,
    Comprehension,
    For,
    FunctionDefinition,
    Global,
    Module,
    Name,
    Node,
    Statement,
)
from compiler.language.walk import children, single_targets, walk


@dataclass(frozen=True)
class FunctionScope:
    """The names of a function: parameters, locals and module-level variables it uses, in order; its callees."""

    definition: FunctionDefinition
    parameters: tuple[str, ...]
    locals: tuple[str, ...]
    globals_used: tuple[str, ...]
    callees: frozenset[str]


@dataclass(frozen=True)
class Scopes:
    """The variables of the program, by function, and those that are global."""

    functions: dict[str, FunctionScope]
    globals: tuple[str, ...]

    def recursive(self, function: str) -> bool:
        """Whether a call of the function may lead to another call of it."""
        reached: set[str] = set()
        waiting = [function]
        while waiting:
            new = self.functions[waiting.pop()].callees - reached
            reached |= new
            waiting.extend(new)
        return function in reached


def resolve_names(module: Module, report: Report) -> Scopes:
    """Reports names without meaning or with two, and wrong numbers of arguments."""
    definitions = _definitions(module, report)
    declared = {name: _declared_global(definition, report) for name, definition in definitions.items()}
    variables: dict[str, None] = {}
    for statement in module.body:
        names = list(assigned_names(statement))
        if isinstance(statement, FunctionDefinition):
            names = [name for name in names if name.identifier in declared[statement.name]]
        variables.update((name.identifier, None) for name in names)
    for node in walk(*module.body):
        with report.collecting():
            _refuse_new_meaning(node, definitions)
    functions = {}
    unknown = _Unknown(variables, definitions, report)
    for name, definition in definitions.items():
        parameters = tuple(parameter.name for parameter in definition.parameters)
        assigned = dict.fromkeys(target.identifier for target in assigned_names(definition))
        own = tuple(n for n in assigned if n not in parameters and n not in declared[name])
        mine = frozenset(parameters + own)
        used: dict[str, None] = {}
        for statement in definition.body:
            used.update((n.identifier, None) for n in _outer_names(statement, mine))
        callees = frozenset(
            node.function for node in walk(*definition.body) if isinstance(node, Call) and node.function in definitions
        )
        functions[name] = FunctionScope(definition, parameters, own, tuple(n for n in used if n in variables), callees)
        for statement in definition.body:
            unknown.find(statement, mine)
    for statement in module.body:
        if isinstance(statement, FunctionDefinition):
            for parameter in statement.parameters:
                if parameter.default is not None:
                    unknown.find(parameter.default, frozenset())
        else:
            unknown.find(statement, frozenset())
    for refusal in unknown.first.values():
        report.add(refusal)
    return Scopes(functions, tuple(variables))


def _definitions(module: Module, report: Report) -> dict[str, FunctionDefinition]:
    definitions: dict[str, FunctionDefinition] = {}
    for statement in module.body:
        if isinstance(statement, FunctionDefinition):
            first = definitions.setdefault(statement.name, statement)
            if first is not statement:
                message = f"`{statement.name}` is already defined in line {first.span.line}"
                report.add(Refusal(message, "choose another name", statement.span))
    return definitions


def assigned_names(statement: Statement) -> Iterator[Name]:
    """The names that a statement, or the body of a definition, assigns to, in the order of the text."""
    for node in walk(statement):
        match node:
            case Assign():
                for target in node.targets:
                    yield from (item for item in single_targets(target) if isinstance(item, Name))
            case AugmentedAssign(target=Name() as name):
                yield name
            case For():
                yield from (item for item in single_targets(node.target) if isinstance(item, Name))


def _declared_global(definition: FunctionDefinition, report: Report) -> frozenset[str]:
    parameters = {parameter.name for parameter in definition.parameters}
    seen: set[str] = set()
    declared: set[str] = set()
    for node in walk(*definition.body):
        if isinstance(node, Name):
            seen.add(node.identifier)
        elif isinstance(node, Call):
            seen.add(node.function)
        elif isinstance(node, Global):
            for name in node.names:
                if name in parameters:
                    message = f"`{name}` is a parameter, so it cannot be global"
                    report.add(Refusal(message, "rename one of them", node.span))
                    continue
                if name in seen:
                    message = f"`{name}` is used before it is declared global"
                    report.add(Refusal(message, "put the `global` line first in the function", node.span))
                declared.add(name)
    return frozenset(declared)


def _refuse_new_meaning(node: Node, definitions: Collection[str]) -> None:
    """Refuses what would give a second meaning to a name of a function."""
    names: list[tuple[str, Node]] = []
    match node:
        case FunctionDefinition():
            names = [(parameter.name, parameter) for parameter in node.parameters]
            if node.name in RESERVED:
                raise Refusal(f"`{node.name}` is built in", "choose another name", node.span)
        case Assign() | AugmentedAssign() | For():
            names = [(name.identifier, name) for name in assigned_names(node)]
        case Comprehension():
            names = [(node.target.identifier, node.target)]
    for name, place in names:
        if name in RESERVED:
            raise Refusal(f"`{name}` is built in, so it cannot be a variable", "choose another name", place.span)
        if name in definitions:
            raise Refusal(f"`{name}` is a function, so it cannot be a variable", "choose another name", place.span)
        if name.startswith("__") and name.endswith("__"):
            raise Refusal(f"`{name}` has a meaning of its own in Python", "choose another name", place.span)


def _outer_names(node: Node, mine: frozenset[str]) -> Iterator[Name]:
    """The names below a node that are not in `mine` and not targets of comprehensions around them."""
    if isinstance(node, Name):
        if node.identifier not in mine:
            yield node
        return
    if isinstance(node, Comprehension):
        yield from _outer_names(node.iterable, mine)
        inner = mine | {node.target.identifier}
        for part in (node.element, *node.conditions):
            yield from _outer_names(part, inner)
        return
    for child in children(node):
        yield from _outer_names(child, mine)


class _UnknownFunction(Refusal):
    """A call of what is neither in the program nor in Python."""


@dataclass
class _Unknown:
    """Reports names and calls without meaning; what is unknown is told where it is first read."""

    variables: Collection[str]
    definitions: dict[str, FunctionDefinition]
    report: Report
    first: dict[str, Refusal] = field(default_factory=dict)

    def find(self, node: Node, mine: frozenset[str]) -> None:
        """`mine` are the locals where the node stands."""
        for name in _outer_names(node, mine):
            if name.identifier not in self.variables:
                advice = _unknown(name.identifier, [*mine, *self.variables], self.definitions)
                self._tell(name.identifier, Refusal(advice.message, advice.hint, name.span))
        for part in walk(node):
            if isinstance(part, Call):
                try:
                    _check_call(part, mine.union(self.variables), self.definitions)
                except _UnknownFunction as refusal:
                    self._tell(part.function, refusal)
                except Refusal as refusal:
                    self.report.add(refusal)

    def _tell(self, name: str, refusal: Refusal) -> None:
        known = self.first.setdefault(name, refusal)
        if (refusal.span.line, refusal.span.column) < (known.span.line, known.span.column):
            self.first[name] = refusal


def _check_call(call: Call, variables: Collection[str], definitions: dict[str, FunctionDefinition]) -> None:
    name, given = call.function, len(call.arguments)
    most: int | None
    if name in definitions:
        parameters = definitions[name].parameters
        fewest, most = sum(parameter.default is None for parameter in parameters), len(parameters)
    elif name in ARGUMENTS:
        fewest, most = ARGUMENTS[name]
    elif name in variables:
        raise Refusal(f"`{name}` is a variable, not a function", "define the function under another name", call.span)
    elif name in BUILTINS:
        raise Refusal(BUILTINS[name].message, BUILTINS[name].hint, call.span)
    else:
        raise _UnknownFunction(f"there is no function `{name}`", _similar(name, [*definitions, *ARGUMENTS]), call.span)
    if given < fewest or (most is not None and given > most):
        wanted = str(fewest) if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
        raise Refusal(f"`{name}` takes {wanted} argument{'' if wanted == '1' else 's'}, not {given}", "", call.span)


def _unknown(name: str, variables: Collection[str], definitions: Collection[str]) -> Advice:
    if name in definitions or name in RESERVED:
        return Advice(f"the function `{name}` is not a value", f"call it: `{name}(…)`")
    if name in ("__name__", "__main__"):
        return Advice(f"`{name}` is not in the language", "call the main function without a test around it")
    if name in BUILTINS:
        return BUILTINS[name]
    if name in dir(builtins):
        return Advice(f"`{name}` is not in the language", "")
    return Advice(f"the name `{name}` is not defined", _similar(name, variables) or "assign a value to it first")


def _similar(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean `{close[0]}`?" if close else ""
