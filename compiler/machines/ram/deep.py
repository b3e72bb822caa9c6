"""The circuit of the RAM for weights that are looped: a longer way costs nothing, a weight does.

What the stages of `circuit` do in few layers is done here with fewer and smaller gates, in more steps, a stage at a
time. The tokens are the same; `proofs_check` proves both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from compiler.circuits import Circuit, relu, step, when
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression
from compiler.machines.ram.circuit import Stages, circuit
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.stages import arithmetic, jumps
from compiler.machines.ram.stages.arithmetic import Division, Order, Remainder, digit_taken
from compiler.machines.ram.stages.cell_names import CellName, Operand
from compiler.machines.ram.stages.cells import Cell, Cells, Index, Turns, copied, written
from compiler.machines.ram.stages.emission import Decided, Modes, mode_wires
from compiler.machines.ram.stages.fetch import Begun, Fields, Frame, Instruction, Writer
from compiler.machines.ram.stages.history import Addresses, AddressGroup
from compiler.machines.ram.stages.jumps import FrameChange
from compiler.machines.ram.stages.operands import Asked, Operands, Top
from compiler.machines.ram.stages.phases import Progress, remaining
from compiler.machines.ram.stages.setting import Setting
from compiler.machines.ram.vocabulary import ENDS, SIGNED, Family, Token, read_families, write_families


def deep_circuit(layout: Layout, max_tokens: int = MAX_TOKENS) -> Circuit[Token]:
    """Of the RAM with this layout, for traces of at most `max_tokens` tokens (a power of two)."""
    return circuit(layout, max_tokens, DEEP)


def within(s: Setting, name: str, x: Expression, low: int, high: int) -> Expression:
    """How far it is outside, and whether that is 0."""
    outside = s.c.wire(name, relu(x - high) + relu(low - x))
    return s.c.wire(f"no {name}", relu(1 - outside))


# -------------------------------------------------------------------------------- history, fetch and cells


def addresses(s: Setting) -> Addresses:
    """One address for both: the latest is that which the instruction under way has written itself.

    Squares are made of the coordinates, see `_cell`.
    """
    flags = (write + read for write, read in zip(s.t.write_address, s.t.read_address))
    heads = [s.c.latest(f"address A{i}", flag, value=s.t.coordinate) for i, flag in enumerate(flags)]
    address = tuple(AddressGroup(coordinate, Expression({}, {})) for (coordinate,) in heads)
    return Addresses(address, address)


def fields(s: Setting) -> Fields:
    """Of a comparison: whether it jumps for x < y; what x > y adds to that, and what x = y adds to x > y."""
    jumps = {
        Opcode.JLT: (1, 0, 0), Opcode.JGE: (0, 1, 1), Opcode.JEQ: (0, 0, 1), Opcode.JNE: (1, 1, 0),
        Opcode.JIN: (1, 0, 0),
    }  # fmt: skip
    less, greater, equal = ({Token(Family.OP, list(Opcode).index(o)): j[i] for o, j in jumps.items()} for i in range(3))
    opcode = {
        "below": s.c.feature("jumps below", lambda t: less.get(t, 0)),
        "above": s.c.feature("jumps above", lambda t: greater.get(t, 0) - less.get(t, 0)),
        "tie": s.c.feature("jumps if equal", lambda t: equal.get(t, 0) - greater.get(t, 0)),
    }
    return Fields({"local": s.t.local, "next": s.t.next, "slot": s.t.coordinate}, opcode)


def cells(s: Setting, now: Instruction, writer: Writer, begun: Begun, frame: Frame, addresses: Addresses) -> Cells:
    """The frame of a local operand first, so that the choice between operands is one gate a coordinate."""

    def name(which: str, operand: Operand) -> CellName:
        return operand.cell_of(s.g, s.c.wire(f"{which} frame", when(operand.local, value=frame.number)))

    x, y, z, target = name("x", now.x), name("y", now.y), name("z", now.z), name("target", writer.target)
    x = x.only(1 - s.c.wire("has address", when(now.indirect, s.t.data))) + copied(s, now, z, addresses)
    # Only heap addresses have a coordinate below zero, the last one; and the scratch cell, the first one.
    return Cells(
        _cell(s, "x cell", x.expressions(), signed=(s.g - 1,)),
        _cell(s, "y cell", y.expressions(), signed=()),
        _cell(s, "written cell", written(s, target, writer, begun, addresses), signed=(0, s.g - 1)),
    )


def _cell(s: Setting, name: str, expressions: Sequence[Expression], signed: Sequence[int]) -> Cell:
    """The squared length from the coordinates; `signed` ones may be negative."""
    *coordinates, _ = expressions
    wires = tuple(s.c.wire(f"{name} {i}", e) for i, e in enumerate(coordinates))
    square = sum((relu(x, x) + relu(-x, -x) * (i in signed) for i, x in enumerate(wires)), Expression({}, {}))
    return Cell(wires, s.c.wire(f"{name} squared", square))


# ------------------------------------------------------------------------------------------------- turns


def turns(s: Setting, begun: Begun) -> Turns:
    """The turn of the instruction: of two tokens each while rows of a product or digits are written."""
    weights = {Family.K: 1 / 2, Family.Q: 1 / 2, Family.H: 1 / 2, **dict.fromkeys(ENDS, 0)}
    weight = s.c.feature("turns", lambda t: weights.get(t.family, 1))
    half = s.c.feature("half a turn", lambda t: 1 / 2 if t.family in (Family.K, Family.Q) else 0)
    turn = s.c.wire("turn", relu(s.c.position + 1 - begun.at, weight)) - half
    return Turns(turn, turn, turn)


def top_down(s: Setting, now: Instruction, turns: Turns, x: Top) -> Expression:
    """The same turn for divisions and comparisons."""
    return when(now.divides + now.compares, 1 - s.t.group, value=x.index - turns.quotient)


def progress(s: Setting, now: Instruction, turns: Turns, index: Index, asked: Asked, operands: Operands) -> Progress:
    """Integers from 0 on are 0 if 1 less them is positive: one neuron each."""
    c = s.c
    lowest = c.wire("lowest", relu(1 - asked.x))
    left = remaining(s, now, turns, index, operands)
    second = 1 - c.wire("first turn", relu(1 - turns.comparison))
    past_top = c.wire("past top", step(-left))
    at_top = c.wire("at top", step(1 - left))
    product_row = c.wire("product row", when(now.op[Opcode.MUL], 1 - past_top))
    return Progress(lowest, second, at_top, past_top, product_row)


# -------------------------------------------------------------------------------- arithmetic and jumps


def remainder(s: Setting, now: Instruction, operands: Operands, division: Division) -> Remainder:
    """A fault where a digit is due and not emitted."""
    due, value = digit_taken(s, now, division)
    short = s.c.wire("x short", relu(1 - operands.x.top.index, now.op[Opcode.QUO]))
    return Remainder(division.due - division.digit, due, value, short)


def longer(s: Setting, operands: Operands) -> Expression:
    """By how much x is longer; the factor is 0 for numbers of different sign, and -1 for negative ones."""
    x, y = operands.x.top, operands.y.top
    more, signs = x.index - y.index, x.sign + y.sign
    return s.c.wire("longer", relu(more, 1 - signs) + relu(-more, signs - 1))


def holds(s: Setting, now: Instruction, operands: Operands, order: Order) -> Expression:
    """From what the opcode's token says of it, see `fields`."""
    taken = when(1 - order.less, value=now.extra["above"]) + when(order.equal, value=now.extra["tie"])
    negative = when(now.op[Opcode.JIN], order.less, operands.x.top.sign)
    return now.extra["below"] + s.c.wire("holds", taken - negative)


