"""Runs on the specialised engine, cut wherever, and on every construction: they are those of the indexed engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.front_ends import compile_machine
from compiler.language.errors import SourceError
from compiler.machines.constructions import CONSTRUCTIONS
from compiler.machines.machine import Prompt
from compiler.machines.ram import machine
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter import run
from interpreter.engines.specialised import SpecialisedEngine
from interpreter.runs.running import ContextTooSmall
from interpreter.strategies.programs import programs
from tests.engines.test_specialised import EAGER, compare, engine, loops
from tests.interpreter.test_interruption import LAYOUT, in_pieces

EXAMPLES = Path(__file__).parents[2] / "programs" / "machines"
RUN = {"coin": "walk.coin", "crasp": "collatz.counter"}
"""What a construction runs here, of those that do not run a Turing machine."""


@pytest.mark.parametrize("name", [c.name for c in CONSTRUCTIONS])
def test_every_construction(name: str) -> None:
    file = EXAMPLES / RUN.get(name, "bb4.tm")
    prompt = compile_machine(file.suffix[1:], file.read_text(), file.name, construction=name)
    compare(SpecialisedEngine(prompt.machine, policy=EAGER), prompt.numbers, 300)


@settings(max_examples=3)
@given(loops(), st.lists(st.integers(0, 400), min_size=4, max_size=8))
def test_any_budget(program: RamProgram, budgets: list[int]) -> None:
    """What was recorded within one budget is used within the next."""
    for budget in budgets:
        compare(engine(), RamPrompt(program).numbers, budget, runs=1)


@cache
def language_engine() -> SpecialisedEngine:
    return SpecialisedEngine(machine(LAYOUT), policy=EAGER)


def compiled(source: str) -> Prompt:
    try:
        return compile_program(source, layout=LAYOUT)
    except SourceError:
        reject()  # That random programs are inside the language is for other tests to say.


@settings(max_examples=3)
@given(programs(max_statements=5), st.lists(st.integers(1, 60), min_size=1), st.lists(st.integers(1, 30), max_size=3))
def test_interrupted_and_resumed(source: str, sizes: list[int], moments: list[int]) -> None:
    """See `tests.interpreter.test_interruption`. What is resumed is a new prompt, for which all begins again."""
    prompt, made = compiled(source), language_engine()
    whole = run(prompt, engine=made.indexed)
    outputs, steps, result = in_pieces(prompt, made, sizes, moments)
    assert ("".join(outputs), steps, result.ended, result.error) == (
        whole.output,
        whole.steps,
        whole.ended,
        whole.error,
    )


@settings(max_examples=2)
@given(programs(max_statements=5), st.integers(50, 300))
def test_a_bounded_context(source: str, context: int) -> None:
    """Every so many tokens the run goes on from a prompt that holds the live cells only."""
    prompt, made = compiled(source), language_engine()
    try:
        whole = run(prompt, engine=made.indexed, context=context)
    except ContextTooSmall:
        reject()
    cut = run(prompt, engine=made, context=context)
    assert (cut.output, cut.steps, cut.ended, cut.error) == (whole.output, whole.steps, whole.ended, whole.error)


def test_tables_grow() -> None:
    """A table begins with 256 rows. Where fragments know rows to be, they are not any more when it has grown."""
    prompt = compiled("a = [0] * 700\nfor i in range(700):\n    a[i] = i * i\nprint(sum(a))\n")
    compare(language_engine(), prompt.numbers, None)


def test_runs_of_a_prompt_share_nothing() -> None:
    """A run takes the memory of one that has ended, as it was after the prompt; never that of one that goes on."""
    prompt = compiled("a = [0] * 300\nfor i in range(300):\n    a[i] = i * i\nprint(sum(a))\n").numbers
    made = language_engine()
    expected = np.concatenate(list(made.indexed.decode(prompt))).tolist()
    first, second = made.decode(prompt), made.decode(prompt)
    both: tuple[list[int], list[int]] = ([], [])
    for chunks in zip(first, second):
        for tokens, chunk in zip(both, chunks):
            tokens += chunk.tolist()
    assert both == (expected, expected)
    assert [t for chunk in made.decode(prompt, 1000) for t in chunk.tolist()] == expected[:1000]
    compare(made, prompt, None, runs=1)
