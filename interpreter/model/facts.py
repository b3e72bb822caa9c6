"""What a transformer is, in numbers: for `model`, `machines` and `compare`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compiler.circuits import Form, Weights


@dataclass(frozen=True)
class Facts:
    """heads, neurons: a layer each; passes: how often the layers are applied to a token; parameters: entries of all
    tensors, zeros included; non_zeros: those that are not 0 outside the token embedding and unembedding."""

    form: Form
    layers: int
    passes: int
    width: int
    heads: tuple[int, ...]
    neurons: tuple[int, ...]
    vocabulary: int
    parameters: int
    non_zeros: int
    embedding: int
    unembedding: int
    max_tokens: int


def facts(weights: Weights) -> Facts:
    """Counts what a machine's weights are."""
    return Facts(
        form=weights.form,
        layers=len(weights.layers),
        passes=weights.passes,
        width=weights.width,
        heads=tuple(len(layer.query) for layer in weights.layers),
        neurons=tuple(len(layer.gate) for layer in weights.layers),
        vocabulary=len(weights.embedding),
        parameters=sum(t.size for t in weights.tensors.values()),
        non_zeros=weights.non_zeros,
        embedding=int(np.count_nonzero(weights.embedding)),
        unembedding=int(np.count_nonzero(weights.unembedding)),
        max_tokens=weights.max_tokens,
    )
