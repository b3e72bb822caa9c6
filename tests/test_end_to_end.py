"""From source to answer, on random programs of the language: CPython, every reference, and the transformer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.vocabulary import Token
from interpreter import run
from interpreter.engines import create
from interpreter.references import ram, tree
from interpreter.simulators.cpython import run_python
from interpreter.strategies.programs import programs
from interpreter.verification import verify
from tests.machines.test_ram import assert_transformer_continues
from tests.programs.cases import Case, all_cases

# In base 256 many values have several groups, programs still fit, and the dense check of a trace is quick.
LAYOUTS = [Layout(base=256), Layout()]
TOKENS = 400
"""Of a trace, what the dense transformer checks, at O(n) a token; the batch verifier checks all of it."""


def check(source: str, layout: Layout) -> None:
    """Same output and same exception everywhere, same steps in RAM code and tokens, same tokens everywhere."""
    python = run_python(source)
    expected = (python.output, python.exception)
    syntax = tree.interpret(source)
    assert (syntax.output, syntax.error and syntax.error.exception) == expected
    prompt = compile_program(source, layout=layout)
    code = ram.interpret(prompt.program)
    assert (code.output, code.trap and code.trap.exception) == expected
    for engine in ("reference", "indexed"):
        result = run(prompt, engine=engine)
        assert (result.output, result.error and result.error.exception) == expected
        assert result.steps == code.steps
        assert (result.error.line if result.error else 0) == python.line
    assert_engines_agree(prompt)


def assert_engines_agree(prompt: Prompt) -> list[Token]:
    """Indexed, speculative, batch: the same tokens, which are returned."""
    built = machine(prompt.layout)
    trace = np.concatenate([*create("indexed", built).decode(prompt.numbers)])
    assert np.array_equal(trace, np.concatenate([*create("speculative", built).decode(prompt.numbers)]))
    verification = verify(built, np.concatenate([prompt.numbers, trace]), len(prompt.numbers))
    assert verification.ok and verification.ended
    return [built.vocabulary[int(number)] for number in trace]


@pytest.mark.parametrize("layout", LAYOUTS[:1], ids=str)
@settings(max_examples=settings().max_examples // 10)
@given(data=st.data())
def test_random_programs(layout: Layout, data: st.DataObject) -> None:
    check(data.draw(programs(max_statements=8)), layout)


@settings(max_examples=settings().max_examples // 25)
@given(programs(max_statements=6))
def test_random_programs_in_the_default_base(source: str) -> None:
    check(source, LAYOUTS[1])


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@settings(max_examples=settings().max_examples // 40)
@given(data=st.data())
def test_random_programs_on_the_dense_transformer(layout: Layout, data: st.DataObject) -> None:
    """It computes every head over every token, which takes seconds a program."""
    prompt = compile_program(data.draw(programs(max_statements=6)), layout=layout)
    assert_transformer_continues(prompt, assert_engines_agree(prompt)[:TOKENS])


@pytest.mark.parametrize("layout", LAYOUTS, ids=["small base", "default base"])
@pytest.mark.parametrize("case", all_cases("small"), ids=str)
def test_example_programs_on_every_engine(case: Case, layout: Layout) -> None:
    prompt = compile_program(case.source, case.path.name, layout).with_input(case.input_text)
    assert run(prompt).output == case.expected
    built = machine(layout)
    trace = np.concatenate([*create("indexed", built).decode(prompt.numbers)])
    assert np.array_equal(trace, np.concatenate([*create("speculative", built).decode(prompt.numbers)]))
    assert verify(built, np.concatenate([prompt.numbers, trace]), len(prompt.numbers)).ok
