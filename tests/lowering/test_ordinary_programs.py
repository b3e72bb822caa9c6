"""Random programs of ordinary Python: CPython, the reference interpreter of RAM code and the transformer agree."""

from __future__ import annotations

import random
import time
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from compiler import compile_program
from compiler.machines.ram import machine
from interpreter.campaign import programs
from interpreter.campaign.programs import constructs, ordinary
from interpreter.campaign.subject import Disagreement
from interpreter.engines import create
from interpreter.simulators.cpython import PythonResult, run_python
from interpreter.strategies import ordinary_programs

REACHED = {
    "Assert", "AugAssign", "Break", "ClassDef", "Continue", "Delete", "DictComp", "For", "FunctionDef", "GeneratorExp",
    "Global", "If", "JoinedStr", "Lambda", "ListComp", "NamedExpr", "Nonlocal", "Raise", "Return", "SetComp", "Starred",
    "Try", "While", "With", "Yield", "YieldFrom",
}  # fmt: skip


def drawn(number: int) -> list[str]:
    """Programs that are the same on every run."""
    found: list[str] = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(ordinary_programs())
    def keep(source: str) -> None:
        found.append(source)

    fuzz_one: Any = keep
    for i in range(number):
        fuzz_one.hypothesis.fuzz_one_input(random.Random(i).randbytes(6000))
    return found


def test_programs_reach_all_constructs_and_end() -> None:
    programs = drawn(400)
    assert {name for source in programs for name in constructs(source)} >= REACHED
    begun = time.process_time()
    ends = [run_python(source).exception for source in programs]
    assert time.process_time() - begun < 20
    assert ends.count(None) > len(programs) / 2
    assert {"IndexError", "KeyError", "TypeError", "ValueError", "ZeroDivisionError"} <= set(ends)


@settings(max_examples=12)
@given(ordinary_programs(max_statements=4))
def test_cpython_ram_code_and_transformer_agree(source: str) -> None:
    ordinary(source)


@settings(max_examples=3)
@given(ordinary_programs(max_statements=2, depth=1))
def test_tokens_are_those_of_the_specification(source: str) -> None:
    prompt = compile_program(source)
    built = machine(prompt.layout)
    assert built.specification is not None
    trace = np.concatenate([*create("indexed", built).decode(prompt.numbers, 2000)]).tolist()
    expected = islice(built.specification(built.vocabulary[n] for n in prompt.numbers.tolist()), 2000)
    assert [str(built.vocabulary[n]) for n in trace] == [str(token) for token in expected]


@pytest.mark.parametrize(
    "wrong",
    [PythonResult("[2]\n", None, "", 0), PythonResult("[1]\n", "KeyError", "", 1)],
    ids=["output", "exception"],
)
def test_a_wrong_answer_is_noticed(wrong: PythonResult, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "print([1, *{}])"
    ordinary(source)
    monkeypatch.setattr(programs.cpython, "run_python", lambda source: wrong)
    with pytest.raises(Disagreement):
        ordinary(source)
