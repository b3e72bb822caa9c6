"""Fragments joined: one that goes on where another has ended or failed, without the state being written in between.

Code that counts says how often each fragment goes on with which (`Edge`). The code that is optimised has, after a
fragment, a copy of the one that mostly follows, and so on: a loop of fragments becomes one stretch, with the state in
registers, in which what is known at the end of one is not asked at the beginning of the next.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from interpreter.engines.specialised.fragment import (
    Find,
    Fragment,
    Guard,
    Known,
    Load,
    Operation,
    Row,
    Step,
    Whole,
)
from interpreter.engines.specialised.knowledge import Variable
from interpreter.engines.specialised.polynomials import Polynomial, combined, number, variable

Exit = tuple[int, int, tuple[int, float] | None]
"""A way out of a fragment: its number, the step, and the flag that is otherwise and its value, if it is one."""
Edge = tuple[Exit, int]
"""A way out, and the fragment that goes on there."""

RARE = 1 / 1000
"""An edge with less of all passages than that is not worth a copy."""
_LONGEST = 1000
"""Tokens of a stretch at most: it is entered only where the buffer has room for all of them."""
_LONG = 2
"""A number with more terms that is handed over gets a variable of its own, as the value of a token does."""


@dataclass(eq=False)
class Tree:
    """A fragment, and copies of others that go on at its ways out.

    Attributes:
        n: its number.
        above: fragments on the path to it. done: tokens on that path.
        share: of a root, of all passages those that begin with it.
    """

    n: int
    above: frozenset[int] = frozenset()
    done: int = 0
    share: float = 0.0
    joined: dict[Edge, Tree] = field(default_factory=dict)

    def copies(self) -> Iterator[Tree]:
        """All that is joined to it."""
        for tree in self.joined.values():
            yield tree
            yield from tree.copies()

    def everyone(self) -> list[int]:
        """The fragments in it, each once."""
        return list(dict.fromkeys([self.n, *(tree.n for tree in self.copies())]))

    def longest(self, fragments: Sequence[Fragment]) -> int:
        """Tokens on the longest path from here."""
        below = (way[1] + tree.longest(fragments) for (way, _), tree in self.joined.items())
        return max([len(fragments[self.n].steps), *below])


class Passages:
    """How often fragments are entered, ways out are taken and edges are passed, as far as it was counted."""

    def __init__(self, counts: Mapping[Edge, int]) -> None:
        self.edges = counts
        self.entered, self.left = Counter[int](), Counter[Exit]()
        for (way, target), count in counts.items():
            self.entered[target] += count
            self.left[way] += count


def trees(fragments: Sequence[Fragment], counts: Mapping[Edge, int], most: int) -> list[Tree]:
    """For each fragment a tree; most: tokens of all copies at most.

    The edge that is passed most is joined first. What comes by it does not come by the fragment itself any more, so
    that a loop is copied once, and not for each place where it might be entered.
    """
    leaving: dict[int, list[tuple[Edge, float]]] = {}
    entered: dict[int, float] = {}
    for ((n, k, otherwise), target), count in counts.items():
        if not count:
            continue
        entered[target] = entered.get(target, 0.0) + count
        if n >= 0:
            leaving.setdefault(n, []).append((((n, k, otherwise), target), float(count)))
    first = dict(entered)
    roots = [Tree(n) for n in range(len(fragments))]
    every = sum(counts.values())
    least = max(RARE * every, 1.0)
    tokens = 0
    # Of which root, where, which edge, and what share of those that enter the root pass it.
    possible = [(n, roots[n], edge, count / entered[n]) for n in entered for edge, count in leaving.get(n, ())]
    while possible and tokens < most:
        best = max(range(len(possible)), key=lambda i: entered[possible[i][0]] * possible[i][3])
        root, tree, edge, share = possible.pop(best)
        passing = entered[root] * share
        if passing < least:
            break
        way, n = edge
        done = tree.done + way[1]
        if n in tree.above or n == tree.n or done + len(fragments[n].steps) > _LONGEST:
            continue
        tree.joined[edge] = made = Tree(n, tree.above | {tree.n}, done)
        possible += [(root, made, e, share * count / first[n]) for e, count in leaving.get(n, ())]
        entered[n] = max(entered[n] - passing, 0.0)
        tokens += len(fragments[n].steps)
    for tree in roots:
        tree.share = entered.get(tree.n, 0.0) / max(every, 1)
    return roots


class Copy:
    """The steps of a fragment in the variables of another, which it follows.

    Attributes:
        steps: for each token. originals: what its own variables are called in the fragment.
    """

    def __init__(
        self, fragment: Fragment, at: Callable[[int], Polynomial], variables: list[Variable], states: int
    ) -> None:
        """at: each variable of the state as it is; variables: of the other, which get more."""
        self._fragment, self._at, self._variables, self._states = fragment, at, variables, states
        self._made: dict[int, Polynomial] = {}
        self._rows: dict[int, Row] = {}
        self.originals: dict[int, int] = {}
        self.steps = [self._step(step) for step in fragment.steps]

    def _variable(self, v: int) -> Polynomial:
        if v not in self._made:
            self._made[v] = self._of_state(v) if v < self._states else self._new(v)
        return self._made[v]

    def _of_state(self, v: int) -> Polynomial:
        if v in self._fragment.given:
            return number(self._fragment.given[v])
        p = self._at(v)
        if len(p.terms) <= _LONG and all(len(m) == 1 for m in p.terms):
            return p
        self._variables.append(Variable(0.0, -math.inf, math.inf, False, ("named", p)))
        return variable(len(self._variables) - 1)

    def _new(self, v: int) -> Polynomial:
        found = self._fragment.variables[v]
        parts = tuple(self._put(p) if isinstance(p, Polynomial) else p for p in found.definition)
        match parts:
            case ("flag", Polynomial(constant=known, terms=terms)) if not terms:
                return number(float(known >= 1))
            case ("positive", Polynomial(constant=known, terms=terms)) if not terms:
                return number(max(known, 0.0))
        self._variables.append(replace(found, definition=parts))
        self.originals[len(self._variables) - 1] = v
        return variable(len(self._variables) - 1)

    def _number(self, v: int) -> int:
        """Of a variable that is loaded, which is one again."""
        [made] = self._variable(v).variables()
        return made

    def _put(self, p: Polynomial) -> Polynomial:
        parts = [(1.0, number(p.constant))]
        for m, c in p.terms.items():
            product = number(c)
            for v in m:
                product = product * self._variable(v)
            parts.append((1.0, product))
        return combined(parts)

    def _row(self, row: Row) -> Row:
        if id(row) not in self._rows:
            self._rows[id(row)] = replace(row, key=tuple(map(self._put, row.key)))
        return self._rows[id(row)]

    def _operations(self, operation: Operation) -> list[Operation]:
        match operation:
            case Guard(p, is_zero):
                return [Guard(self._put(p), is_zero)]
            case Find(row):
                return [Find(self._row(row))]
            case Load(v, row, word, certain):
                return [Load(self._number(v), self._row(row), word, certain)]
            case Known(v):
                return [Known(u) for u in sorted(self._variable(v).variables())]
            case Whole(v):
                return [Whole(self._number(v))]

    def _step(self, step: Step) -> Step:
        assert step.token is not None
        return Step(
            [made for operation in step.operations for made in self._operations(operation)],
            [(self._row(row), tuple(map(self._put, words))) for row, words in step.stores],
            {w: self._put(p) for w, p in step.slots.items()},
            replace(step.token, value=self._put(step.token.value), bit=self._put(step.token.bit)),
        )
