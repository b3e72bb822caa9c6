"""What the weight tensors say, read back as exact rationals, by the names of the wires.

A float is a dyadic rational, so nothing is lost. The circuit that made the tensors is never asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from compiler.circuits.weights import LayerWeights, Weights

Linear = Mapping[str, Fraction]
"""A linear form: coefficients that are not 0, by wire."""


@dataclass(frozen=True)
class Neuron:
    """`relu(gate) * up`, added to the wires in `down` with their coefficients. Layers and neurons count from 0."""

    layer: int
    index: int
    gate: Linear
    up: Linear
    down: Linear

    def __str__(self) -> str:
        return f"neuron {self.index} of layer {self.layer}"


@dataclass(frozen=True)
class Attention:
    """A head: score `sum of query * key` over `pairs`; `values[i]` is what it adds to the wires `outputs[i]`.

    biases: what is added to the score by how far back a position is, as in `LayerWeights.relative`; empty: nothing.
    """

    layer: int
    index: int
    name: str
    pairs: tuple[tuple[Linear, Linear], ...]
    values: tuple[Linear, ...]
    outputs: tuple[Linear, ...]
    biases: tuple[float, ...] = ()

    @property
    def averages(self) -> bool:
        """Whether all positions score alike."""
        return not self.pairs and not self.biases

    @property
    def offset(self) -> int | None:
        """How far back the one position is that it sees; None if it sees others, or none."""
        *near, rest = self.biases or (0.0,)
        seen = [distance for distance, bias in enumerate(near) if bias == 0]
        hidden = near.count(-math.inf) == len(near) - 1 and rest == -math.inf
        return seen[0] if len(seen) == 1 and hidden and not self.pairs else None

    def __str__(self) -> str:
        return f"head {self.index} of layer {self.layer} ({self.name})"


@dataclass(frozen=True)
class Readback:
    """The heads and neurons of a machine's weights, layer by layer.

    known: of weights that have tensors in common with these, which are then not read again.
    """

    weights: Weights
    known: Readback | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the wires, in the order of the rows of the stream."""
        return tuple(w.name for w in self.weights.wires)

    @cached_property
    def heads(self) -> tuple[Attention, ...]:
        """Of all layers, in their order."""
        return tuple(h for heads, _ in self.parts for h in heads)

    @cached_property
    def neurons(self) -> tuple[Neuron, ...]:
        """Of all layers, in their order."""
        return tuple(n for _, neurons in self.parts for n in neurons)

    @cached_property
    def parts(self) -> tuple[tuple[list[Attention], list[Neuron]], ...]:
        """The heads and neurons of each layer."""
        return tuple(self._part(i, layer) for i, layer in enumerate(self.weights.layers))

    def _part(self, number: int, layer: LayerWeights) -> tuple[list[Attention], list[Neuron]]:
        heads = self._known(number, layer, "query", "key", "value", "output", "relative")
        neurons = self._known(number, layer, "gate", "up", "down")
        return (
            heads.parts[number][0] if heads is not None else self._heads(number, layer),
            neurons.parts[number][1] if neurons is not None else self._neurons(number, layer),
        )

    def _known(self, number: int, layer: LayerWeights, *tensors: str) -> Readback | None:
        """What has read these tensors of a layer already, if anything has."""
        if self.known is None:
            return None
        other = self.known.weights.layers[number]
        return self.known if all(getattr(other, name) is getattr(layer, name) for name in tensors) else None

    def linear(self, row: npt.NDArray[np.float64]) -> Linear:
        """A row of a tensor, shape (width,), as a linear form of wires."""
        return {self.names[i]: Fraction(float(row[i])) for i in np.flatnonzero(row)}

    def head(self, name: str) -> Attention:
        """The head of this name; KeyError if there is none."""
        for head in self.heads:
            if head.name == name:
                return head
        raise KeyError(name)

    def _heads(self, number: int, layer: LayerWeights) -> list[Attention]:
        heads = []
        for h, name in enumerate(layer.head_names):
            pairs = [(self.linear(q), self.linear(k)) for q, k in zip(layer.query[h], layer.key[h])]
            copied = [(self.linear(v), self.linear(o)) for v, o in zip(layer.value[h], layer.output[h].T)]
            heads.append(
                Attention(
                    number,
                    h,
                    name,
                    tuple((q, k) for q, k in pairs if q and k),
                    tuple(v for v, o in copied if o),
                    tuple(o for _, o in copied if o),
                    () if layer.relative is None or not layer.relative[h].any() else tuple(layer.relative[h].tolist()),
                )
            )
        return heads

    def _neurons(self, number: int, layer: LayerWeights) -> list[Neuron]:
        rows = zip(layer.gate, layer.up, layer.down.T)
        return [Neuron(number, i, *(self.linear(row) for row in three)) for i, three in enumerate(rows)]


def show(form: Linear) -> str:
    """A linear form as text."""
    terms = (f"{'+' if c > 0 else '-'} {'' if abs(c) == 1 else f'{abs(c)} '}[{name}]" for name, c in form.items())
    return " ".join(terms) or "0"
