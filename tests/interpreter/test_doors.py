"""The first minutes with the command: examples, a program from standard input, versions, tables that fit."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner, Result

from compiler.front_ends import FORMATS, front_end_of
from compiler.front_ends.options import choices
from interpreter.command_line import main
from interpreter.runs.examples import examples, summary

FAST = ("--engine", "reference")


def punch(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def test_an_example_runs_from_anywhere(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert punch("run", "example:collatz", "--input", "6", *FAST).stdout.split() == "6 3 10 5 16 8 4 2 1".split()
    assert "107" in punch("run", "example:bb4.tm", *FAST).stdout


def test_an_example_that_is_not_there() -> None:
    result = punch("run", "example:nothing")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: there is no example 'nothing'; `punchtape examples` lists them\n"


def test_examples_are_listed_with_what_they_do() -> None:
    lines = punch("examples").stdout.splitlines()
    assert len(lines) == len(examples()) > 50
    assert all(name in line and summary(file) in line for line, (name, file) in zip(lines, examples().items()))
    assert all(summary(file) for file in examples().values())


def test_a_program_from_standard_input() -> None:
    assert punch("run", "-", *FAST, stdin="print(6 * 7)").stdout == "42\n"
    reads = punch("run", "-", "--input", "5", *FAST, stdin="print(int(input()) + 1)")
    assert (reads.exit_code, reads.stdout) == (0, "6\n")


def test_a_program_from_standard_input_has_none_left() -> None:
    result = punch("run", "-", *FAST, stdin="print(int(input()) + 1)")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: standard input was the program, and the program reads input")


def test_an_error_in_standard_input_names_it() -> None:
    result = punch("run", "-", stdin="print(1j)")
    assert result.exit_code == 2 and result.stderr.startswith("<stdin>:1:7: error:")


@pytest.mark.parametrize("command", [(), ("run",), ("model",), ("check",), ("examples",)])
def test_version_everywhere(command: tuple[str, ...]) -> None:
    result = punch(*command, "--version")
    assert result.exit_code == 0 and result.stdout.startswith("punchtape, version ")


def test_formats_cuts_nothing_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = punch("formats").stdout
    assert "…" not in table and max(map(len, table.splitlines())) <= 80
    for row in FORMATS.values():
        for values in choices(front_end_of(row.extension).Options).values():
            assert all(value in table for value in values.split("|"))


@pytest.mark.parametrize("arguments", [("depth",), ("depth", "--help")])
def test_an_experiment_without_its_packages(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    from interpreter.command_line.commands import experiment

    def missing(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'matplotlib'")

    monkeypatch.setattr(experiment, "experiment", missing)
    result = punch("experiment", *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "punchtape[experiments]" in result.stderr and "pip install -e '.[experiments]'" in result.stderr


def test_completion_is_documented() -> None:
    assert "_PUNCHTAPE_COMPLETE=bash_source" in punch("--help").stdout
