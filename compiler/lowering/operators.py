"""Operators with two operands, on numbers, strings and lists."""

from __future__ import annotations

from compiler.language.kinds import Boolean, Kind, ListOf, String
from compiler.language.syntax import Expression
from compiler.lowering import lists, numbers
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context


def combine(c: Context, kind: Kind, operator: str, left: Expression, right: Expression, into: int, free: bool) -> int:
    """`left operator right`, whose type is given; the value in `into`, or, if `free`, possibly elsewhere."""
    if isinstance(kind, ListOf):
        return lists.combined(c, kind, operator, left, right, into)
    swapped = operator == "*" and (
        isinstance(c.kind(right), String) or (constant_value(left) is not None and constant_value(right) is None)
    )
    x, y = c.operands([left, right], hint=into if free and operator in "+-" else None)
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
            return c.placed(c.library(routine, x, y), None if free else into)
        case _:
            return numbers.operate(c, operator, x, y, into, free, known)
