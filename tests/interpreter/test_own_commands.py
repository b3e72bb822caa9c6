"""A machine of one's own in the commands; `docs/tutorials/own_machine.md`, which a test runs, has the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interpreter.command_line import main

MACHINE = "tag/machine.py:machine"

OTHERS = """

from dataclasses import replace


class Refusing:
    def tokens(self, text, filename):
        return {}[text]

    def text(self, tokens):
        return ""


bare = replace(machine, specification=None)
refusing = replace(machine, codec=Refusing())
odd = replace(machine, specification=lambda prompt: iter("z"))
zero = replace(machine, specification=lambda prompt: iter([1 / 0]))
"""
"""Machines that something is wrong with."""

UNANSWERED = """
from punchtape import Circuit, Machine

c = Circuit("unanswered", ["a", "b"])
a, b = (c.feature(f"is {x}", lambda token, x=x: int(token == x)) for x in "ab")
(found,) = c.latest("lost", c.one, [(a, b)], key_square=b, a=a)
c.logit(2 * found - 1, lambda token: int(token == "b"))
machine = Machine("unanswered", c.vocabulary, c, frozenset())

d = Circuit("far", ["a", "b"])
(x,) = d.offset("far", 2**21, b=d.feature("is b", lambda token: int(token == "b")))
d.logit(x, lambda token: int(token == "b"))
far = Machine("far", d.vocabulary, d, frozenset())
"""


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
        (("trace", "tag/prompt.txt", "--machine", "tag/machine.py:c"), "`c` is no punchtape.Machine"),
        (("export", "--machine", "broken.py:m", "--to", "onnx", "-o", "x"), "broken.py:1: error: ModuleNotFoundError"),
        (
            ("verify", "typo.txt", "--machine", MACHINE),
            "typo.txt:1:3: error: there is no token `aa`\n    a aa\n      ^\n",
        ),
        (("run", "tag/prompt.txt", "--machine", "tag/machine.py:refusing"), "refuses it: KeyError: 'a a a"),
        (
            ("run", "tag/prompt.txt", "--machine", "tag/machine.py:odd", "--engine", "reference"),
            "'z', which is no token",
        ),
        (("trace", "tag/prompt.txt", "--machine", "tag/machine.py:zero", "--engine", "reference"), "(machine.py:"),
    ],
)
def test_bad_input_gets_one_message_and_status_2(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    Path("empty.txt").write_text("\n")
    Path("typo.txt").write_text("a aa\n")
    Path("broken.py").write_text("import nowhere_to_be_found\n")
    with Path("tag/machine.py").open("a") as file:
        file.write(OTHERS)
    result = punchtape(*arguments)
    assert (result.exit_code, result.stdout) == (2, "") and says in result.stderr


@pytest.mark.parametrize("command", ["run", "trace", "verify", "compare", "draw", "explore"])
def test_what_an_engine_does_not_take_gets_one_message_and_status_2(folder: Path, command: str) -> None:
    Path("own.py").write_text(UNANSWERED)
    Path("prompt.txt").write_text("a a\n")
    more = {"draw": ("--attention", "-o", "a.svg"), "explore": ("--no-open", "-o", "a.html")}.get(command, ())
    budget = () if command == "draw" else ("--max-tokens", "5")
    for name, says in (("machine", "head 'lost'"), ("far", "head 'far' looks 2097152 tokens back")):
        result = punchtape(command, "prompt.txt", "--machine", f"own.py:{name}", *budget, *more)
        assert result.exit_code == 2 and says in result.stderr and "dense" in result.stderr
        assert "Traceback" not in result.stderr