def frame_change(s: Setting, now: Instruction, frame: Frame) -> FrameChange:
    """Frames are numbered from 1 to one more than the largest depth."""
    c, call, ret = s.c, now.op[Opcode.CALL], now.op[Opcode.RET]
    too_deep = c.wire("too deep", relu(frame.number - s.layout.max_depth))
    outermost = c.wire("outermost", relu(2 - frame.number))
    enters, leaves = c.wire("enter", when(call, 1 - too_deep)), c.wire("leave", when(ret, 1 - outermost))
    return FrameChange(enters, leaves, call + ret - enters - leaves)


# ---------------------------------------------------------------------------------------------- emission


def modes(s: Setting, d: Decided) -> Modes:
    """What is more special outbids what else it is."""
    c, t, op, phase, remainder = s.c, s.t, d.now.op, d.phase, d.remainder
    digit, lowest = d.division.digit, phase.progress.lowest
    out = {o: when(phase.may_end, op[o]) for o in (Opcode.OUTI, Opcode.OUTC)}
    x_long, y_long = (relu(operand.top.index - s.g + 1) for operand in (d.operands.x, d.operands.y))
    misfit = d.sum.negative + 1 - d.sum.fits + c.wire("too long", x_long + y_long)
    found = {
        Family.D: phase.writing + phase.addressing + 2 * when(digit, op[Opcode.QUO], lowest),
        Family.L: 2 * when(phase.may_end, d.sum.fits) + 3 * when(digit, lowest, remainder.short)
        + 2 * when(remainder.due, lowest),
        Family.T: 3 * when(phase.may_end, d.sum.all_sign, phase.several),
        Family.INT: 3 * out[Opcode.OUTI],
        Family.CHAR: 3 * out[Opcode.OUTC] + op[Opcode.PUT],
        Family.K: phase.product_carry,
        Family.Q: digit,
        Family.H: remainder.due,
        Family.SAME: 2 * d.order.goes_on,
        Family.F: 2 * d.jump.far,
        Family.J: d.now.compares + op[Opcode.JMP],
        Family.CALL: d.change.enters,
        Family.RET: d.change.leaves,
        Family.HALT: op[Opcode.HALT],
        Family.FAULT: 1 - d.now.is_opcode + remainder.fault + d.change.fault
        + when(phase.addressing, t.next_address[-1], value=misfit),
    }  # fmt: skip
    for families, opcode in ((write_families(s.g), Opcode.STORE), (read_families(s.g), Opcode.LOAD)):
        for family, turn in zip(families, (t.end, *t.next_address)):
            found[family] = 2 * when(op[opcode], turn)
    return mode_wires(s, found)


def flags(s: Setting, d: Decided) -> None:
    """A carry where the value goes on, its sign where it ends: that depends on the family alone."""
    ends = SIGNED
    s.c.logit(2 * d.sum.carry - 1, lambda t: t.flag * (t.family not in ends))
    s.c.logit(2 * d.sum.negative - 1, lambda t: t.flag * (t.family in ends))


DEEP = Stages(
    addresses=addresses,
    fields=fields,
    cells=cells,
    turns=turns,
    top_down=top_down,
    progress=progress,
    sums=partial(arithmetic.sums, within=within, unsigned=(Opcode.MUL, Opcode.REM)),
    remainder=remainder,
    longer=longer,
    holds=holds,
    frame_change=frame_change,
    jump=partial(jumps.jump, within=within),
    modes=modes,
    flags=flags,
)
"""For weights that are looped."""
