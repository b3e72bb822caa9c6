"""A graph without a prefix of its tokens: the first position stands for all of it.

What heads would find in the prefix is computed once, by the graph itself (`evaluation`), and then
- a mean, which is read only as a sum, begins with the sum over the prefix;
- "the token before", and "the latest of some sort", find the first position, which copies what the prefix has last;
- a lookup of a position becomes a function of the query, in neurons (`tables`), since what stands there is a constant;
- a search by key finds the first position where nothing in the run matches, by the default that such heads can have;
  then the neurons of the entry that matches in the prefix add what is different there.

Positions are counted from the first again; what reads a position as a number reads so much more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, gcd

import numpy as np

from compiler.circuits.circuit import FIRST, PARITY, POSITION, SQUARE
from compiler.circuits.expressions import ONE, Expression, Wire
from compiler.circuits.heads import At, Head, Latest, Mean, Offset, Previous
from compiler.circuits.schedule import head_reads
from compiler.circuits.weights import Array
from compiler.machines.specialised.specialised import NotSpecialisable
from compiler.specialising.evaluation import evaluated, read
from compiler.specialising.graph import (
    Graph,
    Rewrite,
    StandIn,
    head_rewritten,
    in_order,
    neurons_rewritten,
    substitution,
    value_wire,
    wires_of,
)
from compiler.specialising.tables import Tables

_ONE = Expression({ONE: 1}, {})
_COUNT = Expression({POSITION: 1, ONE: 1}, {})
"""How many positions there are so far."""


@dataclass(frozen=True)
class Asked:
    """The positions of the prefix, from `first` to `last`, that heads ask for by their number.

    A graph is specialised under the assumption that, where it matters, they ask for no others, and that a head which
    copies nothing but numbers of positions asks for at most as many more than `first` as tokens follow.
    """

    first: int
    last: int


def folded(graph: Graph, prefix: Sequence[int], asked: Asked | None = None) -> Graph:
    """The graph that computes after any tokens, the first standing for the prefix, what `graph` does after the prefix.

    asked: if not given, nothing is assumed: a head can only ask for a certain position of the prefix.

    Raises:
        NotSpecialisable: a head or neuron makes that impossible.
    """
    return _Folding(graph, prefix, asked).graph()


class _Folding:
    def __init__(self, graph: Graph, prefix: Sequence[int], asked: Asked | None) -> None:
        self.original, self.last = graph, len(prefix) - 1
        self.assumed, self.asked = asked is not None, asked or Asked(0, self.last)
        if self.last + 1 >= graph.max_tokens:
            raise NotSpecialisable(
                f"the prompt has {len(prefix):,} tokens, and these weights tell {graph.max_tokens:,} apart; "
                "--positions gives them more"
            )
        self.at_prefix = evaluated(graph, prefix)
        made = {value_wire(head, name) for head in graph.heads for name in head.values}
        self.tables = Tables({*graph.features, *graph.computed, *made})
        self.replaced: dict[Wire, Expression] = {}
        self.stand_ins: dict[str, StandIn] = {}
        self.means = {value_wire(h, n) for h in graph.heads if isinstance(h.pattern, Mean) for n in h.values}
        self.sums, self.whole, self.rounded = _nature(graph, self.means)
        self.shifted = _shift(self.last)
        self._check_means()
        self.exact: list[tuple[Expression, Expression]] = []
        self.range = self._range()

    def graph(self) -> Graph:
        heads = [head for old in self.original.heads if (head := self._head(old)) is not None]
        computed = {
            wire: neurons if wire in self.sums else neurons_rewritten(neurons, self.shifted)
            for wire, neurons in self.original.computed.items()
        }
        shifted = replace(self.original, heads=(), computed={}).rewritten(self.shifted)
        made = replace(
            shifted,
            heads=tuple(heads),
            computed=computed | self.tables.computed,
            stand_ins=self.stand_ins,
            bounds={**self.original.bounds, **self.tables.bounds},
        )
        return made.rewritten(substitution(self.replaced))

    # ------------------------------------------------------------------------------------------ means

    def _check_means(self) -> None:
        """Means are read as sums only: `relu(position + 1) * mean`, which does not depend on how many come before."""
        reads = {w for head in self.original.heads for w in wires_of(head_reads(head))} | self.original.logits.keys()
        for wire, neurons in self.original.computed.items():
            if wire not in self.sums:
                reads |= wires_of(part for n in neurons for part in (n.gate, n.value))
        if bad := sorted(w.name for w in self.means & reads):
            raise NotSpecialisable(f"the mean {bad[0]!r} is read otherwise than as a sum, times the number of tokens")

    # ------------------------------------------------------------------------------------------ heads

    def _head(self, head: Head) -> Head | None:
        match head.pattern:
            case Mean():
                sums = {name: float(np.sum(self._column(head, e))) for name, e in head.values.items()}
                return self._standing(head, sums)
            case Previous() | Offset(distance=1):
                return self._standing(head, self._values(head, self.last))
            case Offset(distance=0):
                return self._standing(head, self._values(head, self.last))
            case At(query) if self._numbers_only(head):
                return self._number(head, query)
            case At(query):
                self._function(head, query)
                return None
            case Latest(match=(), within=None, recent=True):
                return self._register(head)
            case Latest(within=None, recent=True):
                return self._search(head, head.pattern)
        raise NotSpecialisable(f"head {head.name!r} attends in a way that specialising does not know: {head.pattern}")

    def _column(self, head: Head, expression: Expression) -> Array:
        column = read(expression, self.at_prefix)
        if np.isnan(column).any():
            raise NotSpecialisable(f"head {head.name!r} copies what is not known in the prompt")
        return column

    def _values(self, head: Head, position: int) -> dict[str, float]:
        return {name: float(self._column(head, e)[position]) for name, e in head.values.items()}

    def _standing(self, head: Head, values: Mapping[str, float], eligible: float = 0.0) -> Head:
        self.stand_ins[head.name] = StandIn(values, eligible)
        return head_rewritten(head, self.shifted)

    def _register(self, head: Head) -> Head:
        assert isinstance(head.pattern, Latest)
        offered = np.flatnonzero(self._column(head, head.pattern.eligible) == 1)
        if not len(offered):
            return self._standing(head, dict.fromkeys(head.values, 0.0))
        return self._standing(head, self._values(head, int(offered[-1])), 1.0)

    def _search(self, head: Head, pattern: Latest) -> Head:
        entries, default = self._entries(head, pattern)
        head = self._standing(head, default)
        query = [self.shifted(q) for q, _ in pattern.match]
        if not entries:
            return head
        square = pattern.query_square
        square = self.tables.squares(f"{head.name} query squared", query) if square is None else self.shifted(square)
        values, stand_in = dict(head.values), self.stand_ins[head.name]
        missing = "in the prompt"
        while missing in values:
            missing += ", again"
        values[missing] = Expression({FIRST: 1}, {})
        self.stand_ins[head.name] = StandIn({**stand_in.values, missing: 1.0})
        wires = {name: self.tables.new(f"{head.name}.{name} from the prompt") for name in default}
        added = self.tables.matches(
            Expression({Wire(f"{head.name}.{missing}"): 1}, {}),
            query,
            square,
            {key: {wires[n]: v - default[n] for n, v in found.items()} for key, found in entries.items()},
        )
        for name, wire in wires.items():
            if wire in added:
                brought = value_wire(head, name)
                self.replaced[brought] = Expression({brought: 1}, {}) + added[wire]
        assert isinstance(head.pattern, Latest)
        return Head(head.name, replace(head.pattern, query_square=square), values)

    def _entries(
        self, head: Head, pattern: Latest
    ) -> tuple[dict[tuple[float, ...], dict[str, float]], dict[str, float]]:
        """What the prefix has by key, where it is not what the head brings by default; and that."""
        offered = self._column(head, pattern.eligible) == 1
        keys = [read(key, self.at_prefix) for _, key in pattern.match]
        if any(np.isnan(key[offered]).any() for key in keys):
            raise NotSpecialisable(f"head {head.name!r} has a key that is not known in the prompt")
        columns = {name: read(e, self.at_prefix) for name, e in head.values.items()}
        default = dict.fromkeys(columns, 0.0)
        if pattern.query_square is not None:
            default = {name: float(column[0]) for name, column in columns.items()}
        entries = {}
        for p in np.flatnonzero(offered).tolist():
            entries[tuple(float(key[p]) for key in keys)] = {name: float(c[p]) for name, c in columns.items()}
        if any(np.isnan(v) for found in (default, *entries.values()) for v in found.values()):
            raise NotSpecialisable(f"head {head.name!r} copies what is not known in the prompt")
        return {key: found for key, found in entries.items() if found != default}, default

    # ------------------------------------------------------------------------- positions by their number

    def _numbers_only(self, head: Head) -> bool:
        return wires_of(head.values.values()) <= {ONE, POSITION, SQUARE}

    def _number(self, head: Head, query: Expression) -> Head:
        """A head that makes a number exact: it may as well look it up among the positions that there are now."""
        first = self.asked.first
        self.stand_ins[head.name] = StandIn(self._values(head, first))
        values = {name: _shift(first)(e) for name, e in head.values.items()}
        return Head(head.name, At(self.shifted(query) - first), values)

    def _steps(self, query: Expression) -> tuple[int, int, Expression]:
        """g, r and x, an expression without a constant, such that the query is g x + r, and x an integer."""
        constant = query.wires.get(ONE, 0)
        moving = query - constant
        factors = list(moving.wires.values())
        whole = all(w in self.whole for w in moving.wires) and all(float(c).is_integer() for c in factors)
        g = gcd(*map(int, factors)) if whole and factors and float(constant).is_integer() else 1
        if g == 1:
            return 1, 0, query
        return g, int(constant), Expression({w: c / g for w, c in moving.wires.items()}, {})

    def _steps_asked(self, g: int, r: int) -> tuple[int, int]:
        """From where to where x goes, if the head asks for positions that it may ask for."""
        last = min(self.asked.last, self.last)
        return ceil((self.asked.first - r) / g), floor((last - r) / g)

    def _range(self) -> tuple[int, int]:
        """The same for all heads together."""
        found = [
            self._steps_asked(g, r)
            for head in self.original.heads
            if isinstance(head.pattern, At) and not self._numbers_only(head)
            for g, r, _ in [self._steps(self.shifted(head.pattern.query))]
        ]
        return min((low for low, _ in found), default=0), max((high for _, high in found), default=0)

    def _exactly(self, x: Expression) -> Expression:
        """x as an exact integer: itself, if no rounded sum is in it; else rounded, or told from one that was."""
        if not wires_of([x]) & self.rounded:
            return x
        for other, exact in self.exact:
            if not wires_of([x - other]) & self.rounded:
                return exact + (x - other)
        low, high = self.range
        exact = self.tables.exact(f"number {len(self.exact)}", x, low, high)
        self.exact.append((x, exact))
        return exact

    def _function(self, head: Head, query: Expression) -> None:
        """A head that finds tokens of the prefix only: what it copies is a function of the query."""
        g, r, x = self._steps(self.shifted(query))
        certain = x.wires.keys() <= {ONE} and 0 <= x.wires.get(ONE, 0) <= self.last
        if not self.assumed and not certain:
            raise NotSpecialisable(f"head {head.name!r} may ask for positions after the prompt, by their number")
        low, high = self._steps_asked(g, r)
        at = np.clip(g * np.arange(low, high + 1) + r, 0, self.last)
        columns = {Wire(f"{head.name}.{name}"): self._column(head, e)[at] for name, e in head.values.items()}
        self.replaced |= self.tables.function(self._exactly(x), low, columns)


def _shift(by: int) -> Rewrite:
    """Positions counted from a later one on; none of them is the first one."""
    position = Expression({POSITION: 1, ONE: by}, {})
    square = Expression({SQUARE: 1, POSITION: 2 * by, ONE: by * by}, {})
    parity = Expression({PARITY: -1 if by % 2 else 1}, {})
    return substitution({POSITION: position, SQUARE: square, PARITY: parity, FIRST: Expression({}, {})})


def _nature(graph: Graph, means: set[Wire]) -> tuple[set[Wire], set[Wire], set[Wire]]:
    """Wires that are sums over all positions; that are integers, in exact arithmetic; that are made of rounded sums."""
    sums: set[Wire] = set()
    whole = {ONE, POSITION, SQUARE, PARITY, FIRST}
    whole |= {wire for wire, column in graph.features.items() if (column == np.round(column)).all()}
    rounded: set[Wire] = set()

    def is_whole(e: Expression) -> bool:
        return all(w in whole and float(c).is_integer() for w, c in e.wires.items())

    whole_means: set[Wire] = set()
    for item in in_order(graph):
        if isinstance(item, Head):
            for name, value in item.values.items():
                wire = value_wire(item, name)
                if isinstance(item.pattern, Mean):
                    rounded.add(wire)
                    whole_means |= {wire} if is_whole(value) else set()
                    continue
                whole |= {wire} if is_whole(value) else set()
                rounded |= {wire} if wires_of([value]) & rounded else set()
            continue
        neurons = graph.computed[item]
        if wires_of(n.value for n in neurons) & means:
            if all(n.gate == _COUNT and wires_of([n.value]) <= means for n in neurons):
                sums.add(item)
        integers = whole | whole_means if item in sums else whole
        terms = [(part, c) for n, c in neurons.items() for part in (n.gate, n.value)]
        if all(w in integers and float(k * c).is_integer() for part, c in terms for w, k in part.wires.items()):
            whole.add(item)
        if wires_of(part for part, _ in terms) & rounded:
            rounded.add(item)
    return sums, whole, rounded
