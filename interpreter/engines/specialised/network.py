"""The weights as a network of nodes to be evaluated on demand: what no opened gate asks for is never computed.

A wire is a sum of columns of the embedding, positional features, values that heads bring and neurons. Neurons of one
wire that together test an integer, `relu(x) - relu(x - 1)`, are found and kept as a `Test`: 1 if x >= 1, else 0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from compiler.circuits.heads import Mean
from compiler.circuits.sparse import Row
from compiler.circuits.weights import Weights
from interpreter.engines.indexed.plan import AtHead, LatestHead, Plan, PlannedHead
from interpreter.engines.specialised.knowledge import Stop

Sum = tuple[tuple[float, "Node"], ...]
"""Coefficients and nodes."""


class Node:
    """Compared by identity; evaluated once a step."""

    __slots__ = ()


class Column(Node):
    """What the embedding of the current token says in one dimension."""

    __slots__ = ("j",)

    def __init__(self, j: int) -> None:
        self.j = j


class Feature(Node):
    """A positional feature, by its number in `Weights.positional`."""

    __slots__ = ("i",)

    def __init__(self, i: int) -> None:
        self.i = i


class Found(Node):
    """Value number i of a head."""

    __slots__ = ("head", "i")

    def __init__(self, head: Head, i: int) -> None:
        self.head, self.i = head, i


class Neuron(Node):
    """relu(gate) * up."""

    __slots__ = ("gate", "up")

    def __init__(self, gate: Wire, up: Wire) -> None:
        self.gate, self.up = gate, up


class Test(Node):
    """up if the integer `gate` is at least 1, else 0; of what is no integer, relu(gate) - relu(gate - 1) times up."""

    __slots__ = ("gate", "neurons", "up")

    def __init__(self, neuron: Neuron, below: Neuron) -> None:
        self.gate, self.up, self.neurons = neuron.gate, neuron.up, (neuron, below)


class Wire(Node):
    """A sum of nodes and a constant."""

    __slots__ = ("constant", "terms")

    def __init__(self, terms: Sum, constant: float = 0.0) -> None:
        self.terms, self.constant = terms, constant


@dataclass(eq=False)
class Head:
    """A head: what it asks for and what it carries, as nodes.

    Attributes:
        planned: see there.
        query: of an At head.
        match, own, query_square: of a Latest head, see `LatestHead`.
        values: what the current position carries.
        positional: of each value, its coefficients of the positional features if it is made of these alone, else None.
    """

    planned: PlannedHead
    query: Wire | None
    match: tuple[tuple[Wire, Wire], ...]
    own: Wire | None
    query_square: Wire | None
    values: tuple[Wire, ...]
    positional: tuple[dict[int, float] | None, ...]

    @property
    def name(self) -> str:
        """Of the circuit."""
        return self.planned.name


@dataclass(frozen=True)
class Network:
    """heads: in order; wires: the residual stream after the last layer; one: the feature that is 1 everywhere."""

    heads: tuple[Head, ...]
    wires: tuple[Wire, ...]

    def row(self, row: Row) -> Wire:
        """A linear form of the last stream."""
        return _row(row, self.wires)


def network(weights: Weights, plan: Plan) -> Network:
    """The nodes of a transformer."""
    stream: list[Wire] = []
    fixed = set(plan.embedded) | {j for targets in plan.positional for j, _ in targets}
    fixed -= plan.written
    features: dict[int, dict[int, float]] = defaultdict(dict)
    for i, targets in enumerate(plan.positional):
        for j, c in targets:
            features[j][i] = c
    columns, positions = set(plan.embedded), [Feature(i) for i in range(len(plan.positional))]
    for j in range(weights.width):
        terms: list[tuple[float, Node]] = [(1.0, Column(j))] if j in columns else []
        constant = 0.0
        for i, c in features[j].items():
            if i == 0:
                constant += c
            else:
                terms.append((c, positions[i]))
        stream.append(Wire(tuple(terms), constant))
    heads: list[Head] = []
    for layer in plan.layers:
        added: list[tuple[Row, Node]] = []
        for planned in layer.heads:
            head = _head(planned, stream, fixed, columns, features)
            heads.append(head)
            added += [(copied.targets, Found(head, i)) for i, copied in enumerate(planned.values)]
        stream = _added(stream, added)
        written: dict[int, list[_Written]] = defaultdict(list)
        for n in layer.neurons:
            moving = tuple((j, c) for j, c in n.gate if stream[j].terms)
            offset = sum(c * stream[j].constant for j, c in n.gate if not stream[j].terms)
            neuron = Neuron(_row(n.gate, stream), _row(n.up, stream))
            for j, c in n.targets:
                written[j].append(_Written(c, moving, offset, n.up, neuron))
        tests: dict[tuple[int, int], Test] = {}
        stream = [
            Wire((*wire.terms, *_tested(written[j], tests)), wire.constant) if j in written else wire
            for j, wire in enumerate(stream)
        ]
    return Network(tuple(heads), tuple(stream))


def _row(row: Row, stream: list[Wire] | tuple[Wire, ...]) -> Wire:
    if len(row) == 1 and row[0][1] == 1:
        return stream[row[0][0]]
    terms, constant = [], 0.0
    for j, c in row:
        if stream[j].terms:
            terms.append((c, stream[j]))
        else:
            constant += c * stream[j].constant
    return Wire(tuple(terms), constant)


def _added(stream: list[Wire], added: list[tuple[Row, Node]]) -> list[Wire]:
    terms: dict[int, list[tuple[float, Node]]] = defaultdict(list)
    for targets, node in added:
        for j, c in targets:
            terms[j].append((c, node))
    return [Wire((*w.terms, *terms[j]), w.constant) if j in terms else w for j, w in enumerate(stream)]


def _head(
    planned: PlannedHead, stream: list[Wire], fixed: set[int], columns: set[int], features: dict[int, dict[int, float]]
) -> Head:
    kind = planned.kind
    positional: list[dict[int, float] | None] = []
    for copied in planned.values:
        made: dict[int, float] | None = {}
        for j, c in copied.row:
            if made is None or j in columns or j not in fixed:
                made = None
            else:
                for i, a in features[j].items():
                    made[i] = made.get(i, 0.0) + c * a
        positional.append(made)
    values = tuple(_row(copied.row, stream) for copied in planned.values)
    match kind:
        case AtHead(query):
            return Head(planned, _row(query, stream), (), None, None, values, tuple(positional))
        case LatestHead(pairs, own, square):
            match = tuple((_row(q, stream), _row(k, stream)) for q, k in pairs)
            asked = None if square is None else _row(square, stream)
            return Head(planned, None, match, _row(own, stream), asked, values, tuple(positional))
    return Head(planned, None, (), None, None, values, tuple(positional))


@dataclass(frozen=True)
class _Written:
    """A neuron with its coefficient on a wire; moving, offset: its gate without what is constant, and the constant."""

    coefficient: float
    moving: Row
    offset: float
    up: Row
    neuron: Neuron


def _tested(written: list[_Written], tests: dict[tuple[int, int], Test]) -> Sum:
    """The neurons of a wire, with `relu(x) = test(x) + relu(x - 1)` used wherever both neurons are there."""
    groups: dict[object, dict[float, tuple[float, Neuron]]] = defaultdict(dict)
    terms: list[tuple[float, Node]] = []
    for w in written:
        same = groups[(w.moving, w.up)]
        if not w.moving or w.offset in same:
            terms.append((w.coefficient, w.neuron))
        else:
            same[w.offset] = (w.coefficient, w.neuron)
    for same in groups.values():
        carried = {offset: c for offset, (c, _) in same.items()}
        for offset in sorted(same, reverse=True):
            c, neuron = carried[offset], same[offset][1]
            if c and offset - 1 in same:
                pair = (id(neuron), id(same[offset - 1][1]))
                if pair not in tests:
                    tests[pair] = Test(neuron, same[offset - 1][1])
                terms.append((c, tests[pair]))
                carried[offset - 1] += c
            elif c:
                terms.append((c, neuron))
    return tuple(terms)


def is_position_plus_one(gate: Wire) -> bool:
    """Whether a wire is that by which a mean over all positions is multiplied to give the sum."""
    constant = 0.0
    node: Node = gate
    while isinstance(node, Wire):
        if len(node.terms) != 1 or node.terms[0][0] != 1:
            return False
        constant += node.constant
        node = node.terms[0][1]
    return isinstance(node, Feature) and node.i == 1 and constant == 1


def mean_read(up: Wire) -> Found | None:
    """The mean that a wire is, if it is one and nothing else."""
    if len(up.terms) != 1 or up.constant or up.terms[0][0] != 1:
        return None
    [(_, node)] = up.terms
    if isinstance(node, Wire):
        return mean_read(node)
    if isinstance(node, Found) and isinstance(node.head.planned.kind, Mean):
        return node
    return None


def nearest(x: float) -> int:
    """The position nearest to x. Raises Stop if there is none in particular, as the indexed engine does."""
    nearest = round(x)
    if abs(x - nearest) >= 0.499 or abs(x) >= 2.0**50:
        raise Stop
    return nearest
