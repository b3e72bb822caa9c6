"""A machine of one's own in the commands; `docs/tutorials/own_machine.md`, which a test runs, has the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interpreter.command_line import main

MACHINE = "tag/machine.py:machine"


def punchtape(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert punchtape("new", "tag").exit_code == 0
    return tmp_path


def test_a_new_machine_is_four_files(folder: Path) -> None:
    assert len([*(folder / "tag").iterdir()]) == 4
    again, bad = punchtape("new", "tag"), punchtape("new", "my-machine")
    assert again.exit_code == bad.exit_code == 2
    assert again.stderr == "tag: error: there is something of this name already; choose another one\n"
    assert "cannot be called 'my-machine'" in bad.stderr


def test_both_forms_and_all_engines_print_the_same(folder: Path) -> None:
    wanted = punchtape("run", "tag/prompt.txt", "--machine", MACHINE).stdout
    assert wanted.endswith("a1 a2 b1 halt\n")
    for engine in ("dense", "speculative", "reference"):
        assert punchtape("run", "tag/prompt.txt", "--machine", MACHINE, "--engine", engine).stdout == wanted
    looped = punchtape("run", "tag/prompt.txt", "--machine", MACHINE, "--form", "looped")
    assert looped.stdout == wanted
    trace = punchtape("trace", "tag/prompt.txt", "--machine", MACHINE).stdout
    assert [line.split()[1] for line in trace.splitlines()] == wanted.split()


def test_a_run_that_is_cut_goes_on(folder: Path) -> None:
    whole = punchtape("run", "tag/prompt.txt", "--machine", MACHINE).stdout.split()
    first = punchtape("run", "tag/prompt.txt", "--machine", MACHINE, "--max-tokens", "9", "--checkpoint", "rest.prompt")
    assert first.exit_code == 3
    refused = punchtape("run", "rest.prompt")
    assert refused.exit_code == 2 and "runs only if it is asked for; write --machine" in refused.stderr
    rest = punchtape("run", "rest.prompt", "--machine", MACHINE)
    assert rest.exit_code == 0 and first.stdout.split() + rest.stdout.split() == whole


def test_compare_and_machines_take_it(folder: Path) -> None:
    compared = punchtape("compare", "tag/prompt.txt", "--machine", MACHINE, "--json")
    table = json.loads(compared.stdout)["tag/prompt.txt"]
    assert table["attention"] == {f"{MACHINE} {form}": "2 at, 1 mean" for form in ("stacked", "looped")}
    assert MACHINE.split("/")[0] in punchtape("machines", "--machine", MACHINE).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "tag/prompt.txt", "--machine", "tag/machine.py"), "write tag/machine.py:NAME"),
        (("model", "--machine", "nowhere.py:machine"), "nowhere.py: error: there is no such file"),
        (("run", "tag/prompt.txt", "--machine", MACHINE, "--base", "10"), "--base and --groups are for the RAM"),
        (("run", "tag/prompt.txt", "--machine", MACHINE, "--input", "a"), "leave --set and --input out"),
        (("run", "tag/prompt.txt", "--machine", MACHINE, "--positions", "1024"), "leave --positions out"),
        (("run", "empty.txt", "--machine", MACHINE), "empty.txt: error: there are no tokens in this prompt"),
        (("run", "tag/prompt.txt", "--machine", "tag/machine.py:bare", "--engine", "reference"), "no specification"),
        (("run", "tag/prompt.txt", "--machine", "lag:none.txt"), "none.txt: error: cannot be read"),
    ],
)
def test_bad_input_gets_one_message_and_status_2(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    Path("empty.txt").write_text("\n")
    with Path("tag/machine.py").open("a") as file:
        file.write("\n\nimport dataclasses\nbare = dataclasses.replace(machine, specification=None)\n")
    result = punchtape(*arguments)
    assert (result.exit_code, result.stdout) == (2, "") and says in result.stderr
