"""The looped form's own lemmas: that it rests, stays finite, and computes what the stacked machine computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compiler.circuits import Circuit, Weights, build, in_form, relu, when
from compiler.circuits.expressions import wire
from compiler.circuits.unrolled import unrolled
from compiler.machines.machine import Machine
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.vocabulary import Family
from proofs_check.check import check, claims_about, specification, stacked_readback
from proofs_check.equivalence import same_logits
from proofs_check.exactness import obstacle
from proofs_check.formats import FLOAT64
from proofs_check.lemma import Lemma, NotProved, Outcome, settle
from proofs_check.looped import assumed_of_sums, looped_claims
from proofs_check.ram.cases import Case
from proofs_check.ram.copies import copy_claims
from proofs_check.ram.keys import prove_keys
from proofs_check.ram.queries import prove_queries
from proofs_check.ram.steps import Ram, prove_step
from proofs_check.ram.writes import Write
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback

SMALL = Layout(base=10, max_depth=10)


@pytest.fixture(scope="module")
def pair() -> tuple[Weights, Weights]:
    subject = machine(SMALL, "looped")
    return subject.weights, build(subject.circuit)


def test_the_looped_ram_rests_and_computes_what_the_stacked_one_does(pair: tuple[Weights, Weights]) -> None:
    results = [settle(claim) for claim in looped_claims(*pair)]
    assert [r.outcome for r in results] == [Outcome.PROVED] * 3, [r.note for r in results]


def test_a_changed_weight_is_noticed(pair: tuple[Weights, Weights]) -> None:
    """One entry of each kind of tensor at a time, anywhere in the block."""
    looped, stacked = pair
    [block] = looped.layers
    random = np.random.default_rng(0)
    for name, tensor in block.tensors.items():
        for place in random.choice(np.flatnonzero(tensor), 1):
            changed = tensor.copy()
            changed.flat[place] *= 2
            damaged = replace(looped, layers=(replace(block, **{name: changed}),))
            with pytest.raises(NotProved):
                same_logits(unrolled(damaged), stacked)
    for name in ("embedding", "unembedding"):
        changed = getattr(looped, name).copy()
        changed.flat[np.flatnonzero(changed)[7]] += 1
        with pytest.raises(NotProved):
            same_logits(unrolled(replace(looped, **{name: changed})), stacked)


def test_a_wrong_meaning_is_noticed(pair: tuple[Weights, Weights]) -> None:
    looped, stacked = pair
    shared, meaning = next(iter(looped.sums.items()))
    with pytest.raises(NotProved, match=shared.name):
        same_logits(unrolled(replace(looped, sums={**looped.sums, shared: 2 * meaning})), stacked)


def test_the_same_function_written_differently() -> None:
    """Over other wires, through copies, and with a gate that has been made a wire."""

    def weights(copied: bool) -> Weights:
        c = Circuit("two ways", [0, 1, 2, 3])
        a, b = c.feature("a", lambda t: t % 2), c.feature("b", lambda t: t // 2)
        if copied:
            flag, total = c.wire("flag", when(a, b)), c.wire("total", relu(c.one, a + 2 * b))
            c.wire("out", relu(flag, total))
        else:
            c.wire("out", relu(a + b - 1, a) + relu(a + b - 1, 2 * b))
        c.logit(wire("out"), lambda t: int(t == 2))
        return build(c)

    assert same_logits(weights(True), weights(False))
    other = weights(False)
    other.layers[0].up[0] *= 3
    with pytest.raises(NotProved, match="of the logits"):
        same_logits(weights(True), other)


def test_the_check_of_a_looped_machine() -> None:
    """All lemmas but the long symbolic ones, which are about the stacked weights and tested there."""

    def quick(lemma: Lemma) -> bool:
        return not lemma.name.startswith(("keys", "queries", "step", "exactness", "universality", "cost"))

    subject = machine(SMALL, "looped")
    claims = list(claims_about(subject, Readback(unrolled(subject.weights)), specification(subject), subject.weights))
    names = {claim.lemma.name for claim in claims}
    assert {"rest", "equivalence", "running sums", "head group x", "step: ADD begins after L"} <= names
    results = [settle(claim) for claim in claims if quick(claim.lemma)]
    assert all(r.proved for r in results), [r.note for r in results if not r.proved]


@pytest.fixture(scope="module")
def ram() -> Ram:
    """What the lemmas about meaning are about: the looped machine's circuit, before it shares weights."""
    subject = machine(SMALL, "looped")
    readback = stacked_readback(subject)
    return Ram(SMALL, Model(readback, tuple(subject.vocabulary)))


@pytest.mark.parametrize("opcode, family", [("JIN", "SAME"), ("QUO", "Q"), ("LOAD", "R1"), ("SUB", "D")])
def test_steps_and_queries_of_the_deep_circuit(ram: Ram, opcode: str, family: str) -> None:
    case = Case(Opcode[opcode], Family(family))
    assert prove_step(ram, case)
    assert prove_queries(ram, case)


@pytest.mark.parametrize("opcode, family", [("MUL", "T"), ("REM", "H"), ("STORE", "D"), (None, "CALL")])
def test_keys_of_the_deep_circuit(ram: Ram, opcode: str | None, family: str) -> None:
    assert prove_keys(ram, Write(Opcode[opcode] if opcode else None, Family(family)))


def test_copies_of_the_deep_circuit(ram: Ram) -> None:
    results = [settle(claim) for claim in copy_claims(ram)]
    assert all(r.proved for r in results), [r.note for r in results if not r.proved]


def test_nothing_rounds_in_the_looped_ram() -> None:
    """In runs of 100,000 tokens, with what the invariant says of the wires that the block shares."""
    subject = machine(SMALL, "looped")
    known = specification(subject)
    assert known is not None
    assumed = assumed_of_sums(subject.weights, stacked_readback(subject), known.assumed)
    readback = Readback(unrolled(subject.weights))
    assert obstacle(readback, FLOAT64, 100_000, assumed) is None
    assert obstacle(readback, FLOAT64, 100_000, lambda tokens: {}) is not None


def test_a_block_with_too_few_passes_proves_nothing() -> None:
    subject = machine(SMALL, "looped")
    certificate = check(subject, weights=replace(subject.weights, passes=6))
    assert not certificate.proved
    assert f"{subject.weights.passes} passes are needed, there are 6" in certificate.results[0].note


def test_a_machine_without_a_specification() -> None:
    c: Circuit[str] = Circuit("parity", ["0", "1"], max_tokens=2**20)
    one = c.feature("is one", lambda t: int(t == "1"))
    (mean,) = c.mean("mean", one=one)
    (parity,) = c.at("lookup", c.wire("ones", relu(c.position + 1, mean)), parity=c.parity)
    c.logit(parity, lambda t: 1 if t == "0" else -1)
    subject = Machine("parity", c.vocabulary, c, frozenset(), form="looped")
    assert subject.weights.sha256() == in_form(c, form="looped").sha256()
    open_lemmas = [r.lemma.name for r in check(subject).results if not r.proved]
    assert open_lemmas == ["step"]
