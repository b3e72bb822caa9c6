"""The first minutes with the command: examples, a program from standard input, versions, tables that fit."""

from __future__ import annotations

import re
import sys
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


@pytest.mark.parametrize(
    "command", [(), ("run",), ("model",), ("check",), ("examples",), ("cache", "show"), ("experiment", "recompute")]
)
def test_version_everywhere(command: tuple[str, ...]) -> None:
    result = punch(*command, "--version")
    assert result.exit_code == 0 and result.stdout.startswith("punchtape, version ")


def test_the_cache_is_shown_and_emptied(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    punch("run", "-", *FAST, "--base", "10", stdin="print(1)")
    shown = punch("cache").stdout
    assert shown == punch("cache", "show").stdout and "at most 512 MiB" in shown
    assert re.search(r"^prompts +1 entries", shown, re.M)
    assert punch("cache", "clear").stdout.startswith("deleted ")
    assert re.search(r"^prompts +0 entries", punch("cache").stdout, re.M)


def test_summaries_are_whole_sentences() -> None:
    known = {name: summary(file) for name, file in examples().items()}
    assert known["gcd"] == "The greatest common divisor by Euclid's algorithm, extended by Bezout's coefficients."
    assert known["bb2x4.tm"].endswith("(T. and S. Ligocki 2005).") and known["pi_digits"].endswith(
        "small integers only."
    )


def test_a_campaign_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "interpreter.campaign.batches", None)
    result = punch("campaign")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "punchtape[campaign]" in result.stderr and "pip install -e '.[campaign]'" in result.stderr


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
