"""The dense engine: exactly the PyTorch module, token by token, with a cache of keys and values."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from compiler.machines.machine import Machine, Window
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
        """One token a chunk; see `Engine.decode`. Keys and values are kept, unless there is a window."""
        if self.window is not None:
            yield from self._decode_windows(self.window, prompt, max_tokens)
            return
        caches = self.transformer.caches()
        position, new = 0, torch.as_tensor(prompt, dtype=torch.long, device=self.device)
        emitted = 0
        while max_tokens is None or emitted < max_tokens:
            residual = self.transformer.residual(new, caches, position)[-1]
            token = self._chosen(self.transformer.unembedding @ residual)
            yield np.array([token], dtype=np.int32)
            emitted += 1
            if token in self.halting:
                return
            position += len(new)
            new = torch.tensor([token], device=self.device)

    def _decode_windows(self, window: Window, prompt: Tokens, max_tokens: int | None) -> Iterator[Tokens]:
        """Each token from its window alone, with positions counted within it."""
        context = window.begin(prompt.tolist())
        emitted = 0
        while max_tokens is None or emitted < max_tokens:
            token = self._after(context.seen())
            yield np.array([token], dtype=np.int32)
            emitted += 1
            if token in self.halting:
                return
            context.append(token)

    def _after(self, seen: Sequence[int]) -> int:
        """The token that follows a window."""
        return self._chosen(self.transformer.unembedding @ self._stream(seen)[-1])

    def _stream(self, seen: Sequence[int]) -> torch.Tensor:
        """The residual stream at the end of a window."""
        return self.transformer.residual(torch.tensor(seen, dtype=torch.long, device=self.device))

    def _chosen(self, logits: torch.Tensor) -> int:
        """The token, by its logits, of shape (tokens,)."""
        if self._random is None:
            return int(logits.argmax())
        chances = logits.softmax(0)
        possible = chances.nonzero().flatten().tolist()
        return int(possible[0] if len(possible) == 1 else self._random.choices(possible, chances[possible].tolist())[0])

    def _continuations_of_windows(self, window: Window, tokens: Tokens, start: int) -> Tokens:
        context = window.begin(tokens[: start + 1].tolist())
        followed: dict[tuple[int, ...], int] = {}
        emitted = []
        for following in [*tokens[start + 1 :].tolist(), None]:
            seen = tuple(context.seen())
            if seen not in followed:
                followed[seen] = self._after(seen)
            emitted.append(followed[seen])
            if following is not None:
                context.append(following)
        return np.array(emitted, dtype=np.int32)

    @torch.inference_mode()
    def continuations(self, tokens: Tokens, start: int) -> Tokens:
        """What the transformer emits after each of `tokens[start:]`, given all the tokens before it.

        If that is `tokens[start + 1:]` and the last one, then decoding from `tokens[:start + 1]` yields it.
        """
        if self.window is not None:
            return self._continuations_of_windows(self.window, tokens, start)
        caches = self.transformer.caches()
        emitted = []
        for position in range(0, len(tokens), _BLOCK):
            block = torch.as_tensor(tokens[position : position + _BLOCK], dtype=torch.long, device=self.device)
            residual = self.transformer.residual(block, caches, position)[max(0, start - position) :]
            emitted.append((residual @ self.transformer.unembedding.T).argmax(1).cpu().numpy())
        return np.concatenate(emitted).astype(np.int32)
