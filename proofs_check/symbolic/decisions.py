"""The decisions of a path, and how the next run replays them up to one that it takes the other way."""

from __future__ import annotations

from proofs_check.lemma import NotProved
from proofs_check.symbolic.polynomials import Polynomial


class Decisions:
    """The answers on a path, in the order in which a run comes past them.

    Attributes:
        depth: how many of them the present run has come past.
        flip: the one at which it leaves the run before; -1 in the first run.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.flip = -1
        self._answers: list[bool] = []
        self._asked: list[Polynomial | None] = []  # what each is about; None: nothing that a term says
        self._pending: list[bool] = []  # whether the other answer is still to be explored

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def replaying(self) -> bool:
        """Whether what is asserted now is on the solver's stack from an earlier run."""
        return self.depth <= self.flip

    @property
    def known(self) -> bool:
        """Whether the next one was taken in an earlier run."""
        return self.depth < len(self)

    @property
    def pending(self) -> bool:
        """Whether the other answer of the latest one is still to be explored."""
        return self._pending[-1]

    def answer(self, asked: Polynomial | None) -> bool:
        """The answer of the next one, which is known.

        Raises:
            NotProved: it was about something else in the run before.
        """
        if self._asked[self.depth] != asked:
            raise NotProved(f"a run asks {asked} where the run before asked {self._asked[self.depth]}")
        return self._answers[self.depth]

    def add(self, answer: bool, pending: bool, asked: Polynomial | None) -> None:
        """One more, after the latest one."""
        self._answers.append(answer)
        self._pending.append(pending)
        self._asked.append(asked)

    def drop(self) -> tuple[bool, Polynomial | None]:
        """Forgets the latest one: its answer, and what it was about."""
        self._pending.pop()
        return self._answers.pop(), self._asked.pop()
