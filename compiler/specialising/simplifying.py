"""A graph of which nothing is computed that is known, or that no token depends on.

Bounds of every wire follow from those of the token features, in intervals, so that they hold for every run. A wire
whose bounds are one number is a constant. A gate that is never above 0 is closed, and its neuron goes; one
that is never below 0 is open, and its neuron linear where gate or value is constant. A token is never decoded
whose logit is never above that of another one. What is then left of the vocabulary gives new bounds, until nothing
changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import FIRST, PARITY, POSITION, SQUARE
from compiler.circuits.expressions import ONE, Expression, Neuron, Number, Wire
from compiler.circuits.heads import At, Head, Latest, Mean
from compiler.circuits.schedule import head_reads
from compiler.specialising.graph import (
    Graph,
    Neurons,
    Rewrite,
    head_rewritten,
    in_order,
    neurons_rewritten,
    parts,
    substitution,
    value_wire,
    wires_of,
)

Bounds = tuple[float, float]
Numbers = npt.NDArray[np.int64]
_ZERO = Expression({}, {})


@dataclass(frozen=True)
class Simplified:
    """What is left: a graph, and the tokens that can follow, in the order of their numbers."""

    graph: Graph
    tokens: tuple[int, ...]


def simplified(graph: Graph, given: Collection[int]) -> Simplified:
    """The graph for runs that go on from the tokens `given`, and from what is then decoded.

    A token counts as decoded where its logit is larger than all others. That there is such a one, `punchtape check`
    proves.
    """
    tokens = np.arange(len(next(iter(graph.logits.values()))))
    graph = live(_folded_once(graph, tokens))
    while True:
        left = _possible(graph, tokens, given)
        again = live(_folded_once(graph, left))
        if len(left) == len(tokens) and _size(again) >= _size(graph):
            return Simplified(graph, tuple(left.tolist()))
        graph, tokens = again, left


def _size(graph: Graph) -> int:
    """How many neurons there are, and values that heads copy."""
    return sum(map(len, graph.computed.values())) + sum(len(head.values) for head in graph.heads)


# ------------------------------------------------------------------------------------------------ bounds


def bounds_of(expression: Expression, known: Mapping[Wire, Bounds]) -> Bounds:
    """Bounds of a linear expression."""
    low = high = 0.0
    for w, c in expression.wires.items():
        a, b = known[w]
        low, high = (low + c * a, high + c * b) if c > 0 else (low + c * b, high + c * a)
    return low, high


def product(x: Bounds, y: Bounds) -> Bounds:
    """Bounds of a product; 0 times what may be infinite is 0."""
    corners = [0.0 if a == 0 or b == 0 else a * b for a in x for b in y]
    return min(corners), max(corners)


def sum_bounds(neurons: Neurons, known: Mapping[Wire, Bounds]) -> Bounds:
    """Bounds of a sum of neurons.

    Those with the same value, whose gates differ by constants or are opposite, are a function of one number, linear
    between the points at which a gate opens: its extremes are there, or at the ends. So a step is from 0 to 1.
    """
    functions: dict[tuple[Expression, Expression], list[tuple[Number, int, Number]]] = {}
    for neuron, c in neurons.items():
        moving, constant = _parted(neuron.gate)
        side = 1 if next(iter(moving.wires.values()), 1) > 0 else -1
        functions.setdefault((side * moving, neuron.value), []).append((c, side, constant))
    low = high = 0.0
    for (x, value), terms in functions.items():
        a, b = product(_piecewise(terms, bounds_of(x, known)), bounds_of(value, known))
        low, high = low + a, high + b
    return low, high


def _parted(gate: Expression) -> tuple[Expression, Number]:
    """Without its constant, the wires in the order of their names; and the constant."""
    moving = {w: gate.wires[w] for w in sorted(gate.wires) if w != ONE}
    return Expression(moving, {}), gate.wires.get(ONE, 0)


def _piecewise(terms: list[tuple[Number, int, Number]], x: Bounds) -> Bounds:
    """Bounds of the sum of c * relu(side * x + constant) for x within bounds."""

    def at(point: float) -> float:
        return sum(c * max(side * point + constant, 0.0) for c, side, constant in terms)

    opens = sorted({-side * constant for _, side, constant in terms})
    inner = [p for p in opens if x[0] <= p <= x[1]]
    found = [at(p) for p in inner]
    for end, beyond in ((x[0], opens[0]), (x[1], opens[-1])):
        slope = sum(c * side for c, side, constant in terms if side * (end - beyond) > 0)
        outside = end <= beyond if end == x[0] else end >= beyond
        if outside and beyond in inner and slope == 0:
            continue
        if not outside or abs(end) < np.inf:
            found.append(at(end))
        elif slope:
            found.append(float(np.sign(slope * end)) * np.inf)
        else:
            found.append(at(beyond))
    return min(found), max(found)


def _positions(graph: Graph) -> dict[Wire, Bounds]:
    """Of the positional features after the first position."""
    last = float(graph.max_tokens)
    return {ONE: (1, 1), POSITION: (1, last), SQUARE: (1, last * last), PARITY: (-1, 1), FIRST: (0, 0)}


def _folded_once(graph: Graph, tokens: Numbers) -> Graph:
    """One pass in the order of the computation: bounds, and at once what follows from them."""
    known = _positions(graph)
    known |= {wire: (float(c[tokens].min()), float(c[tokens].max())) for wire, c in graph.features.items()}
    instead: dict[Wire, Expression] = {}
    for wire in graph.features:
        if known[wire][0] == known[wire][1]:
            instead[wire] = Expression({ONE: known[wire][0]}, {})
    heads: list[Head] = []
    computed: dict[Wire, Neurons] = {}
    for item in in_order(graph):
        by = substitution(instead)
        if isinstance(item, Head):
            head = head_rewritten(item, by)
            kept = {}
            for name, e in head.values.items():
                wire = value_wire(item, name)
                plain = _without_head(head, name, graph, known)
                if plain is not None:
                    instead[wire] = plain
                    continue
                kept[name] = item.values[name]
                known[wire] = _either(bounds_of(e, known), graph.stand_ins[item.name].values[name])
            if kept:
                heads.append(Head(item.name, item.pattern, kept))
            continue
        linear, left = _neurons(graph.computed[item], by, known)
        low, high = sum_bounds(neurons_rewritten(left, by), known)
        below, above = bounds_of(linear, known)
        if below == above and item in graph.bounds:
            told = graph.bounds[item]
            low, high = max(low, told[0] - below), min(high, told[1] - above)
        if low == high:
            linear, left = linear + low, {}
        if left:
            computed[item], known[item] = left, (low, high)
        if linear != _ZERO or not left:
            instead[item] = linear + (Expression({item: 1}, {}) if left else _ZERO)
    made = replace(graph, heads=tuple(heads), computed=computed)
    made = replace(made, bounds={w: known[w] for w in graph.bounds if w in computed})
    return made.rewritten(substitution(instead))


def _either(bounds: Bounds, value: float) -> Bounds:
    return min(bounds[0], value), max(bounds[1], value)


def _neurons(neurons: Neurons, by: Rewrite, known: Mapping[Wire, Bounds]) -> tuple[Expression, dict[Neuron, Number]]:
    """A linear part, and what is left of a sum of neurons."""
    linear, left = _ZERO, dict[Neuron, Number]()
    for old, c in neurons.items():
        gate, up = by(old.gate), by(old.value)
        low, high = bounds_of(gate, known)
        value = bounds_of(up, known)
        if high <= 0 or value == (0, 0):
            continue
        if low == high:
            linear += c * low * up
        elif low >= 0 and value[0] == value[1]:
            linear += c * value[0] * gate
        else:
            left[old] = c
    return linear, left


def _without_head(head: Head, name: str, graph: Graph, known: Mapping[Wire, Bounds]) -> Expression | None:
    """What a value of a head is, if that is known without the head."""
    value = head.values[name]
    stands = Expression({ONE: graph.stand_ins[head.name].values[name]}, {})
    here = bounds_of(value, known)
    found = graph.stand_ins[head.name]
    match head.pattern:
        case At(query) if bounds_of(query, known)[1] <= 0:
            return stands
        case Latest(eligible=eligible, query_square=square) if bounds_of(eligible, known)[1] <= 0:
            if square is not None or found.eligible:
                return stands
            return value if not head.pattern.match else None
    if here[0] == here[1] == stands.wires.get(ONE, 0.0) and not isinstance(head.pattern, Mean):
        return stands
    if isinstance(head.pattern, Mean) and here == (0, 0) and stands == _ZERO:
        return _ZERO
    return None


# ------------------------------------------------------------------------------------------------ tokens


def _possible(graph: Graph, tokens: Numbers, given: Collection[int]) -> Numbers:
    """Those of the tokens that are given, or whose logit may be larger than that of every other one.

    The logits of two tokens differ by what the unembedding has in different columns. Of a wire that is never below 0 a
    smaller weight is no better; in all other columns the two must be equal, for one to be never above the other.
    """
    known = wire_bounds(graph, tokens)
    wires = list(graph.logits)
    rows = np.stack([graph.logits[w] for w in wires], 1)
    fixed = np.array([w == ONE for w in wires])
    above = np.array([known[w][0] >= 0 for w in wires]) & ~fixed
    alike: dict[bytes, list[int]] = {}
    for i, row in enumerate(np.ascontiguousarray(rows[:, ~above & ~fixed] + 0.0)):
        alike.setdefault(row.tobytes(), []).append(i)
    by_size: dict[int, list[list[int]]] = {}
    for group in alike.values():
        by_size.setdefault(len(group), []).append(group)
    possible = np.zeros(len(rows), dtype=bool)
    possible[list(given)] = True
    for size, groups in by_size.items():
        places = np.array(groups)
        never = np.repeat(~np.eye(size, dtype=bool)[None], len(places), 0)
        for column in rows[:, above | fixed].T:
            own = column[places]
            never &= own[:, None, :] >= own[:, :, None]
        # As no token is above itself, one other suffices; it may be one that never follows.
        possible[places] |= ~never.any(2)
    return np.asarray(tokens[possible[tokens]])


def wire_bounds(graph: Graph, tokens: Numbers) -> dict[Wire, Bounds]:
    """Bounds of every wire of a graph whose first position stands for a prompt, after that position."""
    known = _positions(graph)
    known |= {wire: (float(c[tokens].min()), float(c[tokens].max())) for wire, c in graph.features.items()}
    for item in in_order(graph):
        if isinstance(item, Head):
            for name, e in item.values.items():
                stands = graph.stand_ins[item.name].values[name]
                known[value_wire(item, name)] = _either(bounds_of(e, known), stands)
        else:
            low, high = sum_bounds(graph.computed[item], known)
            told = graph.bounds.get(item, (-np.inf, np.inf))
            known[item] = max(low, told[0]), min(high, told[1])
    return known


# ------------------------------------------------------------------------------------------------- live


def live(graph: Graph) -> Graph:
    """Without what no logit depends on."""
    wanted = set(graph.logits)
    for item in reversed(list(in_order(graph))):
        if isinstance(item, Head):
            values = {n: e for n, e in item.values.items() if value_wire(item, n) in wanted}
            if values:
                wanted |= wires_of(head_reads(Head(item.name, item.pattern, values)))
        elif item in wanted:
            wanted |= wires_of(parts(graph.computed[item]))
    heads = []
    for head in graph.heads:
        values = {n: e for n, e in head.values.items() if value_wire(head, n) in wanted}
        if values:
            heads.append(Head(head.name, head.pattern, values))
    return replace(
        graph,
        features={w: c for w, c in graph.features.items() if w in wanted},
        heads=tuple(heads),
        computed={w: n for w, n in graph.computed.items() if w in wanted},
        bounds={w: b for w, b in graph.bounds.items() if w in wanted},
    )
