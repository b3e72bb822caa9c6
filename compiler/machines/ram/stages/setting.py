"""What every stage builds on, and tests that several stages make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.circuits import Circuit, step
from compiler.circuits.expressions import Expression
from compiler.machines.ram.features import Features
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.vocabulary import Token


@dataclass(frozen=True)
class Setting:
    """What every stage builds on.

    Attributes:
        c: the circuit, to which stages add wires and heads.
        t: what the embedding says of the current token.
        layout: of the machine.
    """

    c: Circuit[Token]
    t: Features
    layout: Layout

    @property
    def b(self) -> int:
        """The base: how many values a group has."""
        return self.layout.base

    @property
    def g(self) -> int:
        """How many groups a heap address has."""
        return self.layout.groups


Within = Callable[[Setting, str, Expression, int, int], Expression]
"""From a wire's name, an integer x, low and high: a flag, whether low <= x <= high."""


def within(s: Setting, name: str, x: Expression, low: int, high: int) -> Expression:
    """Whether `low <= x <= high`, in one layer."""
    return -s.c.wire(name, step(x - high) - step(x - low + 1))
