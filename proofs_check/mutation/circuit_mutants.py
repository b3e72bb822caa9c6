"""Changes of what the circuit of the RAM means: a head chooses more or less, asks or copies something else.

A mutant here is a circuit of its own, whose heads do what they are declared to do. The list is made from the heads of
the circuit, the changes below, and the families of tokens. All mutants have the wires and neurons of one circuit
(`Subject`), which has a feature for each family, and spare neurons that write nothing, besides those of the RAM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from compiler.circuits import Circuit, Weights, build
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression, wire
from compiler.circuits.heads import At, Head, Latest
from compiler.circuits.weights import Array, LayerWeights
from compiler.machines.ram.circuit import circuit
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.vocabulary import Token, vocabulary
from proofs_check.ram.copies import copies
from proofs_check.ram.keys import MEMORY, chosen_families
from proofs_check.ram.steps import Ram
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback


@dataclass(frozen=True)
class CircuitMutant:
    """A change of a circuit.

    Attributes:
        kind: of the change.
        where: the head, the wire that a head writes, or the wire that neurons write.
        what: the change in words.
        family: of the tokens at which alone it matters; "" if it may matter at all of them.
        make: its weights.
    """

    kind: str
    where: str
    what: str
    family: str
    make: Callable[[], Weights] = field(compare=False, repr=False)

    part = "circuit"

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"

    @property
    def change(self) -> str:
        """The change without the family at which it is made."""
        what = f"{self.what.removesuffix(self.family)}…" if self.family else self.what
        return f"`{self.where}` {what}"

    @property
    def head(self) -> str:
        """The head that is changed."""
        return self.where.partition(".")[0]

    def apply(self, weights: Weights) -> Weights:
        """The weights of the changed circuit; the argument is not used."""
        return self.make()


class Subject:
    """The circuit that is changed. Its weights have spare neurons in two layers, see `_with_spares`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @cached_property
    def families(self) -> tuple[str, ...]:
        """In the order of the vocabulary."""
        return tuple(vocabulary(self.layout).families)

    def built(self, change: Callable[[Circuit[Token]], None] = lambda c: None) -> Weights:
        """The weights, after a change of the circuit."""
        c = circuit(self.layout)
        for family in self.families:
            c.feature(f"family {family}", lambda t, family=family: int(t.family == family))  # type: ignore[misc]
        change(c)
        return _with_spares(build(c), self.families)

    @cached_property
    def weights(self) -> Weights:
        """Of the circuit as it is."""
        return self.built()

    def changed(self, change: Callable[[Circuit[Token]], None]) -> Weights:
        """The same, with the tensors of the unchanged circuit where these are equal, so that they are read once."""
        weights, own = self.built(change), self.weights
        layers = tuple(_shared(new, old) for new, old in zip(weights.layers, own.layers, strict=True))
        return replace(
            weights, layers=layers, embedding=own.embedding, positional=own.positional, unembedding=own.unembedding
        )

    @cached_property
    def ram(self) -> Ram:
        """What the proofs are about, of the circuit as it is."""
        return Ram(self.layout, Model(Readback(self.weights), tuple(vocabulary(self.layout))))

    @cached_property
    def heads(self) -> tuple[Head, ...]:
        """Of the circuit as it is."""
        return tuple(circuit(self.layout).heads)

    # ------------------------------------------------------------------------------------- the mutants

    def mutants(self) -> Iterator[CircuitMutant]:
        """All changes, one head or wire after the other."""
        for head in self.heads:
            if isinstance(head.pattern, Latest):
                yield from self._eligibility(head, head.pattern)
                yield from self._recency(head)
                yield from self._matches(head, head.pattern)
                yield from self._keys(head, head.pattern)
            yield from self._queries(head)
            yield from self._values(head)
        yield from self._early()
        yield from self._writers()

    def _eligibility(self, head: Head, pattern: Latest) -> Iterator[CircuitMutant]:
        known = copies(self.layout, self.ram.addresses)[head.name].chooses
        for family in self.families:
            of_family = [t for t in vocabulary(self.layout) if t.family == family]
            if head.name in MEMORY:
                chosen = {family in chosen_families(head.name)}
            else:
                chosen = {bool(known(t)) for t in of_family} if callable(known) else {False, True}
            is_family = wire(f"family {family}")
            more, less = pattern.eligible + is_family, pattern.eligible - is_family
            if callable(known) and chosen == {False, True}:
                # Some of its tokens may be chosen, beside BOS.
                more, less = wire("family BOS") + is_family, wire("family BOS")
            if False in chosen:
                yield self._pattern("eligible", head, f"may choose {family}", family, eligible=more)
            if True in chosen:
                yield self._pattern("eligible", head, f"may not choose {family}", family, eligible=less)

    def _recency(self, head: Head) -> Iterator[CircuitMutant]:
        recency = Circuit.position / (2 * MAX_TOKENS)
        for factor, name in ((0, "no recency"), (-1, "recency reversed"), (2, "recency doubled"), (1 / 2, "half")):
            assert isinstance(head.pattern, Latest)
            changed = head.pattern.eligible + recency * (factor - 1)
            yield self._pattern("recency", head, name, "", eligible=changed)

    def _matches(self, head: Head, pattern: Latest) -> Iterator[CircuitMutant]:
        pairs = pattern.match
        for i in range(len(pairs)):
            yield self._pattern("match", head, f"pair {i} dropped", "", match=pairs[:i] + pairs[i + 1 :])
        for i, j in combinations(range(len(pairs)), 2):
            swapped = list(pairs)
            swapped[i], swapped[j] = (pairs[j][0], pairs[i][1]), (pairs[i][0], pairs[j][1])
            yield self._pattern("match", head, f"pairs {i} and {j} swapped", "", match=tuple(swapped))
        for q, k in (("one", "value"), ("value", "value"), ("one", "sign"), ("parity", "parity"), ("one", "end")):
            more = (*pairs, (wire(q), wire(k)))
            yield self._pattern("match", head, f"pair ({q}, {k}) added", "", match=more)

    def _keys(self, head: Head, pattern: Latest) -> Iterator[CircuitMutant]:
        for family in self.families if pattern.match else ():
            more = wire(f"family {family}")
            for i, (q, k) in enumerate(pattern.match):
                match = (*pattern.match[:i], (q, k + more), *pattern.match[i + 1 :])
                yield self._pattern("key", head, f"key {i} off by one at {family}", family, match=match)
            square = pattern.key_square + more
            yield self._pattern("key", head, f"squared key off by one at {family}", family, key_square=square)

    def _queries(self, head: Head) -> Iterator[CircuitMutant]:
        pattern = head.pattern
        for family in self.families:
            more = wire(f"family {family}")
            if isinstance(pattern, At):
                yield self._pattern("query", head, f"query off by one at {family}", family, query=pattern.query + more)
            if isinstance(pattern, Latest):
                for i, (q, k) in enumerate(pattern.match):
                    match = (*pattern.match[:i], (q + more, k), *pattern.match[i + 1 :])
                    yield self._pattern("query", head, f"query {i} off by one at {family}", family, match=match)
                if pattern.query_square is not None:
                    square = pattern.query_square + more
                    what = f"squared query off by one at {family}"
                    yield self._pattern("query", head, what, family, query_square=square)

    def _values(self, head: Head) -> Iterator[CircuitMutant]:
        for name, value in head.values.items():
            for other in ("value", "coordinate", "position", "one"):
                if value != wire(other):
                    yield self._value(head, name, f"copies {other!r}", "", wire(other))
            yield self._value(head, name, "copies nothing", "", Expression({}, {}))
            for family in self.families:
                more = value + wire(f"family {family}")
                yield self._value(head, name, f"copies one more at {family}", family, more)

    def _early(self) -> Iterator[CircuitMutant]:
        """Heads, and all neurons of a wire in one layer, one layer earlier."""
        for number, layer in enumerate(self.weights.layers):
            for name in layer.head_names if number else ():
                make = lambda number=number, name=name: _head_moved(self.weights, number, name)  # noqa: E731
                yield CircuitMutant("early", name, "reads one layer early", "", make)
            for j in np.flatnonzero(layer.down.any(1)) if number else ():
                name = self.weights.wires[int(j)].name
                make = lambda number=number, j=int(j): _neurons_moved(self.weights, number, j)  # noqa: E731
                yield CircuitMutant("early", name, f"is computed in layer {number - 1}, not {number}", "", make)

    def _writers(self) -> Iterator[CircuitMutant]:
        """Every wire gets a second writer: in the first layer, at one family, each in turn; in the last, always."""
        count = len(self.families)
        for j, target in enumerate(self.weights.wires):
            if target.name.startswith("family "):
                continue
            family = self.families[j % count]
            for layer, spare, at in ((0, j % count, family), (len(self.weights.layers) - 1, -1, "")):
                what = f"is also written in layer {layer}{f' at {at}' if at else ''}"
                make = lambda j=j, layer=layer, spare=spare: _written(self.weights, layer, spare, j, count)  # noqa: E731
                yield CircuitMutant("second writer", target.name, what, at, make)

    def _pattern(self, kind: str, head: Head, what: str, family: str, **parts: Any) -> CircuitMutant:
        changed = replace(head, pattern=replace(head.pattern, **parts))
        return CircuitMutant(kind, head.name, what, family, lambda: self._with(changed))

    def _value(self, head: Head, name: str, what: str, family: str, value: Expression) -> CircuitMutant:
        values: Mapping[str, Expression] = {**head.values, name: value}
        changed = replace(head, values=values)
        return CircuitMutant("value", f"{head.name}.{name}", what, family, lambda: self._with(changed))

    def _with(self, head: Head) -> Weights:
        def change(c: Circuit[Token]) -> None:
            [i] = [i for i, h in enumerate(c.heads) if h.name == head.name]
            c.heads[i] = head

        return self.changed(change)


