"""Arguments far out of range end as in CPython, at once, in compiler and machine."""

from __future__ import annotations

import pytest

from compiler import compile_program
from interpreter import run
from interpreter.simulators.cpython import run_python

EXTREMES = [
    "n >> 10**25",
    "(-n) >> 10**25",
    "n >> 30000000000",
    "n >> int('3' + '0' * 10)",
    "(-n) >> int('1' + '0' * 25)",
    "0 << 10**19",
    "(n - 5) << 10**19",
    "(n - 5) << int('1' + '0' * 19)",
    "n << 10**19",
    "n << int('1' + '0' * 19)",
    "n << 30 * 2**63",
    "n << 6 * 10**19",
    "n << 7 * 10**19",
    "n << int('9' * 40)",
    "n << -1",
    "0 << -n",
    "chr(10**30)",
    "chr(-10**30)",
    "chr(2**31)",
    "chr(2**31 - 1)",
    "chr(-2**31)",
    "chr(-2**31 - 1)",
    "chr(n * 10**25)",
    "chr(0x110000)",
    "chr(-1)",
]


@pytest.mark.parametrize("expression", EXTREMES)
def test_as_in_cpython(expression: str) -> None:
    source = f"n = 5\nprint({expression})\n"
    expected = run_python(source)
    result = run(compile_program(source), engine="reference", max_tokens=20_000)
    assert result.output == expected.output
    assert (result.error and result.error.exception) == expected.exception
    assert result.error is None or (result.error.message, result.error.line) == (expected.message, expected.line)


def test_a_value_for_which_no_trace_has_room() -> None:
    """CPython takes 4 GB for it, or raises MemoryError as well."""
    result = run(compile_program("print(1 << 30000000000)"), engine="reference", max_tokens=20_000)
    assert result.error is not None and result.error.exception == "MemoryError"


SPACES = [code for code in range(0x10000) if chr(code).isspace()]
NEARLY = sorted({code + near for code in SPACES for near in (-1, 1)} - {*SPACES})


@pytest.mark.parametrize("code", [*SPACES, *NEARLY])
def test_spaces_around_integers(code: int) -> None:
    space = chr(code)
    for source, text in (
        ("print(int(input()))", f"{space}7{space}\n"),
        ("print(int(input()))", f" 7{space}8\n"),
        ("print(list(map(int, input().split())))", f"1{space}22{space}{space}3\n"),
        ("print(list(map(int, input().split())))", f"{space}1 2{space}\n"),
    ):
        expected = run_python(source, text)
        result = run(compile_program(source), input_text=text, engine="reference")
        assert (result.output, result.error and result.error.exception) == (expected.output, expected.exception)


TAGGED = "mixed = [0, '']\n"
INTEGERS = [
    "٣",
    "-१२_3",
    "+٠٧",
    "１８_０",
    "𝟗𝟎",
    "\x1c7",
    "7\x1f",
    "\u20037\u2003",
    "1é",
    "²",
    "7_",
    "_7",
    "１_",
    "ⅷ",
    "1 ２",
]


@pytest.mark.parametrize("text", INTEGERS)
def test_integers_of_any_script(text: str) -> None:
    for source, given in (
        ("print(int(input()))", text),
        (f"s = {text!r}\nprint(int(s))", ""),
        ("print(list(map(int, input().split())))", f"{text} {text}"),
    ):
        expected = run_python(source, given)
        result = run(compile_program(source), given, engine="reference")
        assert (result.output, result.error and result.error.exception) == (expected.output, expected.exception)


@pytest.mark.parametrize(
    "expression",
    ["int('٣')", "int('\x1c7')", "int('٠x1f', 16)", "int('٠b1', 0)", "int('é')", "int('１_2', 36)", "float('٣.٥')",
     "float('\x1c1.5')", "float('1_٣e-٢')", "float('\u2003-inf')", "float('1_')", "float('NaN')", "float('٣')"],
)  # fmt: skip
def test_numbers_of_any_script_in_tagged_programs(expression: str) -> None:
    source = f"{TAGGED}print({expression})\n"
    expected = run_python(source)
    result = run(compile_program(source), engine="reference")
    assert (result.output, result.error and result.error.exception) == (expected.output, expected.exception)


def test_a_message_that_would_show_what_cannot_be_shown() -> None:
    result = run(compile_program(f"{TAGGED}print(int('ⅷ'))\n"), engine="reference")
    assert result.error is not None and result.error.exception == "NotImplementedError"
