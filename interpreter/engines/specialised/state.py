"""The variables of the state, which all fragments share."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from compiler.circuits.heads import Mean
from compiler.circuits.weights import Weights
from interpreter.engines.indexed.plan import Plan
from interpreter.engines.indexed.step import Kept
from interpreter.engines.specialised.fragment import POSITION, Fragment, Guard
from interpreter.engines.specialised.knowledge import Knowledge, Variable
from interpreter.engines.specialised.live import Live
from interpreter.engines.specialised.network import Network
from interpreter.engines.specialised.polynomials import variable

_WILD = 4
"""So many fragments that differ in the value of one sum only are enough."""


class StateVariables:
    """The variables of the state, the same in all fragments.

    Attributes:
        slots: word by variable; columns: dimension of the embedding by variable; of_word, of_column: the other way.
        positions: slots that hold a position; uncertain: those that may be NaN; sums: those of sums.
    """

    def __init__(self, weights: Weights, plan: Plan, network: Network, kept: dict[str, Kept]) -> None:
        self.weights, self.kept = weights, kept
        self.slots: dict[int, int] = {}
        self.columns: dict[int, int] = {}
        self.of_word: dict[int, int] = {}
        self.of_column: dict[int, int] = {}
        self.positions: set[int] = set()
        self.uncertain: set[int] = set()
        self.sums: set[int] = set()
        self.plan = plan
        self.fixed = set(plan.embedded) | {j for targets in plan.positional for j, _ in targets}
        self.fixed -= plan.written
        self._made: list[Variable] = [Variable(0.0, 1.0, float(weights.max_tokens), True, ("position",))]
        for head in network.heads:
            place = kept.get(head.name)
            if place is None or place.word is None:
                continue
            for i, value in enumerate(place.values):
                number_ = len(self._made)
                word = place.word + i
                self.slots[number_], self.of_word[word] = word, number_
                self._made.append(Variable(0.0, value.low, value.high, value.whole, ("slot", word)))
                if value.doubtful:
                    self.uncertain.add(number_)
                if isinstance(head.planned.kind, Mean):
                    self.sums.add(number_)
                if head.positional[i] == {1: 1.0}:
                    self.positions.add(number_)
            if place.seen is not None:
                number_ = len(self._made)
                self.slots[number_], self.of_word[place.seen] = place.seen, number_
                self._made.append(Variable(0.0, 0.0, 1.0, True, ("seen", place.seen)))
        for j in plan.embedded:
            number_ = len(self._made)
            column = weights.embedding[:, j]
            self.columns[number_], self.of_column[j] = j, number_
            whole = bool((column == column.round()).all())
            self._made.append(Variable(0.0, float(column.min()), float(column.max()), whole, ("column", j)))

    @property
    def size(self) -> int:
        """How many variables there are."""
        return len(self._made)

    def kind(self, v: int) -> str:
        """What a variable of the state is, see `values`."""
        return str(self._made[v].definition[0])

    def begin(self, live: Live, token: int, position: int) -> Knowledge:
        """What is known of a state before anything is asked."""
        known = Knowledge()
        for v, made in enumerate(self._made):
            if v == POSITION:
                value = float(position)
            elif made.definition[0] == "seen":
                value = float(live.words[self.slots[v]] != 0)
            elif v in self.slots:
                value = float(live.numbers[self.slots[v]])
            else:
                value = float(self.weights.embedding[token, self.columns[v]])
            known.new(Variable(value, made.low, made.high, made.whole, made.definition))
        for v in self.positions:
            # A register never holds a position that is yet to come, nor the current one.
            known.assume((variable(POSITION) - variable(v)).shifted(-1.0))
        return known


class Beginnings:
    """In which states fragments begin: as a matrix of what they ask variables to be, of which a look at all is cheap.

    Of each fragment the other guards are asked only where these are right.
    """

    def __init__(self, state: StateVariables) -> None:
        self._sums = np.array(sorted(state.sums), dtype=np.int64)
        self._given = np.empty((64, state.size))
        self._fragments: list[Fragment] = []

    def add(self, fragment: Fragment) -> None:
        """One more."""
        n = len(self._fragments)
        if n == len(self._given):
            self._given = np.concatenate([self._given, np.empty_like(self._given)])
        self._given[n] = np.nan
        for v, value in fragment.given.items():
            self._given[n, v] = value
        self._fragments.append(fragment)

    def _failing(self, values: list[float], since: int) -> npt.NDArray[np.bool_]:
        given = self._given[since : len(self._fragments)]
        failing: npt.NDArray[np.bool_] = (given != np.array(values)) & (given == given)
        return failing

    def fits(self, values: list[float], since: int = 0) -> bool:
        """Whether one, from number `since` on, begins where the variables of the state have these values."""
        right = np.flatnonzero(~self._failing(values, since).any(axis=1))
        return any(hold(self._fragments[since + n].entry, values) for n in right)

    def wild(self, values: list[float]) -> set[int]:
        """The sums that alone keep some fragments from beginning in a state: none is to be for one value of them.

        values: of the variables of that state.
        """
        failing = self._failing(values, 0)
        [nearly] = np.nonzero((failing.sum(axis=1) == 1) & failing[:, self._sums].any(axis=1))
        alone = Counter[int]()
        for n in nearly:
            v = int(failing[n].argmax())
            if hold([g for g in self._fragments[n].entry if g.equated != v], values):
                alone[v] += 1
        return {v for v, count in alone.items() if count >= _WILD}


def hold(entry: list[Guard], values: list[float]) -> bool:
    """Whether guards hold where the variables of the state have these values."""
    return all(at == 0 if g.is_zero else at >= 0 for g in entry for at in [g.polynomial.at(values)])
