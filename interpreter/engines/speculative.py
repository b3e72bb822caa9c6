"""The speculative engine: somebody else drafts, the transformer decides.

Leviathan, Kalman and Matias (2023, "Fast inference from transformers via speculative decoding"), with greedy
decoding: a block of drafted tokens is checked at once, and what is emitted is exactly what decoding emits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from compiler.machines.machine import Machine
from compiler.machines.windows import Window
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Engine, Tokens
from interpreter.verification.plan import Undetermined
from interpreter.verification.transformer import UNKNOWN, BatchTransformer
from interpreter.verification.verification import default_chunk, emissions
from interpreter.verification.windows import WindowTransformer

Draft = Callable[[Tokens], Iterator[Tokens]]
"""From a prompt to the chunks of tokens that may follow it."""

_FIRST_BLOCK = 256
"""Tokens drafted before the first check; each block is twice as long, so that output comes early."""
_LARGEST_BLOCK = 4
"""Chunks drafted at a time in the end."""
_UNBOUNDED = 2**62
"""Tokens of a machine that counts positions anew in each window."""


class SpeculativeEngine:
    """Emits the tokens of a draft as far as the transformer emits them as well, and decodes from there on.

    Args:
        machine: any machine made with `compiler.circuits`.
        draft: for example `ReferenceEngine(machine).decode`. It may be wrong, or stop too early; that costs time.
        fallback: decodes from the first mismatch on, or from where the batch transformer cannot decide; the dense
            engine if not given.
    """

    name = "speculative"

    def __init__(
        self, machine: Machine[Any], draft: Draft, fallback: Engine | None = None, device: str = "cpu"
    ) -> None:
        self.machine = machine
        self.draft = draft
        self._fallback = fallback
        self.device = device
        self.chunk = default_chunk(device)

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """See `Engine`.

        Raises:
            ValueError: the run is longer than the machine's weights are made for.
        """
        window, longest = self.machine.cut, self.machine.longest
        capacity = _UNBOUNDED if longest is None else longest - len(prompt)
        limit = capacity if max_tokens is None else min(capacity, max_tokens)
        emitted: list[Tokens] = []
        done = 0
        found = self._verified(prompt, limit) if window is None else self._verified_windows(window, prompt, limit)
        for verified in found:
            emitted.append(verified)
            done += len(verified)
            yield verified
            if done == max_tokens or int(verified[-1]) in self.machine.halting:
                return
        if done == capacity:
            raise ValueError(f"the {self.machine.name} machine tells {longest} tokens apart")
        rest = None if max_tokens is None else max_tokens - done
        fallback = self._fallback or DenseEngine(self.machine, device=self.device)
        yield from fallback.decode(_kept(self.machine.window, prompt, emitted), rest)

    def _verified(self, prompt: Tokens, limit: int) -> Iterator[Tokens]:
        """The draft's tokens while they are right, then the one that the first wrong one should have been."""
        try:
            teacher = BatchTransformer(self.machine.weights, self.device)
        except Undetermined:
            return
        # `unfed` are tokens known to be right that the teacher has not read; the last one is fed with the next block.
        unfed = prompt
        for block in self._blocks(prompt, limit):
            tokens = torch.as_tensor(np.concatenate([unfed, block[:-1]]), device=self.device)
            skipped = len(unfed) - 1
            try:
                for begin, answers in emissions(teacher, tokens, self.chunk):
                    right = answers.cpu().numpy()[max(skipped - begin, 0) :]
                    drafted = block[max(begin - skipped, 0) :][: len(right)]
                    wrong = np.flatnonzero(right != drafted)
                    if not len(wrong):
                        if len(right):
                            yield drafted
                        continue
                    first = int(wrong[0])
                    decided = first if right[first] == UNKNOWN else first + 1
                    if decided:
                        yield right[:decided]
                    return
            except Undetermined:
                return
            unfed = block[-1:]

    def _verified_windows(self, window: Window, prompt: Tokens, limit: int) -> Iterator[Tokens]:
        """The same through a window."""
        drafted: list[int] = []

        def following() -> Iterator[int]:
            for block in self._blocks(prompt, limit):
                for token in block.tolist():
                    drafted.append(token)
                    yield token

        done = 0
        teacher = WindowTransformer(self.machine, window, self.device)
        for answers in teacher.emissions(prompt.tolist(), following()):
            # After the last token of the draft there is one answer more, which nobody has asked for.
            part = np.array(drafted[done : done + len(answers)], dtype=np.int64)
            right = answers[: len(part)]
            wrong = np.flatnonzero(right != part)
            decided = int(wrong[0]) + 1 if len(wrong) else len(part)
            if decided:
                yield right[:decided].astype(np.int32)
            if len(wrong):
                return
            done += len(part)

    def _blocks(self, prompt: Tokens, limit: int) -> Iterator[Tokens]:
        """The draft in blocks of growing size, up to its first halting token, its first non-token or the limit."""
        size, room = _FIRST_BLOCK, limit
        held: list[Tokens] = []
        for chunk in self.draft(prompt):
            chunk = chunk[:room]
            stops = np.isin(chunk, list(self.machine.halting))
            outside = (chunk < 0) | (chunk >= len(self.machine.vocabulary))
            ends = np.flatnonzero(stops | outside)
            if len(ends):
                end = int(ends[0])
                chunk = chunk[: end if outside[end] else end + 1]
            room -= len(chunk)
            held.append(chunk.astype(np.int32))
            if sum(map(len, held)) >= size or len(ends) or room == 0:
                block = np.concatenate(held)
                yield block
                held, size = [], min(2 * size, _LARGEST_BLOCK * self.chunk)
            if len(ends) or room == 0:
                return
        if any(map(len, held)):
            yield np.concatenate(held)


def _kept(window: Window | None, prompt: Tokens, emitted: list[Tokens]) -> Tokens:
    """What a run needs to go on after these tokens."""
    if window is None:
        return np.concatenate([prompt, *emitted])
    context = window.begin(prompt.tolist())
    for chunk in emitted:
        for token in chunk.tolist():
            context.append(token)
    return np.array(context.kept(), dtype=np.int32)
