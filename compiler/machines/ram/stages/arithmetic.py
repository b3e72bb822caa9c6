"""What the next token says, if it is about numbers: sums and products, quotients, comparisons."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuits import relu, step, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.stages.fetch import Begun, Instruction
from compiler.machines.ram.stages.history import History
from compiler.machines.ram.stages.operands import Operands
from compiler.machines.ram.stages.phases import Phase
from compiler.machines.ram.stages.setting import Setting, Within

# ------------------------------------------------------------------------------------------ sums and products


@dataclass(frozen=True)
class Sum:
    """The next group of a value.

    `rest` is the total less B for each negative operand: what is left to be written if this is the last group.

    Attributes:
        total: the sum, or a row of the product, with what was carried in.
        group: the total modulo B.
        carry: whether the total is B or more.
        negative, fits, all_sign: whether the rest is below 0, is a group with a sign, and is 0 or -1.
        repeated: what a T repeats, for sign 0 and 1, less a group of that sign: the latest group of this instruction
            that is not all sign, if there is one.
    """

    total: Expression
    group: Expression
    carry: Expression
    negative: Expression
    fits: Expression
    all_sign: Expression
    repeated: tuple[Expression, Expression]


def sums(
    s: Setting,
    now: Instruction,
    past: History,
    begun: Begun,
    operands: Operands,
    phase: Phase,
    within: Within,
    unsigned: tuple[Opcode, ...] = (Opcode.MUL,),
) -> Sum:
    """unsigned: instructions whose result does not have the operands' signs."""
    c, t, op, b = s.c, s.t, now.op, s.b
    mul, sub = op[Opcode.MUL], op[Opcode.SUB]
    adding = op[Opcode.ADD] + phase.addressing
    x, y, progress, shift_begins = operands.x, operands.y, phase.progress, phase.copying.shift_begins
    carry_in = c.wire(
        "carry in",
        when(t.group, mul, value=past.previous_value)
        + when(t.product_carry, progress.second, value=begun.value_before)
        + when(sub, t.end),
    )
    total = c.wire(
        "sum",
        relu(x.group - (b - 1) * (mul + now.divides - phase.copying.quotient + shift_begins))
        + when(adding + shift_begins, value=y.group)
        + when(sub, value=b - 1 - y.group)
        + relu(x.group - (b - 1) * (1 - progress.product_row), y.group)
        - when(mul, t.group, x.top.sign, progress.past_top, value=y.group),
    )
    total = total + t.carry + carry_in - b * t.product_carry_value
    x_sign = when(1 - now.any_of(*unsigned), x.top.sign)
    signs = c.wire("signs", x_sign + when(adding, y.top.sign) + when(sub, 1 - y.top.sign))
    rest = total - b * signs
    carry = c.wire("carry out", step(total - b + 1))
    total_negative = 1 - c.wire("total not negative", step(total + 1))
    negative = 1 - c.wire("rest not negative", step(rest + 1))
    fits = within(s, "overflow", rest, -b, b - 1)
    all_sign = c.wire("all sign", step(rest + 2) - step(rest))
    positive, other = past.significant
    repeated = (
        c.wire("repeated+", step(positive.at - begun.at + 1, positive.value)),
        c.wire("repeated-", step(other.at - begun.at + 1, other.value - (b - 1))),
    )
    group = total - b * carry + b * total_negative
    return Sum(total, group, carry, negative, fits, all_sign, repeated)


# -------------------------------------------------------------------------------------------------- quotients


@dataclass(frozen=True)
class Division:
    """Long division by one group.

    Attributes:
        dividend: the remainder so far times B plus the next group.
        divisor: the group that it is divided by; by_zero: whether that is 0.
        due: whether a digit of the quotient is next; digit: it is, and the divisor is not 0.
    """

    dividend: Expression
    divisor: Expression
    by_zero: Expression
    due: Expression
    digit: Expression


def division(s: Setting, now: Instruction, past: History, operands: Operands, phase: Phase) -> Division:
    """A negative x has endless leading groups B - 1, which leave the divisor less 1."""
    c, t = s.c, s.t
    divisor = operands.y.group
    remainder = (
        t.remainder_value
        + c.wire("remainder before", when(t.quotient, phase.progress.second, value=past.previous_value))
        + c.wire(
            "remainder at first",
            when(operands.x.top.sign, now.divides, 1 - phase.progress.second, value=divisor - 1),
        )
    )
    by_zero = c.wire("divisor is zero", relu(1 - divisor))
    due = c.wire("emit quotient", when(now.divides, 1 - t.quotient, 1 - t.group))
    digit = c.wire("emit digit", when(due, 1 - by_zero))
    return Division(s.b * remainder + operands.x.group, divisor, by_zero, due, digit)


@dataclass(frozen=True)
class Remainder:
    """What a digit of a quotient leaves.

    Attributes:
        fault: whether a digit would be next but that the divisor is 0.
        due: whether a remainder is next; value: which.
        short: whether the dividend has one group.
    """

    fault: Expression
    due: Expression
    value: Expression
    short: Expression


def remainder(s: Setting, now: Instruction, operands: Operands, division: Division) -> Remainder:
    """A fault in the layer of the digit, not after it."""
    fault = s.c.wire("divide by zero", when(division.due, division.by_zero))
    due, value = digit_taken(s, now, division)
    return Remainder(fault, due, value, 1 - s.c.wire("x long", step(operands.x.top.index)))


def digit_taken(s: Setting, now: Instruction, division: Division) -> tuple[Expression, Expression]:
    """Whether a remainder is due, and the dividend less the digit times the divisor."""
    due = s.c.wire("emit remainder", when(now.divides, s.t.quotient))
    return due, division.dividend - s.c.wire("digit times divisor", relu(s.t.quotient_value, division.divisor))


# ------------------------------------------------------------------------------------------------ comparisons


@dataclass(frozen=True)
class Order:
    """How x and y compare; goes_on: they are equal so far, and there are groups below."""

    less: Expression
    equal: Expression
    goes_on: Expression


def longer(s: Setting, operands: Operands) -> Expression:
    """Of numbers of one sign: 1 if the longer one is x and larger, or y and smaller; -1 the other way round."""
    x, y = operands.x.top, operands.y.top
    more = x.index - y.index
    found = s.c.wire("longer", step(more) - step(-more))
    return found - 2 * s.c.wire("longer and negative", when(x.sign, value=found))


def order(s: Setting, now: Instruction, operands: Operands, phase: Phase, longer: Expression) -> Order:
    """By sign, then by length, then by the first groups that differ, all in one difference."""
    c, b, x, y = s.c, s.b, operands.x, operands.y
    difference = 4 * b * (y.top.sign - x.top.sign) + 2 * b * longer + (x.group - y.group)
    at_least = c.wire("at least", step(difference + 1))
    equal = at_least - c.wire("greater", step(difference))
    return Order(1 - at_least, equal, c.wire("same", when(now.compares, equal, 1 - phase.progress.lowest)))


def holds(s: Setting, now: Instruction, operands: Operands, order: Order) -> Expression:
    """Whether a comparison jumps."""
    op, less, equal = now.op, order.less, order.equal
    return s.c.wire(
        "holds",
        when(op[Opcode.JLT], less)
        + when(op[Opcode.JGE], 1 - less)
        + when(op[Opcode.JEQ], equal)
        + when(op[Opcode.JNE], 1 - equal)
        + when(op[Opcode.JIN], less, 1 - operands.x.top.sign),
    )
