"""A transformer read back from its tensors as named heads and neurons, which is what can be rewritten.

Every dimension of the residual stream is taken apart into what writes to it: the embedding, values of heads, neurons.
Each of these is a *wire*, set once, and all that is read is a linear expression of them, so that layers no longer
matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from compiler.circuits.circuit import POSITIONAL, digit_wires
from compiler.circuits.expressions import Expression, Neuron, Number, Wire
from compiler.circuits.heads import At, Head, Latest, Pattern
from compiler.circuits.schedule import head_reads
from compiler.circuits.sparse import is_as_declared, row
from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.circuits.weights import Array, LayerWeights, Weights
from compiler.machines.specialised.specialised import NotSpecialisable

Neurons = Mapping[Neuron, Number]
"""A sum of neurons with coefficients."""
Rewrite = Callable[[Expression], Expression]
NONE = Expression({}, {})


@dataclass(frozen=True)
class StandIn:
    """What a head finds at the first position, if that stands for a prompt.

    Attributes:
        values: by name, those that it copies from there.
        eligible: of a `Latest`, whether the first position can be the one that it looks for, 0 or 1.
    """

    values: Mapping[str, float]
    eligible: float = 0.0


@dataclass(frozen=True)
class Graph:
    """Heads, wires that neurons set, features and logits; see the top of this file.

    Attributes:
        features: what the embedding says of each token, (vocabulary,) each.
        heads: in any order.
        computed: the sums of neurons, each on a wire of its own.
        logits: what is added to the logit of each token for a wire, (vocabulary,) each.
        max_tokens: as in `Weights`.
        stand_ins: by the name of a head, for a graph in which the first position stands for a prompt.
        bounds: of wires of which more is known than what their neurons say.
    """

    features: Mapping[Wire, Array]
    heads: tuple[Head, ...]
    computed: Mapping[Wire, Neurons]
    logits: Mapping[Wire, Array]
    max_tokens: int
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    bounds: Mapping[Wire, tuple[float, float]] = field(default_factory=dict)

    def rewritten(self, by: Rewrite) -> Graph:
        """The same with every linear expression rewritten; of logits, each wire's part is."""
        logits: dict[Wire, Array] = {}
        for wire, column in self.logits.items():
            for w, c in by(Expression({wire: 1}, {})).wires.items():
                logits[w] = logits.get(w, 0.0) + c * column
        return replace(
            self,
            heads=tuple(head_rewritten(head, by) for head in self.heads),
            computed={wire: neurons_rewritten(neurons, by) for wire, neurons in self.computed.items()},
            logits=logits,
        )


def substitution(mapping: Mapping[Wire, Expression]) -> Rewrite:
    """Puts expressions in the place of wires."""

    def rewrite(expression: Expression) -> Expression:
        if not any(w in mapping for w in expression.wires):
            return expression
        total: dict[Wire, Number] = {}
        for w, c in expression.wires.items():
            for inner, factor in mapping[w].wires.items() if w in mapping else ((w, 1),):
                total[inner] = total.get(inner, 0) + c * factor
        return Expression(total, expression.neurons)

    return rewrite


def neurons_rewritten(neurons: Neurons, by: Rewrite) -> Neurons:
    """The same sum with gates and values rewritten; neurons that become equal are one."""
    found: dict[Neuron, Number] = {}
    for neuron, c in neurons.items():
        new = Neuron(by(neuron.gate), by(neuron.value))
        found[new] = found.get(new, 0) + c
    return {neuron: c for neuron, c in found.items() if c}


def head_rewritten(head: Head, by: Rewrite) -> Head:
    """The same head with all that it reads rewritten."""
    return Head(head.name, pattern_rewritten(head.pattern, by), {name: by(e) for name, e in head.values.items()})


def pattern_rewritten(pattern: Pattern, by: Rewrite) -> Pattern:
    """The same pattern with all that it reads rewritten."""
    match pattern:
        case At(query):
            return At(by(query))
        case Latest():
            return replace(
                pattern,
                match=tuple((by(q), by(k)) for q, k in pattern.match),
                eligible=by(pattern.eligible),
                key_square=by(pattern.key_square),
                query_square=None if pattern.query_square is None else by(pattern.query_square),
            )
    return pattern


def value_wire(head: Head, name: str) -> Wire:
    """The wire that a value of a head is on."""
    return Wire(f"{head.name}.{name}")


def in_order(graph: Graph) -> Iterator[Head | Wire]:
    """Heads, and wires that neurons set, each after all that it reads.

    Raises:
        NotSpecialisable: something depends on itself.
    """
    ready = {*graph.features, *POSITIONAL}
    # Digits of positions are features without a column.
    made = {*graph.computed, *(value_wire(h, name) for h in graph.heads for name in h.values)}
    waiting: list[Head | Wire] = [*graph.heads, *graph.computed]
    while waiting:
        rest: list[Head | Wire] = []
        for item in waiting:
            reads = head_reads(item) if isinstance(item, Head) else parts(graph.computed[item])
            if all(w in ready or w not in made for e in reads for w in e.wires):
                ready |= {value_wire(item, name) for name in item.values} if isinstance(item, Head) else {item}
                yield item
            else:
                rest.append(item)
        if len(rest) == len(waiting):
            raise NotSpecialisable("something in these weights depends on itself")
        waiting = rest


