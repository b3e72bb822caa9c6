"""RAM code for the dialect whose code nothing can change: a subtraction and a branch for each instruction.

The cells of memory are global cells of the RAM, so an instruction takes two tokens where its numbers are short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler.front_ends.code import step_done
from compiler.front_ends.reading import Text
from compiler.front_ends.subleq.parts import SPECIAL, Input, Number, print_cell, stretch
from compiler.lowering.assembler import ZERO, Assembler, Label
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import InputArea, Origin, RamProgram, Trap

PAST_THE_END = "the run goes past the last instruction"


def separate(
    numbers: Sequence[Number], data: Sequence[Number], source: Text, integers: bool, layout: Layout
) -> RamProgram:
    """The instructions with these numbers, and memory with these.

    Raises:
        SourceError: numbers that are no address, or no instruction; CapacityError: more cells than the layout has.
    """
    if len(numbers) % 3:
        hint = "each is three numbers, `a b c`; what memory holds at first is written after the word `data`"
        raise source.error("the last instruction is not complete", hint, numbers[-1].span)
    instructions = [tuple(numbers[i : i + 3]) for i in range(0, len(numbers), 3)]
    code = Assembler(layout)
    scratch, cells = code.global_cell(), dict[int, int]()
    reads = any(a.value == SPECIAL for a, _, _ in instructions)
    text = Input(code.global_cell(), code.global_cell()) if reads else None
    labels, halt = [Label() for _ in instructions], Label()
    base = layout.first_local

    def cell(number: Number) -> int:
        if number.value < 0:
            hint = "addresses begin at 0; -1 is input as a and output as b, and not both at once"
            raise source.error(f"{number.value} is no address here", hint, number.span)
        if number.value not in cells:
            value = data[number.value].value if number.value < len(data) else 0
            cells[number.value] = code.global_cell(value)
        return cells[number.value]

    def target(number: Number) -> Label:
        if number.value == SPECIAL:
            return halt
        if not 0 <= number.value < len(labels):
            hint = f"the instructions are 0 to {len(labels) - 1}, and -1 halts"
            raise source.error(f"there is no instruction {number.value}", hint, number.span)
        return labels[number.value]

    if text is not None:
        code.origin = Origin(comment="the input")
        text.begin(code, base)
    for (a, b, c), label in zip(instructions, labels):
        code.place(label)
        code.origin = source.origin(stretch(a.span, c.span), steps=1)
        goal = target(c)
        if a.value == SPECIAL and text is not None:
            text.read(code, cell(b))
        elif b.value == SPECIAL:
            print_cell(code, cell(a), scratch, integers)
        else:
            code.emit(Opcode.SUB, cell(b), cell(a), cell(b))
            step_done(code)
            code.jump(Opcode.JGE, goal, ZERO, cell(b))
    code.emit(Opcode.HALT, trap=Trap("IndexError", PAST_THE_END))
    code.place(halt)
    code.origin = Origin(comment="a jump to -1")
    code.emit(Opcode.HALT)
    program = code.assemble(None, None, source.text, source.filename)
    return replace(program, input_area=InputArea(base, code.global_cell()) if reads else None)
