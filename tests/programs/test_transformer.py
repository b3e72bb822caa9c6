"""The example programs on the transformer: small cases token by token, all of them by their output."""

from __future__ import annotations

import numpy as np
import pytest

from compiler import compile_program
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt
from interpreter import run
from interpreter.engines import DEFAULT, create
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Engine
from tests.programs.cases import Case, all_cases

MAX_TOKENS = 5_000_000
"""Of a trace: more than any case takes, so that a run that never ends fails."""


@pytest.fixture(scope="module")
def dense() -> DenseEngine:
    return DenseEngine(machine(Layout()))


@pytest.fixture(scope="module")
def reference() -> Engine:
    return create("reference", machine(Layout()))


@pytest.fixture(scope="module")
def default() -> Engine:
    return create(DEFAULT, machine(Layout()))


def prompt_of(case: Case) -> Prompt:
    return compile_program(case.source, case.path.name).with_input(case.input_text)


@pytest.mark.parametrize("case", all_cases("small"), ids=str)
def test_every_token_is_what_the_dense_transformer_says(case: Case, dense: DenseEngine, reference: Engine) -> None:
    prompt = prompt_of(case).numbers
    trace = np.concatenate(list(reference.decode(prompt, MAX_TOKENS)))
    continuations = dense.continuations(np.concatenate([prompt, trace]), len(prompt) - 1)
    np.testing.assert_array_equal(continuations[:-1], trace)


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_output_is_what_cpython_prints(case: Case, default: Engine) -> None:
    result = run(prompt_of(case), engine=default, max_tokens=MAX_TOKENS)
    assert (result.output, result.error, result.ended) == (case.expected, None, "halt")
