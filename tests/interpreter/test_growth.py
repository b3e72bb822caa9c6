"""Programs that need more than the heap of their machine: the run begins again on a larger one, and nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.ram import Layout
from compiler.machines.ram.prompt import Prompt, heap_cell
from interpreter import run
from interpreter.campaign.drawing import drawn
from interpreter.runs.running import Run
from interpreter.simulators.cpython import PythonResult, run_python
from interpreter.strategies import ordinary_programs
from interpreter.strategies.programs import programs
from tests.lowering.running import named_programs

LOOPS = named_programs(Path(__file__).with_name("growth.txt"))


def assert_like(result: Run, python: PythonResult) -> None:
    assert (result.output, result.error and result.error.exception) == (python.output, python.exception)
    assert result.error is None or result.error.line == python.line


@pytest.mark.parametrize("source", LOOPS.values(), ids=list(LOOPS))
def test_loops_that_need_many_times_the_heap(source: str) -> None:
    printed: list[str] = []
    result = run(with_cells_left(compile_program(source), 500), on_output=printed.append)
    assert_like(result, run_python(source))
    assert "".join(printed) == result.output
    assert result.grown is not None and result.grown.name == "ram-1000-3"


def test_what_is_told_of_a_run_is_that_on_the_larger_machine() -> None:
    source = "a = []\nfor i in range(2000):\n    a.append([i] * 9)\n    print(len(a), end=' ')"
    small, large = (compile_program(source, layout=Layout(100, groups)) for groups in (2, 3))
    result, there = run(small), run(large)
    assert result.grown is large.machine and there.grown is None
    assert replace(result, seconds=0, grown=None) == replace(there, seconds=0)


def with_cells_left(prompt: Prompt, count: int) -> Prompt:
    """The same prompt, in which all but so many cells at the end of the heap are taken."""
    program = prompt.program
    *data, (cell, free) = program.data
    assert program.input_area is None and cell < program.layout.first_local
    assert free > max((address for address, _ in data), default=0)
    return Prompt(replace(program, data=(*data, (cell, program.layout.heap_size - count))))


def allocates(prompt: Prompt) -> bool:
    """Whether it has a cell for the first address that is free."""
    data = prompt.program.data
    return bool(data) and data[-1][1] > max((address for address, _ in data[:-1]), default=0) >= 0


@pytest.mark.parametrize("number", range(12))
def test_random_programs_whose_heap_ends_anywhere(number: int) -> None:
    source = drawn(ordinary_programs(max_statements=3), f"heap {number}")[0]
    prompt = compile_program(source)
    whole, result = run(prompt), run(with_cells_left(prompt, (0, 1, 7, 50, 300, 1000)[number % 6]))
    assert_like(result, run_python(source))
    assert (result.error, result.steps) == (whole.error, whole.steps)


@settings(max_examples=30)
@given(programs(max_statements=6), st.integers(0, 60))
def test_random_programs_of_inferred_types_whose_heap_ends_anywhere(source: str, count: int) -> None:
    prompt = compile_program(source, layout=Layout(base=256))
    if not allocates(prompt):
        return
    result = run(with_cells_left(prompt, count), engine="reference")
    assert_like(result, run_python(source))


@pytest.mark.parametrize("source", ["print([i * i for i in range(5)])", "d = {1: 'a', 'b': None}\nprint(d, [1] * 7)"])
def test_the_code_is_the_same_for_every_heap(source: str) -> None:
    small, large = (compile_program(source, layout=Layout(groups=groups)) for groups in (2, 4))
    assert replace(small.program, layout=large.layout) == large.program


def test_context_and_growth_together() -> None:
    source = "for i in range(30):\n    s = str(i) + 'x' * 20\n    print(i, s)"
    result = run(with_cells_left(compile_program(source), 500), context=2_000)
    assert result.grown is not None
    assert_like(result, run_python(source))


def test_a_snapshot_keeps_addresses_and_frames() -> None:
    begun = run(compile_program(LOOPS["recursion"]), max_tokens=20_000, keep_rest=True)
    assert isinstance(begun.rest, Prompt) and begun.rest.snapshot is not None and begun.rest.snapshot.calls
    fault = next(pc for pc, trap in begun.rest.program.traps.items() if trap.exception == "MemoryError")
    larger = begun.rest.outgrown(fault, halted=False)
    assert larger is not None and larger.snapshot is not None and larger.layout.groups == 3
    for before, after in zip(begun.rest.snapshot.cells, larger.snapshot.cells, strict=True):
        *low, top = before[0]
        address = sum(group * 1000**i for i, group in enumerate([*low, -top]))
        assert after == ((heap_cell(larger.layout, address) if top <= 0 else (*low, 0, top)), before[1])


def test_where_it_does_not_grow() -> None:
    source = "print(1)\na = [1] * 100"
    full = {groups: with_cells_left(compile_program(source, layout=Layout(100, groups)), 50) for groups in (2, 4)}
    for result in (
        run(full[2], engine="reference", grows=False),
        run(full[4], engine="reference"),
        run(compile_program("print(1)\nprint(1 << 30000000000)"), engine="reference"),
        run(compile_program("print(1)\na = [0] * 10 ** 13"), engine="reference"),
    ):
        assert (result.output, result.grown) == ("1\n", None)
        assert result.error is not None and (result.error.exception, result.error.line) == ("MemoryError", 2)
