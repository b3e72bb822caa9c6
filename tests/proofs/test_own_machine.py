"""A machine of one's own, as in the README of the proofs: from circuit to certificate, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from compiler.circuits import Circuit
from compiler.machines.machine import Machine
from compiler.machines.own import load_machine
from compiler.machines.ptm import machine as ptm
from interpreter.runs.certificate import from_json
from proofs_check.bounded import bounded_step_claim, longest_length, next_token_of
from proofs_check.check import check
from proofs_check.command import command
from proofs_check.lemma import Outcome, settle
from proofs_check.ptm.small_programs import small_program_claims, small_prompts
from proofs_check.tensors import Readback
from proofs_check.wiring import wiring_claims

README = Path(__file__).parents[2] / "proofs_check" / "README.md"
Check = Callable[[str], Result]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The example of the README."""
    monkeypatch.chdir(tmp_path)
    return README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]


def checked(source: str) -> Result:
    Path("own.py").write_text(source, encoding="utf-8")
    return CliRunner().invoke(command, ["--machine", "own.py:machine"])


def test_from_circuit_to_certificate(source: str) -> None:
    result = checked(source)
    assert result.exit_code == 0, result.output
    assert "511 traces" in " ".join(result.output.replace("│", "").split())
    assert "Checked, not proved: for all traces of at most 9 tokens" in " ".join(result.output.split())


RULE = """
late = c.wire("late", step(c.position - 20))            # a rule that no short trace comes to: from 21 on, say 1
c.logit(c.wire("rule", when(late, c.one)), lambda t: {"0": -5, "1": 5}.get(t, 0))


def ruled(prompt):
    for bit in parity(prompt):
        yield "1" if len(prompt) > 21 else bit
        return


machine = Machine("late", c.vocabulary, c, frozenset(), specification=ruled, prompts=PROMPTS)
"""
LONG = '[["^", *"0110" * 6]]'
STRATEGY = 'lists(sampled_from("01"), min_size=15, max_size=25).map(lambda bits: ["^", *bits])'


def with_rule(source: str, prompts: str = "()") -> str:
    imports = "from hypothesis.strategies import lists, sampled_from\n"
    source = imports + source.replace("import Circuit, relu", "import Circuit, relu, step, when")
    return source[: source.index("machine = Machine")] + RULE.replace("PROMPTS", prompts)


def test_a_rule_that_never_fires_is_listed_and_nothing_is_called_proved(source: str) -> None:
    result = checked(with_rule(source))
    assert result.exit_code == 4, result.output
    assert result.stderr == "never exercised: neuron 1 of layer 0, neuron 2 of layer 0, neuron 0 of layer 1\n"
    assert "Checked, not proved" in result.stdout
    certificate = check(load_machine("own.py:machine"), next_token=next_token_of(load_machine("own.py:machine")))
    assert not certificate.proved and certificate.results[-1].outcome is Outcome.CHECKED
    assert from_json(certificate.to_json()) == certificate


@pytest.mark.parametrize("prompts", [LONG, STRATEGY])
def test_prompts_of_a_machine_come_to_its_rules(source: str, prompts: str) -> None:
    result = checked(with_rule(source, prompts))
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"with those of {1 if prompts is LONG else 100} prompts" in " ".join(result.stdout.replace("│", "").split())


@pytest.mark.parametrize("prompts", [LONG, STRATEGY])
def test_a_bug_in_a_rule_fails_where_prompts_come_to_it(source: str, prompts: str) -> None:
    """The same bug, and short traces only: the rule is listed as never exercised, and no one is told that it holds."""
    bug = with_rule(source, prompts).replace('{"0": -5, "1": 5}', '{"0": 5, "1": -5}')
    result = checked(bug)
    assert result.exit_code == 1, result.output
    assert "expected 1, found 0" in result.stderr and "No theorem" in result.stdout
    assert checked(bug.replace(f", prompts={prompts}", "")).exit_code == 4


@pytest.mark.parametrize(
    ("prompts", "status", "says"),
    [
        ('[["^", "2"]]', 2, "'2', no token"),  # all commands say so
        ("[[]]", 1, "no tokens"),
        ('[["1", "0"]]', 1, "prescribes nothing after the prompt 1 0"),
    ],
)
def test_prompts_that_are_none(source: str, prompts: str, status: int, says: str) -> None:
    result = checked(with_rule(source, prompts))
    assert result.exit_code == status and says in result.stderr


