"""What `check` proves of multi-tape Turing machines that summarise, and that it finds what is broken."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from compiler.circuits import Circuit, Weights
from compiler.machines.machine import Machine
from compiler.machines.turingformer import machine
from compiler.machines.turingformer.turing import two_tapes
from compiler.machines.turingformer.vocabulary import Token
from interpreter.runs.certificate import from_json
from proofs_check.check import check
from proofs_check.formats import FORMATS
from proofs_check.turingformer import heads
from proofs_check.turingformer.wires import Wires

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Whether all broken machines are tried; otherwise a third, which takes minutes less."""
BEAVER = two_tapes({(0, 0): (1, 1, 1), (0, 1): (1, -1, 1), (1, 0): (1, -1, 0), (1, 1): (1, 1, None)})


@pytest.mark.parametrize("summaries", [True, False], ids=["summaries", "plain"])
def test_every_lemma_is_proved(summaries: bool) -> None:
    certificate = check(machine(BEAVER, 6, summaries))
    assert certificate.proved, certificate.open
    assert from_json(certificate.to_json()) == certificate
    assert "from summary to summary without end" in certificate.theorem
    assert {name: limit.tokens for name, limit in certificate.limits.items()} == {
        "float64": 64, "float32": 64, "bfloat16": 0, "float16": 0,
    }  # fmt: skip


def test_how_far_a_format_carries() -> None:
    """The mean of more than some ten thousand ones is too far from 1 in float32."""
    reach = {bits: heads.longest(Wires(BEAVER, bits, True), FORMATS[1]) for bits in (6, 16, 20)}
    assert {bits: tokens for bits, (tokens, _) in reach.items()} == {6: 2**6, 16: 2**16, 20: 83_053}
    assert reach[20][1] == "the mean of a flag"
    assert heads.longest(Wires(BEAVER, 20, True), FORMATS[0])[0] == 2**20


# ------------------------------------------------------------------------------------------------- other weights


@pytest.mark.parametrize(
    ("tensor", "lemma"),
    [
        ("gate", "neurons"), ("up", "neurons"), ("down", "neurons"), ("value", "copies"), ("output", "copies"),
        ("query", "looks"), ("key", "looks"), ("relative", "looks"), ("embedding", "features"),
        ("positional", "positions"), ("unembedding", "next token"),
    ],
)  # fmt: skip
def test_a_changed_weight_is_noticed(tensor: str, lemma: str) -> None:
    """Some weights that are not 0, one at a time."""
    weights = machine(BEAVER, 6).weights
    random = np.random.default_rng(7)
    for _ in range(2 if THOROUGH else 1):
        layer = int(random.choice([i for i, each in enumerate(weights.layers) if tensor in each.tensors] or [0]))
        whole = tensor in ("embedding", "positional", "unembedding")
        changed = (getattr(weights, tensor) if whole else getattr(weights.layers[layer], tensor)).copy()
        places = np.argwhere(changed == -np.inf if tensor == "relative" else changed != 0)
        if not len(places):
            continue
        place = tuple(random.choice(places))
        changed[place] = 0 if tensor == "relative" else -3 * changed[place]
        layers = list(weights.layers)
        if not whole:
            layers[layer] = replace(layers[layer], **{tensor: changed})
        damaged = replace(weights, layers=tuple(layers), **({tensor: changed} if whole else {}))
        assert not outcomes(machine(BEAVER, 6), lemma, weights=damaged)[lemma]


def outcomes(subject: Machine[Any], *lemmas: str, weights: Weights | None = None) -> dict[str, bool]:
    """Whether each is proved; a proof that breaks off with an error has found nothing."""
    certificate = check(subject, weights=weights, only=lambda claimed: claimed.name in lemmas)
    results = {result.lemma.name: result for result in certificate.results if result.lemma.name in lemmas}
    assert not any("the proof failed" in result.note for result in results.values())
    return {name: result.proved for name, result in results.items()}


# ------------------------------------------------------------------------------------------------- other circuits

CIRCUIT, ARITHMETIC = (import_module(f"compiler.machines.turingformer.{name}") for name in ("circuit", "arithmetic"))
MUTANTS = [
    (CIRCUIT, "relu(full - long - self.halts)", "relu(full - self.halts)", "next token"),
    (CIRCUIT, 'relu(t["run"] + long - self.halts - 1)', 'relu(t["run"] + long - 1)', "next token"),
    (CIRCUIT, "value=2 * here[k] - 1", "value=here[k]", "next token"),
    (CIRCUIT, 'Token("run", *following)', 'Token("run", *self.machine.transitions[0][2])', "next token"),
    (CIRCUIT, "+= 1 - self.exists[k]", "+= 0 * self.exists[k]", "next token"),
    (CIRCUIT, "value=2 * self.head[k][0] - 1", "value=1 - 2 * self.head[k][0]", "next token"),
    (CIRCUIT, "step(_total([*self.exists, *here]))", "step(_total(self.exists))", "next token"),
    (CIRCUIT, 'c.offset("left", 1,', 'c.offset("left", 2,', "looks"),
    (CIRCUIT, 'c.alike("base", self.boundary, (), r + 1,', 'c.alike("base", self.boundary, (), r,', "looks"),
    (CIRCUIT, "[zero, zero, *self.end], [*self.c.digits, zero, zero]", "[*self.end], [*self.c.digits]", "looks"),
    (CIRCUIT, "for i in reversed(range(self.r)):", "for i in range(self.r):", "looks"),
    (CIRCUIT, "when(t[k], 1 - self.started)", "when(t[k])", "marks"),
    (CIRCUIT, 'value=left[k * r + i]) + when(given, value=self.place[i])', "value=left[k * r + i])", "chosen"),
    (CIRCUIT, "relu(count - (d - 1))", "relu(count - d)", "due"),
    (CIRCUIT, "relu(before[tapes + k] + newer[k] - ", "relu(before[tapes + k] - ", "moves"),
    (ARITHMETIC, "step(clipped - (2**low - 1))", "step(clipped - 2**low)", "sums in bits"),
    (ARITHMETIC, "relu(b - number - a, 1 - large)", "relu(b - number - a)", "sums in bits"),
    (ARITHMETIC, "*(1 - f for f in high[:i])", "*high[:i]", "sums in bits"),
    (ARITHMETIC, "when(*equal[h + 1 : g + 1], below[h])", "when(below[h])", "listed"),
]  # fmt: skip


TRIED = MUTANTS if THOROUGH else MUTANTS[::3]


@pytest.mark.parametrize(("module", "old", "new", "lemma"), TRIED, ids=[f"{m[3]}-{i}" for i, m in enumerate(TRIED)])
def test_a_changed_rule_is_noticed(module: ModuleType, old: str, new: str, lemma: str) -> None:
    """The weights are those of the changed circuit, and so as it describes them."""
    source = inspect.getsource(module)
    assert source.count(old) == 1
    changed: dict[str, Any] = {"__name__": "changed"}
    exec(compile(source.replace(old, new), "changed", "exec"), changed)
    make: Callable[..., Circuit[Token]] = changed.get("circuit", CIRCUIT.circuit)
    with pytest.MonkeyPatch.context() as patch:
        if module is ARITHMETIC:
            patch.setattr(CIRCUIT, "plus_small", changed["plus_small"])
            patch.setattr(CIRCUIT, "minus", changed["minus"])
        subject = replace(machine(BEAVER, 6), circuit=make(BEAVER, 6, True, "changed"), key="")
    assert outcomes(subject, "neurons", lemma) == {"neurons": True, lemma: False}
