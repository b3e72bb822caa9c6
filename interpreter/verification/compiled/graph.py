"""The transformer as a graph of values at one position, from the plan of its weights.

A node is a number that every position has: an entry of its token's embedding, a linear combination of nodes, a gated
neuron, or what a *scan* found. A scan is a head, or heads that share their keys: all that looks at other positions.
Nodes and scans are made in an order in which they can be computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from compiler.circuits.weights import Array
from interpreter.verification.plan import Terms


@dataclass(frozen=True)
class Embedded:
    """Entry `column` of the embedding of the token here."""

    column: int


@dataclass(frozen=True)
class Feature:
    """A positional feature (see `interpreter.model.positional`) of the position that a node holds, or of this one."""

    number: int
    of: int | None = None


@dataclass(frozen=True)
class Linear:
    """A linear form: a constant, and multiples of earlier nodes."""

    constant: float
    terms: Terms


@dataclass(frozen=True)
class Gated:
    """`relu(gate) * up`."""

    gate: int
    up: int


@dataclass(frozen=True)
class Nearest:
    """The position up to this one that is nearest to a query."""

    query: int


@dataclass(frozen=True)
class Share:
    """A sum over all positions up to this one, divided by their number."""

    total: int


@dataclass(frozen=True)
class Found:
    """Output number `output` of a scan."""

    scan: int
    output: int


Node = Embedded | Feature | Linear | Gated | Nearest | Share | Found


@dataclass(frozen=True)
class SumScan:
    """Running sums of the values."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class PreviousScan:
    """The values of the position before; position 0 sees itself."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class LatestScan:
    """The values of the position with the largest `score + recency` so far."""

    name: str
    score: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class AtScan:
    """At position `index`: the row of `table` (vocabulary, n) for the token there, then what `kept` were there."""

    name: str
    index: int
    table: Array = field(hash=False, compare=False)
    kept: tuple[int, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """Of what it brings, what has to be kept for later positions."""
        return self.kept


@dataclass(frozen=True)
class Query:
    """coordinates, and with a default their squared length; outputs: which of the scan's values are asked for."""

    coordinates: tuple[int, ...]
    square: int | None
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class MatchScan:
    """The values of the latest eligible position whose key is the query, for each query; see `matching`.

    Outputs are numbered query by query. default: where nothing matches, the values of position 0.
    """

    name: str
    keys: tuple[int, ...]
    eligible: int
    key_square: int
    values: tuple[int, ...]
    queries: tuple[Query, ...]
    default: bool


Scan = SumScan | PreviousScan | LatestScan | AtScan | MatchScan


def state_inputs(scan: Scan) -> tuple[int, ...]:
    """The nodes that what a scan carries from position to position is made of."""
    match scan:
        case LatestScan():
            return (scan.score, *scan.values)
        case MatchScan():
            return (*scan.keys, scan.eligible, scan.key_square, *scan.values)
        case _:
            return scan.values


def inputs(scan: Scan) -> tuple[int, ...]:
    """All nodes that a scan reads."""
    match scan:
        case AtScan():
            return (scan.index, *scan.kept)
        case MatchScan():
            squares = (query.square for query in scan.queries if query.square is not None)
            return (*state_inputs(scan), *(c for query in scan.queries for c in query.coordinates), *squares)
        case _:
            return state_inputs(scan)


@dataclass(frozen=True)
class FamilyNodes:
    """A family of tokens (see `interpreter.model.unembedding`) with nodes in the place of its rows."""

    first: int
    values: int
    flags: int
    constant: int
    linear: int
    square: int
    flag: int


@dataclass
class Graph:
    """nodes, scans: see there; doubtful[i]: node i may be unknown; whole[i]: it is an integer, whatever the tokens.

    wires: by name, the residual stream after the last layer. unknown: nodes without which no token is decided.
    """

    embedding: Array
    radix: int
    max_tokens: int
    nodes: list[Node] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    doubtful: list[bool] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    wires: dict[str, int] = field(default_factory=dict)
    families: tuple[FamilyNodes, ...] = ()
    logit_rows: tuple[int, ...] = ()
    _number: dict[Node, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """The number of a node; the same for equal ones."""
        if node not in self._number:
            self._number[node] = len(self.nodes)
            self.nodes.append(node)
            self.doubtful.append(self._is_doubtful(node))
            self.whole.append(self._is_whole(node))
        return self._number[node]

    def linear(self, terms: Iterable[tuple[int, float]], constant: float = 0.0) -> int:
        """The sum of coefficient times node; a node itself if that is all."""
        total: dict[int, float] = {}
        for node, coefficient in terms:
            known = self.nodes[node]
            if isinstance(known, Linear) and not known.terms:
                constant += coefficient * known.constant
            else:
                total[node] = total.get(node, 0.0) + coefficient
        kept = tuple((node, c) for node, c in total.items() if c)
        if not constant and len(kept) == 1 and kept[0][1] == 1:
            return kept[0][0]
        return self.add(Linear(constant, kept))

    def reads(self, node: Node) -> tuple[int, ...]:
        """The nodes that a node is computed from; for what a scan found, all that the scan reads."""
        match node:
            case Linear(_, terms):
                return tuple(i for i, _ in terms)
            case Gated(gate, up):
                return gate, up
            case Nearest(read) | Share(read) | Feature(_, int(read)):
                return (read,)
            case Found(scan, _):
                return inputs(self.scans[scan])
        return ()

    def _is_doubtful(self, node: Node) -> bool:
        if isinstance(node, Found):
            return isinstance(self.scans[node.scan], MatchScan)
        return isinstance(node, Linear | Gated) and any(self.doubtful[i] for i in self.reads(node))

    def _is_whole(self, node: Node) -> bool:
        match node:
            case Embedded(column):
                return _integers(self.embedding[:, column])
            case Linear(constant, terms):
                return constant.is_integer() and all(c.is_integer() and self.whole[i] for i, c in terms)
            case Gated(gate, up):
                return self.whole[gate] and self.whole[up]
            case Feature() | Nearest():
                return True
            case Share():
                return False
            case Found(number, output):
                return self._output_is_whole(self.scans[number], output)

    def _output_is_whole(self, scan: Scan, output: int) -> bool:
        match scan:
            case AtScan():
                columns = scan.table.shape[1]
                return _integers(scan.table[:, output]) if output < columns else self.whole[scan.kept[output - columns]]
            case MatchScan():
                return self.whole[scan.values[[value for query in scan.queries for value in query.outputs][output]]]
            case _:
                return self.whole[scan.values[output]]


def _integers(column: Array) -> bool:
    return bool((column == np.round(column)).all())
