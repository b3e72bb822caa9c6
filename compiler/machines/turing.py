"""Turing machines as the machines with a queue take them: what is compiled, and the configurations read off again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Move = Literal[-1, 1]
Delta = Mapping[tuple[int, int], tuple[int, Move, int]]
"""(state, symbol read) -> (symbol to write, move, next state). Where it has no entry, the machine halts."""


@dataclass(frozen=True)
class Configuration:
    """cells: from the left end of the tape on; at: which of them the head is at."""

    cells: tuple[int, ...]
    at: int
    state: int
