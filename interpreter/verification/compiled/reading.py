"""From the plan of a machine's weights to a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from compiler.circuits.circuit import POSITION, POSITIONAL
from compiler.circuits.heads import At, Latest, Mean, Offset, Previous
from compiler.circuits.weights import Array, Weights
from interpreter.model.unembedding import Family, families
from interpreter.verification.compiled.graph import (
    AtScan,
    Embedded,
    FamilyNodes,
    Feature,
    Found,
    Gated,
    Graph,
    LatestScan,
    MatchScan,
    Nearest,
    PreviousScan,
    Query,
    Scan,
    Share,
    SumScan,
)
from interpreter.verification.matching import key_of
from interpreter.verification.plan import FeedForwardPlan, HeadPlan, Indices, Plan, Terms, Undetermined


def graph_of(weights: Weights, plan: Plan) -> Graph:
    """The graph of stacked weights and their plan.

    Raises:
        Undetermined: a head has a pattern, or a default, that no scan finds.
    """
    graph = Graph(plan.embedding, plan.radix, weights.max_tokens)
    zero = graph.linear([])
    stream = [zero] * len(plan.wires)
    stream[: plan.embedding.shape[1]] = [graph.add(Embedded(i)) for i in range(plan.embedding.shape[1])]
    for feature, row in plan.positional.items():
        stream[row] = graph.add(Feature(feature)) if feature else graph.linear([], 1.0)
    for layer in plan.layers:
        written = _Heads(graph, plan, stream).attend(layer.heads)
        _add(graph, stream, written)
        _feed_forward(graph, stream, layer.feed_forward)
    graph.wires = {wire.name: node for wire, node in zip(plan.wires, stream)}
    graph.logit_rows = tuple(stream[row] for row in plan.logit_rows.tolist())
    node_of_column = {weights.wires.index(wire): node for wire, node in zip(plan.wires, stream)}
    graph.families = tuple(_family(graph, node_of_column, f) for f in families(weights.unembedding))
    return graph


def _family(graph: Graph, node_of_column: Mapping[int, int], family: Family) -> FamilyNodes:
    rows = (family.constant, family.linear, family.square, family.flag)
    nodes = [graph.linear((node_of_column[j], float(row[j])) for j in np.flatnonzero(row).tolist()) for row in rows]
    return FamilyNodes(family.first, family.values, family.flags, *nodes)


def _add(graph: Graph, stream: list[int], written: Iterable[tuple[int, float, int]]) -> None:
    """Adds (row, coefficient, node) to the stream, all at once."""
    added: dict[int, list[tuple[int, float]]] = {}
    for row, coefficient, node in written:
        added.setdefault(row, []).append((node, coefficient))
    for row, terms in added.items():
        stream[row] = graph.linear([(stream[row], 1.0), *terms])


def _feed_forward(graph: Graph, stream: list[int], plan: FeedForwardPlan) -> None:
    def read(rows: Array, columns: Indices) -> list[int]:
        reads = [stream[row] for row in columns.tolist()]
        return [graph.linear((reads[j], float(line[j])) for j in np.flatnonzero(line).tolist()) for line in rows]

    gates, ups = read(plan.gate, plan.gate_rows), read(plan.up, plan.up_rows)
    ups += [graph.linear([], 1.0)] * (len(gates) - len(ups))
    hidden = [graph.add(Gated(gate, up)) for gate, up in zip(gates, ups)]
    targets = [*range(plan.first_row, plan.first_row + len(plan.set_down)), *plan.added_rows.tolist()]
    lines = [*plan.set_down, *plan.added_down]
    _add(
        graph,
        stream,
        [(row, float(line[n]), hidden[n]) for row, line in zip(targets, lines) for n in np.flatnonzero(line).tolist()],
    )


class _Heads:
    """The heads of a layer, which read one stream."""

    def __init__(self, graph: Graph, plan: Plan, stream: Sequence[int]) -> None:
        self.graph, self.plan, self.stream = graph, plan, stream

    def attend(self, heads: Sequence[HeadPlan]) -> list[tuple[int, float, int]]:
        """The scans of these heads; what they add to the stream as (row, coefficient, node)."""
        written: list[tuple[int, float, int]] = []
        groups: dict[object, list[HeadPlan]] = {}
        for head in heads:
            if isinstance(head.pattern, Latest) and not head.pattern.recent:
                raise Undetermined(f"head {head.name!r} takes the mean of its matches, which verification does not")
            if isinstance(head.pattern, Latest) and head.pattern.match:
                groups.setdefault(key_of(head), []).append(head)
            else:
                written += self._written(head, self._outputs(head))
        for group in groups.values():
            for head, nodes in zip(group, self._match(group)):
                written += self._written(head, nodes)
        return written

    @staticmethod
    def _written(head: HeadPlan, nodes: Sequence[int]) -> Iterable[tuple[int, float, int]]:
        return [(t.row, t.coefficient, node) for value, node in zip(head.values, nodes) for t in value.targets]

    def _read(self, terms: Terms) -> int:
        return self.graph.linear((self.stream[row], c) for row, c in terms)

    def _scan(self, scan: Scan, outputs: int) -> list[int]:
        self.graph.scans.append(scan)
        return [self.graph.add(Found(len(self.graph.scans) - 1, i)) for i in range(outputs)]

    def _outputs(self, head: HeadPlan) -> list[int]:
        graph, plan, name = self.graph, self.plan, head.name
        match head.pattern:
            case At(query):
                return self._at(head, graph.add(Nearest(self._read(plan.terms(query)))))
            case Offset(distance):
                return self._before(head, distance)
        values = tuple(self._read(value.terms) for value in head.values)
        match head.pattern:
            case Mean():
                return [graph.add(Share(total)) for total in self._scan(SumScan(name, values), len(values))]
            case Previous():
                return self._scan(PreviousScan(name, values), len(values))
            case Latest(match=(), eligible=eligible, key_square=key_square, query_square=square):
                if square is not None:
                    raise Undetermined(f"head {name!r} has a default but nothing to match")
                own, penalty = self._read(plan.terms(eligible)), self._read(plan.terms(key_square))
                score = graph.linear([(own, 1.0), (penalty, -1.0)])
                return self._scan(LatestScan(name, score, values), len(values))
        raise AssertionError(head.pattern)

    def _before(self, head: HeadPlan, distance: int) -> list[int]:
        """The position so far before, by its number; a gate that is closed where there is none makes it 0."""
        graph, one = self.graph, self.graph.linear([], 1.0)
        position = graph.add(Feature(POSITIONAL.index(POSITION)))
        back = graph.linear([(position, 1.0)], -float(distance))
        ahead = graph.linear([(position, 1.0)], 1.0 - distance)
        there = graph.linear([(graph.add(Gated(ahead, one)), 1.0), (graph.add(Gated(back, one)), -1.0)])
        return [graph.add(Gated(there, found)) for found in self._at(head, graph.add(Nearest(back)))]

    def _at(self, head: HeadPlan, index: int) -> list[int]:
        """Values that the embedding alone decides are looked up again, those of the position are computed again."""
        graph, plan = self.graph, self.plan
        feature_of_row = {row: feature for feature, row in plan.positional.items()}
        columns: list[Array] = []
        place: list[int | None] = []
        kept: list[int] = []
        for value in head.values:
            rows = {row for row, _ in value.terms}
            if rows <= feature_of_row.keys():
                place.append(None)
            elif not rows & plan.late and not rows & feature_of_row.keys():
                place.append(len(columns))
                columns.append(_combination(plan.embedding, value.terms))
            else:
                place.append(-1 - len(kept))
                kept.append(self._read(value.terms))
        table = np.stack(columns, 1) if columns else np.zeros((len(plan.embedding), 0))
        found = self._scan(AtScan(head.name, index, table, tuple(kept)), len(columns) + len(kept))
        nodes = []
        for number, value in zip(place, head.values):
            if number is not None:
                nodes.append(found[number] if number >= 0 else found[len(columns) - 1 - number])
                continue
            features = [(feature_of_row[row], c) for row, c in value.terms]
            moving = [(graph.add(Feature(feature, index)), c) for feature, c in features if feature]
            nodes.append(graph.linear(moving, sum((c for feature, c in features if not feature), 0.0)))
        return nodes

    def _match(self, heads: Sequence[HeadPlan]) -> list[list[int]]:
        plan = self.plan
        patterns = [head.pattern for head in heads if isinstance(head.pattern, Latest)]
        first = patterns[0]
        terms = list(dict.fromkeys(value.terms for head in heads for value in head.values))
        queries = []
        for head, pattern in zip(heads, patterns):
            coordinates = tuple(self._read(plan.terms(query)) for query, _ in pattern.match)
            square = None if pattern.query_square is None else self._read(plan.terms(pattern.query_square))
            queries.append(Query(coordinates, square, tuple(terms.index(value.terms) for value in head.values)))
        scan = MatchScan(
            heads[0].name,
            tuple(self._read(plan.terms(key)) for _, key in first.match),
            self._read(plan.terms(first.eligible)),
            self._read(plan.terms(first.key_square)),
            tuple(map(self._read, terms)),
            tuple(queries),
            first.query_square is not None,
        )
        found = iter(self._scan(scan, sum(len(query.outputs) for query in queries)))
        return [[next(found) for _ in query.outputs] for query in queries]


def _combination(embedding: Array, terms: Terms) -> Array:
    """The value for every token of the vocabulary."""
    total = np.zeros(len(embedding))
    for row, coefficient in terms:
        if row < embedding.shape[1]:
            total += coefficient * embedding[:, row]
    return total
