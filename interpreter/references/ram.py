"""The reference interpreter of RAM code: Python integers, straight from the table in `isa.py`.

It shares nothing with the token-level semantics but the instruction set, so that each can be compared
with the other.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import count
from typing import Literal

from compiler.machines.integers import decimal
from compiler.machines.ram.isa import Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import ERROR_TEXT, RAISE_TEXT, RamProgram, Trap

Ended = Literal["halt", "fault", "budget"]


@dataclass(frozen=True)
class RamResult:
    """What a run did and where it ended.

    steps: instructions begun, the one that halts or faults included; pc: the instruction at which the run
    ended (the next one for "budget"); calls: numbers of the CALLs whose frames are still open, outermost
    first; trap: the Python exception that the end stands for, None if the program simply ended; line: the
    source line of the innermost instruction outside the library, 0 if the program has no origins; cells:
    every cell that is not 0, as (0, heap address) or (frame, slot), frames counted from 1, slots from 0.
    """

    output: str
    steps: int
    ended: Ended
    pc: int
    calls: tuple[int, ...]
    trap: Trap | None
    line: int
    cells: dict[tuple[int, int], int]


class _Fault(Exception):
    """The instruction cannot be carried out."""


class _Memory:
    """All cells. Global cells and frames lie in one list, frame after frame, the rest of the heap in a mapping.

    Operand v of frame f (here from 0) is `flat[v]` if v is global and `flat[v + f * slots]` otherwise: the
    slots of the next frame are numbered from where those of the current one end.
    """

    def __init__(self, layout: Layout) -> None:
        self.first_local = layout.first_local
        self.slots = layout.first_next - layout.first_local
        self.limit = layout.heap_size
        self.flat = [0] * layout.base
        self.heap: dict[int, int] = {}

    def address(self, x: int, y: int) -> int:
        """x + y. Raises _Fault where the machine cannot add the two, or the sum is no heap address."""
        if not (-self.limit <= x < self.limit and -self.limit <= y < self.limit and 0 <= x + y < self.limit):
            raise _Fault
        return x + y

    def load(self, address: int) -> int:
        return self.flat[address] if address < self.first_local else self.heap.get(address, 0)

    def store(self, address: int, value: int) -> None:
        if address < self.first_local:
            self.flat[address] = value
        else:
            self.heap[address] = value

    def open_frame(self, bias: int) -> None:
        """Makes room for the frame at this bias and for the arguments of the one after it."""
        missing = self.first_local + bias + 2 * self.slots - len(self.flat)
        if missing > 0:
            self.flat.extend([0] * missing)

    def cells(self) -> dict[tuple[int, int], int]:
        found = {(0, address): value for address, value in self.heap.items() if value}
        for place, value in enumerate(self.flat):
            if value and place < self.first_local:
                found[0, place] = value
            elif value:
                frame, slot = divmod(place - self.first_local, self.slots)
                found[frame + 1, slot] = value
        return found


def interpret(program: RamProgram, input_text: str = "", max_steps: int | None = None) -> RamResult:
    """Runs a program until it halts, faults or has begun `max_steps` instructions.

    Raises ValueError if data or input lie outside the heap.
    """
    memory = _Memory(program.layout)
    area = program.input_area
    last = max((address for address, _ in program.data), default=0)
    if area is not None:
        last = max(last, area.base + len(input_text))
    if last >= program.layout.heap_size:
        raise ValueError(f"data and input reach address {last}, but the heap has {program.layout.heap_size} cells")
    for address, value in program.data:
        memory.store(address, value)
    if area is not None:
        memory.store(area.base, len(input_text))
        for i, letter in enumerate(input_text):
            memory.store(area.base + 1 + i, ord(letter))
        memory.store(area.free_cell, area.base + 1 + len(input_text))
    return _run(program, memory, max_steps)


def _decode(instruction: Instruction, layout: Layout) -> tuple[Opcode, int, int, int, int, int, int]:
    """Opcode, operands x y z, and for each the mask to apply to the frame's bias: 0 for what is global."""
    operands = (instruction.x, instruction.y, instruction.z)
    masks = [
        -1 if role in (Role.READ, Role.WRITE) and operand >= layout.first_local else 0
        for operand, role in zip(operands, instruction.opcode.roles, strict=True)
    ]
    return (instruction.opcode, *operands, *masks)  # type: ignore[return-value]


