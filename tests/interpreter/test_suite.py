"""`punchtape suite`: data sets in the formats of CRUXEval and HumanEval, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from interpreter.command_line import main
from interpreter.runs.suite import SuiteError, read_tasks

SMALL = Path(__file__).resolve().parents[1] / "data" / "suites" / "small.jsonl"


def suite(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ("suite", *arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def crux(tmp_path: Path, code: str, output: str) -> str:
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps({"id": "one", "code": code, "input": "2", "output": output}) + "\n")
    return str(path)


def test_tasks_of_both_formats() -> None:
    first, refused, second = read_tasks(SMALL.read_text())
    assert (first.name, first.expected) == ("twice", "['a', 'a', 1.5, 1.5, None, None]\n")
    assert first.source.endswith("\nprint(f(['a', 1.5, None], 2))\n")
    assert "assert largest([1, 3, 2]) == 3\nassert largest([-1]) == -1\n" in second.source


def test_the_report() -> None:
    status, out, err = suite(str(SMALL))
    assert (status, err) == (0, "")
    assert out.splitlines()[2].startswith("| small | 3 | 2 (66.7 %) | 0 | 1 | 0 | 0 | ")
    assert "- 1 x the module `hashlib` is not in the language" in out
    assert suite(str(SMALL), "--at-least", "60")[0] == 0
    assert suite(str(SMALL), "--at-least", "70")[0] == 1


def test_a_wrong_answer(tmp_path: Path) -> None:
    status, out, _ = suite(crux(tmp_path, "def f(x):\n    return {x: [x]}", "{2: [3]}"))
    assert status == 1
    assert "wrong: one of tasks: expected '{2: [3]}\\n', got '{2: [2]}\\n'" in out


def test_an_exception_is_wrong_and_a_lack_of_memory_is_a_refusal(tmp_path: Path) -> None:
    status, out, _ = suite(crux(tmp_path, "def f(x):\n    return [x, None][x]", "2"))
    assert (status, "IndexError" in out) == (1, True)
    status, out, _ = suite(crux(tmp_path, "def f(x):\n    return [None, 0] * 10 ** 13", "2"))
    assert (status, "- 1 x at run time: MemoryError" in out) == (0, True)


def test_what_does_not_end(tmp_path: Path) -> None:
    file = crux(tmp_path, "def f(x):\n    while True: x = [x]", "2")
    status, out, _ = suite(file, "--max-tokens", "5000")
    assert status == 3
    assert "| tasks | 1 | 0 (0.0 %) | 0 | 0 | 1 | 0 | " in out
    assert suite(file, "--max-seconds", "0.2")[0] == 3


@pytest.mark.parametrize(
    "text", ["", "\n", "[1]\n", '{"code": 1}\n', "{\n", '{"prompt": "", "test": "(", "entry_point": ""}']
)
def test_files_that_are_no_suites(text: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError):
        read_tasks(text)
    path = tmp_path / "no.jsonl"
    path.write_text(text)
    status, out, err = suite(str(path))
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"{path}: ")
    assert suite("missing.jsonl")[0] == 2
    assert suite(str(SMALL), "--engine", "steam")[0] == 2
