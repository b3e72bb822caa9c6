"""Where a trace leaves what certificates cover: an integer of more groups than the theorem speaks of."""

from __future__ import annotations

import numpy as np

from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.vocabulary import Family, vocabulary
from interpreter.engines.engine import Tokens
from interpreter.runs.certified import GROUPS

GROUP_FAMILIES = (Family.D, Family.Q)
"""Tokens that write a group of an integer and are followed by its next one; L and T write the last."""


class LongIntegers:
    """Feed it the prompt, which it is made with, then the trace, chunk by chunk."""

    def __init__(self, prompt: Prompt) -> None:
        known = vocabulary(prompt.layout)
        self._family = np.concatenate(
            [np.full(block.size, family in GROUP_FAMILIES) for family, block in known.families.items()]
        )
        self._groups = 0

    def admitted(self, chunk: Tokens) -> int:
        """How many tokens of the chunk come before an integer has its group number `GROUPS` + 1."""
        if not len(chunk):
            return 0
        inside = self._family[chunk]
        positions = np.arange(1, len(chunk) + 1)
        before = np.maximum.accumulate(np.where(inside, 0, positions))
        run = positions - before
        run[before == 0] += self._groups
        # A last group follows, so that already this many with another to come are one too many.
        [long] = np.nonzero(inside & (run >= GROUPS))
        self._groups = int(run[-1]) if inside[-1] else 0
        return int(long[0]) if len(long) else len(chunk)
