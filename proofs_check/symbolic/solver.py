"""z3 as all proofs here ask it: one place, so that every question can be written down and asked elsewhere again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import z3

from proofs_check.lemma import Counterexample, NotProved, Refuted

TIMEOUT = 20_000
"""Milliseconds for one question."""


@dataclass(frozen=True)
class Query:
    """A question with z3's answer.

    Attributes:
        text: the whole question in SMT-LIB 2: declarations, assertions, check-sat.
        answer: "sat", "unsat" or "unknown".
        path: the number of the path on which it was asked, from 1 on; 0 outside of any.
    """

    text: str
    answer: str
    path: int = 0


Listener = Callable[[Query], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener | None) -> Iterator[None]:
    """Every query made inside goes to the listener, after z3's answer; what it raises ends the proof."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@dataclass
class Solver:
    """A stack of assertions; `path` and `logic` (SMT-LIB's name) are for the record, see `Query`."""

    z3: Any = field(default_factory=z3.Solver)
    path: int = 0
    logic: str = "ALL"

    def __post_init__(self) -> None:
        # Without this, z3 takes Ctrl-C for itself: it gives one question up, and the check goes on.
        self.z3.set("ctrl_c", False)
        self.z3.set("timeout", TIMEOUT)

    def add(self, *formulas: Any) -> None:
        """Restricts the innermost scope."""
        self.z3.add(*formulas)

    def push(self) -> None:
        """Opens a scope."""
        self.z3.push()

    def pop(self) -> None:
        """Closes the innermost scope: what was added in it is forgotten."""
        self.z3.pop()

    @property
    def scopes(self) -> int:
        """How many are open."""
        return int(self.z3.num_scopes())

    def possible(self, *formulas: Any) -> bool:
        """Whether all assertions and these formulas hold somewhere.

        Raises:
            NotProved: z3 gives up.
        """
        return self.model(*formulas) is not None

    def model(self, *formulas: Any) -> Any | None:
        """Where all assertions and these formulas hold, None if that is nowhere.

        Raises:
            NotProved: z3 gives up.
        """
        self.z3.push()
        try:
            self.z3.add(*formulas)
            answer = self.z3.check()
            listener = _listener.get()
            if listener is not None:
                listener(Query(self._text(str(answer)), str(answer), self.path))
            if answer == z3.unknown:
                raise NotProved(f"z3 gives up: {self.z3.reason_unknown()}")
            return self.z3.model() if answer == z3.sat else None
        finally:
            self.z3.pop()

    def _text(self, answer: str) -> str:
        text: str = self.z3.to_smt2()
        _, _, rest = text.partition("(set-info :status unknown)\n")
        return f"(set-logic {self.logic})\n(set-info :status {answer})\n{rest}"


def prove(where: str, goal: z3.BoolRef, *assumptions: z3.BoolRef) -> None:
    """Shows that the goal follows from the assumptions.

    Raises:
        Refuted: z3 finds where it does not.
        NotProved: z3 gives up.
    """
    solver = Solver()
    solver.add(*assumptions)
    model = solver.model(z3.Not(goal))
    if model is not None:
        raise Refuted(Counterexample(where, {str(d): str(model[d]) for d in model.decls()}))
