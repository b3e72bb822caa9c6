"""The sliding window: the transformer sees the last s tokens of the trace, as in standard decoding with one.

That is all that the loop around the transformer does: it drops the oldest token for each one that is decoded, whatever
they are. Where heads look at fixed offsets within the window and no position is read, it hides nothing, see
`hides_nothing`: keys and values may be kept, and an engine may show the whole trace.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from compiler.circuits import Weights
from compiler.circuits.heads import Offset


@dataclass(frozen=True)
class SlidingWindow:
    """The last `size` tokens."""

    size: int

    def begin(self, prompt: Iterable[int]) -> SlidingContext:
        """Raises ValueError: fewer tokens than the window has."""
        return SlidingContext(self.size, prompt)


class SlidingContext:
    """The window on one trace."""

    def __init__(self, size: int, prompt: Iterable[int]) -> None:
        self._seen = deque(map(int, prompt), maxlen=size)
        if len(self._seen) < size:
            raise ValueError(f"a prompt has at least as many tokens as the window: {size}, not {len(self._seen)}")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return tuple(self._seen)

    def kept(self) -> tuple[int, ...]:
        """The same."""
        return self.seen()

    def append(self, token: int) -> None:
        """The newest token; the oldest one is seen no more."""
        self._seen.append(token)


def hides_nothing(size: int, weights: Weights) -> bool:
    """Whether a transformer decodes the same from the last `size` tokens as from all of them.

    So it is if all heads look at fixed offsets, which do not add up to more than the window over the layers, and no
    feature of a position but the constant 1 is read.
    """
    reach = 0
    for layer in weights.layers * weights.passes:
        if not all(isinstance(pattern, Offset) for pattern in layer.patterns):
            return False
        reach += max((p.distance for p in layer.patterns if isinstance(p, Offset)), default=0)
    read = np.abs(weights.unembedding).sum(0)
    for layer in weights.layers:
        read = read + np.abs(layer.gate).sum(0) + np.abs(layer.up).sum(0) + np.abs(layer.value).sum((0, 1))
    return reach < size and not weights.positional[1:, read > 0].any()
