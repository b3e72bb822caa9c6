"""Machines whose heads look at fixed offsets: proved in every format and for every length, and what breaks it."""

from dataclasses import replace

import numpy as np
import pytest

from compiler.circuits import Weights
from compiler.machines.lag import machine as lag_machine
from compiler.machines.lag.system import LagSystem
from compiler.machines.machine import Machine
from compiler.machines.post import machine as post_machine
from compiler.machines.post.rules import PostMachine
from compiler.machines.post.turing import post_of
from interpreter.runs.certificate import Outcome
from proofs_check.check import check
from proofs_check.lemma import Result
from tests.machines.test_lag import delta_of

LAG = LagSystem((("a", "b", ("b",)), ("b", "b", ("a", "b")), ("b", "a", ("a",))))
BEAVER = post_of(*delta_of("1RB1LB_1LA1RZ"))


def open_of(results: tuple[Result, ...]) -> list[str]:
    return [r.lemma.name for r in results if r.outcome is not Outcome.PROVED and r.lemma.name != "weights"]


@pytest.mark.parametrize(
    "subject",
    (lag_machine(LAG), post_machine(BEAVER, 9), post_machine(BEAVER, 1), post_machine(BEAVER, 4, "looped")),
    ids=lambda m: m.name,
)
def test_proved_in_every_format(subject: Machine[object]) -> None:
    certificate = check(subject)
    assert certificate.proved and not certificate.limits
    assert "bfloat16" in certificate.theorem and "no bound" in certificate.theorem


def changed(weights: Weights, name: str, place: tuple[int, ...], value: float) -> Weights:
    tensor = getattr(weights.layers[0], name).copy()
    tensor[place] = value
    return replace(weights, layers=(replace(weights.layers[0], **{name: tensor}),))


def test_what_is_damaged_is_found() -> None:
    subject = post_machine(BEAVER, 9)
    weights = subject.weights
    layer = weights.layers[0]
    gate, down = np.argwhere(layer.gate == 1), np.argwhere(layer.down == 1)
    for damaged, lemma in (
        (changed(weights, "gate", tuple(gate[0]), 2.0), "step"),
        (changed(weights, "gate", tuple(gate[0]), 1 / 512), "step"),
        (changed(weights, "down", tuple(down[-1]), 0.0), "step"),
        (changed(weights, "relative", (0, 8), -1.0), "offsets"),
        (changed(weights, "relative", (0, 7), 0.0), "offsets"),
        (changed(weights, "relative", (0, 9), 0.0), "offsets"),
    ):
        assert lemma in open_of(check(subject, weights=damaged).results)
    embedding = weights.embedding.copy()
    embedding[3] *= 2
    assert "keys" in open_of(check(subject, weights=replace(weights, embedding=embedding)).results)


def test_a_wrong_rule_is_found() -> None:
    """The weights of one machine against the rules of another: every rule that does something else is a mistake."""
    for i, (state, read, write, target) in enumerate(BEAVER.rules):
        if i % 12 == 0:
            others = [s for s in BEAVER.symbols if s != write]
            wrong = PostMachine((*BEAVER.rules[:i], (state, read, others[0], target), *BEAVER.rules[i + 1 :]))
            assert open_of(check(post_machine(wrong, 9), weights=post_machine(BEAVER, 9).weights).results) == ["step"]


def test_a_window_whose_positions_overflow_half_precision_is_said() -> None:
    certificate = check(post_machine(BEAVER, 300))
    assert certificate.proved and "not float16" in certificate.results[-1].note
    assert "bfloat16" in certificate.theorem and " float16" not in certificate.theorem
