"""The example programs on the reference interpreters, against what CPython prints."""

from __future__ import annotations

import pytest

from compiler.language.checker import check_source
from interpreter import tree
from tests.programs.cases import Case, all_cases


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_syntax_tree(case: Case) -> None:
    result = tree.interpret(check_source(case.source, case.path.name), case.input_text)
    assert (result.output, result.error) == (case.expected, None)
