"""RAM code for the dialect that may change its own code: what a first run comes to one by one, the rest by a loop.

The memory of the program is always as it should be, so that the run can go from compiled code to the loop and back.
Below its cells are the constants, above them the marks of `interpreter` and the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler.front_ends.reading import Text
from compiler.front_ends.subleq.analysis import FIRST_RUN, Plan, first_run, plan
from compiler.front_ends.subleq.compiled import Compiled
from compiler.front_ends.subleq.interpreter import Interpreter
from compiler.front_ends.subleq.memory import Cells, Memory, memory_size
from compiler.front_ends.subleq.parts import SPECIAL, Number
from compiler.lowering.assembler import Assembler, CapacityError
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import InputArea, Origin, RamProgram

GUARDS = 3
GUARD = SPECIAL - 1

CONSTANTS = 30
"""At least as many global cells as there are constants that every program has, with any base."""


def self_modifying(
    numbers: Sequence[Number], source: Text, integers: bool, layout: Layout, cells: Cells, first: int = FIRST_RUN
) -> RamProgram:
    """The program that has these numbers in cells 0, 1, …

    first: how many instructions the first run may have.

    Raises:
        CapacityError: they are more than the memory has, or the layout has too few global cells.
    """
    size = memory_size(layout)
    if len(numbers) > size:
        raise CapacityError(f"the program has {len(numbers)} cells, the memory {size}; use more address groups")
    numbers = [replace(number, value=cells.wrapped(number.value)) for number in numbers]
    values = [number.value for number in numbers]
    compiled = plan(values, size, first_run(values, size, cells.wrapped, first), cells.outside)
    offset = CONSTANTS
    while offset <= layout.first_local // 2:
        try:
            return _program(numbers, compiled, offset, source, integers, layout, cells)
        except CapacityError:
            offset += CONSTANTS
    return _program(numbers, Plan(), CONSTANTS, source, integers, layout, cells)


def _program(
    numbers: Sequence[Number],
    compiled: Plan,
    offset: int,
    source: Text,
    integers: bool,
    layout: Layout,
    cells: Cells,
) -> RamProgram:
    """The program with so many global cells before its memory."""
    code = Assembler(layout, reserved=frozenset(range(offset, layout.first_local)))
    memory = Memory(code, cells, offset)
    straight = Compiled(memory, compiled, numbers, source, integers)
    marks = offset + memory.size + GUARDS
    base = marks + max(straight.assumed, default=-1) + 1
    code.origin = Origin(comment="the input")
    memory.input.begin(code, base)
    code.jump(Opcode.JMP, straight.label(0))
    straight.write()
    Interpreter(memory, straight, marks).write()
    free = code.global_cell()
    program = code.assemble(None, None, source.text, source.filename)
    held = [(offset + i, number.value) for i, number in enumerate(numbers) if number.value]
    guards = [(offset + memory.size + i, GUARD) for i in range(GUARDS)]
    marked = [(marks + cell, 1) for cell in sorted(straight.assumed)]
    return replace(program, data=(*program.data, *held, *guards, *marked), input_area=InputArea(base, free))
