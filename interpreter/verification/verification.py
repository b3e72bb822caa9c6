"""Whether a whole trace is what the transformer decodes, all positions at once.

**Why this is decoding.** Greedy decoding is a recurrence: token p + 1 is the argmax f(t_0 … t_p) of the logits
after position p, and attention is causal, so that f sees nothing later. Given a trace, f can be computed for all
prefixes side by side. If t_{p+1} = f(t_0 … t_p) for every p from the end of the prompt on, then by induction the
trace is the decoded one: the first token after the prompt is the one decoding emits, hence the prefix that decoding
sees next is the trace's, and so on. At the first p where they differ, the prefix is still that of decoding, so that
the token reported as emitted is what decoding would have gone on with; what comes later says nothing.

**What f is.** The transformer of the weights in exact arithmetic, with every head but the means *hard*: the winner
takes all. The softmax is that within float64 where scores differ by the gap that `compiler.circuits.weights.score`
scales to 1024 (`proofs_check` is about where they do). What is assumed of keys and queries beyond the weights is
checked position by position (`matching`, `heads`); where that fails, nothing is guessed: the dense transformer is
asked, if the trace is short enough for its n*n scores, and otherwise `NotVerifiable` is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from compiler.circuits.weights import Weights
from compiler.machines.machine import Machine
from interpreter.engines.engine import Tokens
from interpreter.model.transformer import Transformer
from interpreter.verification.plan import Undetermined
from interpreter.verification.transformer import UNKNOWN, BatchTransformer

CHUNK, GPU_CHUNK = 2**15, 2**21
"""Positions at once: enough to sort well, few enough for a processor's cache; on a GPU enough to keep it busy."""
DENSE_LIMIT = 2**14
"""Tokens up to which n*n scores are computed where the closed forms do not decide."""


class NotVerifiable(ValueError):
    """The closed forms do not decide this trace, and it is too long for the dense transformer."""


@dataclass(frozen=True)
class Mismatch:
    """The first token that differs.

    position: of the token in prompt + trace; expected: the trace's token; emitted: the transformer's, None if the
    run has ended before; wires: the residual stream after the last layer at `position - 1`, where `emitted` was
    decided, by name of wire.
    """

    position: int
    expected: int
    emitted: int | None
    wires: dict[str, float]


@dataclass(frozen=True)
class Verification:
    """checked: tokens of the trace that have been found right; ended: whether the last one ends the run."""

    ok: bool
    checked: int
    ended: bool
    first_mismatch: Mismatch | None = None


