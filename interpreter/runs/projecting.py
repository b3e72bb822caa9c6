"""Whether a specialised transformer does what the universal one does with its prompt: on one run, token by token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import torch

from compiler.machines.machine import Prompt
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.specialised.specialised import NotSpecialisable, Specialised
from interpreter.engines import create
from interpreter.engines.engine import Tokens
from interpreter.engines.translated import TranslatedEngine
from interpreter.model.transformer import Transformer

LOGITS = 200
"""Tokens of a run of which every logit is compared."""
ROUNDING = 1 / 8
"""What logits may be apart. They are multiples of 1/2, and rounding is far below."""
_CHUNK = 256
OnProgress = Callable[[int, int, str], None]
"""Is told how many of how many are compared, and of what."""


@dataclass(frozen=True)
class Agreement:
    """What a comparison found.

    Attributes:
        tokens: how many tokens of the run are the same.
        logits: after how many of its tokens all logits were compared.
        instructions: of how many instructions the logits after a jump to it, right after the prompt, were compared.
        ended: whether the run has come to its end.
        difference: the largest difference of a logit of a token that is left, in float64.
        mismatch: what is wrong first, or empty.
    """

    tokens: int
    logits: int
    instructions: int
    ended: bool
    difference: float
    mismatch: str = ""


def agreement(
    specialised: Specialised,
    prompt: Prompt,
    max_tokens: int,
    on_progress: OnProgress = lambda done, total, what: None,
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
                return Agreement(same + int(wrong[0]), 0, 0, False, 0.0, _differs(same + int(wrong[0])))
            same += len(mine)
            on_progress(same, max_tokens, "tokens")
    except (ValueError, ArithmeticError) as problem:
        return Agreement(same, 0, 0, False, 0.0, f"after {same:,} tokens: {problem}")
    run = np.concatenate(trace) if trace else np.zeros(0, dtype=np.int32)
    ended = bool(len(run)) and int(run[-1]) in machine.halting
    return _logits(specialised, prompt, run[: min(len(run) - ended, LOGITS)], same, ended, on_progress)


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
def _logits(
    specialised: Specialised, prompt: Prompt, run: Tokens, same: int, ended: bool, on_progress: OnProgress
) -> Agreement:
    """Of the run, and of the first token after a jump to each instruction."""
    on_progress(0, len(run) + 1, "logits")
    pair = _Pair(specialised, prompt.numbers[: specialised.length])
    rest = prompt.numbers[specialised.length :]
    for i, known in enumerate(pair.compare(np.concatenate([rest, run]), len(run) + 1)):
        if not known:
            what = f"the logits after {i:,} tokens of the run are others"
            return Agreement(same, i, 0, ended, pair.difference, what)
        on_progress(i + 1, len(run) + 1, "logits")
    instructions = 0
    for k, of, following in _entries(specialised, prompt):
        if not all(pair.compare(following, 1)):
            what = f"the logits after a jump to instruction {k} are others"
            return Agreement(same, len(run) + 1, instructions, ended, pair.difference, what)
        instructions += 1
        on_progress(k + 1, of, "logits after jumps")
    return Agreement(same, len(run) + 1, instructions, ended, pair.difference)


def _entries(specialised: Specialised, prompt: Prompt) -> Iterator[tuple[int, int, Tokens]]:
    """Of each instruction that a prompt can jump to in the tokens that are left: its number, of how many, and what
    follows the program then.
    """
    if not isinstance(prompt, RamPrompt) or specialised.length != prompt.constant_tokens:
        return
    count = len(prompt.program.instructions)
    for k in range(count):
        numbers = replace(prompt, program=replace(prompt.program, entry=k)).numbers
        with suppress(NotSpecialisable):
            specialised.shortened(numbers)
            yield k, count, numbers[specialised.length :]


class _Pair:
    """The universal transformer after a prompt, and the specialised one.

    Attributes:
        difference: the largest between logits so far.
    """

    def __init__(self, specialised: Specialised, before: Tokens) -> None:
        self.specialised, self.difference = specialised, 0.0
        self.kept = torch.tensor(specialised.tokens)
        self.universal = Branch(Transformer(specialised.prompt.machine.weights), before)
        self.here = Branch(Transformer(specialised.weights), np.zeros(1, dtype=np.int32))

    def compare(self, following: Tokens, count: int) -> Iterator[bool]:
        """Whether the logits after each of the last tokens are the same, and the largest of the same token."""
        short = self.specialised.translated(following)
        for theirs, ours in zip(self.universal.logits(following, count), self.here.logits(short, count), strict=True):
            self.difference = max(self.difference, float((theirs[self.kept] - ours).abs().max()))
            yield self.difference <= ROUNDING and int(theirs.argmax()) == self.specialised.tokens[int(ours.argmax())]


class Branch:
    """A transformer after some tokens, from where it can go on again and again."""

    def __init__(self, transformer: Transformer, before: Tokens) -> None:
        self.transformer, self.length = transformer, len(before)
        self.caches = transformer.caches()
        for _ in self._streams(before, 0):
            pass

    def logits(self, following: Tokens, count: int) -> Iterator[torch.Tensor]:
        """The logits after each of the last so many of the tokens that follow, (vocabulary,) each."""
        for cache in self.caches:
            cache.length = min(cache.length, self.length)
        for i, stream in enumerate(self._streams(following, self.length)):
            if i >= len(following) - count:
                yield self.transformer.unembedding @ stream

    def _streams(self, tokens: Tokens, start: int) -> Iterator[torch.Tensor]:
        whole = torch.as_tensor(tokens.astype(np.int64))
        for begin in range(0, len(tokens), _CHUNK):
            yield from self.transformer.residual(whole[begin : begin + _CHUNK], self.caches, start + begin)
