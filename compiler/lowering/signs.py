"""Which integers are known never to be negative, so that an index need not be checked for counting from the end.

Every variable, parameter and result is taken to be so until something is found that may be negative and
flows there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from compiler.language.checked import CheckedProgram
from compiler.language.kinds import Boolean
from compiler.language.syntax import (
    Assign,
    AugmentedAssign,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Expression,
    For,
    FunctionDefinition,
    Logical,
    Name,
    Node,
    Return,
    Target,
    TupleDisplay,
    TupleTarget,
    Unary,
)
from compiler.language.walk import children
from compiler.lowering.constants import constant_value

_RESULT = "return"
"""What stands for the result of a function in the place of a variable's name."""

Key = tuple[str | None, str]
"""A function, None for the module level, and one of its variables."""

Bound = Mapping[str, bool]
"""For the targets of the comprehensions around an expression whether they are never negative."""


class Signs:
    """Which expressions may be negative: found by going over the program until nothing changes."""

    def __init__(self, checked: CheckedProgram) -> None:
        self._checked = checked
        self._negative: set[Key] = set()
        size = -1
        while len(self._negative) != size:
            size = len(self._negative)
            for key, fine in self._flows():
                if not fine:
                    self._negative.add(key)

    def never_negative(self, e: Expression, function: str | None, bound: Bound) -> bool:
        """Whether a number, in this function and these comprehensions, is known not to be negative."""
        constant = constant_value(e)
        if constant is not None:
            return constant >= 0

        def fine(*operands: Expression) -> bool:
            return all(self.never_negative(operand, function, bound) for operand in operands)

        match e:
            case _ if isinstance(self._checked.kinds[e], Boolean):
                return True
            case Name(identifier=identifier):
                known = bound.get(identifier)
                return self._key(identifier, function) not in self._negative if known is None else known
            case Unary(operator="+", operand=operand):
                return fine(operand)
            case Binary(operator=operator, left=left, right=right):
                return _operation(operator, fine(left), fine(right))
            case Conditional(then=left, otherwise=right) | Logical(left=left, right=right):
                return fine(left, right)
            case Call(function="len" | "ord" | "abs"):
                return True
            case Call(function="min", arguments=arguments) if len(arguments) > 1:
                return fine(*arguments)
            case Call(function="max", arguments=arguments) if len(arguments) > 1:
                return any(map(fine, arguments))
            case Call(function=name) if name in self._checked.functions:
                return (name, _RESULT) not in self._negative
            case _:
                return False

    def items_never_negative(self, iterable: Expression, function: str | None, bound: Bound) -> bool:
        """The same for all items of a range; the items of a list are not known."""
        if not isinstance(iterable, Call) or iterable.function != "range":
            return False
        arguments = iterable.arguments
        step = constant_value(arguments[2]) if len(arguments) == 3 else 1
        if step is None or step == 0:
            return False
        if step > 0:
            return len(arguments) == 1 or self.never_negative(arguments[0], function, bound)
        stop = constant_value(arguments[1])
        return (stop is not None and stop >= -1) or self.never_negative(arguments[1], function, bound)

    def _key(self, identifier: str, function: str | None) -> Key:
        if function is not None:
            info = self._checked.functions[function]
            if identifier in info.parameters or identifier in info.locals:
                return function, identifier
        return None, identifier

    # ------------------------------------------------------------------------------- what flows where

    def _flows(self) -> Iterator[tuple[Key, bool]]:
        """Each variable, parameter or result to which a value flows, and whether that is never negative."""
        for node, bound in self._visited(self._checked.module.body, None, {}):
            yield from self._flows_at(node, None, bound)
        for name, info in self._checked.functions.items():
            for node, bound in self._visited(info.definition.body, name, {}):
                yield from self._flows_at(node, name, bound)

    def _visited(self, nodes: Iterable[Node], function: str | None, bound: Bound) -> Iterator[tuple[Node, Bound]]:
        for node in nodes:
            yield node, bound
            if isinstance(node, Comprehension):
                yield from self._visited([node.iterable], function, bound)
                fine = self.items_never_negative(node.iterable, function, bound)
                inside = {**bound, node.target.identifier: fine}
                yield from self._visited([*node.conditions, node.element], function, inside)
            elif not isinstance(node, FunctionDefinition):
                yield from self._visited(children(node), function, bound)

    def _flows_at(self, node: Node, function: str | None, bound: Bound) -> Iterator[tuple[Key, bool]]:
        def fine(e: Expression) -> bool:
            return self.never_negative(e, function, bound)

        match node:
            case Assign(targets=targets, value=value):
                for target in targets:
                    yield from self._flows_to(target, value, function, bound)
            case AugmentedAssign(target=Name() as target, operator=operator, value=value):
                yield self._key(target.identifier, function), _operation(operator, fine(target), fine(value))
            case For(target=target, iterable=iterable):
                items = self.items_never_negative(iterable, function, bound)
                for single in target.items if isinstance(target, TupleTarget) else (target,):
                    if isinstance(single, Name):
                        yield self._key(single.identifier, function), items
            case FunctionDefinition(name=callee, parameters=parameters):
                for parameter in parameters:
                    if parameter.default is not None:
                        yield (callee, parameter.name), fine(parameter.default)
            case Call(function=callee, arguments=arguments) if callee in self._checked.functions:
                for identifier, argument in zip(self._checked.functions[callee].parameters, arguments):
                    yield (callee, identifier), fine(argument)
            case Return(value=value) if value is not None and function is not None:
                yield (function, _RESULT), not isinstance(value, TupleDisplay) and fine(value)

    def _flows_to(
        self, target: Target, value: Expression, function: str | None, bound: Bound
    ) -> Iterator[tuple[Key, bool]]:
        match target, value:
            case Name(identifier=identifier), _:
                yield self._key(identifier, function), self.never_negative(value, function, bound)
            case TupleTarget(items=targets), TupleDisplay(items=values):
                for single, item in zip(targets, values):
                    yield from self._flows_to(single, item, function, bound)
            case TupleTarget(items=targets), _:
                for single in targets:
                    if isinstance(single, Name):
                        yield self._key(single.identifier, function), False


def _operation(operator: str, left: bool, right: bool) -> bool:
    """Whether a result is never negative if that is known of the operands."""
    match operator:
        case "+" | "*" | "//" | "|" | "^":
            return left and right
        case "%":
            return right
        case "&":
            return left or right
        case "**" | "<<" | ">>":
            return left
        case _:
            return False
