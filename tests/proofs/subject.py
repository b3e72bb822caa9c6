"""Weights that counterexamples are searched for in, and damage that the search must find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, Phase, settings

from compiler.circuits import Weights
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from interpreter.model.transformer import Transformer
from proofs_check.ram.steps import Ram
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback

SMALL = Layout(base=10, max_depth=10)
Array = npt.NDArray[np.float64]
SEARCH = settings(max_examples=5000, deadline=None, phases=[Phase.generate], database=None)
"""Until one is found, which need not be the smallest."""
RARE = settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@dataclass(frozen=True, eq=False)
class Subject:
    """Weights, and what is made of them."""

    weights: Weights

    @cached_property
    def transformer(self) -> Transformer:
        return Transformer(self.weights)

    @cached_property
    def readback(self) -> Readback:
        return Readback(self.weights)

    @cached_property
    def ram(self) -> Ram:
        """Its cases and contracts."""
        vocabulary = machine(SMALL).vocabulary
        return Ram(SMALL, Model(self.readback, tuple(vocabulary)))


@cache
def own() -> Subject:
    return Subject(machine(SMALL).weights)


@cache
def column(name: str) -> int:
    return own().readback.names.index(name)


def damaged(tensor: str, change: Callable[[int, Array], Array]) -> Subject:
    """The weights with one kind of tensor changed in every layer: change(layer, tensor)."""
    weights = own().weights
    layers = [replace(w, **{tensor: change(i, getattr(w, tensor).copy())}) for i, w in enumerate(weights.layers)]
    return Subject(replace(weights, layers=tuple(layers)))


def negated(name: str) -> Subject:
    """The weights with the neurons of a wire negated."""

    def change(layer: int, down: Array) -> Array:
        down[column(name)] *= -1
        return down

    return damaged("down", change)
