"""The example programs on CPython, and the inputs whose right answers are known from elsewhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.programs.cases import PROGRAMS, Case, all_cases, program_names, run_cpython, run_source

DATA = Path(__file__).resolve().parents[1] / "data"
LONGEST_RUN = 1_000_000
"""Steps up to which busy beavers are run here."""


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_expected_output_is_what_cpython_prints(case: Case) -> None:
    assert run_cpython(case) == case.expected


def test_every_program_has_a_case_for_every_reference() -> None:
    assert {case.program for case in all_cases("small", "ordinary")} == set(program_names())


def test_every_output_has_its_input() -> None:
    inputs = {case.output_path for case in all_cases()}
    assert set((PROGRAMS / "cases").rglob("*.out")) == inputs


def test_every_program_begins_with_what_it_computes() -> None:
    assert [case.program for case in all_cases() if not case.source.startswith("# ")] == []


def busy_beavers() -> list[tuple[str, int, int]]:
    with (DATA / "busy_beaver.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["machine"], int(row["steps"]), int(row["ones_or_nonzero"])) for row in rows]


@pytest.mark.parametrize(("machine", "steps", "symbols"), [b for b in busy_beavers() if b[1] <= LONGEST_RUN])
def test_turing_machine_runs_busy_beavers(machine: str, steps: int, symbols: int) -> None:
    assert run_source("turing_machine", f"{machine}\n") == f"steps: {steps}\nsymbols: {symbols}\n"


def published_post_turing_runs() -> list[tuple[str, str, str]]:
    tasks = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((DATA / "qiu").glob("*.json"))]
    return [(" ".join(task["program"]), run["input"], run["output"]) for task in tasks for run in task["runs"]]


@pytest.mark.parametrize(("program", "word", "output"), published_post_turing_runs())
def test_post_turing_gives_the_published_outputs(program: str, word: str, output: str) -> None:
    assert run_source("post_turing", f"{program}\n{word}\n").splitlines()[0] == output
