"""What is known of the variables of a fragment: bounds, equations, and what follows from both.

A fact is always an inequality `direction + constant >= 0` that a guard has checked, or that holds of every state. From
each the bounds of its variables are tightened, and a flag that is thereby 0 or 1 says that the test that it stands for
failed or held. For the emitted code to be right each step of this must be an implication, and nothing more.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from interpreter.engines.specialised.polynomials import Monomial, Polynomial, combined, number, variable

_STEPS = 100
"""How many consequences of a fact are looked at: two variables can tighten each other's bounds without end."""
_DEEP = 3
"""How many flags are tried with both values for a bound."""
_LONG = 2
"""A token's value with more terms gets a variable of its own: what follows squares it."""


@dataclass
class Variable:
    """A number of the run.

    Attributes:
        value: what it is in the run that is recorded.
        low, high, whole: bounds, and whether it is an integer.
        definition: how the code comes by it, see `fragment`.
        test: of a flag, the polynomial g for which it is 1 exactly if g >= 1, else None.
    """

    value: float
    low: float
    high: float
    whole: bool
    definition: tuple[object, ...]
    test: Polynomial | None = None


class Stop(Exception):
    """A step is left to the indexed engine."""


class Contradiction(AssertionError):
    """What is known cannot all be true: a fault of this program."""