def test_tokens_that_are_never_read_nor_prescribed_are_listed(source: str) -> None:
    wider = source.replace('["^", "0", "1"]', '["^", "0", "1", "2"]')
    result = checked(wider.replace("in prompt[1:]", 'in prompt[1:] or "2" in prompt'))
    assert (result.exit_code, result.stderr) == (4, "never exercised: token 2\n")


def test_a_machine_that_does_something_else_is_refuted_with_trace_and_wires(source: str) -> None:
    without_start = source.replace('["^", "0", "1"]', '["0", "1"]').replace("prompt[0] != ", "False and ")
    result = checked(without_start.replace('or "^" in prompt[1:]', ""))
    assert result.exit_code == 1
    assert "step after 1: expected 1, found 0" in result.stderr
    assert "wire 'ones' of neuron 0 of layer 0 = 1" in result.stderr
    assert "No theorem" in result.stdout


def test_without_specification_the_step_is_open(source: str) -> None:
    result = checked(source.replace(", specification=parity", ""))
    assert result.exit_code == 1
    assert "not proved: step: the machine 'parity' has no specification to compare with; write" in result.stderr


def test_a_specification_that_says_nothing_proves_nothing(source: str) -> None:
    result = checked(source.replace('if prompt[0] != "^"', 'if prompt[0] != "+"'))
    assert result.exit_code == 1
    assert "prescribes nothing for any trace" in result.stderr


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("none.py:machine", "no such file"),
        ("own.py:nothing", "it has no name `nothing`"),
        ("own.py:c", "`c` is no punchtape.Machine"),
        ("bad.py:machine", "bad.py:1: error: ZeroDivisionError"),
        ("nowhere", "there is no machine 'nowhere'"),
    ],
)
def test_what_is_no_machine(source: str, place: str, says: str) -> None:
    Path("own.py").write_text(source, encoding="utf-8")
    Path("bad.py").write_text("1 / 0\n", encoding="utf-8")
    result = CliRunner().invoke(command, ["--machine", place])
    assert (result.exit_code, result.stdout) == (2, "") and says in result.stderr


def test_a_wrong_neuron_is_named(source: str) -> None:
    Path("own.py").write_text(source, encoding="utf-8")
    machine = load_machine("own.py:machine")
    layers = list(machine.weights.layers)
    [index] = [i for i, layer in enumerate(layers) if layer.down.any()]
    layers[index] = replace(layers[index], down=-layers[index].down)
    weights = replace(machine.weights, layers=tuple(layers))
    certificate = check(machine, weights=weights, next_token=next_token_of(machine))
    outcomes = {r.lemma.name: r for r in certificate.results}
    wrong = outcomes["neurons"].counterexample
    assert wrong is not None and (wrong.where, list(wrong.values)) == ("neuron 0 of layer 0", ["wire 'ones'"])
    assert outcomes["step, up to 9 tokens"].outcome is Outcome.REFUTED
    assert outcomes["copies"].proved


def test_a_tie_is_no_decision() -> None:
    c: Circuit[str] = Circuit("tie", ["0", "1"], max_tokens=2**10)
    c.logit(c.one, lambda t: 1)
    machine = Machine("tie", c.vocabulary, c, frozenset())
    assert settle(bounded_step_claim(machine, machine.weights, lambda trace: "0")).outcome is Outcome.REFUTED


def test_how_far_every_trace_can_be_tried() -> None:
    assert [longest_length(size) for size in (1, 2, 3, 23, 30_000)] == [64, 14, 9, 3, 1]


def test_small_programs_of_the_post_turing_machine() -> None:
    assert sum(1 for _ in small_prompts(2, ("", "1"))) == 2 * (9 + 4 * 2) ** 2
    [one, *_] = small_program_claims(ptm(), ptm().weights)
    assert settle(one).note.startswith("91 runs")
    weights = ptm().weights
    broken = replace(weights, unembedding=np.roll(weights.unembedding, 1, axis=0))
    [one, *_] = small_program_claims(ptm(), broken)
    assert settle(one).outcome is Outcome.REFUTED


def test_the_wiring_of_the_post_turing_machine() -> None:
    for claim in wiring_claims(ptm().circuit, Readback(ptm().weights)):
        assert settle(claim).proved
