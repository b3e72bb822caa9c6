"""The RAM three times over: specification, RAM interpreter on Python's integers, and the transformer."""

from __future__ import annotations

from functools import cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.machines.machine import Machine, PromptError
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.isa import Instruction, Opcode
from compiler.machines.ram.program import InputArea, RamProgram
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import number
from compiler.machines.ram.vocabulary import Token, Vocabulary
from interpreter.engines.dense import DenseEngine
from interpreter.engines.reference import ReferenceEngine
from interpreter.references import ram
from interpreter.runs.running import run
from interpreter.strategies.ram import arithmetic_programs, integers, ram_programs

SMALL = Layout(base=10, max_depth=4)
LAYOUTS = [SMALL, Layout(base=37, max_depth=4), Layout(base=10, groups=3, max_depth=4), Layout()]
BUDGET = 120


@cache
def built(layout: Layout) -> tuple[Machine[Token], DenseEngine]:
    made = machine(layout)
    return made, DenseEngine(made)


def assert_transformer_continues_like_specification(program: RamProgram) -> None:
    ram = Ram(program.layout)
    ram.load(Prompt(program).tokens)
    assert_transformer_continues(Prompt(program), list(islice(ram.run(), BUDGET)))


def assert_transformer_continues(prompt: Prompt, expected: list[Token]) -> None:
    """The whole trace at once: after every prefix, the argmax is the next expected token."""
    _, dense = built(prompt.layout)
    vocabulary = Vocabulary(prompt.layout)
    trace = np.array([vocabulary.number(token) for token in expected])
    emitted = dense.continuations(np.concatenate([prompt.numbers, trace])[:-1], len(prompt.numbers) - 1)
    wrong = np.flatnonzero(emitted != trace)
    shown = [f"token {i}: {vocabulary[trace[i]]} became {vocabulary[emitted[i]]}" for i in wrong[:3]]
    assert shown == []


@pytest.mark.parametrize("layout", LAYOUTS[:3], ids=str)
@given(data=st.data())
def test_random_programs(layout: Layout, data: st.DataObject) -> None:
    assert_transformer_continues_like_specification(data.draw(ram_programs(layout)))


@settings(max_examples=10)
@given(ram_programs(LAYOUTS[3], max_size=6))
def test_random_programs_in_the_default_base(program: RamProgram) -> None:
    assert_transformer_continues_like_specification(program)


@pytest.mark.parametrize("layout", LAYOUTS[:3], ids=str)
@given(data=st.data())
def test_arithmetic(layout: Layout, data: st.DataObject) -> None:
    program, expected = data.draw(arithmetic_programs(layout))
    assert run(Prompt(program), engine="reference").output == expected
    assert_transformer_continues_like_specification(program)


@given(arithmetic_programs(Layout()))
def test_arithmetic_of_the_specification_in_the_default_base(case: tuple[RamProgram, str]) -> None:
    program, expected = case
    assert run(Prompt(program), engine="reference").output == expected


@settings(max_examples=20)
@given(ram_programs(SMALL))
def test_decoding_is_what_checking_the_whole_trace_shows(program: RamProgram) -> None:
    made, dense = built(SMALL)
    prompt = Prompt(program).numbers
    expected = [int(t) for chunk in ReferenceEngine(made).decode(prompt, 30) for t in chunk]
    assert [int(t) for chunk in dense.decode(prompt, 30) for t in chunk] == expected


@given(ram_programs(SMALL, max_groups=3))
def test_specification_agrees_with_the_interpreter_on_integers(program: RamProgram) -> None:
    """Output, number of steps, place of the end and every cell."""
    expected = ram.interpret(program, max_steps=BUDGET)
    specification = Ram(SMALL)
    specification.load(Prompt(program).tokens)
    ended = None
    for token in specification.run():
        ended = token.family
        if specification.steps > BUDGET:
            break
    if expected.ended == "budget":
        assert specification.steps > BUDGET
        return
    assert ended == expected.ended.upper()
    assert (specification.steps, specification.pc) == (expected.steps, expected.pc)
    assert tuple(specification.calls) == expected.calls
    cells = {}
    for (slot, top), value in specification.memory.items():
        if int(value):
            local = top > 0
            cells[(top, slot - SMALL.first_local) if local else (0, slot - top * SMALL.base)] = int(value)
    assert cells == expected.cells


@given(integers(10), st.sampled_from([10, 37, 1000]))
def test_numbers_are_canonical(value: int, base: int) -> None:
    n = number(value, base)
    assert int(n) == value
    assert n.top == 0 or n[n.top] != n.fill


def test_far_jumps() -> None:
    """Forward and back through the longest program of base 10; far parts of 9 and -9, the largest there are."""
    code = [Instruction(Opcode.HALT)] * SMALL.max_instructions
    code[0] = Instruction(Opcode.JMP, 0, 8, 8)
    code[88] = Instruction(Opcode.CALL, 0, 0, 1)
    code[1] = Instruction(Opcode.RET)
    program = RamProgram(SMALL, tuple(code))
    assert run(Prompt(program), engine="reference").trace_tokens == 7  # F and J, F and CALL, F and RET, HALT
    assert_transformer_continues_like_specification(program)


def test_more_instructions_than_jumps_can_reach() -> None:
    with pytest.raises(PromptError, match="91 instructions, and base 10 has jumps for at most 90: use a larger base"):
        Prompt(RamProgram(SMALL, (Instruction(Opcode.HALT),) * 91))


def test_one_set_of_weights_for_all_programs() -> None:
    """The hash is that of the machine alone, and building it twice gives the same weights."""
    halt = RamProgram(SMALL, (Instruction(Opcode.HALT),))
    other = RamProgram(SMALL, (Instruction(Opcode.PUT, 0, 0, 7), Instruction(Opcode.HALT)), ((3, 10**9),))
    hashes = {machine(Prompt(program).layout).weights.sha256() for program in (halt, other)}
    assert hashes == {built(SMALL)[0].weights.sha256()}


def test_size_goals() -> None:
    weights = built(Layout())[0].weights
    assert len(weights.layers) <= 8
    assert weights.width <= 256
    assert weights.non_zeros <= 5000


@pytest.mark.parametrize(
    ("instruction", "says"),
    [
        (Instruction(Opcode.ADD, 0, 0, 10), "operands go from 0 to 9"),
        (Instruction(Opcode.JMP, 0, 9, 9), "jumps to 99, outside the program of 2 instructions"),
        (Instruction(Opcode.JLT, 0, 0, 0), "jumps to -5"),
        (Instruction(Opcode.MUL, 0, 1, 1), "z and y must be different cells"),
        (Instruction(Opcode.SHL, 1, 0, 1), "z and x must be different cells"),
    ],
)
def test_programs_that_no_prompt_can_be_written_for(instruction: Instruction, says: str) -> None:
    with pytest.raises(PromptError, match=says):
        Prompt(RamProgram(SMALL, (instruction, Instruction(Opcode.HALT))))


def test_data_outside_the_heap() -> None:
    with pytest.raises(PromptError, match="the heap has addresses 0 to 99"):
        _ = Prompt(RamProgram(SMALL, (Instruction(Opcode.HALT),), ((100, 1),))).tokens


def test_an_input_that_no_trace_has_room_for_is_refused_before_it_is_written() -> None:
    """Not after the memory for half a thousand million tokens is full."""
    program = RamProgram(
        Layout(base=1000, groups=3), (Instruction(Opcode.HALT),), input_area=InputArea(base=1000, free_cell=5)
    )
    with pytest.raises(PromptError, match="a trace too long"):
        _ = Prompt(program, "x" * (2**25 + 1)).numbers
