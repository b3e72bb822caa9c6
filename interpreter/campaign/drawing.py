"""Cases drawn from a seed, without what Hypothesis keeps to search and shrink: five times as fast.

A strategy of Hypothesis draws from a `ConjectureData`, which keeps spans, a tree of what was tried, and labels.
A case that passes needs none of them. So `Choices` answers the strategy's questions from a random source, and keeps
nothing but its answers: from these Hypothesis makes the same case again, and shrinks it if it fails.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.control import BuildContext
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import HypothesisException, StopTest
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.conjecture.providers import BytestringProvider
from hypothesis.strategies._internal.lazy import unwrap_strategies

Case = TypeVar("Case")

_BITS = (4, 8, 16, 64, 128)
"""Of integers without bounds."""
_BYTES = 1000
"""Of randomness for texts, bytes and floats."""


class Refused(Exception):
    """The strategy gave up: no case comes of these choices."""


class Choices(ConjectureData):
    """Answers what a strategy asks from a random source; `answers` has all of them, in order."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(seed)
        self.answers: list[bool | int | str | float | bytes] = []
        others = {"bytestring": self._source.randbytes(_BYTES)}
        super().__init__(random=None, provider=BytestringProvider, provider_kw=others)

    def draw(self, strategy: Any, label: int | None = None, observe_as: str | None = None) -> Any:
        """See Hypothesis's `ConjectureData`: the value of a strategy."""
        unwrapped: Any = unwrap_strategies(strategy)  # type: ignore[no-untyped-call]
        return unwrapped.do_draw(self)

    def start_span(self, label: int) -> None:
        """See `ConjectureData`: only the depth is kept."""
        self.depth += 1

    def stop_span(self, *, discard: bool = False) -> None:
        """See `ConjectureData`."""
        self.depth -= 1

    def draw_integer(
        self, min_value: int | None = None, max_value: int | None = None, *, weights: dict[int, float] | None = None,
        shrink_towards: int = 0, forced: int | None = None, observe: bool = True,
    ) -> int:  # fmt: skip
        """See `ConjectureData`: drawn, and noted as an answer."""
        if forced is not None:
            value = forced
        elif min_value is not None and max_value is not None:
            value = self._source.randint(min_value, max_value)
        else:
            size = self._source.getrandbits(self._source.choice(_BITS))
            if min_value is not None:
                value = min_value + size
            elif max_value is not None:
                value = max_value - size
            else:
                value = self._source.choice((size, -size))
        if observe:
            self.answers.append(value)
        return value

    def draw_boolean(self, p: float = 0.5, *, forced: bool | None = None, observe: bool = True) -> bool:
        """See `ConjectureData`: drawn, and noted as an answer."""
        value = self._source.random() < p if forced is None else forced
        if observe:
            self.answers.append(value)
        return value

    def _draw(self, choice_type: Any, constraints: Any, *, observe: bool, forced: Any) -> Any:
        """Texts, bytes and floats: as a fuzzer's bytes say."""
        value: Any = getattr(self.provider, f"draw_{choice_type}")(**constraints) if forced is None else forced
        if observe:
            self.answers.append(value)
        return value


def drawn(cases: st.SearchStrategy[Case], seed: str) -> tuple[Case, Choices]:
    """The case of a seed, and what it was made of.

    Raises:
        Refused: see there.
    """
    choices = Choices(seed)
    try:
        with BuildContext(choices, wrapped_test=drawn):
            return choices.draw(cases), choices
    except (HypothesisException, StopTest) as problem:
        raise Refused from problem


def shrink(cases: st.SearchStrategy[Case], choices: Choices, fails: Callable[[Case], bool]) -> None:
    """Has Hypothesis shrink a failing case; the last for which `fails` says so is the smallest that was found."""
    database = InMemoryExampleDatabase()
    # The secondary ones: Hypothesis takes the primary for shrunk already.
    database.save(b"case.secondary", choices_to_bytes(choices.answers))
    downhill = settings(
        database=database, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.shrink]
    )
    with suppress(HypothesisException):
        find(cases, fails, settings=downhill, database_key=b"case")
