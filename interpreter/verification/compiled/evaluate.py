"""A graph at one position, node by node in plain Python: what a mismatch is explained with."""

from __future__ import annotations

import math

import torch

from interpreter.model.positional import positional_feature
from interpreter.verification.compiled.graph import Embedded, Feature, Found, Gated, Graph, Linear, Nearest, Share


def evaluate(graph: Graph, position: int, token: int, found: dict[tuple[int, int], float]) -> dict[str, float]:
    """The residual stream after the last layer, by wire; without what is not known there.

    found: what the scans found at that position, by scan and output.
    """
    values: list[float] = []

    def feature(number: int, x: float) -> float:
        return float(positional_feature(number, torch.tensor(x, dtype=torch.float64), graph.radix))

    for node in graph.nodes:
        match node:
            case Embedded(column):
                value = float(graph.embedding[token, column])
            case Feature(number, of):
                value = feature(number, position if of is None else values[of])
            case Linear(constant, terms):
                value = sum((c * values[i] for i, c in terms), constant)
            case Gated(gate, up):
                closed = values[gate] <= 0 or values[up] == 0
                value = 0.0 if closed else values[gate] * values[up]
            case Nearest(query):
                value = float(round(min(max(values[query], 0), position)))
            case Share(total):
                value = values[total] / (position + 1)
            case Found(scan, output):
                value = found.get((scan, output), math.nan)
        values.append(value)
    return {name: values[node] for name, node in graph.wires.items() if not math.isnan(values[node])}
