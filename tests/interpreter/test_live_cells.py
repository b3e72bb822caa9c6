"""What is read off a trace is what the specification remembers, however the trace is cut into chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.ram import Layout
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt, Snapshot
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import ENDS, Vocabulary
from interpreter.strategies.ram import ram_programs
from interpreter.traces.ram.follower import TraceFollower
from interpreter.traces.ram.live_cells import LiveCells

LAYOUTS = [Layout(base=10, max_depth=4), Layout(base=10, groups=3, max_depth=4)]


def trace_and_states(prompt: Prompt, tokens: int) -> tuple[list[int], dict[int, Snapshot]]:
    """Token numbers of the trace, and after how many of them the specification is in which state."""
    vocabulary = Vocabulary(prompt.layout)
    ram = Ram(prompt.layout)
    ram.load(prompt.tokens)
    trace: list[int] = []
    states = {}
    ended = True
    for token in ram.run():
        # The specification writes and jumps when it is asked for the token after the last one.
        if ended:
            cells = tuple(sorted((cell, int(value)) for cell, value in ram.memory.items() if int(value)))
            states[len(trace)] = Snapshot(cells, tuple(ram.calls), ram.pc)
        if len(trace) == tokens:
            break
        trace.append(vocabulary.number(token))
        ended = token.family in ENDS
    return trace, states


@given(st.sampled_from(LAYOUTS).flatmap(ram_programs), st.lists(st.integers(1, 30), max_size=6))
def test_live_cells(program: RamProgram, sizes: list[int]) -> None:
    prompt = Prompt(program)
    trace, states = trace_and_states(prompt, sum(sizes))
    live = TraceFollower(prompt.layout, prompt.numbers, cells=LiveCells(program))
    for chunk in np.split(np.array(trace, dtype=np.int32), np.cumsum(sizes)):
        if len(chunk):
            live.take(chunk)
    snapshot = live.snapshot()
    expected = states[max(states)]
    assert (snapshot.pc, snapshot.calls) == (expected.pc, expected.calls)
    assert tuple(sorted(snapshot.cells)) == expected.cells


LONG = """\
x = 1
powers = []
for i in range(5):
    x = x * -123456789
    powers.append(x)
powers[3] = 5
print(powers[4] + powers[1])
"""
MANY = """\
squares = [0] * 200
for i in range(200):
    squares[i] = i * i - 700
print(sum(squares))
"""


@pytest.mark.parametrize("source", [LONG, MANY])
@pytest.mark.parametrize("size", [1, 7, 300, 100_000])
def test_values_of_many_groups_and_many_cells(source: str, size: int) -> None:
    """Of more groups than the table has room for, and in a table that grows as chunks come."""
    prompt = compile_program(source)
    trace, states = trace_and_states(prompt, 20_000)
    live = TraceFollower(prompt.layout, prompt.numbers, cells=LiveCells(prompt.program))
    numbers, checked = np.array(trace, dtype=np.int32), 0
    for begin in range(0, len(numbers), size):
        live.take(numbers[begin : begin + size])
        after = begin + size
        if after in states and after % 97 in (0, 1, 2) or after >= len(numbers):
            checked += 1
            expected = states.get(after, states[max(states)])
            snapshot = live.snapshot()
            assert (snapshot.pc, snapshot.calls) == (expected.pc, expected.calls)
            assert tuple(sorted(snapshot.cells)) == expected.cells
    assert checked and live.ended == "HALT"
