"""Which changes of single weights there are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compiler.circuits.weights import Array, Weights

SEED = 1


@dataclass(frozen=True)
class Mutant:
    """The entry `index` of a tensor becomes `value`. tensor: a name as in `Weights.tensors`."""

    tensor: str
    index: tuple[int, ...]
    value: float
    kind: str

    def __str__(self) -> str:
        return f"{self.tensor}[{', '.join(map(str, self.index))}] {self.kind}: {self.value:g}"

    @property
    def part(self) -> str:
        """The name of the tensor without its layer."""
        return self.tensor.rpartition(".")[2]

    @property
    def layer(self) -> int:
        """Of a tensor in a layer."""
        return int(self.tensor.split(".")[1])

    @property
    def neuron(self) -> int:
        """Of `gate`, `up` and `down`."""
        return self.index[1] if self.part == "down" else self.index[0]

    def apply(self, weights: Weights) -> Weights:
        """The weights with one of them changed."""
        tensor = weights.tensors[self.tensor].copy()
        tensor[self.index] = self.value
        changed: dict[str, Any] = {self.part: tensor}
        if "." not in self.tensor:
            return replace(weights, **changed)
        layers = list(weights.layers)
        layers[self.layer] = replace(layers[self.layer], **changed)
        return replace(weights, layers=tuple(layers))


def mutants(weights: Weights, seed: int = SEED) -> Iterator[Mutant]:
    """Every weight that is not 0: negated, one more, one less, zero. In every row with such a weight, one zero, chosen
    by the seed, is set to 1. In the order of the tensors.
    """
    rng = random.Random(seed)
    for name, tensor in weights.tensors.items():
        for entry in np.argwhere(tensor):
            index = tuple(int(i) for i in entry)
            old = float(tensor[index])
            changes = {"negated": -old, "zeroed": 0.0, "plus 1": old + 1, "minus 1": old - 1}
            kinds: dict[float, str] = {}
            for kind, value in changes.items():
                if value != old:
                    kinds.setdefault(value, kind)
            yield from (Mutant(name, index, value, kind) for value, kind in kinds.items())
        yield from _zeros_set(name, tensor, rng)


def _zeros_set(name: str, tensor: Array, rng: random.Random) -> Iterator[Mutant]:
    for row in np.argwhere(tensor.any(-1)):
        place = tuple(int(i) for i in row)
        empty = [int(i) for i in np.flatnonzero(tensor[place] == 0)]
        if empty:
            yield Mutant(name, (*place, rng.choice(empty)), 1.0, "zero set")
