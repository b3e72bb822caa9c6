"""Turing machines with several tapes that are bounded on the left, as in Brösamle and Eckstein (ICML 2026)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

Moves = tuple[str, ...]
"""L, S or R of each tape; L in the first cell stays there."""
Transition = tuple[str, tuple[str, ...], Moves]
"""Next state, symbols written, moves."""


@dataclass(frozen=True)
class MultiTape:
    """Turing machine; a tape is blank at first but the first, which has the input.

    transitions: (state, symbols read) and what follows, in order. Where there is none, and the state is not the halting
    one, nothing is prescribed. output: symbols that may be read off the first tape at the end.

    Raises:
        ValueError: the sizes differ, the blank is part of the output, the machine halts at once, or no two tapes are
            given the same.
    """

    tapes: int
    transitions: tuple[tuple[str, tuple[str, ...], Transition], ...]
    initial: str
    halting: str
    blank: str
    output: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.tapes < 1 or self.initial == self.halting or self.blank in self.output:
            raise ValueError("a machine has a tape, does not halt at once, and has a blank that is no output")
        for _, read, (_, written, moves) in self.transitions:
            if {len(read), len(written), len(moves)} != {self.tapes} or not set(moves) <= set("LSR"):
                raise ValueError(f"a transition that reads {read} is not one of {self.tapes} tapes")
        if len(self.table) != len(self.transitions):
            raise ValueError("two transitions for the same state and symbols")

    @cached_property
    def table(self) -> Mapping[tuple[str, tuple[str, ...]], Transition]:
        """What follows, by state and symbols read."""
        return {(state, read): following for state, read, following in self.transitions}

    @cached_property
    def states(self) -> tuple[str, ...]:
        """All of them, in the order in which they come."""
        given = (q for state, _, (following, *_) in self.transitions for q in (state, following))
        return tuple(dict.fromkeys((self.initial, *given, self.halting)))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """All of them, the blank first."""
        given = (s for _, read, (_, written, _) in self.transitions for s in (*read, *written))
        return tuple(dict.fromkeys((self.blank, *self.output, *given)))

    @cached_property
    def digest(self) -> str:
        """A short name."""
        told = (self.tapes, self.transitions, self.initial, self.halting, self.blank, self.output)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:8]