def _run(program: RamProgram, memory: _Memory, max_steps: int | None) -> RamResult:
    layout = program.layout
    b, half, slots, flat = layout.base, layout.base // 2, memory.slots, memory.flat
    code = [_decode(instruction, layout) for instruction in program.instructions]
    output: list[str] = []
    calls: list[int] = []
    pc, bias, steps = program.entry, 0, 0
    ended: Ended = "budget"
    memory.open_frame(0)
    comments = [origin.comment for origin in program.origins]
    raising = frozenset(i for i, comment in enumerate(comments) if comment == RAISE_TEXT)
    messages = frozenset(i for i, comment in enumerate(comments) if comment == ERROR_TEXT)
    raised: tuple[int, list[int]] | None = None
    message: list[str] = []
    try:
        while steps != max_steps:
            steps += 1
            if not 0 <= pc < len(code):
                raise _Fault
            opcode, x, y, z, x_mask, y_mask, z_mask = code[pc]
            x += bias & x_mask
            y += bias & y_mask
            z += bias & z_mask
            jump = 1
            match opcode:
                case Opcode.ADD:
                    flat[z] = flat[x] + flat[y]
                    if pc in raising:
                        raised = pc, list(calls)
                case Opcode.SUB:
                    flat[z] = flat[x] - flat[y]
                case Opcode.JLT:
                    jump = z - half if flat[x] < flat[y] else 1
                case Opcode.JGE:
                    jump = z - half if flat[x] >= flat[y] else 1
                case Opcode.JEQ:
                    jump = z - half if flat[x] == flat[y] else 1
                case Opcode.JNE:
                    jump = z - half if flat[x] != flat[y] else 1
                case Opcode.JIN:
                    jump = z - half if 0 <= flat[x] < flat[y] else 1
                case Opcode.LOAD:
                    flat[z] = memory.load(memory.address(flat[x], flat[y]))
                case Opcode.STORE:
                    memory.store(memory.address(flat[x], flat[y]), flat[z])
                case Opcode.JMP:
                    jump = b * y + z - pc
                case Opcode.CALL:
                    if len(calls) >= layout.max_depth:
                        raise _Fault
                    calls.append(pc)
                    bias += slots
                    memory.open_frame(bias)
                    jump = b * y + z - pc
                case Opcode.RET:
                    if not calls:
                        raise _Fault
                    bias -= slots
                    jump = calls.pop() + 1 - pc
                case Opcode.MUL:
                    flat[z] = flat[x] * (flat[y] % b)
                case Opcode.QUO | Opcode.REM:
                    divisor = flat[y] % b
                    if divisor == 0:
                        raise _Fault
                    flat[z] = flat[x] // divisor if opcode is Opcode.QUO else flat[x] % divisor
                case Opcode.SHR:
                    flat[z] = flat[x] // b
                case Opcode.SHL:
                    flat[z] = flat[x] * b + flat[y] % b
                case Opcode.PUT:
                    (message if pc in messages else output).append(chr(z))
                case Opcode.OUTI:
                    (message if pc in messages else output).append(decimal(flat[x]))
                case Opcode.OUTC:
                    (message if pc in messages else output).append(character(flat[x], b))
                case Opcode.HALT:
                    ended = "halt"
                    break
            pc += jump
    except _Fault:
        ended = "fault"
    trap = None if ended == "budget" else program.trap(pc, ended == "halt")
    if trap is not None:
        trap = trap.said("".join(message))
    line = source_line(program, *(raised if raised and pc in messages else (pc, calls)))
    return RamResult("".join(output), steps, ended, pc, tuple(calls), trap, line, memory.cells())


def character(code: int, base: int) -> str:
    """The character with this code: U+FFFD for what is no code. A negative one prints its groups, without the sign."""
    while code < 0:
        code += next(base**k for k in count(1) if -(base**k) <= code)
    return chr(code) if code <= sys.maxunicode else "\ufffd"


def source_line(program: RamProgram, pc: int, calls: list[int]) -> int:
    """The line of the innermost instruction outside the library: `pc`, or one of the open CALLs."""
    for number in (pc, *reversed(calls)):
        if number not in program.library and 0 <= number < len(program.origins):
            return program.origins[number].line
    return 0
