"""The gates: each is one or two neurons, and each means what its docstring says for all integers stated.

Flags are wires that are 0 or 1 at every position where the result matters.
"""

from __future__ import annotations

from compiler.circuits.expressions import Expression, Neuron, Number, as_expression


def relu(gate: Expression, value: Expression | Number = 1) -> Expression:
    """`max(gate, 0) * value`: one neuron. For a flag as gate: the value where the flag is 1, else 0."""
    value = as_expression(value)
    if not (gate.is_linear and value.is_linear):
        raise ValueError("a neuron reads wires only: give the inner neurons a wire of their own first")
    return Expression({}, {Neuron(gate, value): 1})


def when(*flags: Expression, value: Expression | Number = 1) -> Expression:
    """The value where all the flags are 1, else 0. A flag may be `1 - f`. One neuron."""
    total = sum(flags[1:], flags[0])
    return relu(total - (len(flags) - 1), value)


def step(x: Expression, value: Expression | Number = 1) -> Expression:
    """The value where the integer x is at least 1, else 0. Two neurons."""
    return relu(x, value) - relu(x - 1, value)
