"""Certificates: what is proved, what is refuted, and that nothing else counts as proved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compiler.machines.machine import Machine
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.vocabulary import Family
from interpreter.runs.certificate import Certificate, CertificateError, from_json
from interpreter.runs.certified import keep_certificate, kept_certificate, sources_sha256
from proofs_check import command
from proofs_check.check import check
from proofs_check.gates import gate_claims
from proofs_check.heads import head_claims
from proofs_check.lemma import Claim, Lemma, Outcome, Result, settle
from proofs_check.mutation.mutants import mutants
from proofs_check.ram.cases import Case
from proofs_check.ram.keys import prove_keys
from proofs_check.ram.queries import prove_queries
from proofs_check.ram.steps import Ram, prove_step
from proofs_check.ram.writes import Write
from proofs_check.report import latex, plain, table
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback
from proofs_check.unembedding import argmax_claims

SMALL = Layout(base=10, max_depth=10)


@pytest.fixture(scope="module")
def ram() -> Ram:
    subject = machine(SMALL)
    readback = Readback(subject.weights)
    return Ram(SMALL, Model(readback, tuple(subject.vocabulary)))


def test_gates_heads_and_argmax_are_proved() -> None:
    readback = Readback(machine(SMALL).weights)
    for claim in [*gate_claims(), *head_claims(readback), *argmax_claims()]:
        assert settle(claim).proved, claim.lemma.name


@pytest.mark.parametrize("opcode, family", [("JLT", "SAME"), ("RET", "F"), ("REM", "H"), ("OUTI", "D"), ("PUT", "L")])
def test_steps_and_queries_are_proved(ram: Ram, opcode: str, family: str) -> None:
    case = Case(Opcode[opcode], Family(family))
    assert prove_step(ram, case)
    assert prove_queries(ram, case)


@pytest.mark.parametrize(
    "opcode, family", [("ADD", "L"), ("MUL", "T"), ("QUO", "Q"), ("CALL", "CALL"), (None, "L"), (None, "CALL")]
)
def test_keys_are_proved(ram: Ram, opcode: str | None, family: str) -> None:
    assert prove_keys(ram, Write(Opcode[opcode] if opcode else None, Family(family)))


def test_a_wrong_neuron_is_refuted_with_a_concrete_state() -> None:
    """The neurons of `carry out` negated: the step of ADD after a group fails, and the state says where."""
    subject = machine(SMALL)
    weights = subject.weights
    names = [w.name for w in weights.wires]
    layers = []
    for layer in weights.layers:
        down = layer.down.copy()
        down[names.index("carry out")] *= -1
        layers.append(replace(layer, down=down))
    readback = Readback(replace(weights, layers=tuple(layers)))
    broken = Ram(SMALL, Model(readback, tuple(subject.vocabulary)))
    lemma = Lemma("step", "", "", "")
    result = settle(Claim(lemma, lambda: prove_step(broken, Case(Opcode.ADD, Family.L))))
    assert result.outcome is Outcome.REFUTED
    assert result.counterexample is not None and "x.top" in result.counterexample.values


def test_foreign_weights_and_skipped_lemmas_are_not_proved() -> None:
    subject = machine(SMALL)
    mutant = next(iter(mutants(subject.weights)))
    certificate = check(subject, weights=mutant.apply(subject.weights), only=lambda lemma: lemma.name == "weights")
    assert not certificate.proved
    assert "SHA-256" in certificate.results[0].note
    assert all(r.note == "not tried" for r in certificate.results[1:])
    assert not certificate.admits("float64", 10)
    again = from_json(certificate.to_json())
    assert again == certificate
    assert table(certificate).row_count == len(certificate.results) + len(certificate.engine)
    assert r"\section" in latex(certificate) and "with open lemmas" in latex(certificate)


@pytest.mark.parametrize("text", ["", "{}", '{"format": "punchtape-certificate", "version": 99}'])
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(CertificateError):
        from_json(text)


def test_a_certificate_by_other_proofs_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is shown only if it is about these weights and by these sources; what is open is not kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[bool] = []

    def quick(subject: Machine[Any], progress: object, **options: object) -> Certificate:
        made.append(True)
        lemma = Lemma("weights", "", "", "")
        outcome = Outcome.NOT_PROVED if len(made) == 1 else Outcome.PROVED
        results = (Result(lemma, outcome),)
        return Certificate(subject.name, subject.weights.sha256(), sources_sha256(), results, "")

    monkeypatch.setattr(command, "check", quick)
    for expected in (1, 2, 2):
        command.certificate_of(machine(SMALL), again=False)
        assert len(made) == expected
    command.certificate_of(machine(SMALL), again=True)
    assert len(made) == 3
    sha256 = machine(SMALL).weights.sha256()
    stale = replace(from_json(kept_certificate(sha256) or ""), sources_sha256="0" * 64)
    keep_certificate(sha256, stale.to_json())
    assert command.certificate_of(machine(SMALL), again=False).sources_sha256 == sources_sha256()
    assert len(made) == 4


def test_plain_statements_have_no_latex() -> None:
    for claim in [*gate_claims(), *argmax_claims()]:
        assert "$" not in plain(claim.lemma.statement) and "\\" not in plain(claim.lemma.statement)
