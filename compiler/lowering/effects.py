"""What evaluating a piece of the tree may do to what was evaluated before it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from compiler.language.checked import CheckedProgram, FunctionInfo
from compiler.language.kinds import ListOf, is_number
from compiler.language.syntax import (
    Assign,
    AugmentedAssign,
    Binary,
    BooleanLiteral,
    Call,
    Comparison,
    Conditional,
    Expression,
    For,
    FunctionDefinition,
    Global,
    Index,
    IntegerLiteral,
    Logical,
    MethodCall,
    Name,
    Node,
    StringLiteral,
    Unary,
)
from compiler.language.walk import children, single_targets, walk

_PLAIN_BUILTINS = frozenset({"int", "bool", "abs", "min", "max", "len"})


class Effects:
    """What the functions of a program may do, themselves or through the functions that they call.

    instructions: the names of functions whose calls stand for single instructions.
    """

    def __init__(self, checked: CheckedProgram, base: int, instructions: Container[str]) -> None:
        self._checked = checked
        self._base = base
        self._instructions = instructions
        bodies = {name: list(walk(*info.definition.body)) for name, info in checked.functions.items()}
        self._assigns = {
            name: {identifier for node in body if isinstance(node, Global) for identifier in node.names}
            for name, body in bodies.items()
        }
        self._resizes = {name: any(isinstance(node, MethodCall) for node in body) for name, body in bodies.items()}
        calls = {
            name: {node.function for node in body if isinstance(node, Call) and node.function in checked.functions}
            for name, body in bodies.items()
        }
        changed = True
        while changed:
            changed = False
            for caller, callees in calls.items():
                for callee in callees:
                    if not self._assigns[callee] <= self._assigns[caller]:
                        self._assigns[caller] |= self._assigns[callee]
                        changed = True
                    if self._resizes[callee] and not self._resizes[caller]:
                        self._resizes[caller] = changed = True

    def _callees(self, nodes: Iterable[Node]) -> Iterator[str]:
        for node in walk(*nodes):
            if isinstance(node, Call) and node.function in self._checked.functions:
                yield node.function

    def calls_functions(self, nodes: Iterable[Node]) -> bool:
        """Whether a function of the program may be called."""
        return next(self._callees(nodes), None) is not None

    def assigned_in_calls(self, nodes: Iterable[Node]) -> set[str]:
        """The module-level variables that the functions called there may assign."""
        return {name for callee in self._callees(nodes) for name in self._assigns[callee]}

    def resizes(self, nodes: Iterable[Node]) -> bool:
        """Whether some list may get longer or shorter."""
        nodes = tuple(nodes)
        return any(isinstance(node, MethodCall) for node in walk(*nodes)) or any(
            self._resizes[callee] for callee in self._callees(nodes)
        )

    def is_read_outside(self, loop: For, function: FunctionInfo | None) -> bool:
        """Whether the target of a loop may be read elsewhere than in loops over it, and so after one has ended."""
        assert isinstance(loop.target, Name)
        identifier = loop.target.identifier
        if function is not None and identifier in function.locals:
            return _is_read(function.definition.body, identifier)
        bodies = [
            info.definition.body
            for info in self._checked.functions.values()
            if identifier not in info.parameters and identifier not in info.locals
        ]
        if function is not None and identifier in function.parameters:
            bodies = [function.definition.body]
        return any(_is_read(body, identifier) for body in [self._checked.module.body, *bodies])

    def is_plain(self, e: Expression) -> bool:
        """Whether the code for an expression calls nothing, so that the slots of the next frame stay."""
        match e:
            case IntegerLiteral() | BooleanLiteral() | StringLiteral() | Name():
                return True
            case Unary(operand=operand):
                return self.is_plain(operand)
            case Binary(operator="+" | "-", left=left, right=right) if is_number(self._checked.kinds[e]):
                return self.is_plain(left) and self.is_plain(right)
            case Binary(operator="*" | "//" | "%", left=left, right=IntegerLiteral(value=value)):
                return is_number(self._checked.kinds[e]) and 0 < value < self._base and self.is_plain(left)
            case Index(object=Name() as object, index=index):
                return isinstance(self._checked.kinds[object], ListOf) and self.is_plain(index)
            case Comparison(operands=operands):
                numbers = all(is_number(self._checked.kinds[operand]) for operand in operands)
                return numbers and all(map(self.is_plain, operands))
            case Logical(left=left, right=right):
                return self.is_plain(left) and self.is_plain(right)
            case Conditional(test=test, then=then, otherwise=otherwise):
                return all(map(self.is_plain, (test, then, otherwise)))
            case Call(function=function, arguments=arguments) if function in self._instructions:
                return all(map(self.is_plain, arguments))
            case Call(function=function, arguments=arguments) if function in _PLAIN_BUILTINS:
                numbers = all(is_number(self._checked.kinds[argument]) for argument in arguments)
                return (numbers or function == "len") and all(map(self.is_plain, arguments))
            case _:
                return False

    def is_total(self, e: Expression) -> bool:
        """Whether evaluating an expression has no effect and cannot fail, so that it may be done at any time."""
        match e:
            case IntegerLiteral() | BooleanLiteral() | StringLiteral():
                return True
            case Name():
                return e not in self._checked.maybe_unbound
            case Unary(operand=operand):
                return self.is_total(operand)
            case Binary(operator="+" | "-", left=left, right=right) if is_number(self._checked.kinds[e]):
                return self.is_total(left) and self.is_total(right)
            case Call(function="len", arguments=(argument,)):
                return self.is_total(argument)
            case _:
                return False


def _is_read(nodes: Iterable[Node], identifier: str) -> bool:
    """Whether a variable is read, other than in the body of a loop that alone assigns it."""
    for node in nodes:
        match node:
            case Name():
                if node.identifier == identifier:
                    return True
            case FunctionDefinition(parameters=parameters):
                if _is_read(parameters, identifier):
                    return True
            case Assign(targets=targets, value=value):
                singles = [single for target in targets for single in single_targets(target)]
                if _is_read([value, *(single for single in singles if isinstance(single, Index))], identifier):
                    return True
            case For(target=target, iterable=iterable, body=body, otherwise=otherwise):
                own = isinstance(target, Name) and target.identifier == identifier
                items = [single for single in single_targets(target) if isinstance(single, Index)]
                counted = own and identifier not in assigned_names(body)
                if _is_read([iterable, *items, *otherwise, *(() if counted else body)], identifier):
                    return True
            case _:
                if _is_read(children(node), identifier):
                    return True
    return False


def assigned_names(statements: Iterable[Node]) -> set[str]:
    """The variables that statements themselves assign."""
    names: set[str] = set()
    for node in walk(*statements):
        match node:
            case Assign(targets=targets):
                singles = [single for target in targets for single in single_targets(target)]
            case AugmentedAssign(target=target) | For(target=target):
                singles = list(single_targets(target))
            case _:
                continue
        names.update(single.identifier for single in singles if isinstance(single, Name))
    return names
