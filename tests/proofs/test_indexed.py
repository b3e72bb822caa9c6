"""The lemmas about the indexed engine: true of it, and false of one that has been broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from interpreter.engines.indexed import decision
from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.lookup import Index
from interpreter.engines.indexed.plan import AtHead, LatestHead, Plan, PlannedHead
from proofs_check.indexed import claims
from proofs_check.indexed.claims import Trace, engine_claims
from proofs_check.indexed.llvm import Fault, Function, Memory, Rounded
from proofs_check.lemma import Outcome, Result, settle
from proofs_check.ram.samples import prompts, trace

SMALL = Layout(base=10, max_depth=10)


def results() -> dict[str, Result]:
    subject = machine(SMALL)
    traces = [Trace(*trace(prompt, 40)) for prompt in islice(prompts(SMALL, 7), 3)]
    settled = [settle(claim) for claim in engine_claims(subject.weights, subject.halting, traces, 1000)]
    return {result.lemma.name.removeprefix("indexed engine: "): result for result in settled}


def test_the_engine_has_the_rows_and_the_streams_of_the_tensors() -> None:
    found = results()
    assert found["rows"].outcome is Outcome.PROVED and found["rows"].note == "23 heads, 182 neurons"
    assert found["limits"].outcome is Outcome.PROVED
    assert found["code"].outcome is Outcome.CHECKED, found["code"].note
    assert "positions of 3 drawn traces" in found["code"].note


def doubled(plan: Plan) -> Plan:
    """The last neuron of layer 1 writes twice as much."""
    layers = list(plan.layers)
    *neurons, last = layers[1].neurons
    last = replace(last, targets=tuple((j, 2 * c) for j, c in last.targets))
    layers[1] = replace(layers[1], neurons=(*neurons, last))
    return replace(plan, layers=tuple(layers))


def missing(plan: Plan) -> Plan:
    layers = list(plan.layers)
    layers[0] = replace(layers[0], neurons=layers[0].neurons[1:])
    return replace(plan, layers=tuple(layers))


def changed_head(kind: type, change: Callable[[Any], Any]) -> Callable[[Plan], Plan]:
    def result(plan: Plan) -> Plan:
        layers, done = [], False
        for layer in plan.layers:
            heads: list[PlannedHead] = []
            for head in layer.heads:
                if isinstance(head.kind, kind) and not done and getattr(head.kind, "match", True):
                    head, done = replace(head, kind=change(head.kind)), True
                heads.append(head)
            layers.append(replace(layer, heads=tuple(heads)))
        assert done
        return replace(plan, layers=tuple(layers))

    return result


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (doubled, "neuron"),
        (missing, "neuron"),
        (changed_head(AtHead, lambda k: AtHead(tuple((j, -c) for j, c in k.query))), "score of head"),
        (changed_head(LatestHead, lambda k: replace(k, match=k.match[1:])), "score of head"),
        (changed_head(LatestHead, lambda k: replace(k, own=k.own[1:])), "score of head"),
        (lambda plan: replace(plan, embedded=plan.embedded[1:]), "dimensions of the embedding"),
    ],
)
def test_a_plan_that_is_not_the_tensors_is_refuted(
    broken: Callable[[Plan], Plan], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = claims.plan
    monkeypatch.setattr(claims, "plan", lambda weights: broken(right(weights)))
    rows = results()["rows"]
    assert rows.outcome is Outcome.REFUTED and rows.counterexample is not None
    assert rows.counterexample.where.startswith(where)


@pytest.mark.parametrize("part", ["sum", "gate", "argmax", "table"])
def test_code_that_computes_something_else_is_refuted(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if part == "sum":
        monkeypatch.setattr(Code, "_add", lambda self, c1, a, c2, b: (c1, self.add(a, b)))
    elif part == "gate":
        monkeypatch.setattr(Code, "_relu", lambda self, x: x)
    elif part == "argmax":
        right = decision._better
        monkeypatch.setattr(decision, "_better", lambda code, a, b: right(code, b, replace(a, token=b.token)))
    else:
        monkeypatch.setattr(Index, "_insert", lambda self, bits: None)
    code = results()["code"]
    assert code.outcome is Outcome.REFUTED, code.note


TEXT = """define i64 @f(i64 %a, i64 %b) {
entry:
  %x = sitofp i64 %a to double
  %y = sitofp i64 %b to double
  %z = fmul contract double %x, %y
  %big = fcmp ogt double %z, 0x4024000000000000
  br i1 %big, label %yes, label %no
yes:
  br label %end
no:
  br label %end
end:
  %r = phi i64 [ 1, %yes ], [ 0, %no ]
  ret i64 %r
}
"""


def test_the_evaluator_refuses_what_rounds_and_what_it_does_not_know() -> None:
    memory = Memory(machine(SMALL).weights.embedding)
    f = Function(TEXT, "f", memory)
    assert (f(2, 5), f(11, 1), f(-4, -3)) == (0, 1, 1)
    with pytest.raises(Rounded):
        f(2**52 + 1, 3)
    with pytest.raises(Fault):
        Function(TEXT.replace("fmul", "frem"), "f", memory)
    with pytest.raises(Fault):
        memory.load("i64", 8)
