"""Conditions: code that jumps, without making a value of 0 or 1 first."""

from __future__ import annotations

from compiler.language.kinds import Kind, ListOf, String, is_number
from compiler.language.syntax import Comparison, Conditional, Expression, ListLiteral, Logical, Name, Unary
from compiler.language.walk import walk
from compiler.lowering import lists, strings
from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.comparisons import JUMPS, OPPOSITE
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode


def jump_if(c: Context, e: Expression, target: Label, sense: bool) -> None:
    """Jumps to `target` if the truth of `e` is `sense`, else goes on."""
    constant = constant_value(e)
    if constant is not None:
        if bool(constant) == sense:
            c.jump(target)
        return
    with c.scratch():
        match e:
            case Unary(operator="not", operand=operand):
                jump_if(c, operand, target, not sense)
            case Logical(operator=operator, left=left, right=right):
                if (operator == "or") == sense:  # either operand decides
                    jump_if(c, left, target, sense)
                    jump_if(c, right, target, sense)
                else:
                    skip = Label()
                    jump_if(c, left, skip, not sense)
                    jump_if(c, right, target, sense)
                    c.place(skip)
            case Conditional(test=test, then=then, otherwise=otherwise):
                other, end = Label(), Label()
                jump_if(c, test, other, False)
                jump_if(c, then, target, sense)
                c.jump(end)
                c.place(other)
                jump_if(c, otherwise, target, sense)
                c.place(end)
            case Comparison(operands=(left, right), operators=(operator,)):
                _jump_if_pair(c, operator if sense else OPPOSITE[operator], left, right, target)
            case Comparison():
                _jump_if_chain(c, e, target, sense)
            case _:
                jump_if_true(c, c.kind(e), c.value(e), target, sense)


def truth(c: Context, e: Expression, into: int) -> int:
    """1 if a condition holds, else 0."""
    end = Label()
    if _may_write_early(c, into, e):
        c.move(ZERO, into)
        jump_if(c, e, end, False)
        c.move(c.constant(1), into)
    else:
        no = Label()
        jump_if(c, e, no, False)
        c.move(c.constant(1), into)
        c.jump(end)
        c.place(no)
        c.move(ZERO, into)
    c.place(end)
    return into


def _may_write_early(c: Context, into: int, e: Expression) -> bool:
    """Whether writing to `into` before an expression is evaluated leaves its value as it is."""
    if not c.effects.is_plain(e) and not c.is_temporary(into):
        return False
    return all(c.variable(node.identifier).cell != into for node in walk(e) if isinstance(node, Name))


def jump_if_true(c: Context, kind: Kind, cell: int, target: Label, sense: bool) -> None:
    """Jumps if the truth of a value, as Python sees it, is `sense`."""
    opcode = Opcode.JNE if sense else Opcode.JEQ
    match kind:
        case String():
            c.branch(opcode, cell, c.constant(EMPTY), target)
        case ListOf():
            with c.scratch():
                length = c.temporary()
                c.emit(Opcode.LOAD, cell, c.constant(-1), length)
                c.branch(opcode, length, ZERO, target)
        case _:
            c.branch(opcode, cell, ZERO, target)


def _jump_if_pair(c: Context, operator: str, left: Expression, right: Expression, target: Label) -> None:
    """Jumps if a comparison of two operands holds."""
    match operator, right:
        case "in" | "not in", ListLiteral(items=items) if is_number(c.kind(left)):
            if all(map(c.effects.is_total, items)):
                _jump_if_listed(c, operator == "in", left, items, target)
                return
    if operator in ("==", "!=") and isinstance(c.kind(left), String):
        if strings.jump_if_same_character(c, operator == "==", left, right, target):
            return
    x, y = c.operands([left, right])
    _jump_if_cells(c, operator, c.kind(left), c.kind(right), x, y, target)


def _jump_if_listed(c: Context, wanted: bool, left: Expression, items: tuple[Expression, ...], target: Label) -> None:
    """`in` a list that is written out, without making the list."""
    x = c.value(left)
    if c.is_next(x):
        x = c.saved(x)
    found = Label()
    for item in items:
        with c.scratch():
            c.branch(Opcode.JEQ, x, c.value(item), target if wanted else found)
    if not wanted:
        c.jump(target)
    c.place(found)


def _jump_if_chain(c: Context, e: Comparison, target: Label, sense: bool) -> None:
    """Jumps if a chain of comparisons holds, or if it does not; the operands between are evaluated once."""
    if _is_range_check(c, e):
        x, y = c.operands(e.operands[1:])
        if sense:
            c.branch(Opcode.JIN, x, y, target)
        else:
            inside = Label()
            c.branch(Opcode.JIN, x, y, inside)
            c.jump(target)
            c.place(inside)
        return
    failed = Label() if sense else target
    left, right = e.operands[:2]
    x, y = c.operands([left, right])
    for i, operator in enumerate(e.operators):
        last = i == len(e.operators) - 1
        if not last and c.is_next(y):
            y = c.saved(y)
        kinds = c.kind(e.operands[i]), c.kind(e.operands[i + 1])
        if last and sense:
            _jump_if_cells(c, operator, *kinds, x, y, target)
        else:
            _jump_if_cells(c, OPPOSITE[operator], *kinds, x, y, failed)
        if not last:
            # The value of y has to survive the evaluation of the operand that it is compared with next.
            following = e.operands[i + 2]
            if c.shared.identifiers_of(y) & c.effects.assigned_in_calls([following]):
                y = c.saved(y)
            x, y = y, c.value(following)
    if sense:
        c.place(failed)


def _is_range_check(c: Context, e: Comparison) -> bool:
    """`0 <= x < y` for numbers, where evaluating y although x is negative makes no difference."""
    return e.operators == ("<=", "<") and constant_value(e.operands[0]) == 0 and c.effects.is_total(e.operands[2])


def _jump_if_cells(c: Context, operator: str, left: Kind, right: Kind, x: int, y: int, target: Label) -> None:
    match operator, left, right:
        case "in" | "not in", _, String():
            c.branch(Opcode.JNE if operator == "in" else Opcode.JEQ, c.library("contains_string", y, x), ZERO, target)
        case "in" | "not in", _, ListOf():
            found = lists.contains(c, left, right, x, y)
            c.branch(Opcode.JNE if operator == "in" else Opcode.JEQ, found, ZERO, target)
        case _, String(), _:
            strings.jump_if_equal(c, operator == "==", x, y, target)
        case _, ListOf(), ListOf():
            equal = lists.equal(c, left, right, x, y)
            c.branch(Opcode.JNE if operator == "==" else Opcode.JEQ, equal, ZERO, target)
        case _:
            opcode, swapped = JUMPS[operator]
            c.branch(opcode, *((y, x) if swapped else (x, y)), target)
