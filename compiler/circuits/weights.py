"""From a circuit to the weight tensors of an ordinary decoder-only transformer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import FIRST, PARITY, POSITION, SQUARE, Circuit
from compiler.circuits.expressions import ONE, Expression, Wire
from compiler.circuits.heads import At, Head, Latest, Mean, Offset, Pattern, Previous
from compiler.circuits.schedule import Layer, Schedule, schedule

Array = npt.NDArray[np.float64]

Form = Literal["stacked", "looped"]
"""How a circuit becomes a transformer.

stacked: layers that each add to the residual stream, applied once. looped: one block that holds every head and
neuron, applied `passes` times. A pass replaces what attention and then what the feed-forward part had written by what
they make of the stream now; the embedding stays (input injection: Bai et al. 2019, "Deep equilibrium models"). So
nothing needs to know which pass it is: what depends on the embedding alone is right after the first pass, what
depends on that is right after the next, and after the last one the stream is a fixed point of the block.
"""
FORMS: tuple[Form, ...] = ("stacked", "looped")


@dataclass(frozen=True)
class LayerWeights:
    """One layer; h heads of query size k and value size v, n neurons, width d.

    query, key: (h, k, d); value: (h, v, d); output: (h, d, v); gate, up: (n, d); down: (d, n). relative: (h, w), what
    is added to the score of the position j before the current one, the last column for all further ones; None where no
    head of the layer has a relative bias.
    `patterns[i]` says what head i is declared to do.
    """

    query: Array
    key: Array
    value: Array
    output: Array
    gate: Array
    up: Array
    down: Array
    patterns: tuple[Pattern, ...]
    head_names: tuple[str, ...]
    relative: Array | None = None

    @property
    def tensors(self) -> dict[str, Array]:
        """The tensors of the layer, by name; no `relative` where there are no relative biases."""
        names = ("query", "key", "value", "output", "gate", "up", "down")
        biases = {} if self.relative is None else {"relative": self.relative}
        return {n: getattr(self, n) for n in names} | biases


@dataclass(frozen=True)
class Weights:
    """All weights of a machine.

    embedding, unembedding: (vocabulary, d); positional: (5 + digits, d), which wire carries which positional
    feature; radix: of the digits, 0 if there are none. `wires[j]` is the wire on residual dimension j. layers: of
    the looped form the one block, which is applied `passes` times. sums: of wires that `sharing` made, which wires of
    the circuit they carry the sum of; it says what they mean, and is no part of the weights.
    """

    name: str
    embedding: Array
    positional: Array
    layers: tuple[LayerWeights, ...]
    unembedding: Array
    wires: tuple[Wire, ...]
    max_tokens: int
    form: Form = "stacked"
    passes: int = 1
    sums: Mapping[Wire, Expression] = field(default_factory=dict)
    radix: int = 0

    @property
    def tensors(self) -> dict[str, Array]:
        """Every tensor by name, in one fixed order."""
        inner = {f"layers.{i}.{name}": t for i, layer in enumerate(self.layers) for name, t in layer.tensors.items()}
        return {"embedding": self.embedding, "positional": self.positional, **inner, "unembedding": self.unembedding}

    @property
    def width(self) -> int:
        """The number of dimensions of the residual stream."""
        return int(self.embedding.shape[1])

    @property
    def non_zeros(self) -> int:
        """Non-zero weights outside the token embedding and unembedding."""
        return sum(int(np.count_nonzero(t)) for n, t in self.tensors.items() if n not in ("embedding", "unembedding"))

    def sha256(self) -> str:
        """Of all tensors: name, shape and little-endian float64 bytes, in order.

        First the passes, if looped, and the radix of the digits, if positions have digits.
        """
        return self._sha256

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256()
        if self.form == "looped":
            digest.update(f"looped {self.passes}\n".encode())
        if self.radix:
            digest.update(f"radix {self.radix}\n".encode())
        for name, tensor in self.tensors.items():
            digest.update(f"{name} {tensor.shape}\n".encode())
            digest.update(np.ascontiguousarray(tensor, dtype="<f8").reshape(-1).view(np.uint8).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class TokenTables:
    """What the circuit says of each token: features (vocabulary, features), readouts (vocabulary, logits)."""

    features: Array
    readouts: Array


def token_tables(circuit: Circuit[Any]) -> TokenTables:
    """Most of the time that `build` takes."""
    tokens = circuit.vocabulary
    return TokenTables(
        np.array([[f(t) for t in tokens] for f in circuit.features.values()], dtype=float).reshape(-1, len(tokens)).T,
        np.array([[f(t) for t in tokens] for _, f in circuit.logits], dtype=float).reshape(-1, len(tokens)).T,
    )


def build(circuit: Circuit[Any], tables: TokenTables | None = None, form: Form = "stacked") -> Weights:
    """The weights of a circuit.

    Args:
        circuit: the circuit; tables: its `token_tables`, if they are there already; form: see `Form`.

    Raises:
        ValueError: the circuit cannot be scheduled (see `schedule`).
    """
    plan = schedule(circuit)
    wires = tuple(plan.ready)
    space = _Space(wires)
    tables = tables or token_tables(circuit)
    layers = plan.layers if form == "stacked" else (_block(plan.layers),)
    return Weights(
        name=circuit.name,
        embedding=_embedding(circuit, space, tables.features),
        positional=np.stack([space.row(Expression({w: 1}, {})) for w in circuit.positional]),
        layers=tuple(_layer(circuit, plan, layer, space) for layer in layers),
        unembedding=_unembedding(circuit, space, tables.readouts),
        wires=wires,
        max_tokens=circuit.max_tokens,
        form=form,
        passes=1 if form == "stacked" else len(plan.layers),
        radix=circuit.radix,
    )


def _block(layers: Sequence[Layer]) -> Layer:
    """All layers as one."""
    return Layer(tuple(h for layer in layers for h in layer.heads), tuple(n for layer in layers for n in layer.neurons))


class _Space:
    """The residual stream: one dimension a wire."""

    def __init__(self, wires: Sequence[Wire]) -> None:
        self.index = {w: i for i, w in enumerate(wires)}

    def row(self, expression: Expression) -> Array:
        row = np.zeros(len(self.index))
        for w, coefficient in expression.wires.items():
            row[self.index[w]] = coefficient
        return row

    def rows(self, expressions: Sequence[Expression]) -> Array:
        return np.stack([self.row(e) for e in expressions]) if expressions else np.zeros((0, len(self.index)))


def _embedding(circuit: Circuit[Any], space: _Space, features: Array) -> Array:
    embedding = np.zeros((len(circuit.vocabulary), len(space.index)))
    embedding[:, [space.index[w] for w in circuit.features]] = features
    return embedding


def _unembedding(circuit: Circuit[Any], space: _Space, readouts: Array) -> Array:
    # By columns: most of them are zero, and a page that nobody writes costs nothing.
    unembedding = np.zeros((len(circuit.vocabulary), len(space.index)), order="F")
    for i, (expression, _) in enumerate(circuit.logits):
        for w, coefficient in expression.wires.items():
            unembedding[:, space.index[w]] += coefficient * readouts[:, i]
    return unembedding


def _layer(circuit: Circuit[Any], plan: Schedule, layer: Layer, space: _Space) -> LayerWeights:
    width = len(space.index)
    scores = [score(head.pattern, circuit.max_tokens) for head in layer.heads]
    key_size = max((len(s) for s in scores), default=0)
    value_size = max((len(h.values) for h in layer.heads), default=0)
    query, key = (np.zeros((len(layer.heads), key_size, width)) for _ in range(2))
    value = np.zeros((len(layer.heads), value_size, width))
    output = np.zeros((len(layer.heads), width, value_size))
    for h, (head, pairs) in enumerate(zip(layer.heads, scores)):
        for i, (q, k) in enumerate(pairs):
            query[h, i], key[h, i] = space.row(q), space.row(k)
        for i, (name, expression) in enumerate(head.values.items()):
            value[h, i] = space.row(expression)
            output[h, space.index[Wire(f"{head.name}.{name}")], i] = 1
    down = np.zeros((width, len(layer.neurons)))
    place = {neuron: i for i, neuron in enumerate(layer.neurons)}
    for target in circuit.computed:
        for neuron, coefficient in target.neurons.neurons.items():
            if neuron in place:
                down[space.index[target.wire], place[neuron]] = coefficient
    return LayerWeights(
        query=query,
        key=key,
        value=value,
        output=output,
        gate=space.rows([n.gate for n in layer.neurons]),
        up=space.rows([n.value for n in layer.neurons]),
        down=down,
        patterns=tuple(h.pattern for h in layer.heads),
        head_names=tuple(h.name for h in layer.heads),
        relative=_relative([h.pattern for h in layer.heads]),
    )


def _relative(patterns: Sequence[Pattern]) -> Array | None:
    """The relative biases of a layer."""
    reaches = [reach for p in patterns if (reach := reach_of(p)) is not None]
    if not reaches:
        return None
    return np.stack([relative_bias(pattern, max(reaches) + 2) for pattern in patterns])


def reach_of(pattern: Pattern) -> int | None:
    """How far back a head looks at most, by its relative biases; None without them."""
    match pattern:
        case Offset(distance):
            return distance
        case Latest(within=within):
            return within
    return None


def relative_bias(pattern: Pattern, width: int) -> Array:
    """The relative biases of a head with this pattern, (width,), as in `LayerWeights.relative`."""
    biases = np.full(width, -np.inf)
    match pattern:
        case Offset(distance):
            biases[distance] = 0
        case Latest(within=int(within)):
            biases[: within + 1] = 0
        case _:
            biases[:] = 0
    return biases


def score(pattern: Pattern, max_tokens: int) -> list[tuple[Expression, Expression]]:
    """The (query, key) coordinates whose products sum to the pattern's score, scaled until softmax is one-hot.

    Recency of position k is `k / (2 * max_tokens)`, below 1/2. The least gap is then one step of it, and
    the scale makes the gap 1024: `exp(-1024)` is 0 in every IEEE format, so the softmax is exactly one-hot.
    Scale and recency are powers of two: they cost no rounding.
    """
    one, position, square, parity, first = (Expression({w: 1}, {}) for w in (ONE, POSITION, SQUARE, PARITY, FIRST))
    recency = (one, position / (2 * max_tokens))
    match pattern:
        case Mean() | Offset():
            return []
        case Previous():
            pairs = [(-parity, parity), recency]
        case At(query):
            pairs = [(2 * query, position), (-one, square)]
        case Latest(coordinates, eligible, key_square, query_square):
            pairs = [(2 * q, k) for q, k in coordinates]
            if query_square is None:
                penalty = eligible - 1
            else:
                penalty = eligible + first / 2 - 1
                pairs.append((-query_square, one - first))
            if pattern.recent:
                penalty = penalty + recency[1]
            pairs.append((one, penalty - key_square))
    scale = score_scale(max_tokens, pattern)
    return [(q * scale, k) for q, k in pairs]


def score_scale(max_tokens: int, pattern: Pattern | None = None) -> int:
    """What queries are multiplied by, see `score`: a step of recency becomes 1024; without recency, 1/2 does."""
    if isinstance(pattern, Latest) and not pattern.recent:
        return 1024 * 2
    return 1024 * 2 * max_tokens


__all__ = ["FORMS", "Form", "Head", "LayerWeights", "Weights", "build", "score"]
