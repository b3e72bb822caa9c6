"""One concrete point of a symbolic proof: every variable has a value, so no path forks and no solver is asked.

What a lemma says about all states it says about one that is drawn at random. A function that `explore` can run on
every path runs on a `Point` as well, in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor

from proofs_check.lemma import NotProved
from proofs_check.symbolic import intervals
from proofs_check.symbolic.intervals import Ends, Interval
from proofs_check.symbolic.polynomials import Coefficient, Polynomial, variable
from proofs_check.symbolic.terms import Dead, Path, Term

Draw = Callable[["Point", str, int | None, int | None], int]
"""The value of a variable, from its name and bounds; the point has the values so far."""


class Point(Path):
    """A path with one state on it. An assumption that does not hold there raises `Dead`: draw another."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.values: dict[str, int] = {}
        self.bounds: dict[str, Interval] = {}
        self.floors = {}

    def variable(self, name: str, low: int | None = None, high: int | None = None) -> Term:
        """See `Path.variable`: a value is drawn when it is first named."""
        if name not in self.values:
            self._set(name, self.draw(self, name, low, high))
        return Term(self, variable(name))

    def _set(self, name: str, value: int) -> None:
        self.values[name] = value
        self.bounds[name] = (value, value)

    def value(self, term: Term | Coefficient) -> Coefficient:
        """The number that the term is in this state."""
        return term.polynomial.at(self.values) if isinstance(term, Term) else term

    def floor(self, dividend: Term, divisor: Term) -> Term:
        """See `Path.floor`."""
        if self.value(divisor) < 1:
            raise NotProved(f"the divisor {divisor} may be 0")
        self.count += 1
        name = f"quotient.{self.count}"
        self._set(name, floor(Fraction(self.value(dividend)) / Fraction(self.value(divisor))))
        return Term(self, variable(name))

    def assume(self, polynomial: Polynomial) -> None:
        """See `Path.assume`.

        Raises:
            Dead: it does not hold in this state.
        """
        if polynomial.at(self.values) < 0:
            raise Dead

    def decide(self, polynomial: Polynomial) -> bool:
        """See `Path.decide`."""
        return polynomial.at(self.values) >= 0

    def recorded(self, question: Callable[[], bool]) -> bool:
        """See `Path.recorded`: there is nothing to record."""
        return question()

    def certain(self, polynomial: Polynomial) -> bool:
        """See `Path.certain`: here, whether it holds in this one state."""
        return polynomial.at(self.values) >= 0

    def certainly_zero(self, polynomial: Polynomial) -> bool:
        """See `Path.certainly_zero`."""
        return polynomial.at(self.values) == 0

    def witness(self, polynomial: Polynomial) -> dict[str, int] | None:
        """See `Path.witness`: the state itself."""
        return dict(self.values) if polynomial.at(self.values) < 0 else None

    def interval(self, polynomial: Polynomial) -> Ends:
        """See `Path.interval`: over the bounds of the variables, not in this state."""
        return intervals.ends(intervals.of_polynomial(polynomial, self.bounds))

    @property
    def depth(self) -> int:
        """See `Path`: nothing is ever decided in two ways."""
        return 0

    def within(self, run: Callable[[], None]) -> None:
        """See `Path.within`."""
        try:
            run()
        except Dead:
            pass

    def pin(self, polynomial: Polynomial) -> None:
        """See `Path.pin`: every variable has its value already."""
        pass
