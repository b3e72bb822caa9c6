"""The reference interpreter of RAM code: each instruction, faults, and where a run ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.machines.integers import decimal
from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import InputArea, Origin, RamProgram, Trap
from interpreter.ram.reference import RamResult, interpret, source_line

SMALL = Layout(base=10, groups=2, max_depth=3)  # global cells 0 to 5, local slots 6 to 8, next slot 9
HALT = Instruction(Opcode.HALT)


def run(*code: Instruction, cells: dict[int, int] | None = None, layout: Layout = SMALL) -> RamResult:
    return interpret(RamProgram(layout, (*code, HALT), data=tuple((cells or {}).items())), max_steps=1000)


@pytest.mark.parametrize(
    ("opcode", "x", "y", "z"),
    [
        (Opcode.ADD, 95, -7, 88),
        (Opcode.SUB, 95, -7, 102),
        (Opcode.MUL, -95, 17, -95 * 7),
        (Opcode.MUL, 95, -7, 95 * 3),
        (Opcode.QUO, -95, 17, -14),
        (Opcode.REM, -95, 17, 3),
        (Opcode.SHR, -95, 0, -10),
        (Opcode.SHL, -95, 17, -943),
        (Opcode.LOAD, 50, -20, 77),
    ],
)
def test_value(opcode: Opcode, x: int, y: int, z: int) -> None:
    result = run(Instruction(opcode, 1, 2, 3), cells={1: x, 2: y, 30: 77})
    assert result.ended == "halt" and result.cells.get((0, 3), 0) == z


def test_store_reaches_global_cells_too() -> None:
    result = run(Instruction(Opcode.STORE, 1, 2, 3), cells={1: 9, 2: -5, 3: 42})
    assert result.cells[0, 4] == 42


@given(st.sampled_from(["JLT", "JGE", "JEQ", "JNE", "JIN"]), st.integers(-12, 12), st.integers(-12, 12))
def test_branch(name: str, x: int, y: int) -> None:
    taken = {"JLT": x < y, "JGE": x >= y, "JEQ": x == y, "JNE": x != y, "JIN": 0 <= x < y}[name]
    over = Instruction(Opcode[name], 1, 2, 2 + SMALL.base // 2)
    assert run(over, Instruction(Opcode.PUT, 0, 0, 7), cells={1: x, 2: y}).output == ("" if taken else "\x07")


def test_frames_have_their_own_slots() -> None:
    """Main puts an argument into the next frame; the callee returns its double in the same place."""
    code = (
        Instruction(Opcode.ADD, 1, 1, 9),
        Instruction(Opcode.CALL, 0, 0, 4),
        Instruction(Opcode.OUTI, 9),
        HALT,
        Instruction(Opcode.ADD, 6, 6, 6),
        Instruction(Opcode.RET),
    )
    result = run(*code, cells={1: 21})
    assert result.output == "84" and result.cells == {(0, 1): 21, (2, 0): 84}


def test_output() -> None:
    code = (Instruction(Opcode.PUT, 0, 0, 9), Instruction(Opcode.OUTI, 1), Instruction(Opcode.OUTC, 2))
    assert run(*code, cells={1: -1234, 2: 955}).output == "\t-1234λ"
    # What is no character code prints all the same: a negative number as its groups say, in base 10 a 9.
    assert run(Instruction(Opcode.OUTC, 1), HALT, cells={1: -1}).output == "\t"
    assert run(Instruction(Opcode.OUTC, 1), HALT, cells={1: 0x110000}).output == "\ufffd"


@pytest.mark.parametrize(
    ("code", "cells", "pc"),
    [
        ([Instruction(Opcode.LOAD, 1, 2, 3)], {1: 50, 2: 50}, 0),
        ([Instruction(Opcode.LOAD, 1, 2, 3)], {1: -5, 2: 4}, 0),
        ([Instruction(Opcode.LOAD, 1, 2, 3)], {1: 100, 2: -50}, 0),
        ([Instruction(Opcode.STORE, 1, 2, 3)], {1: 50, 2: -101}, 0),
        ([Instruction(Opcode.QUO, 1, 2, 3)], {1: 50, 2: 30}, 0),
        ([Instruction(Opcode.REM, 1, 2, 3)], {1: 50}, 0),
        ([Instruction(Opcode.RET)], {}, 0),
        ([Instruction(Opcode.JMP, 0, 5, 5)], {}, 55),
        ([Instruction(Opcode.JEQ, 0, 0, 0)], {}, -5),
    ],
)
def test_fault(code: list[Instruction], cells: dict[int, int], pc: int) -> None:
    result = run(*code, cells=cells)
    assert (result.ended, result.pc) == ("fault", pc)
    assert result.trap is not None and result.trap.exception == "SystemError"


def test_addresses_at_the_ends_of_the_heap() -> None:
    assert run(Instruction(Opcode.LOAD, 1, 2, 3), cells={1: 99, 2: -99}).ended == "halt"
    assert run(Instruction(Opcode.LOAD, 1, 2, 3), cells={1: -100, 2: 99}).ended == "fault"
    assert run(Instruction(Opcode.STORE, 1, 2, 1), cells={1: 99}).cells[0, 99] == 99


def test_calls_end_at_max_depth() -> None:
    result = run(Instruction(Opcode.CALL, 0, 0, 0))
    assert result.ended == "fault" and result.calls == (0, 0, 0) and result.steps == 4


def test_budget() -> None:
    program = RamProgram(SMALL, (Instruction(Opcode.JMP, 0, 0, 0),))
    result = interpret(program, max_steps=10)
    assert (result.ended, result.steps, result.trap) == ("budget", 10, None)


def test_data_and_input_must_lie_in_the_heap() -> None:
    assert interpret(RamProgram(SMALL, (HALT,), ((99, 1),), input_area=InputArea(95, 1)), "abcd").ended == "halt"
    for program, text in (
        (RamProgram(SMALL, (HALT,), ((100, 1),)), ""),
        (RamProgram(SMALL, (HALT,), input_area=InputArea(95, 1)), "abcde"),
    ):
        with pytest.raises(ValueError, match="the heap has 100 cells"):
            interpret(program, text)


def test_input_lies_behind_its_length() -> None:
    program = RamProgram(SMALL, (HALT,), input_area=InputArea(20, 2))
    assert interpret(program, "ab").cells == {(0, 20): 2, (0, 21): 97, (0, 22): 98, (0, 2): 23}


def test_error_in_library_has_the_line_of_the_call() -> None:
    """Main calls a library routine, which calls another, which fails."""
    code = (Instruction(Opcode.CALL, 0, 0, 2), HALT, Instruction(Opcode.CALL, 0, 0, 3), HALT)
    origins = tuple(Origin(line) for line in (7, 8, 100, 200))
    trap = Trap("ValueError", "no")
    program = RamProgram(SMALL, code, traps={3: trap}, origins=origins, library=frozenset({2, 3}))
    result = interpret(program)
    assert (result.ended, result.trap, result.line, result.calls) == ("halt", trap, 7, (0, 2))
    assert source_line(program, 1, []) == 8


@given(st.integers(-(10**20), 10**20), st.integers(0, 9000))
def test_decimal(x: int, zeros: int) -> None:
    text = decimal(x * 10**zeros)
    assert text == (str(x) + "0" * zeros if x else "0")
