"""Random programs of ordinary Python: CPython, the reference interpreter of RAM code and the transformer agree."""

from __future__ import annotations

import ast
import time
from itertools import islice

import numpy as np
import pytest
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.ram import machine
from interpreter.campaign import programs
from interpreter.campaign.drawing import drawn
from interpreter.campaign.programs import constructs, ordinary
from interpreter.campaign.subject import Disagreement
from interpreter.engines import create
from interpreter.simulators.cpython import PythonResult, run_python
from interpreter.strategies import ordinary_programs
from interpreter.strategies.ordinary.tables import tables
from interpreter.strategies.ordinary.writer import Scope, Writer

REACHED = {
    "Assert", "AugAssign", "Break", "ClassDef", "Continue", "Delete", "DictComp", "For", "FunctionDef", "GeneratorExp",
    "Global", "If", "JoinedStr", "Lambda", "ListComp", "NamedExpr", "Nonlocal", "Raise", "Return", "SetComp", "Starred",
    "Try", "While", "With", "Yield", "YieldFrom",
}  # fmt: skip


SEARCHED = 12
"""Programs that are tried here; `punchtape campaign` searches on."""


def program(number: int, **sizes: int) -> str:
    """One that is the same on every run."""
    return drawn(ordinary_programs(**sizes), str(number))[0]


def test_programs_reach_all_constructs_and_end() -> None:
    sources = [program(number) for number in range(400)]
    assert {name for source in sources for name in constructs(source)} >= REACHED
    begun = time.process_time()
    ends = [run_python(source).exception for source in sources]
    assert time.process_time() - begun < 20
    assert ends.count(None) > len(sources) / 2
    assert {"IndexError", "KeyError", "TypeError", "ValueError", "ZeroDivisionError"} <= set(ends)


@st.composite
def filled(draw: st.DrawFn) -> list[str]:
    """Every text of the tables with its holes filled, as a statement."""
    writer, table = Writer(draw, 0, 2), tables()
    expressions = [text for group in (table.leaves, table.expressions, table.risky) for texts in group.values()
                   for text in texts]  # fmt: skip
    found = [f"x[{writer.fill(text, Scope(), 2)}]" for text in expressions]
    for text in (text for texts in table.statements.values() for text in texts):
        writer.budget = 4
        statement = writer.one_statement(Scope(loops=1), [text])
        found.append("for i in []:\n    " + statement.replace("\n", "\n    "))
    for definition in (definition for group in table.definitions.values() for definition in group):
        writer.budget = 4
        found.append(writer.fill(definition.text.replace("$name", "F"), Scope(), 2, defines=True))
    return found


@pytest.mark.parametrize("number", range(2))
def test_every_text_of_the_tables_is_python(number: int) -> None:
    for source in drawn(filled(), str(number))[0]:
        ast.parse(source)


@pytest.mark.parametrize("number", range(SEARCHED))
def test_cpython_ram_code_and_transformer_agree(number: int) -> None:
    ordinary(program(number, max_statements=4))


@pytest.mark.parametrize("number", range(3))
def test_tokens_are_those_of_the_specification(number: int) -> None:
    prompt = compile_program(program(number, max_statements=2, depth=1))
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
