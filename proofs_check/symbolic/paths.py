"""Running ordinary Python on symbolic integers, once for every path through its comparisons.

A comparison of terms asks the path: if both answers are possible, the path takes one, and the other is explored in a
later run (`explore`). So the same plain function runs on ints, where it can be tested, and on terms, where it is
proved something about.

`questions` decides which paths exist, `decisions` replays a path up to where the next one leaves it. A path that only
a product of variables could rule out is explored in vain, never overlooked.
"""

from __future__ import annotations

from collections.abc import Callable

import z3

from proofs_check.lemma import NotProved
from proofs_check.symbolic import intervals
from proofs_check.symbolic.decisions import Decisions
from proofs_check.symbolic.intervals import Ends
from proofs_check.symbolic.polynomials import Polynomial, variable
from proofs_check.symbolic.questions import Questions
from proofs_check.symbolic.terms import Dead, Floor, Path, Term

__all__ = ["Dead", "Exploration", "Floor", "Path", "Term", "explore"]


class Exploration(Path):
    """All runs, one after the other: between them it goes back to a decision, and what came before is kept.

    Variables and assumptions are made in the same order in every run that shares their decisions.
    """

    def __init__(self, limit: int | None = None) -> None:
        """limit: all quotients are below it, where that is certain; see `floor`."""
        self.limit = limit
        self.questions = Questions()
        self.decisions = Decisions()
        self._begin()

    def _begin(self) -> None:
        """A run begins with nothing but the decisions of the run before."""
        self.decisions.depth = 0
        self.floors: dict[str, Floor] = {}
        self.pinned: dict[str, int] = {}
        self.count = 0

    # ------------------------------------------------------------------------------------- variables

    def variable(self, name: str, low: int | None = None, high: int | None = None) -> Term:
        """See `Path.variable`."""
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

    def pin(self, polynomial: Polynomial) -> None:
        """If it fixes a variable, products with it become linear."""
        fixed = polynomial.fixes
        if fixed is not None:
            name, value = fixed
            self.pinned[name] = value

    def interval(self, polynomial: Polynomial) -> Ends:
        """See `Path.interval`."""
        return intervals.ends(self.questions.interval(polynomial))

    # ----------------------------------------------------------------------------- conditions `p >= 0`

    def assume(self, polynomial: Polynomial) -> None:
        """See `Path.assume`; what intervals show is not given to the solver."""
        polynomial = polynomial.with_values(self.pinned)
        low, _ = self.questions.interval(polynomial)
        if low < 0:
            formula = self.questions.formula(polynomial) >= 0
            if not self.decisions.replaying:
                self.questions.solver.add(formula)

    def decide(self, polynomial: Polynomial) -> bool:
        """See `Path.decide`; where both answers are possible, the other one is a path of its own."""
        polynomial = polynomial.with_values(self.pinned)
        questions, decisions = self.questions, self.decisions
        low, high = questions.interval(polynomial)
        if low >= 0:
            return True
        if high < 0:
            return False
        known = questions.remembered(polynomial, self.depth)
        if known is not None:
            return known
        formula = questions.formula(polynomial) >= 0
        if decisions.known:
            answer = decisions.answer(polynomial)
            enters = self.depth == decisions.flip
        else:
            can_be, can_not = questions.possible(formula), questions.possible(z3.Not(formula))
            if not can_be and not can_not:
                raise Dead
            answer, enters = can_be, True
            decisions.add(answer, can_be and can_not, polynomial)
        if enters:
            questions.enter(formula if answer else z3.Not(formula))
        decisions.depth += 1
        questions.remember(polynomial, self.depth, answer)
        return answer

    def certain(self, polynomial: Polynomial) -> bool:
        """See `Path.certain`."""
        polynomial = polynomial.with_values(self.pinned)
        questions = self.questions
        low, _ = questions.interval(polynomial)
        if low >= 0:
            return True
        known = questions.remembered(polynomial, self.depth)
        if known is None and not questions.possible(questions.formula(polynomial) < 0):
            known = True
            questions.remember(polynomial, self.depth, known)
        return known is True

    def certainly_zero(self, polynomial: Polynomial) -> bool:
        """See `Path.certainly_zero`."""
        polynomial = polynomial.with_values(self.pinned)
        if polynomial.constant is not None:
            return polynomial.constant == 0
        return super().certainly_zero(polynomial)

    def witness(self, polynomial: Polynomial) -> dict[str, int] | None:
        """As a product is an unknown of its own, z3 may find values that do not belong together: then None."""
        return self.questions.point(self.questions.formula(polynomial) < 0)

    # ------------------------------------------------------------------------------------ the way here

    @property
    def depth(self) -> int:
        """See `Path`: how many decisions are open."""
        return self.decisions.depth

    def recorded(self, question: Callable[[], bool]) -> bool:
        """In a later run the solver knows decisions that are still ahead, so more is certain. What a run does next
        must not depend on that, or its decisions would no longer be those of the run before.
        """
        if self.decisions.known:
            answer = self.decisions.answer(None)
        else:
            answer = question()
            self.decisions.add(answer, False, None)
            self.questions.enter(z3.BoolVal(True))
        self.decisions.depth += 1
        return answer

    def next_path(self, kept: int = 0) -> bool:
        """Goes back to the latest decision with an answer left, and takes it; False if there is none.

        The first `kept` decisions stand.
        """
        while len(self.decisions) > kept and not self.decisions.pending:
            self._leave()
        if len(self.decisions) == kept:
            return False
        answer, asked = self._leave()
        self.decisions.add(not answer, False, asked)
        self.decisions.flip = len(self.decisions) - 1
        self._begin()
        return True

    def _leave(self) -> tuple[bool, Polynomial | None]:
        """Forgets the latest decision, and what it brought to the solver if a run has come past it."""
        latest = self.decisions.drop()
        if self.questions.scopes > len(self.decisions):
            self.questions.leave()
        return latest

    def within(self, run: Callable[[], None]) -> None:
        """See `Path.within`."""
        if self.decisions.replaying:
            return  # all paths from here were run when a run first came past
        depth, flip, count = self.depth, self.decisions.flip, self.count
        floors, pinned = self.floors, self.pinned
        # A decision that is none keeps apart what the function declares, assumes and finds out.
        self.decisions.add(True, False, None)
        self.questions.enter()
        kept = len(self.decisions)
        try:
            going_on = True
            while going_on:
                self.decisions.depth, self.count = kept, count
                self.floors, self.pinned = dict(floors), dict(pinned)
                try:
                    run()
                except Dead:
                    pass
                going_on = self.next_path(kept)
        finally:
            while len(self.decisions) >= kept:
                self._leave()
            self.decisions.depth, self.decisions.flip, self.count = depth, flip, count
            self.floors, self.pinned = floors, pinned


def explore(run: Callable[[Exploration], None], quotients: int | None = None, limit: int = 20_000) -> int:
    """Runs a function on every path; returns how many there are. `quotients`: see `Exploration.floor`.

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
