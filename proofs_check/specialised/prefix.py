"""What was moved into the weights, and what is found out about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from proofs_check.specialised.reading import Array, Copied
from proofs_check.tensors import Linear

NUMBERS = {"one", "position", "position squared"}


class Unfollowed(Exception):
    """The specialised transformer has nothing that does the same; the message says why."""


@dataclass(frozen=True)
class Prefix:
    """What was moved into the weights.

    Attributes:
        parts: what each part of the universal transformer carries at each of its positions, (L,).
        eligible: by head, the flag that says at which positions it may look.
        asked: from which to which position heads ask for it by number; None: only where it is always the same one.
    """

    parts: Mapping[str, Array]
    eligible: Mapping[str, Linear]
    asked: tuple[int, int] | None

    @property
    def length(self) -> int:
        """How many tokens."""
        return len(self.parts["one"])

    def column(self, form: Linear) -> Array:
        """A form of parts at each position, exactly."""
        total: Array = np.zeros(self.length)
        for name, c in form.items():
            total = total + float(c) * self.parts[name]
        return total

    def at(self, form: Linear, position: int) -> Fraction:
        """The same at one position."""
        return Fraction(float(self.column(form)[position]))


@dataclass
class Found:
    """How many there are, for notes."""

    heads: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    numbers: int = 0
    entries: int = 0
    sums: int = 0


def numbers_only(head: Copied) -> bool:
    """Whether a head copies nothing but numbers of positions."""
    return all(form.keys() <= NUMBERS for form in head.values.values())
