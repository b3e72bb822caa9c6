"""Expressions: `value` writes the code that evaluates one."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.language.kinds import Boolean, Kind, ListOf, String, TupleOf, is_number
from compiler.language.syntax import (
    Binary,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Expression,
    FormattedString,
    Index,
    ListLiteral,
    Logical,
    MethodCall,
    Name,
    ReadIntegers,
    Slice,
    StringLiteral,
    TupleDisplay,
    Unary,
)
from compiler.language.walk import walk
from compiler.lowering import calls, conditions, lists, numbers, strings
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.program import Origin


def value(c: Context, e: Expression, into: int | None = None, hint: int | None = None) -> int:
    """Evaluates an expression; returns the cell of its value.

    With `into` the value is there, and `into` was written only after all of the expression had been read:
    it may be a variable that occurs in it. Without, the cell may be a variable's or a constant's, which the
    caller must not change, or a slot of the next frame, which the next call overwrites; a temporary that is
    needed for the value is taken from the caller's scratch, or is `hint`.
    """
    if e.span.line == c.code.origin.line:
        return _value(c, e, into, hint)
    with c.at(Origin(e.span.line, e.span.column, c.code.origin.comment)):
        return _value(c, e, into, hint)


def operands(c: Context, expressions: Sequence[Expression], hint: int | None = None) -> list[int]:
    """Evaluates expressions from left to right; returns cells that have their values when all are evaluated."""
    cells: list[int] = []
    for i, e in enumerate(expressions):
        later = expressions[i + 1 :]
        cell = value(c, e, hint=hint if hint not in cells else None)
        if c.is_next(cell) and not all(map(c.effects.is_plain, later)):
            cell = saved(c, cell)
        elif later and c.shared.identifiers_of(cell) & c.effects.assigned_in_calls(later):
            cell = saved(c, cell)
        cells.append(cell)
    return cells


def saved(c: Context, cell: int) -> int:
    """A copy in a temporary."""
    copy = c.temporary()
    c.move(cell, copy)
    return copy


def several(c: Context, e: Expression) -> list[int]:
    """Evaluates what gives a tuple; the cells of its items, which may be slots of the next frame."""
    match e:
        case TupleDisplay(items=items):
            return operands(c, items)
        case Call(function="divmod", arguments=arguments):
            return list(numbers.divided(c, *operands(c, arguments)))
        case Call():
            calls.call_function(c, e)
            kind = c.checked.functions[e.function].result
            assert isinstance(kind, TupleOf)
            return [c.next_slot(i) for i in range(len(kind.items))]
        case _:
            raise AssertionError(f"{type(e).__name__} gives no tuple")


def may_write_early(c: Context, into: int, e: Expression) -> bool:
    """Whether writing to `into` before an expression is evaluated leaves its value as it is."""
    if not c.effects.is_plain(e) and not c.is_temporary(into):
        return False
    return all(c.variable(node.identifier).cell != into for node in walk(e) if isinstance(node, Name))


def _value(c: Context, e: Expression, into: int | None, hint: int | None) -> int:
    constant = constant_value(e)
    if constant is not None:
        return placed(c, c.constant(constant), into)
    match e:
        case StringLiteral(value=text):
            return placed(c, strings.literal(c, text), into)
        case Name():
            return placed(c, c.read(e), into)
        case Unary(operator="+") | Call(function="int", arguments=(_,)) if is_number(c.kind(_operand(e))):
            return value(c, _operand(e), into, hint)
        case Call(function="str", arguments=(argument,)) if isinstance(c.kind(argument), String):
            return value(c, argument, into, hint)
        case Call(function="bool", arguments=(argument,)) if isinstance(c.kind(argument), Boolean):
            return value(c, argument, into, hint)
        case Call(function=function) if function in c.checked.functions:
            return calls.call(c, e, into)
    # What is left needs a cell for its result.
    spare = into if into is not None else hint if hint is not None else c.temporary()
    with c.scratch():
        cell = _computed(c, e, spare, into is None)
    return cell


def placed(c: Context, cell: int, into: int | None) -> int:
    """The value in `into` if that is wanted."""
    if into is None:
        return cell
    c.move(cell, into)
    return into


def _operand(e: Expression) -> Expression:
    match e:
        case Unary(operand=operand):
            return operand
        case Call(arguments=(argument,)):
            return argument
        case _:
            raise AssertionError(type(e).__name__)


def _computed(c: Context, e: Expression, into: int, free: bool) -> int:
    """The value in `into`, or, if `free`, possibly in a slot of the next frame."""
    match e:
        case Unary(operator="-", operand=operand):
            return numbers.negated(c, value(c, operand), into)
        case Unary(operator="~", operand=operand):
            return numbers.complement(c, value(c, operand), into)
        case Unary() | Comparison():
            return truth(c, e, into)
        case Binary(operator=operator, left=left, right=right):
            return combine(c, c.kind(e), operator, left, right, into, free)
        case Logical():
            return _logical(c, e, into)
        case Conditional(test=test, then=then, otherwise=otherwise):
            other, end = Label(), Label()
            conditions.jump_if(c, test, other, False)
            value(c, then, into)
            c.jump(end)
            c.place(other)
            value(c, otherwise, into)
            c.place(end)
            return into
        case Index(object=object) if isinstance(c.kind(object), String):
            return strings.character(c, e, into)
        case Index():
            return lists.item(c, e, into)
        case Slice(object=object) if isinstance(c.kind(object), String):
            return placed(c, lists.sliced(c, e), None if free else into)
        case Slice():
            return placed(c, lists.sliced(c, e), into)
        case ListLiteral(items=items):
            return lists.display(c, e, items, into)
        case Comprehension():
            return lists.comprehension(c, e, into)
        case ReadIntegers():
            return lists.read_integers(c, e, into)
        case FormattedString():
            return strings.formatted(c, e.parts, into)
        case MethodCall():
            return placed(c, lists.method(c, e), None if free else into)
        case Call():
            return calls.builtin(c, e, into, free)
        case _:
            raise AssertionError(f"no code for {type(e).__name__}")


def combine(c: Context, kind: Kind, operator: str, left: Expression, right: Expression, into: int, free: bool) -> int:
    """`left operator right`, whose kind is given; the value in `into`, or, if `free`, possibly elsewhere."""
    if isinstance(kind, ListOf):
        return lists.combined(c, kind, operator, left, right, into)
    swapped = operator == "*" and (
        isinstance(c.kind(right), String) or (constant_value(left) is not None and constant_value(right) is None)
    )
    x, y = operands(c, [left, right], hint=into if free and operator in "+-" else None)
    if swapped:
        x, y, right = y, x, left
    return combine_cells(c, kind, operator, x, y, into, free, constant_value(right))


def combine_cells(
    c: Context, kind: Kind, operator: str, x: int, y: int, into: int, free: bool, known: int | None
) -> int:
    """The same for cells that are not lists. known: the value of y where it is a constant."""
    match kind:
        case Boolean():
            return numbers.boolean(c, operator, x, y, into)
        case String():
            routine = "concatenate" if operator == "+" else "repeat_string"
            return placed(c, c.library(routine, x, y), None if free else into)
        case _:
            return numbers.operate(c, operator, x, y, into, free, known)


def truth(c: Context, e: Expression, into: int) -> int:
    """1 if a condition holds, else 0."""
    end = Label()
    if may_write_early(c, into, e):
        c.move(ZERO, into)
        conditions.jump_if(c, e, end, False)
        c.move(c.constant(1), into)
    else:
        no = Label()
        conditions.jump_if(c, e, no, False)
        c.move(c.constant(1), into)
        c.jump(end)
        c.place(no)
        c.move(ZERO, into)
    c.place(end)
    return into


def _logical(c: Context, e: Logical, into: int) -> int:
    """`and` and `or` give one of their operands; for booleans, that is the truth of the whole."""
    if isinstance(c.kind(e), Boolean):
        return truth(c, e, into)
    end, take = Label(), Label()
    left = value(c, e.left)
    if c.is_next(left):
        left = saved(c, left)
    conditions.jump_if_true(c, c.kind(e), left, take, e.operator == "or")
    value(c, e.right, into)
    c.jump(end)
    c.place(take)
    c.move(left, into)
    c.place(end)
    return into
