"""Integers of any length as text, and in files: CPython's limit of 4,300 decimal digits holds nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from compiler import compile_program
from compiler.front_ends import compile_machine
from compiler.language.errors import SourceError
from compiler.machines.integers import are_short, decimal, integer, opened_integer, saved_integer
from compiler.machines.saved import dumps, loads
from interpreter import run
from interpreter.command_line import main

LONG = 7 * 10**9000 + 12345
DIGITS = "7" + "12345".zfill(9000)


@given(st.integers(-10, 10), st.integers(0, 30_000), st.integers(-(10**50), 10**50))
def test_text(factor: int, zeros: int, rest: int) -> None:
    value = factor * 10**zeros + rest
    text = decimal(value)
    assert integer(text) == value == opened_integer(saved_integer(value))
    sys.set_int_max_str_digits(0)
    try:
        assert text == str(value)
    finally:
        sys.set_int_max_str_digits(sys.int_info.default_max_str_digits)


@given(st.lists(st.integers(-3, 3).map(lambda k: k * 10**1500)))
def test_short_ones_are_those_that_str_takes(values: list[int]) -> None:
    """Whatever limit is set; one that is long is enough, of either sign."""
    assert are_short(values) == (not any(values))
    assert are_short([10**600 - 1, 1 - 10**600])


@pytest.mark.parametrize("text", ["", "-", "--" + "1" * 5000, "1" * 5000 + "x", "1" * 4000 + " " + "1" * 4000])
def test_no_integer(text: str) -> None:
    with pytest.raises(ValueError):
        integer(text)


def test_a_checkpoint() -> None:
    source = f"a = {hex(LONG)}\nb = -a\nfor i in range(100):\n    b = b - 1\nprint(b + a, a)\n"
    prompt = compile_program(source)
    assert loads(dumps(prompt, ""))[0] == prompt
    cut = run(prompt, engine="reference", max_tokens=20_000, keep_rest=True)
    assert cut.rest is not None
    assert run(loads(dumps(cut.rest, ""))[0], engine="reference").output == f"-100 {DIGITS}\n"


@pytest.mark.parametrize("given", [f"x = {DIGITS}", "x = 5"])
def test_a_counter_machine(given: str, tmp_path: Path) -> None:
    (tmp_path / "long.counter").write_text(f"{given}\ninc x\nhalt\n")
    options = ["--input", f"x={DIGITS}"] if given == "x = 5" else []
    ended = CliRunner().invoke(main, ["run", str(tmp_path / "long.counter"), *options, "--engine", "reference"])
    assert ended.output == f"x = {decimal(LONG + 1)}\n"
    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("format_name", "text", "says"),
    [
        ("ptm", f"A?+{DIGITS} #", "jumps out of the program"),
        ("tm", f"{DIGITS}RB", "writes symbol"),
        ("ram", f"JMP ->{DIGITS}", "no instruction"),
        ("ram", f"ADD g{DIGITS} g0 g1", "no cell"),
        ("subleq", f"0 0 {DIGITS}", "digits"),
    ],
)
def test_one_clear_message(format_name: str, text: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        compile_machine(format_name, text)
