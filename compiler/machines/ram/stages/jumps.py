"""Where the run goes on, and whether a frame may be entered or left."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuits import step, when
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.stages.fetch import Frame, Instruction
from compiler.machines.ram.stages.setting import Setting, Within


@dataclass(frozen=True)
class FrameChange:
    """Whether the instruction enters a frame, leaves one, or may not do what it would."""

    enters: Expression
    leaves: Expression
    fault: Expression


def frame_change(s: Setting, now: Instruction, frame: Frame) -> FrameChange:
    """A fault in the layer of the changes, not after them."""
    c, call, ret = s.c, now.op[Opcode.CALL], now.op[Opcode.RET]
    too_deep = c.wire("too deep", step(frame.number - s.layout.max_depth))
    outermost = 1 - c.wire("not outermost", step(frame.number - 1))
    return FrameChange(
        enters=c.wire("enter", when(call, 1 - too_deep)),
        leaves=c.wire("leave", when(ret, 1 - outermost)),
        fault=c.wire("frame fault", when(call, too_deep) + when(ret, outermost)),
    )


@dataclass(frozen=True)
class Jump:
    """The distance of a jump, and whether it takes one token, or two of which the first is due."""

    distance: Expression
    near: Expression
    far: Expression


def jump(s: Setting, now: Instruction, change: FrameChange, caller: Expression, within: Within) -> Jump:
    """To the target B*y + z, or after the CALL; less the part that an F has said."""
    goes = now.op[Opcode.JMP] + change.enters
    target = s.b * now.y_value + now.z_value
    there = when(goes, value=target - now.number) + when(change.leaves, value=caller + 1 - now.number)
    distance = s.c.wire("distance", there) - s.t.far
    near = within(s, "far jump", distance, 1 - s.b, s.b - 1)
    return Jump(distance, near, 1 - near)
