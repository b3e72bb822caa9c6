"""Where a sliding window hides nothing: keys and values may be kept, and an engine may show the whole trace."""

from __future__ import annotations

import numpy as np

from compiler.circuits import Weights
from compiler.circuits.heads import Offset


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
