"""How machines end on the command line: what goes to which stream, and with which exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interpreter.command_line import main


def punch(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(
    ("name", "text", "arguments", "status", "out", "says"),
    [
        ("a.bf", "+[", [], 2, "", "a.bf:1:2: error: this `[` is never closed\n    +[\n     ^\nhint: "),
        ("a.bf", "+" * 65 + ".\n<+", [], 1, "A", '  File "a.bf", line 2\n    <+\nIndexError: there is no such cell'),
        ("a.bf", ",.", ["--input", "\u0100"], 1, "", "ValueError: a character beyond U+00FF"),
        ("a.bf", "+", ["--set", "cells=7-bit"], 2, "", "`7-bit`; choose one of: 8-bit, 16-bit, 32-bit, unbounded"),
        ("a.bf", "+[]", ["--max-tokens", "50"], 3, "", "the budget of 50 tokens is used up"),
        ("a.subleq", "0 -5 0", ["--input", ""], 1, "", "stopped at cell 0\n"),
        ("a.subleq", "3 -1 0 -7", ["--input", ""], 1, "", 'line 1\n    3 -1 0 -7\nValueError: no character'),
        ("a.subleq", "0 0 1", ["--set", "dialect=separate"], 2, "", "a.subleq:1:5: error: there is no instruction 1"),
        ("a.ram", "PUT 'x'\nHALT raises OSError 'so'", [], 1, "x", "2\n    HALT raises OSError 'so'\nOSError: so"),
        ("a.ram", "QUO g0 g1 g2\nHALT", [], 1, "", "instruction 0: the low group of the divisor is 0"),
        ("a.ram", "ADD g0 g1", [], 2, "", "a.ram:1:1: error: `ADD` has 3 operands, here are 2"),
    ],
)  # fmt: skip
def test_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    name: str, text: str, arguments: list[str], status: int, out: str, says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text)
    result = punch("run", name, "--engine", "reference", *arguments)
    assert (result.exit_code, result.stdout) == (status, out)
    assert says in result.stderr and "Traceback" not in result.stderr


def test_a_listing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `compile` prints of a brainfuck program is a program in the assembly language."""
    monkeypatch.chdir(tmp_path)
    Path("a.bf").write_text(">,[>,]<[.<]")
    Path("a.ram").write_text(punch("compile", "a.bf").stdout)
    assert punch("run", "a.ram", "--engine", "reference", "--input", "abc").stdout == "cba"


def test_a_run_goes_on_from_a_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.bf").write_text("+" * 70 + "[>.+<-]")
    fast = ("--engine", "reference")
    whole = punch("run", "a.bf", *fast).stdout
    first = punch("run", "a.bf", *fast, "--max-tokens", "150", "--checkpoint", "rest.prompt")
    assert first.exit_code == 3
    assert first.stdout + punch("run", "rest.prompt", *fast).stdout == whole
