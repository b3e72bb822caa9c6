"""The universal Turing machine in the weights of `turingformer`: it runs any Turing machine, step by step."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import compile_machine
from compiler.front_ends.turing.machine import parse
from compiler.front_ends.turing_on_turingformer import rules_of
from compiler.machines.constructions import construction
from compiler.machines.machine import PromptError
from compiler.machines.turingformer import machine
from compiler.machines.turingformer.semantics import continuation
from compiler.machines.turingformer.turing import Rules
from compiler.machines.turingformer.universal import Interpretation, encoded, universal
from interpreter import run
from interpreter.engines import create
from interpreter.runs.beavers import read_beavers

BEAVERS = Path(__file__).parents[1] / "data" / "busy_beaver.tsv"


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    states, symbols = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    target = st.none() | st.integers(0, states - 1)
    does = st.tuples(st.integers(0, symbols - 1), st.sampled_from((-1, 1)), target)
    mostly = st.integers(0, 5).flatmap(lambda n: does if n else st.none())
    return {(q, a): draw(mostly) for q in range(states) for a in range(symbols)}


@settings(max_examples=25, deadline=None)
@given(rules(), st.dictionaries(st.integers(-3, 3), st.just(1)))
def test_its_tokens_tell_every_step(given_rules: Any, tape: dict[int, int]) -> None:
    """After every token, those in the middle of a step and summaries included, the configuration is the machine's."""
    cells, place, state, steps = dict(tape), 0, 0, 0
    states = 1 + max(q for q, _ in given_rules)
    prompt = encoded(given_rules, tape)
    told = Interpretation.of(given_rules, prompt)
    for token in islice(continuation(universal(), 16, True, prompt), 1500):
        told.take(token)
        if told.steps > steps:
            read = cells.get(place, 0)
            assert told.last == (state, read)
            cells[place], move, target = given_rules[state, read]
            place, state, steps = place + move, states if target is None else target, steps + 1
        found, at, where = told.configuration()
        assert {i + place - at: s for i, s in found.items()} == {i: s for i, s in cells.items() if s}
        assert where == (state, cells.get(place, 0))
        if told.halted:
            assert state == states or given_rules[state, cells.get(place, 0)] is None


def test_busy_beavers() -> None:
    """As the community says that they run; by the specification."""
    known = [b for b in read_beavers(BEAVERS.read_text(encoding="utf-8"), BEAVERS.name) if b.steps < 200]
    assert len(known) >= 4
    for beaver in known:
        prompt = compile_machine("tm", beaver.machine, options={"universal": "yes"}, construction="turingformer")
        result = run(prompt, engine="reference")
        assert f"steps   {beaver.steps}\nscore   {beaver.score}\n" in result.report
        assert result.report.startswith("halted in state Z\n")


def test_the_transformer_runs_one() -> None:
    """The same weights for each machine; here on few positions, so that they are quickly there."""
    prompt = compile_machine("tm", "1RB1LB_1LA1RZ", options={"universal": "yes"}, construction="turingformer")
    assert prompt.machine is construction("turingformer").machine()
    subject = machine(universal(), 8)
    engine = create("indexed", subject)
    tokens = [subject.vocabulary[int(number)] for number in prompt.numbers]
    wanted = [subject.numbers[token] for token in continuation(universal(), 8, True, tokens)]
    found = [int(i) for chunk in engine.decode(np.asarray(prompt.numbers), len(wanted)) for i in chunk]
    assert found == wanted and wanted[-1] in subject.halting


def test_what_halts_without_a_transition_and_what_is_cut() -> None:
    text = "1RB0RB_1RA---"
    prompt = compile_machine(
        "tm", text, options={"universal": "yes", "input": ">01", "tape": "yes"}, construction="turingformer"
    )
    assert run(prompt, engine="reference").report == (
        "undefined transition: state B reads 1\nsteps   1\nscore   2\ntape    1 > 1\n"
    )
    text = "1RB1LB_1LA0LC_1RZ1LD_1RD0RA"
    prompt = compile_machine("tm", text, options={"universal": "yes"}, construction="turingformer")
    cut = run(prompt, engine="reference", max_tokens=3000, keep_rest=True)
    assert cut.report.startswith("at      ") and cut.rest is not None
    rest = run(cut.rest, engine="reference")
    done = int(cut.report.split("steps")[1].split()[0])
    assert rest.report == f"halted in state Z\nsteps   {107 - done}\nscore   13\n"


def test_what_does_not_fit() -> None:
    options = {"universal": "yes", "bits": "6"}
    with pytest.raises(PromptError, match="the machine and its tape are too long for positions of 6 bits"):
        compile_machine("tm", "1RB1LB_1LA0LC_1RZ1LD_1RD0RA", options=options, construction="turingformer")
    assert len(rules_of(parse("1RB---_1LA---"))) == 4
