"""From source to answer, on random programs of the language: CPython, every reference, and the transformer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.vocabulary import Vocabulary
from interpreter import ram, run, tree
from interpreter.engines import create
from interpreter.strategies.programs import programs
from tests.cpython import run_python
from tests.machines.test_ram import assert_transformer_continues

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
    assert_dense_agrees(prompt)


def assert_dense_agrees(prompt: Prompt) -> None:
    """The dense transformer, behind every prefix of the trace, emits what the indexed engine did."""
    vocabulary = Vocabulary(prompt.layout)
    trace = np.concatenate([*create("indexed", machine(prompt.layout)).decode(prompt.numbers, TOKENS)])
    assert_transformer_continues(prompt, [vocabulary[int(number)] for number in trace])


@pytest.mark.parametrize("layout", LAYOUTS[:1], ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_random_programs(layout: Layout, data: st.DataObject) -> None:
    check(data.draw(programs(max_statements=8)), layout)


@settings(max_examples=8)
@given(programs(max_statements=6))
def test_random_programs_in_the_default_base(source: str) -> None:
    check(source, LAYOUTS[1])
