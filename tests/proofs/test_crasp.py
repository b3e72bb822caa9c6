"""The certificate of counter machines by uniform attention: what it proves, what refutes it, and how tight N is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from compiler.front_ends import compile_machine
from compiler.machines.crasp import machine
from compiler.machines.crasp.prompt import Prompt
from compiler.machines.crasp.universal import universal
from interpreter.runs.certificate import Outcome, from_json
from proofs_check.check import check
from proofs_check.crasp import means
from proofs_check.formats import FORMATS, Format

ADD = "loop: dec y else done\ninc x\ngoto loop\ndone: halt"


def test_every_lemma_is_proved() -> None:
    addition = compile_machine("counter", ADD, construction="crasp")
    assert isinstance(addition, Prompt)
    for program in (addition.program, universal(3, 1)):
        for form in ("stacked", "looped"):
            subject = machine(program, form=form)  # type: ignore[arg-type]
            certificate = check(subject)
            assert certificate.proved, certificate.open
            assert from_json(certificate.to_json()) == certificate
            assert "traces of any length" in certificate.theorem
    assert {name: limit.tokens for name, limit in certificate.limits.items()} == {
        "float64": 134_217_724, "float32": 5788, "bfloat16": 19, "float16": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tensor", "change", "lemma"),
    [
        ("gate", lambda t: -t, "step"),
        ("up", lambda t: np.abs(t), "step"),
        ("up", lambda t: t * (t > 0), "step"),
        ("down", lambda t: -t, "step"),
        ("value", lambda t: np.roll(t, 1, axis=2), "step"),
        ("query", lambda t: np.ones((1, 1, t.shape[2])), "uniform attention"),
        ("up", lambda t: t + (np.arange(t.shape[1]) == 1), "no positions"),
    ],
)
def test_damage_is_refuted(tensor: str, change: object, lemma: str) -> None:
    """Position is wire 1; a key that is not 0 makes a head that is not uniform."""
    subject = machine(universal(3, 1))
    [layer] = subject.weights.layers
    changed = {tensor: change(getattr(layer, tensor))}  # type: ignore[operator]
    if tensor == "query":
        changed["key"] = np.ones((1, 1, layer.query.shape[2]))
    damaged = replace(subject.weights, layers=(replace(layer, **changed),))
    certificate = check(subject, weights=damaged, only=lambda claimed: claimed.name == lemma)
    outcomes = {result.lemma.name: result.outcome for result in certificate.results}
    assert outcomes[lemma] in (Outcome.REFUTED, Outcome.NOT_PROVED) and not certificate.proved
    assert "No theorem" in certificate.theorem


def test_a_wrong_token_is_refuted_with_the_step() -> None:
    subject = machine(universal(3, 1))
    weights = subject.weights
    swapped = weights.unembedding.copy()
    swapped[[-1, -2]] = swapped[[-2, -1]]
    certificate = check(subject, weights=replace(weights, unembedding=swapped))
    [wrong] = [r.counterexample for r in certificate.results if r.lemma.name == "step"]
    assert wrong is not None and wrong.where.startswith("the step after")


# ------------------------------------------------------------------------------------------- how tight N is


ORDERS = range(1, 33)


def added(values: list[float], fmt: Format) -> float:
    """One after the other, each sum rounded. In float64 a sum of two such numbers is exact before it is."""
    if fmt.name == "float32":
        return float(np.cumsum(np.array(values, np.float32))[-1])
    total = 0.0
    for value in values:
        mantissa, exponent = np.frexp(total + value)
        total = float(np.ldexp(np.round(np.ldexp(mantissa, fmt.precision)), int(exponent) - fmt.precision))
    return total


def off(fmt: Format, tokens: int) -> float:
    """In units of w, how far a mean of as many +w as -w is from 0, if each half is added up in the worst of some
    orders: in pieces of so many, each one after the other, then the pieces."""
    weight, half = added([1 / tokens], fmt), (tokens - 1) // 2
    sums = []
    for size in ORDERS:
        pieces, rest = divmod(half, size)
        sums.append(added([added([weight] * size, fmt)] * pieces + [weight] * rest, fmt))
    return (max(sums) - min(sums)) / weight


@pytest.mark.parametrize(
    ("name", "lengths"),
    [("bfloat16", range(3, 60, 2)), ("float16", range(3, 160, 2)), ("float32", range(5789, 12_600, 200))],
)
def test_the_first_error_is_near(name: str, lengths: range) -> None:
    """A counter that is 0 is taken for one that is not where the sum is w/2 off; all shorter traces are right."""
    fmt = next(f for f in FORMATS if f.name == name)
    proved = means.longest(fmt)
    errors = {tokens: off(fmt, tokens) for tokens in lengths}
    assert 2 * proved < min(tokens for tokens, error in errors.items() if error >= 0.5) < 3 * proved
    assert all(Fraction(error) <= means.error(fmt, tokens - 1, 0) for tokens, error in errors.items())
