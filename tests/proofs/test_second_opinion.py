"""Every query to z3 as a file, and asked again of cvc5; a disagreement fails the lemma and names the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import z3

from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.vocabulary import Family
from proofs_check import second_opinion
from proofs_check.check import claims_about, specification
from proofs_check.lemma import Claim, Lemma, Outcome, settle
from proofs_check.ram.cases import Case
from proofs_check.ram.steps import Ram, prove_step
from proofs_check.second_opinion import SecondOpinion, cvc5_answer
from proofs_check.symbolic.solver import Solver, prove
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback

SMALL = Layout(base=10, max_depth=10)
SYMBOLIC = ("keys", "queries", "step")


def test_cvc5_agrees_on_a_sample_of_all_lemmas() -> None:
    """Every lemma that asks z3 once about weights or arithmetic, and a step; one query in seven."""
    subject = machine(SMALL)
    readback = Readback(subject.weights)
    opinion = SecondOpinion(ask=7)
    for claim in claims_about(subject, readback, specification(subject), subject.weights):
        if claim.lemma.name.split(":")[0] not in SYMBOLIC or claim.lemma.name == "step: PUT begins after L":
            with opinion.about(claim.lemma):
                assert not settle(claim).open, claim.lemma.name
    assert opinion.asked > 20 and opinion.distinct >= 7 * (opinion.asked - 1)


def test_each_distinct_query_is_one_file_that_says_what_z3_says(tmp_path: Path) -> None:
    subject = machine(SMALL)
    ram = Ram(SMALL, Model(Readback(subject.weights), tuple(subject.vocabulary)))
    case = Case(Opcode.RET, Family.F)
    opinion = SecondOpinion(tmp_path, ask=1)
    with opinion.about(Lemma(f"step: {case}", "", "", "")):
        prove_step(ram, case)
    files = sorted(tmp_path.glob("step-RET-*/path-*-query-*.smt2"))
    assert len(files) == opinion.distinct == opinion.asked > 0
    answers = set()
    for file in files:
        solver = z3.Solver()
        solver.from_file(str(file))
        answer = str(solver.check())
        assert f"(set-info :status {answer})" in file.read_text()
        answers.add(answer)
    assert answers == {"sat", "unsat"}


@pytest.mark.parametrize("said", ["sat", "unknown"])
def test_a_disagreement_fails_the_lemma_and_names_the_file(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "cvc5_answer", lambda text: said)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    x = z3.Int("x")

    def proof() -> str:
        prove("here", x * x >= 0)
        return ""

    claim = Claim(Lemma("squares: of all", "", "", ""), proof)
    opinion = SecondOpinion()
    with opinion.about(claim.lemma):
        result = settle(claim)
    [file] = tmp_path.rglob("squares-of-all/*.smt2")
    assert result.outcome is Outcome.NOT_PROVED
    assert result.note == f"z3 says unsat, cvc5 says {said}: {file}"
    assert opinion.asked == 0


def test_cvc5_is_really_asked() -> None:
    more_than_two = "(set-logic QF_LIA)(declare-fun x () Int)(assert (> (* 2 x) 5))"
    assert cvc5_answer(f"{more_than_two}(check-sat)") == "sat"
    assert cvc5_answer(f"{more_than_two}(assert (< x 3))(check-sat)") == "unsat"


def test_what_z3_is_asked_does_not_depend_on_who_listens() -> None:
    solver = Solver()
    x = z3.Int("x")
    solver.add(x > 3)
    assert solver.possible(x < 5) and not solver.possible(x < 4)
    assert solver.scopes == 0
