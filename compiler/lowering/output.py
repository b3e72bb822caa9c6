"""`print`: first all that can be evaluated, then constant texts and values in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compiler.language.kinds import BOOLEAN, Integer, Kind
from compiler.language.syntax import BooleanLiteral, Conditional, Expression, FormattedString, Print, StringLiteral
from compiler.lowering import conditions, routines, strings
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode


@dataclass(frozen=True)
class _Field:
    """A value to print.

    frozen: as it is when it is evaluated, not when it is printed; last: it is `sep` or `end`, which are
    evaluated after all arguments, and once.
    """

    e: Expression
    frozen: bool
    last: bool


def print_statement(c: Context, statement: Print) -> None:
    """Code for `print(…)`: constant texts that follow one another are one."""
    parts = list(_merged(_parts(c, statement)))
    fields = [part for part in parts if isinstance(part, _Field)]
    if len(fields) == 1 and (isinstance(parts[0], _Field) or c.effects.is_total(fields[0].e)):
        for part in parts:
            if isinstance(part, str):
                c.put(part)
            else:
                _print_at_once(c, part.e)
        return
    values = _evaluated(c, sorted(dict.fromkeys(fields), key=lambda field: field.last))
    for part in parts:
        if isinstance(part, str):
            c.put(part)
        else:
            _print_value(c, part.e, *values[part])


def _constant_text(c: Context, e: Expression) -> str | None:
    """What `print` makes of an expression, if that is known."""
    match e:
        case StringLiteral(value=text):
            return text
        case BooleanLiteral(value=value):
            return str(value)
    constant = constant_value(e) if isinstance(c.kind(e), Integer) else None
    return None if constant is None else str(constant)


def _parts(c: Context, statement: Print) -> Iterator[str | _Field]:
    for i, argument in enumerate(statement.arguments):
        if i:
            yield from _option_parts(c, statement.separator, " ")
        yield from _expression_parts(c, argument, False)
    yield from _option_parts(c, statement.end, "\n")


def _option_parts(c: Context, e: Expression | None, default: str) -> Iterator[str | _Field]:
    if e is None:
        yield default
    else:
        yield from _expression_parts(c, e, True)


def _expression_parts(c: Context, e: Expression, last: bool) -> Iterator[str | _Field]:
    text = _constant_text(c, e)
    if text is not None:
        yield text
    elif isinstance(e, FormattedString):
        for part in e.parts:
            if isinstance(part, str):
                yield part
            else:
                known = _constant_text(c, part)
                yield _Field(part, True, last) if known is None else known
    else:
        yield _Field(e, False, last)


def _merged(parts: Iterator[str | _Field]) -> Iterator[str | _Field]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        yield part
        text = ""
    if text:
        yield text


def _is_choice(c: Context, e: Expression) -> bool:
    """Whether an expression chooses between two constant texts."""
    return isinstance(e, Conditional) and all(_constant_text(c, x) is not None for x in (e.then, e.otherwise))


def _print_at_once(c: Context, e: Expression) -> None:
    """Evaluates and prints the only field."""
    if not _is_choice(c, e):
        routines.show(c, c.kind(e), c.value(e))
        return
    assert isinstance(e, Conditional)
    other = Label()
    conditions.jump_if(c, e.test, other, False)
    _print_choice(c, e, other)


def _print_choice(c: Context, e: Conditional, other: Label) -> None:
    end = Label()
    c.put(_constant_text(c, e.then) or "")
    c.jump(end)
    c.place(other)
    c.put(_constant_text(c, e.otherwise) or "")
    c.place(end)


def _evaluated(c: Context, fields: Sequence[_Field]) -> dict[_Field, tuple[Kind, int]]:
    """Kind and cell of each value; for a choice, its test's."""
    values: dict[_Field, tuple[Kind, int]] = {}
    for i, field in enumerate(fields):
        e, later = field.e, [other.e for other in fields[i + 1 :]]
        if isinstance(e, Conditional) and _is_choice(c, e):
            values[field] = BOOLEAN, conditions.truth(c, e.test, c.temporary())
        else:
            values[field] = strings.evaluated(c, e, later, field.frozen)
    return values


def _print_value(c: Context, e: Expression, kind: Kind, cell: int) -> None:
    if not _is_choice(c, e):
        routines.show(c, kind, cell)
        return
    assert isinstance(e, Conditional)
    other = Label()
    c.branch(Opcode.JEQ, cell, ZERO, other)
    _print_choice(c, e, other)
