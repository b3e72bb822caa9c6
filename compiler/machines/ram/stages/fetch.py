"""The instruction to execute, and the one that the current token belongs to.

Instruction k stands at positions 4k + 1 to 4k + 4: the opcode, then the operands x, y and z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import COMPARISONS, Opcode
from compiler.machines.ram.stages.cell_names import Operand
from compiler.machines.ram.stages.history import History
from compiler.machines.ram.stages.setting import Setting


@dataclass(frozen=True)
class Fields:
    """What is read of a token of the program text, by name.

    Attributes:
        operand: of an operand, in the order of the fields of `Operand`.
        opcode: of an opcode, besides which one it is.
    """

    operand: Mapping[str, Expression]
    opcode: Mapping[str, Expression]


def fields(s: Setting) -> Fields:
    """The slot and its square, whether it is local, whether of the next frame."""
    t = s.t
    operand = {"local": t.local, "next": t.next, "slot": t.coordinate, "slot_square": t.coordinate_square}
    return Fields(operand, {})


@dataclass(frozen=True)
class Instruction:
    """The instruction to execute.

    Attributes:
        number: k, exactly.
        is_opcode: whether there is an instruction at all.
        op: by opcode, whether it is that.
        extra: what `Fields.opcode` asked for.
        x, y, z: its operands; y_value, z_value: the numbers that stand there.
    """

    number: Expression
    is_opcode: Expression
    op: Mapping[Opcode, Expression]
    extra: Mapping[str, Expression]
    x: Operand
    y: Operand
    z: Operand
    y_value: Expression
    z_value: Expression

    def any_of(self, *opcodes: Opcode) -> Expression:
        """Whether it is one of these."""
        return sum((self.op[o] for o in opcodes), Expression({}, {}))

    @property
    def compares(self) -> Expression:
        """Whether it jumps by comparing x and y."""
        return self.any_of(*COMPARISONS)

    @property
    def divides(self) -> Expression:
        """Whether it is QUO or REM."""
        return self.any_of(Opcode.QUO, Opcode.REM)

    @property
    def adds(self) -> Expression:
        """Whether it is ADD or SUB."""
        return self.any_of(Opcode.ADD, Opcode.SUB)

    @property
    def indirect(self) -> Expression:
        """Whether it is LOAD or STORE."""
        return self.any_of(Opcode.LOAD, Opcode.STORE)


def fetch(s: Setting, past: History, fields: Fields) -> Instruction:
    """A head for each of its four tokens."""
    c, t = s.c, s.t
    here = 4 * (past.pc - t.far)
    flags = {o.name: flag for o, flag in t.opcodes.items()}
    is_opcode, *found = c.at("opcode", here + 1, opcode=t.opcode, **flags, **fields.opcode)
    x = c.at("x", here + 2, **fields.operand)
    *y, y_value = c.at("y", here + 3, **fields.operand, value=t.value)
    *z, z_value, z_at = c.at("z", here + 4, **fields.operand, value=t.value, at=c.position)
    return Instruction(
        number=z_at / 4 - 1,
        is_opcode=is_opcode,
        op=dict(zip(t.opcodes, found)),
        extra=dict(zip(fields.opcode, found[len(flags) :])),
        x=Operand(*x),
        y=Operand(*y),
        z=Operand(*z),
        y_value=y_value,
        z_value=z_value,
    )


@dataclass(frozen=True)
class Writer:
    """The instruction that the current token belongs to: its number, whether it is output, its operand z."""

    number: Expression
    prints: Expression
    target: Operand


def writer(s: Setting, past: History, fields: Fields) -> Writer:
    """A head for its opcode and one for its operand z."""
    c, t = s.c, s.t
    there = 4 * past.pc_before
    was_int, was_char = c.at("writer", there + 1, INT=t.opcodes[Opcode.OUTI], CHAR=t.opcodes[Opcode.OUTC])
    *z, at = c.at("target", there + 4, **fields.operand, at=c.position)
    return Writer(at / 4 - 1, was_int + was_char, Operand(*z))


@dataclass(frozen=True)
class Frame:
    """The current frame: its number, from 1 on, and the square of that."""

    number: Expression
    square: Expression


def frame(s: Setting, past: History) -> Frame:
    """Position k says k: a lookup wipes out the rounding of a sum."""
    return Frame(*s.c.at("frame number", past.frames + 1, at=s.c.position, square=s.c.square))


@dataclass(frozen=True)
class Begun:
    """What the instruction under way has emitted.

    Attributes:
        at: the position of its first token.
        stores, multiplies: whether that is an A0, or a K.
        value_before: the value of the second token before the current one.
    """

    at: Expression
    stores: Expression
    multiplies: Expression
    value_before: Expression


def begun(s: Setting, past: History) -> Begun:
    """Its first token is the latest that stands after the end of another instruction."""
    c, t = s.c, s.t
    at, stores, multiplies = c.latest(
        "start", eligible=past.previous_end, at=c.position, A0=t.write_address[0], K=t.product_carry
    )
    (value_before,) = c.previous("second previous", value=past.previous_value)
    return Begun(at, stores, multiplies, value_before)
