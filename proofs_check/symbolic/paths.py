"""Running ordinary Python on symbolic integers, once for every path through its comparisons.

A comparison of terms asks the path: if both answers are possible, the path takes one, and the other is explored in a
later run (`explore`). So the same plain function runs on ints, where it can be tested, and on terms, where it is
proved something about.

z3 decides which paths exist, in linear integer arithmetic: a product of variables is an unknown of its own, with
bounds that follow from those of its factors. A path that only such a product could rule out is explored in vain,
never overlooked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, inf, lcm
from typing import Any

import z3

from proofs_check.lemma import NotProved
from proofs_check.symbolic import intervals
from proofs_check.symbolic.intervals import Ends, Interval
from proofs_check.symbolic.polynomials import Coefficient, Monomial, Polynomial, variable
from proofs_check.symbolic.solver import Solver
from proofs_check.symbolic.terms import Dead, Floor, Path, Term

__all__ = ["Dead", "Exploration", "Floor", "Path", "Term", "explore"]


@dataclass
class _Scope:
    """What has come to the solver after a decision, and is forgotten when the path goes back on it."""

    variables: list[str] = field(default_factory=list)
    products: list[Monomial] = field(default_factory=list)
    known: list[Polynomial] = field(default_factory=list)


class _Questions:
    """Polynomials as z3 sees them: linear, with an unknown for each variable and for each product of variables.

    Attributes:
        bounds: of the variables that are declared now.
    """

    def __init__(self) -> None:
        self.solver = Solver(z3.SimpleSolver(), logic="QF_LIA")
        self.bounds: dict[str, Interval] = {}
        self._unknowns: dict[Monomial, Any] = {}
        self._formulas: dict[Polynomial, Any] = {}
        self._bounded: set[Monomial] = set()  # products whose bounds the solver has been told

    def declare(self, name: str, bounds: Interval) -> None:
        self.bounds[name] = bounds
        self._tell(((name, 1),), bounds)

    def forget(self, variables: list[str], products: list[Monomial]) -> None:
        """What a scope has brought, when the solver leaves it."""
        for name in variables:
            del self.bounds[name]
        self._bounded.difference_update(products)

    def formula(self, polynomial: Polynomial) -> tuple[Any, list[Monomial]]:
        """The polynomial, times its common denominator, in z3; and the products whose bounds z3 was told for it."""
        if polynomial not in self._formulas:
            denominator = lcm(*(c.denominator for c in polynomial.terms.values())) if polynomial.terms else 1
            whole = {m: int(c * denominator) for m, c in polynomial.terms.items()}
            terms = [c * self.unknown(m) if m else c for m, c in whole.items()]
            self._formulas[polynomial] = z3.Sum(terms) if terms else z3.IntVal(0)
        products = [m for m in polynomial.terms if _is_product(m) and m not in self._bounded]
        for m in products:
            self._tell(m, intervals.of_monomial(m, self.bounds))
        self._bounded.update(products)
        return self._formulas[polynomial], products

    def unknown(self, m: Monomial) -> Any:
        if m not in self._unknowns:
            if any(e < 0 for _, e in m):
                raise NotProved(f"a quotient is compared: {Polynomial({m: 1})}")
            self._unknowns[m] = z3.Int("*".join(f"{v}^{e}" if e != 1 else v for v, e in m))
        return self._unknowns[m]

    def _tell(self, m: Monomial, bounds: Interval) -> None:
        low, high = bounds
        if low != -inf:
            self.solver.add(self.unknown(m) >= ceil(low))
        if high != inf:
            self.solver.add(self.unknown(m) <= floor(high))

    def point(self, formula: Any) -> dict[str, int] | None:
        """Values of the variables where the formula holds; None if there are none, or products do not fit them."""
        model = self.solver.model(formula)
        if model is None:
            return None
        found = {m: model.eval(u, model_completion=True).as_long() for m, u in self._unknowns.items()}
        values = {m[0][0]: value for m, value in found.items() if not _is_product(m)}
        for m, value in found.items():
            product = Polynomial({m: 1})
            if product.variables <= values.keys() and product.at(values) != value:
                return None
        return values


def _is_product(m: Monomial) -> bool:
    return len(m) > 1 or (len(m) == 1 and m[0][1] != 1)


class Exploration(Path):
    """All runs, one after the other: between them it goes back to a decision, and what came before is kept.

    Variables and assumptions are made in the same order in every run that shares their decisions.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.questions = _Questions()
        self.decisions: list[bool] = []
        self.asked: list[Polynomial | None] = []  # what each decision is about; None: nothing that a term says
        self.flip = -1  # the decision at which this run leaves the previous one; -1 in the first run
        self.pending: list[bool] = []  # for each decision: whether the other answer is still to be explored
        self._scopes = [_Scope()]
        self._known: dict[Polynomial, tuple[int, bool]] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the beginning of the run; what the solver knows stays."""
        self._depth = 0
        self.floors: dict[str, Floor] = {}
        self.pinned: dict[str, int] = {}
        self.count = 0

    @property
    def depth(self) -> int:
        """See `Path`: how many decisions are open."""
        return self._depth

    @property
    def replaying(self) -> bool:
        """Whether what is asserted now is on the solver's stack from an earlier run."""
        return self.depth <= self.flip

    # ------------------------------------------------------------------------------------- variables

    def variable(self, name: str, low: int | None = None, high: int | None = None) -> Term:
        """See `Path.variable`."""
        if name not in self.questions.bounds:
            self._scopes[-1].variables.append(name)
            self.questions.declare(name, intervals.interval(low, high))
        return Term(self, variable(name))

    def floor(self, dividend: Term, divisor: Term) -> Term:
        """Where 0 <= dividend < limit * divisor is certain, the quotient is known to lie in [0, limit)."""
        if not self.certain((divisor - 1).polynomial):
            raise NotProved(f"the divisor {divisor} may be 0")
        bounds: tuple[int | None, int | None] = (None, None)
        if self.limit is not None and self.certain(dividend.polynomial):
            if self.certain((self.limit * divisor - dividend - 1).polynomial):
                bounds = (0, self.limit - 1)
        quotient = self.fresh(*bounds, name="quotient")
        rest = dividend - quotient * divisor
        self.assume(rest.polynomial)
        self.assume((divisor - 1 - rest).polynomial)
        [name] = quotient.polynomial.variables
        self.floors[name] = Floor(dividend.polynomial, divisor.polynomial)
        return quotient

    # ----------------------------------------------------------------------------- conditions `p >= 0`

    def assume(self, polynomial: Polynomial) -> None:
        """See `Path.assume`; what intervals show is not given to the solver."""
        polynomial = self.reduced(polynomial)
        low, _ = self._interval(polynomial)
        if low < 0:
            formula = self._formula(polynomial) >= 0
            if not self.replaying:
                self.questions.solver.add(formula)

    def decide(self, polynomial: Polynomial) -> bool:
        """See `Path.decide`; where both answers are possible, the other one is a path of its own."""
        polynomial = self.reduced(polynomial)
        low, high = self._interval(polynomial)
        if low >= 0:
            return True
        if high < 0:
            return False
        known = self._remembered(polynomial)
        if known is not None:
            return known
        formula = self._formula(polynomial) >= 0
        if self.depth < len(self.decisions):
            answer = self._decided(polynomial)
            if self.depth == self.flip:
                self._enter(formula, answer)
        else:
            can_be, can_not = self._possible(formula), self._possible(z3.Not(formula))
            if not can_be and not can_not:
                raise Dead
            answer = can_be
            self._append(answer, can_be and can_not, polynomial)
            self._enter(formula, answer)
        self._depth += 1
        self._remember(polynomial, answer)
        return answer

    def certain(self, polynomial: Polynomial) -> bool:
        """See `Path.certain`."""
        polynomial = self.reduced(polynomial)
        low, _ = self._interval(polynomial)
        if low >= 0:
            return True
        known = self._remembered(polynomial)
        if known is None and not self._possible(self._formula(polynomial) < 0):
            known = True
            self._remember(polynomial, known)
        return known is True

    def recorded(self, question: Callable[[], bool]) -> bool:
        """In a later run the solver knows decisions that are still ahead, so more is certain. What a run does next
        must not depend on that, or its decisions would no longer be those of the run before.
        """
        if self.depth < len(self.decisions):
            answer = self._decided(None)
        else:
            answer = question()
            self._append(answer, False, None)
            self._enter(z3.BoolVal(True), True)
        self._depth += 1
        return answer

    def _remember(self, polynomial: Polynomial, answer: bool) -> None:
        """What has been decided, or is certain, holds from here on to the end of the path."""
        if polynomial not in self._known:
            self._known[polynomial] = self.depth, answer
            self._scopes[-1].known.append(polynomial)

    def _remembered(self, polynomial: Polynomial) -> bool | None:
        """Only what this run has come past: it must take its decisions in the same order as the run before."""
        depth, answer = self._known.get(polynomial, (0, None))
        return answer if depth <= self.depth else None

    def certainly_zero(self, polynomial: Polynomial) -> bool:
        """See `Path.certainly_zero`."""
        polynomial = self.reduced(polynomial)
        if polynomial.constant is not None:
            return polynomial.constant == 0
        return super().certainly_zero(polynomial)

    def witness(self, polynomial: Polynomial) -> dict[str, int] | None:
        """As a product is an unknown of its own, z3 may find values that do not belong together: then None."""
        return self.questions.point(self._formula(polynomial) < 0)

    # --------------------------------------------------------------------------------------- the rest

    def pin(self, polynomial: Polynomial) -> None:
        """If it fixes a variable, products with it become linear."""
        [*names] = polynomial.variables
        if len(names) == 1 and set(polynomial.terms) <= {(), ((names[0], 1),)}:
            value = Fraction(-polynomial.terms.get((), 0)) / polynomial.terms[((names[0], 1),)]
            if value.denominator == 1:
                self.pinned[names[0]] = int(value)

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial with the variables that the path has fixed replaced by their values."""
        if not self.pinned or not any(v in self.pinned for m in polynomial.terms for v, _ in m):
            return polynomial
        terms: dict[Monomial, Coefficient] = {}
        for m, c in polynomial.terms.items():
            if any(v in self.pinned and e < 0 for v, e in m):
                return polynomial
            for v, e in m:
                c = c * self.pinned[v] ** e if v in self.pinned else c
            key = tuple((v, e) for v, e in m if v not in self.pinned)
            terms[key] = terms.get(key, 0) + c
        return Polynomial(terms)

    def interval(self, polynomial: Polynomial) -> Ends:
        """See `Path.interval`."""
        return intervals.ends(self._interval(polynomial))

    def _interval(self, polynomial: Polynomial) -> Interval:
        return intervals.of_polynomial(polynomial, self.questions.bounds)

    def _formula(self, polynomial: Polynomial) -> Any:
        """Its products are bounded in the present scope."""
        formula, products = self.questions.formula(polynomial)
        self._scopes[-1].products += products
        return formula

    def _possible(self, formula: Any) -> bool:
        return self.questions.solver.possible(formula)

    def _enter(self, formula: Any, answer: bool) -> None:
        self.questions.solver.push()
        self._scopes.append(_Scope())
        self.questions.solver.add(formula if answer else z3.Not(formula))

    def _append(self, answer: bool, pending: bool, asked: Polynomial | None) -> None:
        self.decisions.append(answer)
        self.pending.append(pending)
        self.asked.append(asked)

    def _decided(self, asked: Polynomial | None) -> bool:
        """The answer of the decision that is next. It must be about the same as in the run before."""
        if self.asked[self.depth] != asked:
            raise NotProved(f"a run asks {asked} where the run before asked {self.asked[self.depth]}")
        return self.decisions[self.depth]

    def next_path(self, kept: int = 0) -> bool:
        """Goes back to the latest decision with an answer left, and takes it; False if there is none.

        The first `kept` decisions stand.
        """
        while len(self.pending) > kept and not self.pending[-1]:
            self._leave()
        if len(self.pending) == kept:
            return False
        answer, asked = self.decisions[-1], self.asked[-1]
        self._leave()
        self._append(not answer, False, asked)
        self.flip = len(self.decisions) - 1
        self.reset()
        return True

    def within(self, run: Callable[[], None]) -> None:
        """See `Path.within`."""
        if self.replaying:
            return  # all paths from here were run when a run first came past
        depth, flip, count = self.depth, self.flip, self.count
        floors, pinned = self.floors, self.pinned
        # A decision that is none keeps apart what the function declares, assumes and finds out.
        self._append(True, False, None)
        self.questions.solver.push()
        self._scopes.append(_Scope())
        kept = len(self.decisions)
        try:
            going_on = True
            while going_on:
                self._depth, self.count, self.floors, self.pinned = kept, count, dict(floors), dict(pinned)
                try:
                    run()
                except Dead:
                    pass
                going_on = self.next_path(kept)
        finally:
            while len(self.decisions) >= kept:
                self._leave()
            self._depth, self.flip, self.count, self.floors, self.pinned = depth, flip, count, floors, pinned

    def _leave(self) -> None:
        self.decisions.pop()
        self.pending.pop()
        self.asked.pop()
        if self.questions.solver.scopes > len(self.decisions):
            self.questions.solver.pop()
            scope = self._scopes.pop()
            self.questions.forget(scope.variables, scope.products)
            for polynomial in scope.known:
                del self._known[polynomial]


def explore(run: Callable[[Exploration], None], quotients: int | None = None, limit: int = 20_000) -> int:
    """Runs a function on every path; returns how many there are. `quotients`: see `Path.floor`.

    Raises:
        NotProved: there are more than `limit`, or z3 gives up. And whatever the function raises.
    """
    path, paths = Exploration(quotients), 0
    while True:
        paths += 1
        path.questions.solver.path = paths
        if paths > limit:
            raise NotProved(f"more than {limit} paths")
        try:
            run(path)
        except Dead:
            pass
        if not path.next_path():
            return paths
