"""The positional encoding, feature by feature, as PyTorch computes it."""

from __future__ import annotations

import torch
from torch import Tensor

DIGITS = 5
"""The number of the first feature that is a digit, after those of `compiler.circuits.circuit.POSITIONAL`."""


def positional_feature(feature: int, position: Tensor, radix: int) -> Tensor:
    """Feature number `feature` at these positions, in their data type.

    First come those of `compiler.circuits.circuit.POSITIONAL`, then the digits in base `radix`.
    """
    match feature:
        case 0:
            return torch.ones_like(position)
        case 1:
            return position
        case 2:
            return position * position
        case 3:
            return 1 - 2 * (position % 2)
        case 4:
            return (position == 0).to(position.dtype)
        case _:
            # The radix is a power of two: nothing rounds.
            return torch.floor(position / radix ** (feature - DIGITS)) % radix
