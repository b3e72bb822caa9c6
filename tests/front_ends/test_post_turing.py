"""Turing machines on the Post-Turing machine, against a simulator and the table of busy beavers."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends.post_turing import Options, bits_of, compile, parse
from compiler.front_ends.turing.machine import state_name
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.machines.ptm import machine
from compiler.machines.saved import dumps, loads
from interpreter.engines.indexed import IndexedEngine
from interpreter.engines.reference import ReferenceEngine
from interpreter.running import Run, run
from interpreter.simulators.turing import simulate
from interpreter.strategies.turing import tapes, turing_machines

BEAVERS = list(csv.DictReader((Path(__file__).parents[1] / "data" / "busy_beaver.tsv").open(), delimiter="\t"))
BB4 = "1RB1LB_1LA0LC_1RZ1LD_1RD0RA"


@cache
def engine() -> IndexedEngine:
    return IndexedEngine(machine(), keep=False)


def rows(result: Run) -> dict[str, str]:
    """The report by its first words; the line that says how the run ended is called `end`."""
    lines = result.report.splitlines()
    named = [line.split(maxsplit=1) for line in lines if line.split()[0] in ("at", "steps", "score", "tape")]
    end = [line for line in lines if line.split()[0] not in ("at", "steps", "score", "tape")]
    return dict([("end", "".join(end)), *((name, value) for name, value in named)])


@pytest.mark.parametrize("row", [row for row in BEAVERS if int(row["steps"]) < 1000], ids=lambda row: row["name"])
def test_busy_beavers(row: dict[str, str]) -> None:
    said = rows(run(compile(parse(row["machine"])), engine=engine()))
    assert said["end"] == "halted in state Z"
    assert said["steps"] == row["steps"]
    assert said["score"] == row["ones_or_nonzero"]


def test_fewer_tokens_than_a_naive_translation() -> None:
    """Which takes 193 and 1,842 for the busy beaver with four states."""
    result = run(compile(parse(BB4)), engine=engine())
    assert (result.prompt_tokens, result.trace_tokens) == (105, 816)


@given(turing_machines(), st.data())
def test_random_machines(text: str, data: st.DataObject) -> None:
    made = parse(text)
    tape = data.draw(tapes(made.symbols))
    expected = simulate(made, 100, given_tape(made, tape))
    result = run(compile(made, Options(tape, "yes")), engine=ReferenceEngine(machine()), max_tokens=20_000)
    said = rows(result)
    if expected.ended == "budget":
        assert result.source_steps >= 100 or result.ended == "budget"
        return
    names = {
        "halt": "halted in state",
        "undefined": f"undefined transition: state {state_name(expected.state)} reads {expected.read}",
    }
    assert said["end"].startswith(names[expected.ended])
    assert said["steps"] == str(expected.steps)
    assert said["score"] == str(len(expected.tape))
    assert said["tape"] == run_lengths(expected.tape, expected.head)


@settings(max_examples=30)
@given(turing_machines(), st.data())
def test_on_the_transformer(text: str, data: st.DataObject) -> None:
    """The same tokens as the specification, and the same report where the run goes on from a saved prompt."""
    made = parse(text)
    prompt = compile(made, Options(data.draw(tapes(made.symbols)), "yes"))
    reference, transformer = (
        run(prompt, engine=one, max_tokens=2_000) for one in (ReferenceEngine(machine()), engine())
    )
    assert (transformer.report, transformer.ended) == (reference.report, reference.ended)
    if transformer.ended != "budget":
        first = run(prompt, engine=engine(), max_tokens=data.draw(st.integers(1, 200)), keep_rest=True)
        if first.rest is not None:
            loaded, _ = loads(dumps(first.rest, ""))
            second = run(loaded, engine=engine(), max_tokens=2_000)
            assert (second.report, second.ended) == (transformer.report, transformer.ended)


@pytest.mark.parametrize(("symbols", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_bits_of_a_symbol(symbols: int, bits: int) -> None:
    assert bits_of(parse("".join(f"{i}RA" for i in range(symbols)))) == bits


def test_a_run_that_is_cut() -> None:
    said = rows(run(compile(parse(BB4)), engine=engine(), max_tokens=30))
    assert said["at"][:1] in "ABCD"
    assert int(said["steps"]) < 30


@pytest.mark.parametrize("text", ["1RB2LB1RZ_2LA2RB1LB", "1RB2LA1RA1RA_1LB1LA3RB1RZ"])
def test_a_cut_run_never_shows_half_a_step(text: str) -> None:
    """Wherever it is cut, and cut again: score and tape are those of a simulator after so many steps."""
    made = parse(text)
    begin = compile(made, Options(tape="yes"))
    for budget in range(1, 120):
        prompt = begin
        for again in (budget, 3, 2):
            result = run(prompt, engine=ReferenceEngine(machine()), max_tokens=again, keep_rest=True)
            if result.rest is None:
                break
            said = rows(result)
            expected = simulate(made, int(said["steps"]), {})
            assert (said["score"], said["tape"]) == (str(len(expected.tape)), run_lengths(expected.tape, None))
            prompt = loads(dumps(result.rest, ""))[0]
