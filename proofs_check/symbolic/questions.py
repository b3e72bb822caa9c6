"""What a solver is told and asked about polynomials, scope by scope.

z3 decides in linear integer arithmetic: a product of variables is an unknown of its own, with bounds that follow from
those of its factors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, inf, lcm
from typing import Any

import z3

from proofs_check.lemma import NotProved
from proofs_check.symbolic import intervals
from proofs_check.symbolic.intervals import Interval
from proofs_check.symbolic.polynomials import Monomial, Polynomial
from proofs_check.symbolic.solver import Solver


@dataclass
class _Scope:
    """What has come to the solver after a decision, and is forgotten when the path goes back on it."""

    variables: list[str] = field(default_factory=list)
    products: list[Monomial] = field(default_factory=list)
    remembered: list[Polynomial] = field(default_factory=list)


class Questions:
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
        self._remembered: dict[Polynomial, tuple[int, bool]] = {}
        self._scopes = [_Scope()]

    # ---------------------------------------------------------------------------------------- scopes

    @property
    def scopes(self) -> int:
        """How many are open."""
        return self.solver.scopes

    def enter(self, formula: Any | None = None) -> None:
        """A scope in which the formula holds."""
        self.solver.push()
        self._scopes.append(_Scope())
        if formula is not None:
            self.solver.add(formula)

    def leave(self) -> None:
        """Forgets all that has come since the latest scope was entered."""
        self.solver.pop()
        scope = self._scopes.pop()
        for name in scope.variables:
            del self.bounds[name]
        self._bounded.difference_update(scope.products)
        for polynomial in scope.remembered:
            del self._remembered[polynomial]

    # ------------------------------------------------------------------------------------- variables

    def declare(self, name: str, bounds: Interval) -> None:
        """A variable with its bounds, unless there is one of this name."""
        if name not in self.bounds:
            self._scopes[-1].variables.append(name)
            self.bounds[name] = bounds
            self._tell(((name, 1),), bounds)

    def interval(self, polynomial: Polynomial) -> Interval:
        """From the bounds of its variables alone."""
        return intervals.of_polynomial(polynomial, self.bounds)

    def unknown(self, m: Monomial) -> Any:
        """The unknown that stands for a variable or a product of variables."""
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

    # -------------------------------------------------------------------------------------- formulas

    def formula(self, polynomial: Polynomial) -> Any:
        """The polynomial, times its common denominator, in z3; its products are bounded in the present scope."""
        if polynomial not in self._formulas:
            denominator = lcm(*(c.denominator for c in polynomial.terms.values())) if polynomial.terms else 1
            whole = {m: int(c * denominator) for m, c in polynomial.terms.items()}
            terms = [c * self.unknown(m) if m else c for m, c in whole.items()]
            self._formulas[polynomial] = z3.Sum(terms) if terms else z3.IntVal(0)
        products = [m for m in polynomial.terms if _is_product(m) and m not in self._bounded]
        for m in products:
            self._tell(m, intervals.of_monomial(m, self.bounds))
        self._bounded.update(products)
        self._scopes[-1].products += products
        return self._formulas[polynomial]

    def possible(self, formula: Any) -> bool:
        """Whether it may hold besides all that the solver was told."""
        return self.solver.possible(formula)

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

    # --------------------------------------------------------------------------------------- answers

    def remember(self, polynomial: Polynomial, depth: int, answer: bool) -> None:
        """Whether the polynomial is at least 0, from this depth of the path on."""
        if polynomial not in self._remembered:
            self._remembered[polynomial] = depth, answer
            self._scopes[-1].remembered.append(polynomial)

    def remembered(self, polynomial: Polynomial, depth: int) -> bool | None:
        """What has been found out up to this depth; None: nothing."""
        known, answer = self._remembered.get(polynomial, (0, None))
        return answer if known <= depth else None


def _is_product(m: Monomial) -> bool:
    return len(m) > 1 or (len(m) == 1 and m[0][1] != 1)
