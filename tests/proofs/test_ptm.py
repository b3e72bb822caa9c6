"""The proofs about the Post-Turing machine, and that they notice damage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compiler.circuits import Weights
from compiler.machines.ptm import machine
from compiler.machines.ptm.semantics import PostTuring
from compiler.machines.ptm.vocabulary import Vocabulary
from proofs_check.check import check
from proofs_check.exactness import longest_exact
from proofs_check.formats import FORMATS
from proofs_check.heads import head_claims
from proofs_check.lemma import settle
from proofs_check.ptm.bounds import assumed
from proofs_check.ptm.steps import step_claims
from proofs_check.tensors import Readback


def test_certificate() -> None:
    certificate = check(machine(), only=lambda lemma: "programs of" not in lemma.name)
    # Those run every small program, which takes minutes; some are run in test_own_machine.
    assert all("programs of" in result.lemma.name for result in certificate.open)
    assert certificate.limits["float64"].tokens > 10**7
    names = {result.lemma.name for result in certificate.results}
    assert {"running sums", "exactness", "marks", "keys", "names", "emission"} <= names


def test_a_short_machine_in_float32() -> None:
    """Built for 512 tokens, it is exact in float32 as well."""
    tokens, _ = longest_exact(Readback(machine(2**9).weights), FORMATS[1], assumed)
    assert tokens == 2**9


# Which tensor, and which of its entries that are not 0: one for each kind of lemma.
DAMAGE = [
    ("layers.0.gate", 3), ("layers.0.up", 5), ("layers.0.down", 2), ("layers.0.value", 1), ("layers.1.value", 2),
    ("layers.2.query", 0), ("layers.2.value", 4), ("layers.2.down", 7), ("layers.3.query", 9), ("layers.3.key", 4),
    ("layers.3.gate", 6), ("layers.3.value", 3), ("layers.3.output", 11), ("unembedding", 8), ("embedding", 10),
]  # fmt: skip


@pytest.mark.parametrize(("tensor", "entry"), DAMAGE)
def test_damage_is_noticed(tensor: str, entry: int) -> None:
    """By a lemma besides the one that compares SHA-256."""
    weights = damaged(machine().weights, tensor, entry)
    readback = Readback(weights)
    claims = [*step_claims(readback), *(c for c in head_claims(readback) if c.lemma.name.startswith("head "))]
    assert not all(settle(claim).proved for claim in claims)


def damaged(weights: Weights, tensor: str, entry: int) -> Weights:
    """One weight that is not 0 is 1 more than it was."""
    changed = weights.tensors[tensor].copy()
    places = np.flatnonzero(changed)
    changed.flat[places[entry % len(places)]] += 1
    if "." not in tensor:
        return replace(weights, **{tensor: changed})
    _, number, name = tensor.split(".")
    layers = list(weights.layers)
    layers[int(number)] = replace(layers[int(number)], **{name: changed})
    return replace(weights, layers=tuple(layers))


def test_the_invariant_on_a_run() -> None:
    """What `bounds` says of heads and instruction numbers, along the fastest way to the right there is."""
    state, tokens = PostTuring(), 0
    texts = ["^", *["AR"] * 8, "A!", *"-" * 8, "@", "$"]
    for token in Vocabulary().tokens(texts):
        state.read(token)
        tokens += 1
    for _ in range(500):
        token = state.next()
        state.read(token)
        tokens += 1
        assert 2 * state.heads["A"] <= tokens
        assert 2 * state.pc <= tokens