def verify(
    machine: Machine[Any],
    tokens: Tokens,
    prompt_length: int,
    device: str = "cpu",
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Checks that the transformer emits `tokens[prompt_length:]` after `tokens[:prompt_length]`.

    Args:
        tokens: prompt and trace, int32.
        chunk: positions at once; memory grows with it (see `BatchTransformer`), the result does not depend on it.
        progress: is called with the number of positions done and of all.

    Raises:
        ValueError: no prompt, a token that the machine does not have, more tokens than the machine is made for.
        NotVerifiable: see there.
    """
    weights = machine.weights
    chunk = chunk if chunk is not None else default_chunk(device)
    if not 1 <= prompt_length <= len(tokens):
        raise ValueError(f"a prompt of {prompt_length} tokens in a trace of {len(tokens)}")
    if len(tokens) > weights.max_tokens:
        raise ValueError(f"{len(tokens)} tokens: the {machine.name} machine tells {weights.max_tokens} apart")
    if chunk < 1:
        raise ValueError(f"chunks of {chunk} tokens")
    outside = np.flatnonzero((tokens < 0) | (tokens >= len(machine.vocabulary)))
    if len(outside):
        number = f"{tokens[outside[0]]} at position {outside[0]}"
        raise ValueError(f"token {number} is not one of the {machine.name} machine")
    halting = np.flatnonzero(np.isin(tokens[prompt_length:], list(machine.halting)))
    end = prompt_length + int(halting[0]) + 1 if len(halting) else len(tokens)
    trace = torch.as_tensor(np.array(tokens[:end], dtype=np.int32), device=device)
    report = progress or (lambda done, total: None)
    try:
        mismatch = _first_mismatch(BatchTransformer(weights, device), trace, prompt_length, chunk, report)
    except Undetermined as reason:
        if len(trace) > DENSE_LIMIT:
            raise NotVerifiable(f"{reason}; {len(trace)} tokens are too many for the dense transformer") from reason
        mismatch = _first_mismatch(DenseTransformer(weights, device), trace, prompt_length, chunk, report)
    if mismatch is None and end < len(tokens):
        mismatch = Mismatch(end, int(tokens[end]), None, {})
    checked = (end if mismatch is None else mismatch.position) - prompt_length
    return Verification(mismatch is None, checked, bool(len(halting)) and mismatch is None, mismatch)


def default_chunk(device: str) -> int:
    """Positions that are looked at together on this device."""
    return CHUNK if torch.device(device).type == "cpu" else GPU_CHUNK


class Teacher(Protocol):
    """What a trace is compared with: see `BatchTransformer`, which is one."""

    def feed_all(self, tokens: Tensor, chunk: int) -> Iterator[Tensor]:
        """The emitted tokens after each token, int32, chunk by chunk."""
        ...

    def wires(self, position: int) -> dict[str, float]:
        """The residual stream after the last layer at a position of the last chunk, by the name of the wire."""
        ...


class DenseTransformer:
    """The PyTorch module with the same methods, with all scores computed, in blocks of bounded memory."""

    BLOCK_ELEMENTS = 2**23

    def __init__(self, weights: Weights, device: str | torch.device = "cpu") -> None:
        self.names = [wire.name for wire in weights.wires]
        self.module = Transformer(weights).to(device)
        self.caches = self.module.caches()
        self.heads = max((len(layer.query) for layer in weights.layers), default=1)
        self.start = self.last_start = 0
        self.last = torch.empty(0, len(self.names))

    def feed_all(self, tokens: Tensor, chunk: int) -> Iterator[Tensor]:
        """See `Teacher.feed_all`."""
        for part in torch.split(tokens, chunk):
            yield self.feed(part)

    @torch.inference_mode()
    def feed(self, tokens: Tensor) -> Tensor:
        """The emitted tokens after each of the next tokens, int32; their residual streams are kept for `wires`."""
        self.last_start = self.start
        emitted, residuals = [], []
        per_position = max(self.heads * (self.start + len(tokens)), len(self.module.unembedding))
        for block in torch.split(tokens.to(torch.long), max(self.BLOCK_ELEMENTS // per_position, 1)):
            residuals.append(self.module.residual(block, self.caches, self.start))
            emitted.append((residuals[-1] @ self.module.unembedding.T).argmax(1).to(torch.int32))
            self.start += len(block)
        self.last = torch.cat(residuals)
        return torch.cat(emitted)

    def wires(self, position: int) -> dict[str, float]:
        """See `Teacher.wires`."""
        return dict(zip(self.names, self.last[position - self.last_start].tolist()))


def emissions(teacher: Teacher, tokens: Tensor, chunk: int) -> Iterator[tuple[int, Tensor]]:
    """Feeds `tokens` and yields what is emitted after them, with the index of the first.

    Where a closed form does not apply to a chunk, shorter ones follow, down to single positions: a wrong token may be
    the reason, and the positions up to it are then still decided.

    Raises:
        Undetermined: a single position is not decided.
    """
    done = 0
    while done < len(tokens):
        chunk = min(chunk, len(tokens) - done)
        try:
            for emitted in teacher.feed_all(tokens[done:], chunk):
                yield done, emitted
                done += len(emitted)
        except Undetermined:
            if chunk == 1:
                raise
            chunk //= 2


def _first_mismatch(
    teacher: Teacher, tokens: Tensor, prompt_length: int, chunk: int, progress: Callable[[int, int], None]
) -> Mismatch | None:
    for begin, emitted in emissions(teacher, tokens[:-1], chunk):
        skipped = max(prompt_length - 1 - begin, 0)
        expected = tokens[begin + 1 : begin + 1 + len(emitted)]
        wrong = (emitted != expected)[skipped:].nonzero()
        if len(wrong):
            index = skipped + int(wrong[0])
            if int(emitted[index]) == UNKNOWN:
                raise Undetermined(f"what is emitted at position {begin + index + 1} depends on a failed lookup")
            position = begin + index
            return Mismatch(position + 1, int(expected[index]), int(emitted[index]), teacher.wires(position))
        progress(begin + len(emitted), len(tokens) - 1)
    return None
