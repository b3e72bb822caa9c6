"""Which parts of a machine some traces make use of: a part that none of them uses may be wrong without showing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor

from compiler.circuits import Weights
from interpreter.model.transformer import Layer, Transformer

SHOWN = 12
"""Names of unexercised parts that are listed, before it says how many more there are."""


class Exercise:
    """What the traces so far made use of.

    A head is used where it brings something that is not 0, a neuron where it is on and adds something, a token where
    it is read or prescribed.
    """

    def __init__(self, transformer: Transformer, weights: Weights, vocabulary: Sequence[Any]) -> None:
        self.transformer, self.weights, self.vocabulary = transformer, weights, vocabulary
        self.heads = [torch.zeros(len(layer.query), dtype=torch.bool) for layer in weights.layers]
        self.neurons = [torch.zeros(len(layer.gate), dtype=torch.bool) for layer in weights.layers]
        self.tokens = torch.zeros(len(vocabulary), dtype=torch.bool)

    def add(self, traces: Tensor, lengths: Sequence[int]) -> None:
        """Traces (b, n) of which the first lengths[i] tokens count."""
        counted = torch.arange(traces.shape[1]) < torch.tensor(lengths)[:, None]
        if not bool(counted.any()):
            return
        self.tokens[traces[counted]] = True
        heads, neurons = torch.vmap(self._used)(traces)
        for layer, (brought, hidden) in enumerate(zip(heads, neurons, strict=True)):
            index = layer % len(self.heads)  # the looped form applies its one block several times
            self.heads[index] |= (brought.transpose(0, 1) & counted).flatten(1).any(1)
            self.neurons[index] |= (hidden & counted[..., None]).flatten(0, 1).any(0)

    def _used(self, tokens: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """For one trace and each layer or pass, (heads, n) and (n, neurons)."""
        transformer = self.transformer
        streams = list(transformer.streams(tokens))
        attended = torch.zeros_like(streams[0])
        heads: list[Tensor] = []
        neurons: list[Tensor] = []
        for i, (x, _) in enumerate(pairwise(streams)):
            layer = cast(Layer, transformer.layers[0 if transformer.looped else i])
            fed = x - streams[0] - attended  # of the looped form, what the last pass has fed forward
            attended = layer.attend(x)
            read = streams[0] + attended + fed if transformer.looped else x + attended
            none = torch.zeros(0, len(x), dtype=torch.bool)
            heads.append(none if layer.attention is None else (layer.attention.brought(x) != 0).any(-1))
            neurons.append(layer.feed_forward.hidden(read) != 0)
        return tuple(heads), tuple(neurons)

    def unused(self) -> tuple[str, ...]:
        """The parts that have a part in some logit at all and were never used."""
        found: list[str] = []
        for i, layer in enumerate(self.weights.layers):
            used = zip(layer.head_names, self.heads[i], layer.output)
            found += [f"head {name} of layer {i}" for name, was, output in used if not was and output.any()]
            active = zip(self.neurons[i], layer.down.T)
            found += [f"neuron {n} of layer {i}" for n, (was, down) in enumerate(active) if not was and down.any()]
        return (*found, *(f"token {self.vocabulary[t]}" for t in torch.nonzero(~self.tokens).flatten().tolist()))


def listed(parts: Sequence[str]) -> str:
    """Names for a message, those beyond `SHOWN` as a number."""
    return ", ".join(parts[:SHOWN]) + (f", and {len(parts) - SHOWN} more" if len(parts) > SHOWN else "")


def batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of `size`, the last one shorter."""
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
