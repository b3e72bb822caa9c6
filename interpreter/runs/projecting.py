"""Whether a specialised transformer does what the universal one does with its prompt: on one run, token by token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from compiler.machines.machine import Prompt
from compiler.machines.specialised.specialised import Specialised
from interpreter.engines import create
from interpreter.engines.engine import Tokens
from interpreter.engines.translated import TranslatedEngine
from interpreter.model.transformer import Transformer

LOGITS = 200
"""Tokens of a run of which every logit is compared."""
_CHUNK = 256


@dataclass(frozen=True)
class Agreement:
    """What a comparison found.

    Attributes:
        tokens: how many tokens of the run are the same; logits: after how many all logits were compared.
        ended: whether the run has come to its end.
        difference: the largest difference of a logit of a token that is left, in float64.
        mismatch: what is wrong first, or empty.
    """

    tokens: int
    logits: int
    ended: bool
    difference: float
    mismatch: str = ""


def agreement(
    specialised: Specialised,
    prompt: Prompt,
    max_tokens: int,
    on_progress: Callable[[int], None] = lambda tokens: None,
) -> Agreement:
    """Compares both transformers on the run of a prompt, in float64.

    Every token, with the indexed engine; every logit of the first tokens, with the dense one. Raises NotSpecialisable
    for a prompt of another program.
    """
    machine = prompt.machine
    numbers = prompt.numbers
    ours = TranslatedEngine(create("indexed", specialised.machine), specialised).decode(numbers, max_tokens)
    theirs = create("indexed", machine).decode(numbers, max_tokens)
    trace: list[Tokens] = []
    same = 0
    try:
        for mine, other in zip(_even(ours), _even(theirs), strict=True):
            trace.append(other)
            wrong = np.flatnonzero(mine != other) if len(mine) == len(other) else np.array([min(len(mine), len(other))])
            if len(wrong):
                return Agreement(same + int(wrong[0]), 0, False, 0.0, _differs(same + int(wrong[0])))
            same += len(mine)
            on_progress(same)
    except (ValueError, ArithmeticError) as problem:
        return Agreement(same, 0, False, 0.0, f"after {same:,} tokens: {problem}")
    run = np.concatenate(trace) if trace else np.zeros(0, dtype=np.int32)
    ended = bool(len(run)) and int(run[-1]) in machine.halting
    return _logits(specialised, prompt, run[: min(len(run) - ended, LOGITS)], same, ended)


def _differs(at: int) -> str:
    return f"token {at:,} of the run is another one"


def _even(chunks: Iterator[Tokens]) -> Iterator[Tokens]:
    """In chunks of one size, so that two engines can be compared."""
    left = np.zeros(0, dtype=np.int32)
    for chunk in chunks:
        left = np.concatenate([left, chunk])
        while len(left) >= _CHUNK:
            yield left[:_CHUNK]
            left = left[_CHUNK:]
    if len(left):
        yield left


@torch.inference_mode()
def _logits(specialised: Specialised, prompt: Prompt, run: Tokens, same: int, ended: bool) -> Agreement:
    short = specialised.shortened(np.concatenate([prompt.numbers, run]))
    kept = torch.tensor(specialised.tokens)
    universal = last_logits(Transformer(prompt.machine.weights), np.concatenate([prompt.numbers, run]), len(run) + 1)
    here = last_logits(Transformer(specialised.weights), short, len(run) + 1)
    difference = 0.0
    for i, (theirs, ours) in enumerate(zip(universal, here, strict=True)):
        difference = max(difference, float((theirs[kept] - ours).abs().max()))
        if int(theirs.argmax()) != specialised.tokens[int(ours.argmax())]:
            return Agreement(
                same, i, ended, difference, f"the largest logits after {i:,} tokens are of different tokens"
            )
    return Agreement(same, len(run) + 1, ended, difference)


def last_logits(transformer: Transformer, tokens: Tokens, count: int) -> Iterator[torch.Tensor]:
    """The logits after each of the last tokens, (vocabulary,) each."""
    caches, whole = transformer.caches(), torch.as_tensor(tokens.astype(np.int64))
    for begin in range(0, len(tokens), _CHUNK):
        part = whole[begin : begin + _CHUNK]
        stream = transformer.residual(part, caches, begin)
        for i in range(len(part)):
            if begin + i >= len(tokens) - count:
                yield transformer.unembedding @ stream[i]
