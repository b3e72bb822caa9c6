"""A change of the specification alone makes a lemma fail: mutants of its text, and the three that an audit broke.

A sample is tried; under HYPOTHESIS_PROFILE=thorough, all of them.
"""

from __future__ import annotations

import ast
import inspect
import os
import signal
from collections.abc import Iterator
from functools import cache, partial
from types import ModuleType

import pytest

from compiler.machines.ram import machine, rules, semantics, values
from compiler.machines.ram.isa import Layout
from proofs_check.lemma import Claim, Result, settle
from proofs_check.ram import abstract
from proofs_check.ram.preserved import preservation_claims
from proofs_check.ram.queries import query_claims
from proofs_check.ram.reading import reading_claims
from proofs_check.ram.steps import Ram, step_claims
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback
from tests.proofs.mutants import TextMutant, in_place, mutants

SECONDS = 15
"""A lemma about a mutant that does not end is given up, and so not proved."""
MODULES = (values, rules, semantics)
"""What the specification consists of."""
ALL = [(module, mutant) for module in MODULES for mutant in mutants(inspect.getsource(module))]
EQUIVALENT = {
    ("if ^s.begins and d == 0:", "s.begins and d == 0 -> d == 0"): "within a division, the divisor is not 0",
    ("i = ^s.x.top - s.rows", "s.x -> s.y"): "it is used where both are equally long",
    (
        "if ^s.begins and s.x.sign != s.y.sign:",
        "s.begins and s.x.sign != s.y.sign -> s.x.sign != s.y.sign",
    ): "after a SAME, signs are equal",
    (
        "elif ^s.begins and s.x.top != s.y.top:",
        "s.begins and s.x.top != s.y.top -> s.x.top != s.y.top",
    ): "after a SAME, lengths are equal",
    ("order = (s.x.top - s.y.top) * (1 - ^2 * s.x.sign)", "2 -> 3"): "of the order, only its sign counts",
    ("order = (s.x.top - s.y.top) * (1 - 2 * ^s.x.sign)", "s.x -> s.y"): "signs are equal there",
    ("self.callers.get(1 + self.depth, ^0),", "0 -> 1"): "no RET asks for the CALL that opened the first frame",
}
"""What changes no token and no cell, and why."""


@cache
def ram(groups: int = 2) -> Ram:
    subject = machine(Layout(base=10, groups=groups))
    return Ram(Layout(base=10, groups=groups), Model(Readback(subject.weights), tuple(subject.vocabulary)))


OPCODES = {
    "_sum": ("ADD", "SUB"),
    "_jump": ("JMP", "CALL", "RET"),
    "_copied": ("SHR", "SHL", "LOAD", "QUO"),
    "_last": ("ADD", "QUO", "MUL", "SHR"),
    **{
        rule.__name__: tuple(o.name for o, other in rules.RULES.items() if other is rule)
        for rule in rules.RULES.values()
    },
}
"""Whose lemmas speak of a rule, so that they are tried first: any lemma that fails will do."""


def claims_about(function: str) -> Iterator[Claim]:
    """Lemmas that may notice a change of a function: the likely ones, each about few families of the last token."""
    steps, invariant = step_claims(ram()), [*preservation_claims(ram())]
    if function in OPCODES:
        for claim in (*steps, *invariant):
            if any(claim.lemma.name.startswith((f"step: {o} ", f"invariant: {o} ")) for o in OPCODES[function]):
                yield claim
        return
    if function in ("cell_of", "Ram.cell"):
        yield from query_claims(ram(3))
    yield from reading_claims(ram().layout)
    yield from invariant
    yield from steps


def killed(module: ModuleType, mutant: TextMutant) -> Result | None:
    """The first lemma that is not proved of the mutant."""

    def late(*_: object) -> None:
        raise TimeoutError("it does not end")

    kept = signal.signal(signal.SIGALRM, late)
    try:
        with in_place(module, mutant):
            for claim in claims_about(mutant.function):
                if any(f"after {family}" in claim.lemma.name for family in ("INT", "CHAR", "RET", "CALL")):
                    continue
                signal.alarm(SECONDS)
                result = settle(claim)
                signal.alarm(0)
                if not result.proved:
                    return result
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, kept)
    return None


@pytest.mark.parametrize(
    ("module", "mutant"),
    ALL if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else ALL[::13],
    ids=lambda part: str(part) if isinstance(part, TextMutant) else part.__name__.rpartition(".")[2],
)
def test_a_change_of_the_specification_is_noticed(module: ModuleType, mutant: TextMutant) -> None:
    result = killed(module, mutant)
    assert (result is None) == ((mutant.text, mutant.change) in EQUIVALENT), mutant.text


@pytest.mark.parametrize(
    ("function", "old", "new", "lemma"),
    [
        ("_compare", "taken = order < 0 and s.x.sign == 0", "taken = order < 0", "step: JIN begins after J"),
        ("_return", "s.caller + 1 - s.pc", "s.caller + 2 - s.pc", "step: RET begins after J"),
        ("_divide", "s.x[s.x.top - s.rows]) // d", "s.x[s.x.top - s.rows] + 1) // d", "step: QUO begins after J"),
        ("Ram.write", "self.memory[self.target]", "self.memory[self.target[::-1]]", "memory: L of ADD"),
        ("Ram.take", "[1 + self.depth] = self.pc", "[1 + self.depth] = self.pc + 1", "memory: CALL of CALL"),
        ("Ram.go", "self.read(x),", "self.read(y),", "begins: ADD"),
        ("Ram.take", "self.groups[: index + 1]", "self.groups[: index]", "invariant: ADD goes on after D"),
    ],
)
def test_the_lemma_that_names_the_trouble(function: str, old: str, new: str, lemma: str) -> None:
    [module] = [m for m in MODULES if old in inspect.getsource(m)]
    source = inspect.getsource(module)
    assert source.count(old) == 1
    [claim] = [c for c in (*step_claims(ram()), *preservation_claims(ram())) if c.lemma.name == lemma]
    assert settle(claim).proved
    changed = partial(ast.parse, source.replace(old, new))
    with in_place(module, TextMutant(function, 0, f"{old} -> {new}", old, changed)):
        assert not settle(claim).proved


@pytest.mark.parametrize("lemma", ["reads: MUL goes on after D", "reads: SHL goes on after D"])
def test_what_the_codec_refuses_is_what_would_be_overwritten(lemma: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [claim] = [c for c in preservation_claims(ram()) if c.lemma.name == lemma]
    assert settle(claim).proved
    monkeypatch.setattr(abstract, "problem", lambda *_: None)
    assert settle(claim).counterexample is not None
