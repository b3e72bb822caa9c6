"""Which part of its instruction the next token is."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuits import relu, step, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.stages.cells import Index, Turns
from compiler.machines.ram.stages.fetch import Instruction
from compiler.machines.ram.stages.operands import Asked, Copying, Operands
from compiler.machines.ram.stages.setting import Setting


@dataclass(frozen=True)
class Progress:
    """How far the instruction has come.

    Attributes:
        lowest: whether the group of x is the lowest one.
        second: whether the instruction has two tokens or more.
        at_top: whether the next group is the operands' last one or beyond it.
        past_top: whether it is beyond it.
        product_row: whether it is not beyond it, in a product.
    """

    lowest: Expression
    second: Expression
    at_top: Expression
    past_top: Expression
    product_row: Expression


def progress(s: Setting, now: Instruction, turns: Turns, index: Index, asked: Asked, operands: Operands) -> Progress:
    """Tests of integers of which nothing is known: two neurons each."""
    c = s.c
    lowest = 1 - c.wire("above lowest", step(asked.x))
    left = remaining(s, now, turns, index, operands)
    return Progress(
        lowest=lowest,
        second=c.wire("second", step(turns.comparison - 1)),
        at_top=1 - c.wire("below top", step(left)),
        past_top=1 - c.wire("not past top", step(left + 1)),
        product_row=c.wire("product row", step(left + 1, now.op[Opcode.MUL])),
    )


def remaining(s: Setting, now: Instruction, turns: Turns, index: Index, operands: Operands) -> Expression:
    """How many groups of the result come after the next one."""
    c, t = s.c, s.t
    x, y = operands.x.top.index, operands.y.top.index
    following = c.wire("index", when(t.group, value=index.value + 1) + when(t.product_carry, value=turns.product))
    longer = c.wire("y longer by", relu(y - x, now.adds))
    return x + longer - now.op[Opcode.SHR] + now.op[Opcode.SHL] - following


@dataclass(frozen=True)
class Phase:
    """Which part of its instruction the next token is.

    Attributes:
        addressing: a group of a heap address.
        writing: a group of a value, lowest first; may_end: it may be the last one, unless the sum says otherwise.
        several: the value has one group or more before it.
        product_carry: the carry of a product.
        copying, progress: see there.
    """

    addressing: Expression
    writing: Expression
    may_end: Expression
    several: Expression
    product_carry: Expression
    copying: Copying
    progress: Progress


def phase(
    s: Setting, now: Instruction, addressing: Expression, copying: Copying, progress: Progress, operands: Operands
) -> Phase:
    """A product has a carry and a group in turn; all other values are written group by group."""
    c, t = s.c, s.t
    mul = now.op[Opcode.MUL]
    several = t.group + c.wire("several", when(t.product_carry, progress.second))
    product_carry = c.wire("emit K", when(progress.product_row, 1 - t.product_carry))
    copies = now.any_of(Opcode.SHR, Opcode.SHL, Opcode.LOAD, Opcode.STORE, Opcode.OUTI, Opcode.OUTC)
    plain = now.adds + copying.quotient - addressing + copies
    in_product = c.wire("product group", when(mul, t.product_carry) + when(mul, t.group, progress.past_top))
    may_end = c.wire(
        "may end",
        when(plain, progress.at_top)
        + when(mul, t.group, progress.past_top)
        + when(mul, t.product_carry, t.product_carry_zero, progress.at_top, 1 - operands.x.top.sign),
    )
    return Phase(
        addressing=addressing,
        writing=plain + in_product,
        may_end=may_end,
        several=several,
        product_carry=product_carry,
        copying=copying,
        progress=progress,
    )
