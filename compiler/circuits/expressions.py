"""What hand-set weights are written in: linear expressions of named wires, and gated neurons.

A *wire* is a named direction of the residual stream. An `Expression` is a linear combination of wires
and of *neurons*; a neuron is `relu(gate) * value`, one hidden unit of a gated feed-forward layer
(ReGLU: Shazeer 2020, "GLU variants improve transformer"), with gate and value linear in the wires. With
value 1 it is a plain ReLU unit. Expressions form ordinary operator-overloaded Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

Number = int | float
Key = TypeVar("Key")


@dataclass(frozen=True, order=True)
class Wire:
    """A named direction of the residual stream."""

    name: str


@dataclass(frozen=True)
class Neuron:
    """`relu(gate) * value`; gate and value are linear (they contain no neurons)."""

    gate: Expression
    value: Expression


class Expression:
    """A linear combination of wires and neurons; immutable, compared by value."""

    __slots__ = ("_hash", "neurons", "wires")

    def __init__(self, wires: Mapping[Wire, Number], neurons: Mapping[Neuron, Number]) -> None:
        self.wires = MappingProxyType({w: c for w, c in wires.items() if c})
        self.neurons = MappingProxyType({n: c for n, c in neurons.items() if c})
        self._hash = hash((frozenset(self.wires.items()), frozenset(self.neurons.items())))

    @property
    def is_linear(self) -> bool:
        """Whether it reads wires only, and no neuron."""
        return not self.neurons

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.wires == other.wires and self.neurons == other.neurons

    def __add__(self, other: Expression | Number) -> Expression:
        other = as_expression(other)
        return Expression(_merge(self.wires, other.wires), _merge(self.neurons, other.neurons))

    __radd__ = __add__

    def __mul__(self, factor: Number) -> Expression:
        return Expression(
            {w: c * factor for w, c in self.wires.items()}, {n: c * factor for n, c in self.neurons.items()}
        )

    __rmul__ = __mul__

    def __neg__(self) -> Expression:
        return self * -1

    def __sub__(self, other: Expression | Number) -> Expression:
        return self + -as_expression(other)

    def __rsub__(self, other: Expression | Number) -> Expression:
        return as_expression(other) - self

    def __truediv__(self, divisor: Number) -> Expression:
        return self * (1 / divisor)

    def __repr__(self) -> str:
        terms = [f"{c:+g} {w.name}" for w, c in self.wires.items()]
        terms += [f"{c:+g} relu({n.gate}) * ({n.value})" for n, c in self.neurons.items()]
        return " ".join(terms) or "0"


def _merge(left: Mapping[Key, Number], right: Mapping[Key, Number]) -> dict[Key, Number]:
    merged = dict(left)
    for key, coefficient in right.items():
        merged[key] = merged.get(key, 0) + coefficient
    return merged


ONE = Wire("one")
"""The wire that is 1 at every position; constants are multiples of it."""


def as_expression(value: Expression | Number) -> Expression:
    """A number as a multiple of `ONE`."""
    return value if isinstance(value, Expression) else Expression({ONE: value}, {})


def wire(name: str) -> Expression:
    """What the wire of this name carries."""
    return Expression({Wire(name): 1}, {})
