"""How far the run has come, from the tokens so far: sums over all of them, and the latest of some sort."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuits import relu, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.stages.setting import Setting


@dataclass(frozen=True)
class Significant:
    """The latest group that is not all sign: its position and its value."""

    at: Expression
    value: Expression


@dataclass(frozen=True)
class History:
    """What the tokens so far add up to.

    Attributes:
        pc: the number of the instruction that is next, a sum of jumps; of a far jump the first part is in it.
        pc_before: that of the instruction which the current token belongs to.
        frames: how many frames are open besides the first. Like the two before, rounded: a lookup makes it exact.
        previous_end, previous_value, previous_product_carry: of the token before, whether it ends an instruction, its
            value, and whether it is a K.
        significant: for sign 0 and 1, the latest group that is not all that sign.
        written_at: the position of the group that the current token writes: another one for a T, which repeats it.
        break_at: the position of the latest token that is no part of a value.
    """

    pc: Expression
    pc_before: Expression
    frames: Expression
    previous_end: Expression
    previous_value: Expression
    previous_product_carry: Expression
    significant: tuple[Significant, Significant]
    written_at: Expression
    break_at: Expression


def history(s: Setting) -> History:
    """Heads on the embedding alone, and the sums of jumps and of frames."""
    c, t = s.c, s.t
    mean_pc, mean_frame = c.mean("mean", pc=t.pc, frame=t.frame)
    # The means times the number of tokens.
    pc = c.wire("pc sum", relu(c.position + 1, mean_pc))
    frames = c.wire("frame sum", relu(c.position + 1, mean_frame))
    end, value, far, product_carry = c.previous("previous", end=t.end, value=t.value, far=t.far, K=t.product_carry)
    positive, negative = (
        Significant(*c.latest(f"significant{sign}", eligible=t.significant[sign], at=c.position, value=t.value))
        for sign in (0, 1)
    )
    shift = (when(t.trimmed[i], value=found.at - c.position) for i, found in enumerate((positive, negative)))
    written_at = c.position + c.wire("shift", sum(shift, Expression({}, {})))
    (break_at,) = c.latest("break", eligible=t.breaks, at=c.position)
    return History(
        pc=pc,
        pc_before=pc - t.pc - far,
        frames=frames,
        previous_end=end,
        previous_value=value,
        previous_product_carry=product_carry,
        significant=(positive, negative),
        written_at=written_at,
        break_at=break_at,
    )


@dataclass(frozen=True)
class AddressGroup:
    """A group of a heap address: its coordinate (the top one is below zero), and the square of that."""

    coordinate: Expression
    square: Expression


@dataclass(frozen=True)
class Addresses:
    """The groups, lowest first, of the latest heap address that was written, and of the latest that was read."""

    write: tuple[AddressGroup, ...]
    read: tuple[AddressGroup, ...]


def addresses(s: Setting) -> Addresses:
    """A head for each group of either."""

    def latest(letter: str, flags: tuple[Expression, ...]) -> tuple[AddressGroup, ...]:
        return tuple(
            AddressGroup(*s.c.latest(f"address {letter}{i}", f, value=s.t.coordinate, square=s.t.coordinate_square))
            for i, f in enumerate(flags)
        )

    return Addresses(latest("A", s.t.write_address), latest("R", s.t.read_address))