def parts(neurons: Neurons) -> Iterator[Expression]:
    """What neurons read."""
    for neuron in neurons:
        yield from (neuron.gate, neuron.value)


def graph_of(weights: Weights) -> Graph:
    """The graph of a transformer in either form.

    Raises:
        NotSpecialisable: a head is not what it declares itself to be, or a dimension is read before all that is
            written to it is there.
    """
    try:
        stacked = unrolled(weights)
    except NotSettling as problem:
        raise NotSpecialisable(str(problem)) from problem
    return _Reading(stacked).graph()


class _Reading:
    """Takes the dimensions apart. Times are counted as in `compiler.circuits.schedule`."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.positional = (*POSITIONAL, *digit_wires(weights.radix, weights.max_tokens))
        self.features: dict[Wire, Array] = {}
        self.computed: dict[Wire, dict[Neuron, Number]] = {}
        self.parts: list[dict[Wire, Number]] = [{} for _ in weights.wires]
        self.done = self._last_writes()
        self._check_positional()

    def graph(self) -> Graph:
        w = self.weights
        for j, column in enumerate(w.wires):
            if w.embedding[:, j].any():
                name = column if not self.done[j] else Wire(f"{column.name} of the token")
                self.features[name] = np.ascontiguousarray(w.embedding[:, j])
                self.parts[j][name] = 1
        heads = []
        for time, layer in zip(range(1, 2 * len(w.layers), 2), w.layers):
            read = [self._head(layer, h, time) for h in range(len(layer.query))]
            heads += [head for head, _ in read]
            for head, targets in read:
                for called, (j, c) in targets:
                    self.parts[j][value_wire(head, called)] = c
            self._neurons(layer, time + 1)
        logits = {
            wire: np.ascontiguousarray(w.unembedding[:, j])
            for j, wire in enumerate(w.wires)
            if w.unembedding[:, j].any()
        }
        graph = Graph(self.features, tuple(heads), self.computed, logits, w.max_tokens)
        named = dict(zip(w.wires, self.parts))
        return graph.rewritten(
            substitution({wire: Expression(made, {}) for wire, made in named.items() if made != {wire: 1}})
        )

    def _last_writes(self) -> list[int]:
        done = [0] * self.weights.width
        for number, layer in enumerate(self.weights.layers, start=1):
            for j in np.flatnonzero((layer.output != 0).any((0, 2))).tolist():
                done[j] = 2 * number - 1
            for j in np.flatnonzero((layer.down != 0).any(1)).tolist():
                done[j] = 2 * number
        return done

    def _check_positional(self) -> None:
        column = {wire: j for j, wire in enumerate(self.weights.wires)}
        for wire, feature in zip(self.positional, self.weights.positional, strict=True):
            j = column[wire]
            alone = row(feature) == ((j, 1.0),) and not self.done[j] and not self.weights.embedding[:, j].any()
            if not alone:
                raise NotSpecialisable(
                    f"the wire {wire.name!r} of the positional encoding carries something else as well"
                )
            self.parts[j] = {wire: 1}

    def _expression(self, vector: Array, time: int, whose: str) -> Expression:
        terms = row(vector)
        for j, _ in terms:
            if self.done[j] >= time:
                raise NotSpecialisable(f"{whose} reads {self.weights.wires[j].name!r} before it is all there")
        return Expression({self.weights.wires[j]: c for j, c in terms}, {})

    def _head(self, layer: LayerWeights, h: int, time: int) -> tuple[Head, list[tuple[str, tuple[int, float]]]]:
        name, pattern = layer.head_names[h], layer.patterns[h]
        if not is_as_declared(self.weights, layer, h):
            raise NotSpecialisable(f"the query and key weights of head {name!r} are not those that it declares")
        values: dict[str, Expression] = {}
        targets: list[tuple[str, tuple[int, float]]] = []
        for i in range(layer.value.shape[1]):
            written = row(layer.output[h, :, i])
            if not written or not layer.value[h, i].any():
                continue
            wire = self.weights.wires[written[0][0]].name
            plain = len(written) == 1 and wire.startswith(f"{name}.")
            called = wire.removeprefix(f"{name}.") if plain else f"value {i}"
            values[called] = self._expression(layer.value[h, i], time, f"head {name!r}")
            targets += [(called, target) for target in written]
        for vector in (*layer.query[h], *layer.key[h]):
            self._expression(vector, time, f"head {name!r}")
        return Head(name, pattern, values), targets

    def _neurons(self, layer: LayerWeights, time: int) -> None:
        for n in range(len(layer.gate)):
            gate, value = (self._expression(part[n], time, "a neuron") for part in (layer.gate, layer.up))
            for j, c in row(layer.down[:, n]):
                wire = self._computed(j)
                sums = self.computed.setdefault(wire, {})
                neuron = Neuron(gate, value)
                sums[neuron] = sums.get(neuron, 0) + c
                self.parts[j][wire] = 1

    def _computed(self, j: int) -> Wire:
        """The wire of what neurons write to a dimension."""
        wire = self.weights.wires[j]
        others = [w for w in self.parts[j] if w not in self.computed]
        return Wire(f"{wire.name} of neurons") if others else wire


def wires_of(expressions: Iterable[Expression]) -> set[Wire]:
    """All that some expressions read."""
    return {w for e in expressions for w in e.wires}
