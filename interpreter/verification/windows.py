"""Verification of a machine that sees a window of its trace: every token from its window alone, each window once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compiler.machines.machine import Machine, Window
from interpreter.model.transformer import Transformer
from interpreter.traces.trace_file import TokenNumbers

Windows = dict[tuple[int, ...], int]
"""By window, the number of the token that follows it."""

BLOCK = 4096
"""Positions whose windows are looked at together."""
_REMEMBERED = 2**22
"""Tokens of windows that are remembered at most."""
_BATCH_ELEMENTS = 2**22
"""Numbers in the largest tensor of a batch of windows."""


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
        self._row = max([machine.weights.width, *(len(layer.gate) for layer in layers)])
        self._row = max([self._row, *(len(layer.query) * layer.value.shape[1] for layer in layers)])
        self._followed: Windows = {}

    def first_wrong(
        self, tokens: TokenNumbers, prompt_length: int, progress: Callable[[int, int], None]
    ) -> tuple[int, int, tuple[int, ...]] | None:
        """The position of the first token after the prompt that is not emitted, what is, and the window there."""
        for begin, seen in self._windows(tokens, prompt_length):
            self._decide(seen)
            for position, window in enumerate(seen, start=begin):
                if self._followed[window] != tokens[position]:
                    return position, self._followed[window], window
            progress(begin + len(seen) - 1, len(tokens) - 1)
        return None

    def wires(self, window: tuple[int, ...]) -> dict[str, float]:
        """The residual stream at the end of a window, by name of wire."""
        with torch.inference_mode():
            return dict(zip(self.names, self.module.residual(self._tensor([window])[0])[-1].tolist()))

    def _windows(self, tokens: TokenNumbers, prompt_length: int) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
        """Positions after the prompt, and the windows that their tokens follow, block by block."""
        context = self.window.begin(np.array(tokens[:prompt_length], dtype=np.int32).tolist())
        for begin in range(prompt_length, len(tokens), BLOCK):
            seen = []
            for token in np.array(tokens[begin : begin + BLOCK], dtype=np.int32).tolist():
                seen.append(tuple(context.seen()))
                context.append(token)
            yield begin, seen

    @torch.inference_mode()
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
