"""Turing machines on the machines with a queue, against a simulator and the table of busy beavers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import compile_machine
from compiler.front_ends.options import OptionError
from compiler.front_ends.turing.machine import parse, state_name
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.machines.machine import Machine, PromptError
from compiler.machines.saved import dumps
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.command_line.sources import Source, open_prompt
from interpreter.engines import UnknownEngine, create
from interpreter.engines.engine import Engine
from interpreter.runs.running import run
from interpreter.simulators.turing import simulate
from interpreter.strategies.turing import tapes, turing_machines

BEAVERS = list(csv.DictReader((Path(__file__).parents[1] / "data" / "busy_beaver.tsv").open(), delimiter="\t"))
BB4 = "1RB1LB_1LA0LC_1RZ1LD_1RD0RA"
QUEUES = ("lag", "post")


@pytest.mark.parametrize("construction", QUEUES)
@pytest.mark.parametrize("row", [row for row in BEAVERS if int(row["steps"]) < 1000], ids=lambda row: row["name"])
def test_busy_beavers(row: dict[str, str], construction: str) -> None:
    result = run(compile_machine("tm", row["machine"], construction=construction))
    said = result.report.splitlines()
    assert said == ["halted in state Z", f"steps   {row['steps']}", f"score   {row['ones_or_nonzero']}"]


@pytest.mark.parametrize("construction", QUEUES)
def test_random_machines(construction: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(turing_machines(3, 3), st.data())
    def compare(text: str, data: st.DataObject) -> None:
        made = parse(text)
        tape = data.draw(tapes(made.symbols))
        expected = simulate(made, 40, given_tape(made, tape))
        options = {"input": tape, "tape": "yes"} | ({"window": "64"} if construction == "post" else {})
        prompt = compile_machine("tm", text, options=options, construction=construction)
        result = run(prompt, engine="reference", max_tokens=6_000)
        said = dict(
            line.split(maxsplit=1) for line in result.report.splitlines() if line[:4] in ("step", "scor", "tape")
        )
        if expected.ended == "budget":
            assert result.ended in ("budget", "room")
            assert int(said["steps"].replace(",", "")) >= 40
            return
        if expected.ended == "undefined":
            assert f"undefined transition: state {state_name(expected.state)} reads {expected.read}" in result.report
        else:
            assert "halted in state" in result.report
        wanted = run_lengths(expected.tape, expected.head)
        assert said == {"steps": str(expected.steps), "score": str(len(expected.tape)), "tape": wanted}

    compare()


def test_a_window_grows_if_none_is_asked_for() -> None:
    grown = run(compile_machine("tm", BB4, construction="post"), engine="reference")
    assert grown.ended == "halt" and "steps   107" in grown.report
    assert grown.grown is not None and grown.grown.window is not None and grown.grown.window.size == 16
    full = run(compile_machine("tm", BB4, options={"window": "13"}, construction="post"), engine="reference")
    assert full.ended == "room" and full.report.startswith("steps   106\n")
    assert full.shortage == "no room: the machine needs more than 13 cells; choose more with --set window=N"
    right = run(compile_machine("tm", BB4, options={"window": "14"}, construction="post"), engine="reference")
    assert right.report.startswith("halted in state Z") and right.grown is None


def test_a_window_that_grows_too_wide_for_its_engine_ends_for_lack_of_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(name: str, machine: Machine[Any], seed: int | None = None) -> Engine:
        if machine.window is not None and machine.window.size > 16:
            raise UnknownEngine("too wide")
        return create(name, machine, seed)

    monkeypatch.setattr("interpreter.runs.running.create", narrow)
    never = run(compile_machine("tm", "1RA1RA", construction="post"))
    assert never.ended == "room" and never.shortage.startswith("no room: the machine needs more than 16 cells")
    assert never.report.splitlines()[0] == "steps   16"


def test_long_tapes_and_bad_windows() -> None:
    prompt = compile_machine("tm", BB4, options={"input": "1" * 20}, construction="post")
    assert len(prompt.numbers) == 32
    with pytest.raises(PromptError, match="room for 4; choose a larger one"):
        compile_machine("tm", BB4, options={"input": "11111", "window": "4"}, construction="post")
    with pytest.raises(OptionError, match="window"):
        compile_machine("tm", BB4, options={"window": "all"}, construction="post")


@pytest.mark.parametrize("cut", (9, 30, 150, 700))
def test_saved_prompts_and_rests(cut: int, tmp_path: Path) -> None:
    prompt = compile_machine("tm", BB4, construction="post")
    whole = run(prompt, engine="reference")
    first = run(prompt, engine="reference", max_tokens=cut, keep_rest=True)
    assert isinstance(first.rest, TokenPrompt) and first.ended == "budget" and first.report.startswith("at ")
    file = tmp_path / "rest.prompt"
    file.write_text(dumps(first.rest, first.rest.machine.weights.sha256()))
    last = run(open_prompt(Source(str(file))), engine="reference")
    assert last.report.splitlines()[2:] == whole.report.splitlines()[2:]


@pytest.mark.parametrize("construction", QUEUES)
def test_a_machine_that_does_nothing(construction: str) -> None:
    result = run(compile_machine("tm", "------", construction=construction), engine="reference")
    assert result.report.splitlines() == ["undefined transition: state A reads 0", "steps   0", "score   0"]
