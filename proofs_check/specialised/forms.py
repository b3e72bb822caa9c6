"""Linear forms and sums of neurons, with what bounds allow to leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from proofs_check.specialised.bounds import Bounds, Key
from proofs_check.tensors import Linear

ZERO = Fraction(0)
Neurons = dict[Key, Fraction]
"""Coefficients of neurons by gate and value."""
Read = Callable[[Linear], Linear]
"""From a form of one transformer to that of the other."""


def added(*summands: tuple[Linear, Fraction | int]) -> Linear:
    """The sum of forms with factors."""
    total: dict[str, Fraction] = {}
    for form, factor in summands:
        for name, c in form.items():
            total[name] = total.get(name, ZERO) + c * factor
    return {name: c for name, c in total.items() if c}


def constant(value: Fraction | int) -> Linear:
    """The form that is this number everywhere."""
    return {"one": Fraction(value)} if value else {}


def later(form: Linear) -> Linear:
    """The form at any position but the first."""
    return {name: c for name, c in form.items() if name != "first"}


def simplified(neurons: Iterable[tuple[Linear, Linear, Fraction]], read: Read, known: Bounds) -> tuple[Linear, Neurons]:
    """A sum of neurons as a linear part and the neurons that are left.

    A gate that is never above 0 is closed, one that is never below 0 is open; a neuron with an open gate is linear
    where gate or value is constant.
    """
    linear: Linear = {}
    left: Neurons = {}
    for gate, up, c in neurons:
        g = read(gate)
        if known.form(g)[1] <= 0:
            continue
        low, high = known.form(g)
        v = read(up)
        value = known.form(v)
        if value == (ZERO, ZERO):
            continue
        if low == high:
            linear = added((linear, 1), (v, c * low))
        elif low >= 0 and value[0] == value[1]:
            linear = added((linear, 1), (g, c * value[0]))
        else:
            key = frozenset(g.items()), frozenset(v.items())
            left[key] = left.get(key, ZERO) + c
    return linear, {key: c for key, c in left.items() if c}


def triples(neurons: Neurons) -> list[tuple[Linear, Linear, Fraction]]:
    """As gates, values and coefficients."""
    return [(dict(gate), dict(up), c) for (gate, up), c in neurons.items()]
