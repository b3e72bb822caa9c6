"""Random programs of the language: lowered and run by the reference interpreter of RAM code, against CPython."""

from __future__ import annotations

from hypothesis import given, settings

from interpreter.strategies.programs import programs, programs_with_input
from tests.lowering.running import assert_like_python


@given(programs())
def test_small_programs(source: str) -> None:
    assert_like_python(source)


@given(programs_with_input())
def test_programs_with_input(program: tuple[str, str]) -> None:
    assert_like_python(*program)


@given(programs(max_statements=30, depth=3))
@settings(max_examples=40)
def test_larger_programs(source: str) -> None:
    assert_like_python(source)
