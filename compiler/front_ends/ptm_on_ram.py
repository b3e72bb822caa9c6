"""Two-tape Post-Turing programs as RAM code: 2 tokens a move, 3 a write, 4 a jump (5 if it leads far).

The cells of both tapes lie in the heap in turn, so a head moves by two addresses; beyond the heap LOAD and STORE are
faults. Heads and constants are in slots of the frame, so that all addresses are tape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.front_ends.code import put
from compiler.front_ends.options import given_options
from compiler.front_ends.ptm import parse
from compiler.front_ends.reading import Text
from compiler.lowering.assembler import Assembler, CapacityError, Label
from compiler.machines.machine import PromptError
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ptm.vocabulary import Token
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Origin, RamProgram, Trap
from compiler.machines.ram.prompt import Prompt, Snapshot, heap_cell

__all__ = ["Options", "compile", "parse"]

SLOTS = 8
ZERO, ONE, TWO, FOUR, A, B, BIT, OUTPUT = range(SLOTS)
"""Slots of the frame: constants, the heads' addresses, what a LOAD reads, and which cell the output has come to."""


@dataclass(frozen=True)
class Options:
    """input: a string of bits."""

    input: str = ""

    def __post_init__(self) -> None:
        if set(self.input) - {"0", "1"}:
            raise ValueError(f"option `input` is a string of bits, not {self.input!r}")


def compile(machine: PtmProgram, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt of the program and its input.

    Raises:
        SourceError: more instructions than the layout has jumps for; PromptError: more input than heap.
    """
    options, layout = options or Options(), layout or Layout()
    with Text.of(machine.source, machine.filename).reports_capacity():
        if layout.first_next - layout.first_local < SLOTS:
            raise CapacityError(f"base {layout.base} has too few slots in a frame; use a larger base")
        program = _program(machine, layout)
    center = layout.heap_size // 2
    if 4 * len(options.input) > center:
        raise PromptError(f"the input has {len(options.input)} bits, the tape room for {center // 4}")
    frame = {ONE: 1, TWO: 2, FOUR: 4, A: center, B: center + 1, OUTPUT: center}
    middle = (0,) * (layout.groups - 2)
    cells = [((layout.first_local + slot, *middle, 1), value) for slot, value in frame.items()]
    for i, bit in enumerate(options.input):
        cells.append((heap_cell(layout, center + 4 * i), 1))
        cells += [(heap_cell(layout, center + 4 * i + 2), 1)] * (bit == "1")
    program = replace(program, format="ptm", options=given_options(options))
    return Prompt(program, snapshot=Snapshot(tuple(cells), (), 0))


def _program(machine: PtmProgram, layout: Layout) -> RamProgram:
    code = Assembler(layout)
    zero, one, two, four, head_a, head_b, bit, output = (layout.first_local + slot for slot in range(SLOTS))
    limit = Trap("TapeLimit", f"a head leaves the {layout.heap_size // 2:,} cells that a tape has")
    labels = [Label() for _ in machine.instructions]
    end, after = Label(), Label()
    for number, (instruction, label) in enumerate(zip(machine.instructions, labels)):
        code.place(label)
        code.origin = Origin(instruction.line, instruction.column, str(instruction), 1)
        operation = Token(instruction.operation)
        head = head_a if operation.tape == "A" else head_b
        match operation:
            case Token.HALT:
                code.jump(Opcode.JMP, end)
            case Token.AR | Token.BR:
                code.emit(Opcode.ADD, head, two, head)
            case Token.AL | Token.BL:
                code.emit(Opcode.SUB, head, two, head)
            case Token.A0 | Token.A1 | Token.B0 | Token.B1:
                code.emit(Opcode.STORE, head, zero, one if operation.bit else zero, limit)
            case _:
                code.emit(Opcode.LOAD, head, zero, bit, limit)
                code.origin = replace(code.origin, steps=0)
                branch = Opcode.JNE if operation.bit else Opcode.JEQ
                code.jump(branch, labels[number + instruction.offset], bit, zero)
    code.origin = Origin(comment="the run has gone past the last instruction")
    code.jump(Opcode.JMP, after)
    for label, trap in ((end, None), (after, Trap("ProgramEnd", "the run went past the last instruction"))):
        again, done = Label(), Label()
        code.place(label)
        code.origin = Origin(comment="prints the output")
        code.place(again)
        code.emit(Opcode.LOAD, output, zero, bit)
        code.jump(Opcode.JEQ, done, bit, zero)
        code.emit(Opcode.LOAD, output, two, bit)
        code.emit(Opcode.OUTI, bit)
        code.emit(Opcode.ADD, output, four, output)
        code.jump(Opcode.JMP, again)
        code.place(done)
        put(code, "\n")
        code.emit(Opcode.HALT, trap=trap)
    return code.assemble(None, None, machine.source, machine.filename)
