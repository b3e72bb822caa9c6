"""The dense engine: exactly the PyTorch module, token by token, with a cache of keys and values."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from compiler.machines.machine import Machine
from compiler.machines.windows import stretches
from interpreter.engines.engine import Tokens
from interpreter.model.transformer import Transformer

_BLOCK = 256


class DenseEngine:
    """Slow and obvious: every other engine is checked against this one. Cost O(n) a token."""

    name = "dense"

    def __init__(
        self,
        machine: Machine[Any],
        dtype: torch.dtype = torch.float64,
        device: str = "cpu",
        seed: int | None = None,
    ) -> None:
        """seed: of the random numbers by which tokens are sampled from the softmax of the logits; None: their argmax.

        A number is drawn only where more than one token has a probability above 0.
        """
        self._random = None if seed is None else random.Random(seed)
        self.halting, self.window = machine.halting, machine.window
        self.device = device
        self.transformer = Transformer(machine.weights, dtype).to(device)

    @torch.inference_mode()
    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """One token a chunk; see `Engine.decode`. Keys and values are kept as long as all that was seen is seen."""
        context = None if self.window is None else self.window.begin(prompt.tolist())
        caches, position, new = (
            self.transformer.caches(),
            0,
            self._tensor(prompt if context is None else context.seen()),
        )
        emitted = 0
        while max_tokens is None or emitted < max_tokens:
            residual = self.transformer.residual(new, caches, position)[-1]
            token = self._chosen(self.transformer.unembedding @ residual)
            yield np.array([token], dtype=np.int32)
            emitted += 1
            if token in self.halting:
                return
            if context is None or context.append(token):
                position, new = position + len(new), self._tensor([token])
            else:
                caches, position, new = self.transformer.caches(), 0, self._tensor(context.seen())

    def _tensor(self, tokens: Tokens | Sequence[int]) -> torch.Tensor:
        return torch.as_tensor(tokens, dtype=torch.long, device=self.device)

    def _chosen(self, logits: torch.Tensor) -> int:
        """The token, by its logits, of shape (tokens,)."""
        if self._random is None:
            return int(logits.argmax())
        chances = logits.softmax(0)
        possible = chances.nonzero().flatten().tolist()
        return int(possible[0] if len(possible) == 1 else self._random.choices(possible, chances[possible].tolist())[0])

    @torch.inference_mode()
    def continuations(self, tokens: Tokens, start: int, progress: Callable[[int], None] = lambda done: None) -> Tokens:
        """What the transformer emits after each of `tokens[start:]`, given all the tokens before it.

        If that is `tokens[start + 1:]` and the last one, then decoding from `tokens[:start + 1]` yields it.
        progress: is told after how many it is known.
        """
        if self.window is None:
            return self._after_each(tokens, start, progress)
        followed: dict[tuple[int, ...], Tokens] = {}
        emitted, done = [], 0
        for seen, first in stretches(self.window, tokens[: start + 1].tolist(), tokens[start + 1 :].tolist()):
            window = tuple(seen)
            if window not in followed or len(followed[window]) != len(seen) - first:
                followed[window] = self._after_each(np.array(seen, dtype=np.int32), first)
            emitted.append(followed[window])
            done += len(emitted[-1])
            progress(done)
        return np.concatenate(emitted)

    def _after_each(self, tokens: Tokens, start: int, progress: Callable[[int], None] = lambda done: None) -> Tokens:
        """Of tokens that are all seen."""
        caches = self.transformer.caches()
        emitted = []
        for position in range(0, len(tokens), _BLOCK):
            block = self._tensor(tokens[position : position + _BLOCK])
            residual = self.transformer.residual(block, caches, position)[max(0, start - position) :]
            emitted.append((residual @ self.transformer.unembedding.T).argmax(1).cpu().numpy())
            progress(max(0, position + len(block) - start))
        return np.concatenate(emitted).astype(np.int32)