def _shared(new: LayerWeights, old: LayerWeights) -> LayerWeights:
    equal: dict[str, Any] = {n: old.tensors[n] for n, t in new.tensors.items() if np.array_equal(t, old.tensors[n])}
    return old if len(equal) == len(new.tensors) else replace(new, **equal)


# ---------------------------------------------------------------------------------- changes of tensors


def _with_spares(weights: Weights, families: tuple[str, ...]) -> Weights:
    """In the first layer a neuron for each family, that is 1 at its tokens; in the last one that is always 1. They
    write nothing."""
    names = [w.name for w in weights.wires]
    first, *_, last = weights.layers
    gates = np.zeros((len(families), len(names)))
    for i, family in enumerate(families):
        gates[i, names.index(f"family {family}")] = 1
    one = np.zeros((1, len(names)))
    one[0, names.index("one")] = 1
    layers = [*weights.layers]
    layers[0] = _more_neurons(first, gates, np.repeat(one, len(families), 0))
    layers[-1] = _more_neurons(last, one, one)
    return replace(weights, layers=tuple(layers))


def _more_neurons(layer: LayerWeights, gate: Array, up: Array, down: Array | None = None) -> LayerWeights:
    down = np.zeros((gate.shape[1], len(gate))) if down is None else down
    return replace(
        layer,
        gate=np.concatenate([layer.gate, gate]),
        up=np.concatenate([layer.up, up]),
        down=np.concatenate([layer.down, down], 1),
    )


