"""The next token: which family it is of, and with which value and flag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.circuits import relu, step, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.stages.arithmetic import Division, Order, Remainder, Sum
from compiler.machines.ram.stages.fetch import Instruction
from compiler.machines.ram.stages.jumps import FrameChange, Jump
from compiler.machines.ram.stages.operands import Operands
from compiler.machines.ram.stages.phases import Phase
from compiler.machines.ram.stages.setting import Setting
from compiler.machines.ram.vocabulary import BARE, Family, Token, read_families, write_families

Modes = dict[Family, Expression]
"""Of each family that the machine emits, a wire: the family with the largest one is next."""


@dataclass(frozen=True)
class Decided:
    """All that the next token is decided from; holds: whether a comparison jumps."""

    now: Instruction
    operands: Operands
    phase: Phase
    sum: Sum
    division: Division
    remainder: Remainder
    order: Order
    holds: Expression
    change: FrameChange
    jump: Jump


def modes(s: Setting, d: Decided) -> Modes:
    """1 where the family is next, else 0; a fault may be more."""
    c, t, op, phase, remainder = s.c, s.t, d.now.op, d.phase, d.remainder
    digit, quo, lowest = d.division.digit, op[Opcode.QUO], phase.progress.lowest
    single = when(digit, quo, lowest, remainder.short)
    trim = when(phase.may_end, d.sum.all_sign, phase.several)
    end = when(phase.may_end, d.sum.fits)
    out = {o: when(phase.may_end, op[o]) for o in (Opcode.OUTI, Opcode.OUTC)}
    x_long, y_long = (step(operand.top.index - s.g + 1) for operand in (d.operands.x, d.operands.y))
    # At most 4: one for each of the four tests.
    misfit = d.sum.negative + 1 - d.sum.fits + c.wire("too long", x_long + y_long)
    found = {
        Family.D: phase.writing - end + when(digit, quo, lowest, 1 - remainder.short),
        Family.L: end - trim - out[Opcode.OUTI] - out[Opcode.OUTC] + single + when(remainder.due, lowest),
        Family.T: trim,
        Family.INT: out[Opcode.OUTI],
        Family.CHAR: out[Opcode.OUTC] + op[Opcode.PUT],
        Family.K: phase.product_carry,
        Family.Q: when(digit, op[Opcode.REM]) + when(digit, quo, 1 - lowest),
        Family.H: when(remainder.due, 1 - lowest),
        Family.SAME: d.order.goes_on,
        Family.F: d.jump.far,
        Family.J: d.now.compares - d.order.goes_on + when(op[Opcode.JMP], d.jump.near),
        Family.CALL: when(d.change.enters, d.jump.near),
        Family.RET: when(d.change.leaves, d.jump.near),
        Family.HALT: op[Opcode.HALT],
        Family.FAULT: 1 - d.now.is_opcode + remainder.fault + d.change.fault
        + relu(4 * (phase.addressing + t.next_address[-1] - 2) + misfit),
    }  # fmt: skip
    for families, opcode in ((write_families(s.g), Opcode.STORE), (read_families(s.g), Opcode.LOAD)):
        for family, turn in zip(families, (t.end, *t.next_address)):
            found[family] = when(phase.addressing, op[opcode], turn)
    return mode_wires(s, found)


def mode_wires(s: Setting, modes: Modes) -> Modes:
    """A wire for each."""
    return {family: s.c.wire(f"mode {family}", mode) for family, mode in modes.items()}


@dataclass(frozen=True)
class ValueTerms:
    """The value v with the largest `v linear + v*v square` is next."""

    linear: Expression
    square: Expression


def value_terms(s: Setting, d: Decided) -> ValueTerms:
    """2u and -1 pick the value u; 2(2r - d + 1) and -2d pick floor(r / d).

    For a far jump, 2r - 1/2 and -B pick the integer nearest to r / B, the lower one of two.
    """
    c, b, phase, division = s.c, s.b, d.phase, d.division
    repeat = (phase.may_end, d.sum.all_sign, phase.several)
    positive, negative = d.sum.repeated
    linear = c.wire(
        "linear",
        2 * when(phase.writing + phase.addressing, value=d.sum.group)
        + 2 * when(*repeat, 1 - d.sum.negative, value=positive)
        + 2 * when(*repeat, d.sum.negative, value=negative)
        + 2 * when(phase.product_carry, value=2 * d.sum.total - b + 1)
        + 2 * when(division.digit, value=2 * division.dividend - division.divisor + 1)
        + 2 * when(d.remainder.due, value=d.remainder.value)
        + 2 * when(d.holds, 1 - d.order.goes_on, value=d.now.z_value - b // 2 - 1)
        + 2 * when(d.now.op[Opcode.PUT], value=d.now.z_value),
    )
    linear += 2 * (d.now.compares - d.order.goes_on) + 2 * d.jump.distance - d.jump.far / 2
    square = -1 + (1 - 2 * b) * phase.product_carry + (1 - b) * d.jump.far
    return ValueTerms(linear, square + c.wire("square", when(division.digit, value=1 - 2 * division.divisor)))


def emit(s: Setting, modes: Modes, value: ValueTerms) -> None:
    """Logits: the right family wins by its mode, and in it the right value."""
    for family, mode in modes.items():
        # A fault outbids any value: those are at most (B - 1)**2 when it is raised.
        weight = 4 if family != Family.FAULT else s.b * s.b
        s.c.logit(weight * mode, _is(family))
    valued = modes.keys() - BARE
    s.c.logit(value.linear, lambda t: t.value if t.family in valued else 0)
    s.c.logit(value.square, lambda t: t.value**2 if t.family in valued else 0)


def _is(family: Family) -> Callable[[Token], int]:
    return lambda t: int(t.family == family)


def flags(s: Setting, d: Decided) -> None:
    """+1 where the next flag is 1, -1 where it is 0: a carry while the value goes on, its sign at the end."""
    phase, ends = d.phase, (d.phase.may_end, d.sum.fits)
    quotient = (d.division.digit, d.now.op[Opcode.QUO], phase.progress.lowest, d.remainder.short)
    flag = s.c.wire(
        "flag",
        when(phase.writing + phase.addressing, d.sum.carry)
        - when(*ends, d.sum.carry)
        + when(*ends, d.sum.negative)
        + when(*quotient, d.operands.x.top.sign),
    )
    s.c.logit(2 * flag - 1, lambda t: t.flag)
