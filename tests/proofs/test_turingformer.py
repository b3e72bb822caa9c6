"""What `check` says of multi-tape Turing machines that summarise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compiler.machines.turingformer import machine
from compiler.machines.turingformer.turing import two_tapes
from interpreter.runs.certificate import Outcome
from proofs_check.check import check

BEAVER = two_tapes({(0, 0): (1, 1, 1), (0, 1): (1, -1, 1), (1, 0): (1, -1, 0), (1, 1): (1, 1, None)})


def test_steps_are_checked_and_the_rest_is_proved() -> None:
    certificate = check(machine(BEAVER, 6))
    outcomes = {result.lemma.name: result.outcome for result in certificate.results}
    assert outcomes.pop("steps on some prompts") is Outcome.CHECKED
    assert set(outcomes.values()) == {Outcome.PROVED} and not certificate.proved
    assert certificate.theorem.startswith("Checked, not proved")


def test_damage_is_found() -> None:
    subject = machine(BEAVER, 6)
    weights = subject.weights
    last = weights.layers[-1]
    for layers, lemma in (
        ((*weights.layers[:-1], replace(last, down=-last.down)), "steps on some prompts"),
        ((*weights.layers[:-1], replace(last, gate=last.gate + (np.arange(weights.width) == 1))), "positions in bits"),
    ):
        damaged = replace(weights, layers=layers)
        certificate = check(subject, weights=damaged, only=lambda claimed, lemma=lemma: claimed.name == lemma)  # type: ignore[misc]
        assert {r.lemma.name: r.outcome for r in certificate.results}[lemma] is Outcome.REFUTED
