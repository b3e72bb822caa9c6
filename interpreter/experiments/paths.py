"""The way of one value through the residual stream: what differs when the value does, and through which heads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from compiler.circuits import Weights
from interpreter.engines.engine import Tokens
from interpreter.model.transformer import Attention, Layer, Transformer


@dataclass(frozen=True)
class Node:
    """Dimensions of the stream, by name, that differ at a position after a pass; pass 0 is the embedding."""

    position: int
    passes: int
    wires: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """From (position, pass) to (position, pass): through the head of this name, the feed-forward part or a token."""

    start: tuple[int, int]
    end: tuple[int, int]
    by: str


@dataclass(frozen=True)
class Flow:
    """What differs between two traces: where, and what carries it from there to there."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@torch.inference_mode()
def flow(weights: Weights, tokens: Tokens, other: Tokens) -> Flow:
    """The flow of what differs between two traces of the same length, on stacked weights.

    A node is where the streams differ. A head leads from where it looks to a node if what it writes there differs; a
    head that looks elsewhere in the other trace leads from both places.
    """
    transformer = Transformer(weights)
    both = [list(transformer.streams(torch.as_tensor(t, dtype=torch.long))) for t in (tokens, other)]
    names = [wire.name for wire in weights.wires]
    nodes, edges = [], []
    differs = [(a != b).numpy() for a, b in zip(*both)]
    for passes, different in enumerate(differs):
        for position in np.flatnonzero(different.any(1)):
            wires = tuple(names[j] for j in np.flatnonzero(different[position]))
            nodes.append(Node(int(position), passes, wires))
    for number, module in enumerate(transformer.layers):
        assert isinstance(module, Layer)
        if module.attention is not None:
            heads = weights.layers[number].head_names
            edges += _heads(module.attention, heads, [streams[number] for streams in both], number)
        for position in np.flatnonzero((differs[number] & differs[number + 1]).any(1)):
            edges.append(Edge((int(position), number), (int(position), number + 1), "stays"))
        computed = differs[number + 1] & ~differs[number]
        for position in np.flatnonzero(computed.any(1)):
            if not any(e.end == (int(position), number + 1) and e.by != "stays" for e in edges):
                edges.append(Edge((int(position), number), (int(position), number + 1), "computed"))
    last = len(transformer.layers)
    changed = [int(p) for p in np.flatnonzero(tokens != other) if differs[last][p - 1].any()]
    edges += [Edge((p - 1, last), (p, 0), "token") for p in changed]
    return Flow(tuple(nodes), tuple(edges))


def _heads(attention: Attention, names: tuple[str, ...], streams: list[torch.Tensor], layer: int) -> list[Edge]:
    written, looked = [], []
    for stream in streams:
        query, key, value = (
            torch.einsum("hkd,nd->hnk", w, stream) for w in (attention.query, attention.key, attention.value)
        )
        future = torch.ones(len(stream), len(stream), dtype=torch.bool).triu(1)
        weights = (query @ key.transpose(1, 2)).masked_fill(future, -torch.inf).softmax(-1)
        written.append(torch.einsum("hdv,hnv->hnd", attention.output, weights @ value))
        looked.append(weights.argmax(-1))
    different = (written[0] != written[1]).any(2)
    edges = []
    for head, position in torch.nonzero(different).tolist():
        if names[head] == "mean":
            continue  # It looks at all positions alike.
        for place in sorted({int(where[head, position]) for where in looked}):
            edges.append(Edge((place, layer), (position, layer + 1), names[head]))
    return edges
