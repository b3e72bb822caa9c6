"""Some hundred cases of one subject, in one process with one engine; a failure is shrunk by Hypothesis."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import InMemoryExampleDatabase

from interpreter.campaign.subjects import SUBJECTS, Checked, Subject

BYTES = 6000
"""Of randomness a case. The few that would need more are left out, and counted."""
MAX_FAILURES = 3
"""Shrunk in a batch; the rest are counted."""


@dataclass(frozen=True, order=True)
class Batch:
    """Cases `first` to `first + size - 1` of a subject."""

    subject: str
    first: int
    size: int
    seed: int


@dataclass(frozen=True)
class Failure:
    """case: its number; pasted: the smallest case found that fails, as the text of a file; message: how it fails."""

    case: int
    pasted: str
    message: str


@dataclass
class Done:
    """What a batch did. compared: cases that were carried out; left_out: that needed more randomness."""

    batch: Batch
    compared: int = 0
    left_out: int = 0
    failed: int = 0
    tokens: int = 0
    seconds: float = 0.0
    features: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def randomness(batch: Batch, number: int) -> bytes:
    """All that case `number` of a subject depends on."""
    return random.Random(f"{batch.seed}/{batch.subject}/{number}").randbytes(BYTES)


def carry_out(batch: Batch) -> Done:
    """Draws and checks all cases of a batch."""
    subject, done = SUBJECTS[batch.subject], Done(batch)
    checked: list[Checked] = []

    def check(case: Any) -> None:
        checked.append(subject.check(case))

    quiet = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)
    # Hypothesis's entry for fuzzers: one case from given bytes, without the search for new ones, which costs more.
    test: Any = quiet(given(subject.cases)(check))
    fuzz_one = test.hypothesis.fuzz_one_input
    begun = time.perf_counter()
    for number in range(batch.first, batch.first + batch.size):
        given_bytes = randomness(batch, number)
        before = len(checked)
        try:
            fuzz_one(given_bytes)
        except Exception as problem:
            done.compared += 1
            done.failed += 1
            if len(done.failures) < MAX_FAILURES:
                done.failures.append(_shrunk(subject, number, given_bytes, problem))
            continue
        if len(checked) == before:
            done.left_out += 1
        else:
            done.compared += 1
    done.seconds = time.perf_counter() - begun
    done.tokens = sum(result.tokens for result in checked)
    done.features = dict(Counter(feature for result in checked for feature in result.features))
    return done


def _shrunk(subject: Subject, number: int, given_bytes: bytes, problem: Exception) -> Failure:
    """The smallest case that Hypothesis finds on the way down from a failing one."""
    smallest: list[tuple[Any, Exception]] = []

    def check(case: Any) -> None:
        try:
            subject.check(case)
        except Exception as error:
            smallest.append((case, error))
            raise

    database = InMemoryExampleDatabase()
    loud = settings(
        database=database, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False,
        phases=[Phase.reuse, Phase.shrink], report_multiple_bugs=False,
    )  # fmt: skip
    test: Any = loud(given(subject.cases)(check))
    # The first finds the failing case, and puts it into the database; the second starts from there.
    for again in (partial(test.hypothesis.fuzz_one_input, given_bytes), test):
        with suppress(Exception):
            again()
    if not smallest:
        return Failure(number, "", f"failed once, and not again: {problem!r}")
    case, error = smallest[-1]
    return Failure(number, subject.paste(case), f"{type(error).__name__}: {error}")
