"""Expressions: `evaluate` is the rule by which `Context.value` writes code for one."""

from __future__ import annotations

from compiler.language.kinds import Boolean, String, TupleOf, is_number
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
from compiler.lowering import calls, conditions, lists, loops, numbers, operators, strings
from compiler.lowering.assembler import Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context


def evaluate(c: Context, e: Expression, into: int | None, hint: int | None) -> int:
    """The cell of the value; see `Context.value`."""
    constant = constant_value(e)
    if constant is not None:
        return c.placed(c.constant(constant), into)
    match e:
        case StringLiteral(value=text):
            return c.placed(strings.literal(c, text), into)
        case Name():
            return c.placed(c.read(e), into)
        case Unary(operator="+") | Call(function="int", arguments=(_,)) if is_number(c.kind(_operand(e))):
            return c.value(_operand(e), into, hint)
        case Call(function="str", arguments=(argument,)) if isinstance(c.kind(argument), String):
            return c.value(argument, into, hint)
        case Call(function="bool", arguments=(argument,)) if isinstance(c.kind(argument), Boolean):
            return c.value(argument, into, hint)
        case Call(function=function) if function in c.checked.functions:
            return calls.call(c, e, into)
    # What is left needs a cell for its result.
    spare = into if into is not None else hint if hint is not None else c.temporary()
    with c.scratch():
        cell = _computed(c, e, spare, into is None)
    return cell


def several(c: Context, e: Expression) -> list[int]:
    """Evaluates what gives a tuple; the cells of its items, which may be slots of the next frame."""
    match e:
        case TupleDisplay(items=items):
            return c.operands(items)
        case Call(function="divmod", arguments=arguments):
            return list(numbers.divided(c, *c.operands(arguments)))
        case Call():
            calls.call_function(c, e)
            kind = c.checked.functions[e.function].result
            assert isinstance(kind, TupleOf)
            return [c.next_slot(i) for i in range(len(kind.items))]
        case _:
            raise AssertionError(f"{type(e).__name__} gives no tuple")


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
            return numbers.negated(c, c.value(operand), into)
        case Unary(operator="~", operand=operand):
            return numbers.complement(c, c.value(operand), into)
        case Unary() | Comparison():
            return conditions.truth(c, e, into)
        case Binary(operator=operator, left=left, right=right):
            return operators.combine(c, c.kind(e), operator, left, right, into, free)
        case Logical():
            return _logical(c, e, into)
        case Conditional(test=test, then=then, otherwise=otherwise):
            other, end = Label(), Label()
            conditions.jump_if(c, test, other, False)
            c.value(then, into)
            c.jump(end)
            c.place(other)
            c.value(otherwise, into)
            c.place(end)
            return into
        case Index(object=object) if isinstance(c.kind(object), String):
            return strings.character(c, e, into)
        case Index():
            return lists.item(c, e, into)
        case Slice(object=object) if isinstance(c.kind(object), String):
            return c.placed(lists.sliced(c, e), None if free else into)
        case Slice():
            return c.placed(lists.sliced(c, e), into)
        case ListLiteral(items=items):
            return lists.display(c, e, items, into)
        case Comprehension():
            return loops.comprehension(c, e, into)
        case ReadIntegers():
            return lists.read_integers(c, e, into)
        case FormattedString():
            return strings.formatted(c, e.parts, into)
        case MethodCall():
            return c.placed(lists.method(c, e), None if free else into)
        case Call():
            return calls.builtin(c, e, into, free)
        case _:
            raise AssertionError(f"no code for {type(e).__name__}")


def _logical(c: Context, e: Logical, into: int) -> int:
    """`and` and `or` give one of their operands; for booleans, that is the truth of the whole."""
    if isinstance(c.kind(e), Boolean):
        return conditions.truth(c, e, into)
    end, take = Label(), Label()
    left = c.value(e.left)
    if c.is_next(left):
        left = c.saved(left)
    conditions.jump_if_true(c, c.kind(e), left, take, e.operator == "or")
    c.value(e.right, into)
    c.jump(end)
    c.place(take)
    c.move(left, into)
    c.place(end)
    return into