def _written(weights: Weights, layer: int, spare: int, target: int, families: int) -> Weights:
    """A spare neuron writes to the wire on this dimension; spare: number of the family, -1 in the last layer."""
    layers = [*weights.layers]
    down = layers[layer].down.copy()
    down[target, spare if spare < 0 else down.shape[1] - families + spare] = 1
    layers[layer] = replace(layers[layer], down=down)
    return replace(weights, layers=tuple(layers))


def _neurons_moved(weights: Weights, number: int, target: int) -> Weights:
    """What the neurons of a layer add to a wire is added one layer earlier, of what the wires are there."""
    layers = [*weights.layers]
    layer = layers[number]
    moved = np.flatnonzero(layer.down[target])
    down = np.zeros((len(layer.down), len(moved)))
    down[target] = layer.down[target, moved]
    rest = layer.down.copy()
    rest[target] = 0
    layers[number] = replace(layer, down=rest)
    layers[number - 1] = _more_neurons(layers[number - 1], layer.gate[moved], layer.up[moved], down)
    return replace(weights, layers=tuple(layers))


def _head_moved(weights: Weights, number: int, name: str) -> Weights:
    layers = [*weights.layers]
    layer, before = layers[number], layers[number - 1]
    h = layer.head_names.index(name)
    parts = {}
    for part in ("query", "key", "value"):
        parts[part] = _stacked(getattr(before, part), getattr(layer, part)[h])
    outputs = _stacked(before.output.transpose(0, 2, 1), layer.output[h].T).transpose(0, 2, 1)
    layers[number - 1] = replace(
        before, **parts, output=outputs, patterns=(*before.patterns, layer.patterns[h]),
        head_names=(*before.head_names, name),
    )  # fmt: skip
    kept = [i for i in range(len(layer.head_names)) if i != h]
    layers[number] = replace(
        layer, query=layer.query[kept], key=layer.key[kept], value=layer.value[kept], output=layer.output[kept],
        patterns=tuple(layer.patterns[i] for i in kept), head_names=tuple(layer.head_names[i] for i in kept),
    )  # fmt: skip
    return replace(weights, layers=tuple(layers))


def _stacked(matrices: Array, one: Array) -> Array:
    """(h, k, d) and (l, d): (h + 1, max(k, l), d), filled up with zeros."""
    rows = max(matrices.shape[1], len(one))
    found = np.zeros((len(matrices) + 1, rows, matrices.shape[2]))
    found[:-1, : matrices.shape[1]] = matrices
    found[-1, : len(one)] = one
    return found