class Knowledge:
    """Variables by number, and facts about them.

    Attributes:
        solved: what has been found equal to a variable; version: another number whenever that has changed.
    """

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.values: list[float] = []
        self.solved: dict[int, Polynomial] = {}
        self.version = 0
        self._facts: dict[tuple[tuple[Monomial, float], ...], tuple[float, float]] = {}
        # What the facts are about, so that most polynomials need not be looked up.
        self._supports: set[frozenset[Monomial]] = set()
        # Another object whenever there is one fact more: bounds that have been found with this one are still the best.
        self._facts_now = object()
        self._flags: dict[object, int] = {}
        self._tests_of: dict[int, set[int]] = defaultdict(set)

    def new(self, variable_: Variable) -> Polynomial:
        """A variable more."""
        self.variables.append(variable_)
        self.values.append(variable_.value)
        made = variable(len(self.variables) - 1)
        if variable_.low == variable_.high:
            return number(variable_.low)
        return made

    def named(self, p: Polynomial, low: float, high: float) -> Polynomial:
        """The integer p, from low to high: a variable that stands for it, if it has many terms."""
        if len(p.terms) <= _LONG and all(len(m) == 1 for m in p.terms):
            return p
        below, above = self.bounds(p)
        return self.new(Variable(self.value(p), max(low, below), min(high, above), True, ("named", p)))

    # ------------------------------------------------------------------------------------------- reading

    def resolved(self, p: Polynomial) -> Polynomial:
        """The same with what has been found equal put in its place."""
        solved = self.solved
        while p.terms:
            hit = {m for m in p.terms if not solved.keys().isdisjoint(m)}
            if not hit:
                return p
            parts = [(1.0, Polynomial(p.constant, {m: c for m, c in p.terms.items() if m not in hit}))]
            for m in hit:
                product = number(p.terms[m])
                for v in m:
                    product = product * solved.get(v, variable(v))
                parts.append((1.0, product))
            p = combined(parts)
        return p

    def value(self, p: Polynomial) -> float:
        """In the run that is recorded."""
        return p.at(self.values)

    def is_whole(self, p: Polynomial) -> bool:
        """Whether it is an integer for certain."""
        if not p.constant.is_integer():
            return False
        return all(c.is_integer() and all(self.variables[v].whole for v in m) for m, c in p.terms.items())

    def bounds(self, p: Polynomial) -> tuple[float, float]:
        """Least and largest value, as far as it is known."""
        if not p.terms:
            return p.constant, p.constant
        if p.bounds is not None and p.bounds[0] is self._facts_now:
            return p.bounds[1:]
        low, high = self._plain(p)
        if low < high and any(len(m) == 1 and self.variables[m[0]].test is not None for m in p.terms):
            low, high = self._by_cases(p, low, high, _DEEP)
        p.bounds = (self._facts_now, low, high)
        return low, high

    def _plain(self, p: Polynomial) -> tuple[float, float]:
        low = high = p.constant
        for m, c in p.terms.items():
            below, above = self._of_monomial(m)
            if c > 0:
                low, high = low + c * below, high + c * above
            else:
                low, high = low + c * above, high + c * below
        if p.terms and frozenset(p.terms) in self._supports:
            direction, factor = _direction(p)
            known = self._facts.get(direction)
            if known is not None:
                a, b = known[0] * factor, known[1] * factor
                low, high = max(low, min(a, b) + p.constant), min(high, max(a, b) + p.constant)
        return low, high

    def _of_monomial(self, m: Monomial) -> tuple[float, float]:
        first = self.variables[m[0]]
        low, high = first.low, first.high
        if len(m) == 2 and m[0] == m[1]:
            least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
            return least * least, max(low * low, high * high)
        for v in m[1:]:
            other = self.variables[v]
            corners = [0.0 if x == 0 or y == 0 else x * y for x in (low, high) for y in (other.low, other.high)]
            low, high = min(corners), max(corners)
        return low, high

    def _by_cases(self, p: Polynomial, low: float, high: float, depth: int) -> tuple[float, float]:
        """Bounds of p where a flag in it is 0 and where it is 1, with what its test then says of p."""
        flags = [m[0] for m in p.terms if len(m) == 1 and self.variables[m[0]].test is not None]
        if not flags or depth == 0:
            return low, high
        v = flags[0]
        test = self.variables[v].test
        assert test is not None
        lows, highs = [], []
        for bit, fact in ((0.0, test.scaled(-1.0)), (1.0, test.shifted(-1.0))):
            rest = Polynomial(p.constant + bit * p.terms[(v,)], {m: c for m, c in p.terms.items() if m != (v,)})
            below, above = self._plain(rest)
            for m in list(fact.terms)[:1]:
                if m in rest.terms and _is_power_of_two(rest.terms[m] / fact.terms[m]):
                    k = rest.terms[m] / fact.terms[m]
                    left = self._plain(combined(((1.0, rest), (-k, fact))))
                    if k > 0:
                        below = max(below, left[0])
                    else:
                        above = min(above, left[1])
            below, above = self._by_cases(rest, below, above, depth - 1)
            lows.append(below)
            highs.append(above)
        return max(low, min(lows)), min(high, max(highs))

    # -------------------------------------------------------------------------------------------- flags

    def flag(self, g: Polynomial) -> Polynomial:
        """1 where the integer g is at least 1, else 0."""
        low, high = self.bounds(g)
        if low >= 1 or high <= 0:
            return number(float(low >= 1))
        if low >= 0 and high <= 1:
            return g
        known = self._flags.get(g.key)
        if known is None:
            v = Variable(float(self.value(g) >= 1), 0.0, 1.0, True, ("flag", g), g)
            self.new(v)
            known = self._flags[g.key] = len(self.variables) - 1
            for u in g.variables():
                self._tests_of[u].add(known)
        return self.resolved(variable(known))

    # -------------------------------------------------------------------------------------------- facts

    def assume(self, p: Polynomial) -> None:
        """p >= 0 from now on."""
        waiting = [p]
        for _ in range(_STEPS):
            if not waiting:
                return
            p = self.resolved(waiting.pop())
            if not p.terms:
                if p.constant < 0:
                    raise Contradiction("a guard that cannot hold")
                continue
            direction, factor = _direction(p)
            low, high = self._facts.get(direction, (-math.inf, math.inf))
            bound = -p.constant / factor
            low, high = (max(low, bound), high) if factor > 0 else (low, min(high, bound))
            self._facts[direction] = (low, high)
            self._supports.add(frozenset(p.terms))
            self._facts_now = object()
            waiting += self._contracted(p)

    def _contracted(self, p: Polynomial) -> list[Polynomial]:
        """Tightens the bounds of each variable of p >= 0; what follows from that."""
        found: list[Polynomial] = []
        limits: dict[Monomial, float] = {}
        for m, c in p.terms.items():
            low, high = self._of_monomial(m)
            limits[m] = max(c * low, c * high)
        total = p.constant + sum(limits.values())
        for m, c in p.terms.items():
            if len(m) != 1 or math.isinf(total - limits[m]) or math.isnan(total - limits[m]):
                continue
            v = self.variables[m[0]]
            bound = -(total - limits[m]) / c
            if c > 0:
                bound = math.ceil(bound) if v.whole else bound
                if bound > v.low and (v.whole or _is_power_of_two(c)):
                    v.low = bound
                    found += self._tightened(m[0])
            else:
                bound = math.floor(bound) if v.whole else bound
                if bound < v.high and (v.whole or _is_power_of_two(c)):
                    v.high = bound
                    found += self._tightened(m[0])
        return found

    def _tightened(self, v: int) -> list[Polynomial]:
        known = self.variables[v]
        found: list[Polynomial] = []
        if known.low > known.high:
            raise Contradiction("a variable without a value")
        if known.low == known.high and v not in self.solved:
            self._solve(v, number(known.low))
            if known.test is not None:
                found.append(known.test.shifted(-1.0) if known.low == 1 else known.test.scaled(-1.0))
        for flag in self._tests_of.get(v, ()):
            f = self.variables[flag]
            if f.test is not None and flag not in self.solved:
                low, high = self._plain(self.resolved(f.test))
                if low >= 1 or high <= 0:
                    f.low = f.high = float(low >= 1)
                    self._solve(flag, number(f.low))
                    found += self._tightened(flag)
        return found

    def assume_zero(self, p: Polynomial) -> None:
        """p = 0 from now on; if a variable of it can be had from the others, they stand in its place."""
        p = self.resolved(p)
        self.assume(p)
        self.assume(self.resolved(p).scaled(-1.0))
        p = self.resolved(p)
        for m, c in sorted(p.terms.items(), reverse=True):
            if len(m) == 1 and abs(c) == 1 and m[0] != 0 and all(m[0] not in o for o in p.terms if o != m):
                rest = Polynomial(p.constant, {o: a for o, a in p.terms.items() if o != m}).scaled(-1.0 / c)
                self.solved = {v: q.put(m[0], rest) for v, q in self.solved.items()}
                self._solve(m[0], rest)
                return

    def _solve(self, v: int, p: Polynomial) -> None:
        self.solved[v] = p
        self.version += 1


def _direction(p: Polynomial) -> tuple[tuple[tuple[Monomial, float], ...], float]:
    """The terms scaled by a power of two so that the first coefficient is 1 to 2, and the inverse of that."""
    items = sorted(p.terms.items())
    factor = math.copysign(2.0 ** math.floor(math.log2(abs(items[0][1]))), items[0][1])
    return tuple((m, c / factor) for m, c in items), factor


def _is_power_of_two(x: float) -> bool:
    return abs(math.frexp(x)[0]) == 0.5
