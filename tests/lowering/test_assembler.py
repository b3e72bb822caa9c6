"""The assembler: jumps of any distance, what is left out, and where data goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.lowering.assembler import ZERO, Assembler, CapacityError, Label
from compiler.machines.ram.isa import COMPARISONS, Layout, Opcode
from compiler.machines.ram.program import RamProgram, Trap
from interpreter.references.ram import interpret

SMALL = Layout(base=20, groups=2)


def assembled(code: Assembler) -> RamProgram:
    return code.assemble(None, None, "", "")


@given(st.data())
def test_branches_reach_everywhere(data: st.DataObject) -> None:
    """A random control flow prints the same as when it is followed label by label."""
    size = data.draw(st.integers(2, 60))
    code, labels = Assembler(SMALL), [Label() for _ in range(size)]
    counter, one = code.global_cell(), code.constant(1)
    opcodes = sorted(COMPARISONS, key=lambda opcode: opcode.name)
    edges = []
    for label in labels:
        code.place(label)
        opcode, target = data.draw(st.sampled_from(opcodes)), data.draw(st.integers(0, size - 1))
        limit = data.draw(st.integers(0, 10))
        code.emit(Opcode.ADD, counter, one, counter)
        code.emit(Opcode.OUTI, counter)
        code.jump(opcode, labels[target], counter, code.constant(limit) if limit < 5 else ZERO)
        edges.append((opcode, target, limit if limit < 5 else 0))
    code.emit(Opcode.HALT)
    taken = {
        Opcode.JLT: lambda x, y: x < y,
        Opcode.JGE: lambda x, y: x >= y,
        Opcode.JEQ: lambda x, y: x == y,
        Opcode.JNE: lambda x, y: x != y,
        Opcode.JIN: lambda x, y: 0 <= x < y,
    }
    here, count, expected = 0, 0, ""
    while here < size and count < 50:
        count += 1
        expected += str(count)
        opcode, target, limit = edges[here]
        here = target if taken[opcode](count, limit) else here + 1
    result = interpret(assembled(code), max_steps=5000)
    assert result.output.startswith(expected)
    assert here < size or (result.output, result.ended) == (expected, "halt")


def test_what_is_never_reached_is_left_out() -> None:
    code, far, end = Assembler(SMALL), Label(), Label()
    code.jump(Opcode.JMP, far)
    code.emit(Opcode.OUTI, code.constant(5))
    code.place(end)
    code.emit(Opcode.HALT)
    code.place(far)
    code.jump(Opcode.JMP, end)
    program = assembled(code)
    assert [str(instruction) for instruction in program.instructions] == ["HALT _ _ _"]
    assert program.data == ()


def test_branch_over_a_jump_is_turned_round() -> None:
    code, skip, out = Assembler(SMALL), Label(), Label()
    code.jump(Opcode.JLT, skip, ZERO, code.constant(3))
    code.jump(Opcode.JMP, out)
    code.place(skip)
    code.emit(Opcode.PUT, z=7)
    code.place(out)
    code.emit(Opcode.HALT, trap=Trap("SystemExit", ""))
    program = assembled(code)
    assert [i.opcode.name for i in program.instructions] == ["JGE", "PUT", "HALT"]
    assert list(program.traps) == [2]


def test_constants_are_shared() -> None:
    code = Assembler(SMALL)
    assert code.constant(7) == code.constant(7) != code.constant(-7)
    assert code.constant(0) == ZERO


def test_data_and_input() -> None:
    code = Assembler(SMALL)
    free, position = code.global_cell(), code.global_cell()
    address = code.data([3, 0, 5])
    code.emit(Opcode.ADD, free, position, free)
    code.emit(Opcode.HALT)
    after = address + 3
    program = code.assemble(free, position, "", "")
    assert program.data == ((address, 3), (address + 2, 5), (position, after))
    assert program.input_area is not None and program.input_area.base == after
    assert code.assemble(free, None, "", "").data[-1] == (free, after)


def test_too_many_cells() -> None:
    code = Assembler(SMALL)
    with pytest.raises(CapacityError, match="base 20"):
        for value in range(100):
            code.constant(value)


def test_too_many_instructions() -> None:
    """90 in base 10: the longest jump, from the first to the last, must fit its token F."""
    code = Assembler(Layout(base=10))
    for _ in range(90):
        code.emit(Opcode.PUT, z=1)
    assert len(assembled(code).instructions) == 90
    code.emit(Opcode.PUT, z=1)
    with pytest.raises(CapacityError, match="91 instructions, and base 10 has jumps for at most 90"):
        assembled(code)
