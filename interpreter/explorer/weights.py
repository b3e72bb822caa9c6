"""A machine's weights as plain numbers and texts, sparse and complete: what `assets/engine.js` computes with.

A sparse row is a flat list `[wire, coefficient, wire, coefficient, …]`, in the order of the wires.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits import Weights
from compiler.circuits.expressions import Expression
from compiler.circuits.heads import At, Latest, Mean, Offset, Pattern, Previous
from compiler.circuits.sparse import row
from compiler.circuits.weights import Array, LayerWeights, score_scale

Plain = dict[str, Any]
"""What JSON can say."""


def plain_weights(weights: Weights) -> Plain:
    """All tensors without their zeros; the names of wires and heads, and what heads are declared to look for."""
    return {
        "name": weights.name,
        "sha256": weights.sha256(),
        "form": weights.form,
        "passes": weights.passes,
        "positions": weights.max_tokens,
        "radix": weights.radix,
        "wires": [wire.name for wire in weights.wires],
        "sums": {wire.name: expression_text(meaning) for wire, meaning in weights.sums.items()},
        "embedding": _columns(weights.embedding),
        "positional": [_row(feature) for feature in weights.positional],
        "layers": [_layer(weights, layer) for layer in weights.layers],
        "unembedding": _columns(weights.unembedding),
    }


def _row(vector: Array) -> list[float]:
    return [_number(x) for entry in row(vector) for x in entry]


def _number(x: float) -> float:
    """Whole numbers without a point: shorter, and the same to JavaScript."""
    return int(x) if float(x).is_integer() else float(x)


def _columns(matrix: Array) -> dict[str, list[list[float]]]:
    """By wire, the tokens whose entry is not zero, each as its distance from the one before, and these entries.

    Both as `runs`: vocabularies are numbered family by family, so that columns repeat themselves.
    """
    columns = {}
    for wire in np.flatnonzero((matrix != 0).any(0)).tolist():
        tokens = np.flatnonzero(matrix[:, wire])
        columns[str(wire)] = [runs(np.diff(tokens, prepend=0)), runs(matrix[tokens, wire])]
    return columns


def runs(values: npt.NDArray[Any]) -> list[float]:
    """`[value, how often, value, how often, …]`."""
    begins = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    lengths = np.diff(begins, append=len(values))
    return [x for value, length in zip(values[begins].tolist(), lengths.tolist()) for x in (_number(value), length)]


def _layer(weights: Weights, layer: LayerWeights) -> Plain:
    return {
        "heads": [_head(weights, layer, h) for h in range(len(layer.query))],
        "neurons": [[_row(layer.gate[n]), _row(layer.up[n]), _row(layer.down[:, n])] for n in range(len(layer.gate))],
    }


def _head(weights: Weights, layer: LayerWeights, h: int) -> Plain:
    used = (layer.query[h] != 0).any(1) | (layer.key[h] != 0).any(1)
    values = np.flatnonzero(layer.output[h].any(0))
    relative = None
    if layer.relative is not None and layer.relative[h].any():
        # JSON has no infinity: null stands for it.
        relative = [None if np.isinf(bias) else _number(bias) for bias in layer.relative[h]]
    return {
        "name": layer.head_names[h],
        **declared(layer.patterns[h]),
        "scale": score_scale(weights.max_tokens, layer.patterns[h]),
        "query": [_row(layer.query[h, i]) for i in np.flatnonzero(used)],
        "key": [_row(layer.key[h, i]) for i in np.flatnonzero(used)],
        "value": [_row(layer.value[h, i]) for i in values],
        "output": [_row(layer.output[h, :, i]) for i in values],
        "relative": relative,
    }


def declared(pattern: Pattern) -> Mapping[str, object]:
    """What a head looks for: the pattern's name, what it asks of a position, as text, and of which positions."""
    match pattern:
        case Mean():
            return {"pattern": "mean"}
        case Previous():
            return {"pattern": "previous"}
        case Offset(distance):
            return {"pattern": "offset", "distance": distance}
        case At(query):
            return {"pattern": "at", "asks": [["position", expression_text(query)]]}
        case Latest(match=match, eligible=eligible, recent=recent, within=within):
            asks = [[expression_text(key), expression_text(query)] for query, key in match]
            name = "latest" if recent else "any"
            return {"pattern": name, "asks": asks, "eligible": expression_text(eligible), "within": within}


def expression_text(expression: Expression) -> str:
    """A linear expression as one writes it: `4 pc sum - 4 far + 1`."""
    terms: list[str] = []
    for wire, coefficient in expression.wires.items():
        size = f"{abs(coefficient):g}"
        name = wire.name if size == "1" else size if wire.name == "one" else f"{size} {wire.name}"
        if wire.name == "one" and size == "1":
            name = "1"
        sign = "-" if coefficient < 0 else "+"
        terms.append(f"{sign} {name}" if terms else f"-{name}" if sign == "-" else name)
    return " ".join(terms) or "0"
