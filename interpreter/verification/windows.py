"""Verification of a machine that sees a window of its trace: every token from its window alone.

Where a window moves on with each token, windows are computed side by side, each once. Where it grows by each token, as
in `compiler.machines.windows.stretches`, all tokens of a stretch are computed at once, as those of a whole trace are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from compiler.machines.machine import Machine
from compiler.machines.windows import Window, stretches
from interpreter.model.transformer import Transformer
from interpreter.traces.trace_file import TokenNumbers

Windows = dict[tuple[int, ...], int]
"""By window, the number of the token that follows it."""
Stretch = tuple[list[int], int]
"""See `stretches`."""

BLOCK = 4096
"""Windows that are looked at together."""
_REMEMBERED = 2**22
"""Tokens of windows that are remembered at most."""
_BATCH_ELEMENTS = 2**22
"""Numbers in the largest tensor of a batch of windows, or of a stretch."""


class WindowTransformer:
    """The transformer on windows.

    What follows a window depends on nothing else: windows that come again are looked up.
    """

    def __init__(self, machine: Machine[Any], window: Window, device: str) -> None:
        self.window = window
        self.device = device
        self.names = [wire.name for wire in machine.weights.wires]
        self.module = Transformer(machine.weights).to(device)
        layers = machine.weights.layers
        self._heads = max((len(layer.query) for layer in layers), default=1)
        self._row = max([machine.weights.width, *(len(layer.gate) for layer in layers)])
        self._row = max([self._row, *(len(layer.query) * layer.value.shape[1] for layer in layers)])
        self._followed: Windows = {}

    def first_wrong(
        self, tokens: TokenNumbers, prompt_length: int, progress: Callable[[int, int], None]
    ) -> tuple[int, int, tuple[int, ...]] | None:
        """The position of the first token after the prompt that is not emitted, what is, and the window there."""
        if prompt_length == len(tokens):
            return None
        blocks = (tokens[i : min(i + BLOCK, len(tokens) - 1)] for i in range(prompt_length, len(tokens) - 1, BLOCK))
        following = (token for block in blocks for token in np.array(block, dtype=np.int32).tolist())
        position = prompt_length
        for part in self._parts(np.array(tokens[:prompt_length]).tolist(), following):
            emitted = self._emitted(part)
            [wrong] = np.nonzero(emitted != np.array(tokens[position : position + len(emitted)], dtype=np.int64))
            if len(wrong):
                at = int(wrong[0])
                windows = (tuple(seen[: end + 1]) for seen, first in part for end in range(first, len(seen)))
                return position + at, int(emitted[at]), next(islice(windows, at, None))
            position += len(emitted)
            progress(position - 1, len(tokens) - 1)
        return None

    def emissions(self, prompt: list[int], following: Iterable[int]) -> Iterator[npt.NDArray[np.int64]]:
        """What is emitted after the prompt and after each token that follows it, in parts."""
        return map(self._emitted, self._parts(prompt, following))

    def wires(self, window: tuple[int, ...]) -> dict[str, float]:
        """The residual stream at the end of a window, by name of wire."""
        with torch.inference_mode():
            return dict(zip(self.names, self.module.residual(self._tensor([window])[0])[-1].tolist()))

    def _parts(self, prompt: list[int], following: Iterable[int]) -> Iterator[list[Stretch]]:
        """The stretches of a trace, in order: a long one by itself, those of one token together."""
        held: list[Stretch] = []
        for seen, first in stretches(self.window, prompt, following):
            moves_on = first == len(seen) - 1
            if held and (not moves_on or len(held) == BLOCK):
                yield held
                held = []
            if moves_on:
                held.append((seen, first))
            else:
                yield [(seen, first)]
        if held:
            yield held

    @torch.inference_mode()
    def _emitted(self, part: list[Stretch]) -> npt.NDArray[np.int64]:
        """What follows each token of the stretches, from the first one that is asked about."""
        seen, first = part[0]
        if first < len(seen) - 1:
            return self._after_each(seen, first)
        windows = [tuple(seen) for seen, _ in part]
        self._decide(windows)
        return np.array([self._followed[window] for window in windows])

    def _after_each(self, seen: list[int], first: int) -> npt.NDArray[np.int64]:
        caches, emitted = self.module.caches(), []
        size = max(1, _BATCH_ELEMENTS // max(self._row, self._heads * len(seen)))
        for begin in range(0, len(seen), size):
            block = torch.tensor(seen[begin : begin + size], dtype=torch.long, device=self.device)
            residual = self.module.residual(block, caches, begin)[max(0, first - begin) :]
            emitted.append((residual @ self.module.unembedding.T).argmax(1).cpu().numpy())
        return np.concatenate(emitted)

    def _decide(self, seen: list[tuple[int, ...]]) -> None:
        if len(self._followed) * self.window.size > _REMEMBERED:
            self._followed.clear()
        new = [window for window in dict.fromkeys(seen) if window not in self._followed]
        for length in {len(window) for window in new}:
            alike = [window for window in new if len(window) == length]
            size = max(1, _BATCH_ELEMENTS // (length * self._row))
            for i in range(0, len(alike), size):
                batch = alike[i : i + size]
                last = torch.vmap(self.module.residual)(self._tensor(batch))[:, -1]
                self._followed |= zip(batch, (last @ self.module.unembedding.T).argmax(1).tolist())

    def _tensor(self, windows: list[tuple[int, ...]]) -> Tensor:
        return torch.tensor(windows, dtype=torch.long, device=self.device)
