"""The example programs on the reference interpreters, against what CPython prints."""

from __future__ import annotations

import pytest

from compiler import compile_program
from compiler.language.checker import check_source
from interpreter.references import ram, tree
from tests.programs.cases import INFERRED, Case, all_cases

SMALL_STEPS = 2_500
"""RAM instructions that a small case may take, so that it takes the slowest engine less than a minute."""

LONG_STEPS = 5_000_000
"""RAM instructions that a long case may take: it should end, on a fast engine."""


@pytest.mark.parametrize("case", all_cases(*INFERRED), ids=str)
def test_syntax_tree(case: Case) -> None:
    result = tree.interpret(check_source(case.source, case.path.name), case.input_text)
    assert (result.output, result.error) == (case.expected, None)


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_ram_code(case: Case) -> None:
    program = compile_program(case.source, case.path.name).program
    limit = SMALL_STEPS if case.size == "small" else LONG_STEPS
    result = ram.interpret(program, case.input_text, limit)
    assert (result.output, result.trap, result.ended) == (case.expected, None, "halt")
