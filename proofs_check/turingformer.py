"""What is checked of multi-tape Turing machines that summarise: their steps on drawn prompts, not on all.

That their circuit is right for every trace is argued in `compiler.machines.turingformer.circuit` and tried here and in
the tests; the lemmas about gates, wires and what is read are proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import numpy as np
import torch

from compiler.circuits import Weights
from compiler.machines.machine import Machine
from compiler.machines.turingformer.turing import MARK, summary_of
from compiler.machines.turingformer.vocabulary import Token, Vocabulary
from interpreter.model.transformer import Transformer
from proofs_check.bounded import wrong_token
from proofs_check.lemma import Checked, Claim, Counterexample, Lemma, NotProved, Refuted

TOKENS = 300
"""Of each trace, at most."""
TAPES: tuple[dict[int, int], ...] = ({}, {0: 1}, {-1: 1, 1: 1}, {-2: 1, -1: 1, 0: 1, 2: 1})
"""Of machines with a tape without ends."""


def step_claims(machine: Machine[Any], weights: Weights, vocabulary: Vocabulary) -> Iterator[Claim]:
    """What of the position is read, and the steps."""
    yield Claim(
        Lemma(
            "positions in bits",
            "no head, neuron or logit reads the position, its square or its parity: only its bits, whether it is the "
            "first, and the constant 1",
            "tensors read back",
            "every tensor",
        ),
        lambda: _bits_only(weights),
    )
    yield Claim(
        Lemma(
            "steps on some prompts",
            "the logit of the token that the specification prescribes is strictly above all others",
            "traces run on the module in float64, from each summary on anew",
            f"the first {TOKENS} tokens after {len(_prompts(vocabulary))} prompts",
        ),
        lambda: _tried(machine, weights, vocabulary),
    )


def _bits_only(weights: Weights) -> str:
    unread = np.flatnonzero(weights.positional[1:4].any(0))
    for i, layer in enumerate(weights.layers):
        for name in ("query", "key", "value", "gate", "up"):
            if getattr(layer, name)[..., unread].any():
                raise Refuted(Counterexample(f"{name} of layer {i}", {}, "no position but in bits"))
    if weights.unembedding[:, unread].any() or weights.radix != 2:
        raise Refuted(Counterexample("unembedding", {}, "no position but in bits"))
    return f"{len(weights.positional) - 5} bits"


def _prompts(vocabulary: Vocabulary) -> list[tuple[Token, ...]]:
    if MARK in vocabulary.machine.symbols:
        return [summary_of(tape) for tape in TAPES]
    letters = [Token("symbol", symbols=(s,)) for s in vocabulary.machine.output[:3]]
    words = [word for size in range(3) for word in product(letters, repeat=size)]
    return [(Token("inp"), *word, Token("einp")) for word in words]


def _tried(machine: Machine[Any], weights: Weights, vocabulary: Vocabulary) -> Checked:
    transformer = Transformer(weights)
    tried = 0
    assert machine.specification is not None
    with torch.inference_mode():
        for prompt in _prompts(vocabulary):
            trace = [*prompt, *islice(machine.specification(prompt), TOKENS)]
            for begin, known, end in _contexts(trace, machine.window is not None):
                seen = [vocabulary.number(token) for token in trace[begin:end]]
                rows = transformer(torch.tensor(seen[:-1]))[known - 1 :]
                for row, token in zip(rows, seen[known:]):
                    tried += 1
                    wrong = wrong_token(row, token)
                    if wrong is not None:
                        where = f"step after {' '.join(map(str, trace[begin : begin + known]))} …"
                        raise Refuted(Counterexample(where, {}, str(vocabulary[token]), str(vocabulary[wrong])))
    if not tried:
        raise NotProved("the specification prescribes nothing after these prompts")
    return Checked(f"{tried} tokens")


def _contexts(trace: list[Token], summaries: bool) -> Iterator[tuple[int, int, int]]:
    """Where what the transformer sees begins, how much of it is the prompt, and where it ends."""
    begin = 0
    ends = [i for i, t in enumerate(trace) if t.kind in ("einp", "esumm")]
    for end, following in zip(ends, [*ends[1:], len(trace) - 1]):
        if following > end:
            yield begin, end - begin + 1, following + 1
        begin = (
            max((i for i, t in enumerate(trace[: following + 1]) if t.kind == "summ"), default=0) if summaries else 0
        )
