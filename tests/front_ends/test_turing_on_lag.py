"""Turing machines on Lag systems of their own: what is reported is what the simulator says."""

from __future__ import annotations

from itertools import islice

import pytest

from compiler.front_ends import compile_machine, front_end_of
from compiler.front_ends.turing.machine import parse
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.runs.running import run
from interpreter.simulators.turing import simulate

BB4 = "1RB1LB_1LA0LC_1RZ1LD_1RD0RA"
MACHINES = {
    BB4: "",
    "1RB1LB_1LA1RZ": "1>01",
    "1RB2LB1RZ_2LA2RB1LB": "",
    "1RB---_0LA1RA": "011",
    "1RB1RZ_1LA---": "10>",
}


def lag_prompt(text: str, tape: str = "") -> TokenPrompt:
    prompt = compile_machine("tm", text, options={"input": tape, "tape": "yes"}, construction="lag")
    assert isinstance(prompt, TokenPrompt)
    return prompt


@pytest.mark.parametrize("text", MACHINES)
def test_reports_are_those_of_the_other_machines(text: str) -> None:
    """The specification's trace; that decoding yields it, other tests say."""
    on_lag = run(lag_prompt(text, MACHINES[text]), engine="reference", max_tokens=10_000)
    on_ptm = compile_machine("tm", text, options={"input": MACHINES[text], "tape": "yes"}, construction="ptm")
    wanted = run(on_ptm, engine="reference", max_tokens=10_000)
    # The Post-Turing machine prints nothing on a machine that was compiled; both report in the same words.
    assert on_lag.ended == "halt" and on_lag.report == wanted.report


def test_decoded_and_cut_anywhere() -> None:
    wanted = run(lag_prompt(BB4))
    assert wanted.report.splitlines()[:3] == ["halted in state Z", "steps   107", "score   13"]
    for cut in (1, 57, 400, 1000):
        first = run(lag_prompt(BB4), max_tokens=cut, keep_rest=True)
        assert first.ended == "budget" and isinstance(first.rest, TokenPrompt)
        last = run(first.rest, engine="reference")
        assert first.trace_tokens + last.trace_tokens == wanted.trace_tokens
        assert last.report.splitlines()[2:] == wanted.report.splitlines()[2:]


def test_a_cut_run_is_at_a_configuration_of_the_machine() -> None:
    turing, prompt = parse(BB4), lag_prompt(BB4)
    reports, specification = front_end_of("tm", "lag"), prompt.machine.specification
    assert specification is not None
    trace = list(islice(specification(prompt.tokens), 900))
    steps = 0
    for cut in range(0, 900, 7):
        text = reports.report_of_trace(turing, reports.Options(), prompt, trace[:cut], False)  # type: ignore[attr-defined]
        at, now, score = (line.split() for line in text.splitlines())
        assert int(now[1]) >= steps
        steps = int(now[1])
        wanted = simulate(turing, steps)
        assert int(score[1]) == len(wanted.tape), cut
    assert steps > 30
