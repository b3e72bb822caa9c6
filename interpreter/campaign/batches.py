"""Some hundred cases of one subject, in one process with one engine; a failure is shrunk by Hypothesis."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from compiler.collector import collector_paused
from compiler.machines.schema import Count, Name, Text
from interpreter.campaign.drawing import Choices, Refused, drawn, shrink
from interpreter.campaign.subject import Checked, Subject
from interpreter.campaign.subjects import SUBJECTS

MAX_FAILURES = 3
"""Shrunk in a batch; the rest are counted."""
SINGLY = 40
"""Of so many cases one is checked by itself, where most are checked together."""
TOGETHER = 20
"""Cases that are checked together: twenty programs have what global cells there are."""


@dataclass(frozen=True, order=True)
class Batch:
    """Cases `first` to `first + size - 1` of a subject."""

    subject: Name
    first: Count
    size: Count
    seed: int


@dataclass(frozen=True)
class Failure:
    """case: its number; pasted: the smallest case found that fails, as the text of a file; message: how it fails."""

    case: Count
    pasted: Text
    message: Text


@dataclass
class Done:
    """What a batch did. compared: cases that were carried out; left_out: that the
    strategy gave up, or that the language refuses; seconds: of processor time."""

    batch: Batch
    compared: Count = 0
    left_out: Count = 0
    failed: Count = 0
    tokens: Count = 0
    seconds: float = 0.0
    features: dict[Name, Count] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def seed_of(batch: Batch, number: int) -> str:
    """All that case `number` of a subject depends on."""
    return f"{batch.seed}/{batch.subject}/{number}"


def carry_out(batch: Batch) -> Done:
    """Draws and checks all cases of a batch."""
    with collector_paused():  # it would take a sixth of the time, and find what is kept until the batch is done
        return _carried_out(batch)


def _carried_out(batch: Batch) -> Done:
    begun = time.process_time()
    work = _Work(batch)
    if work.subject.together is not None:
        joined = [number for number in work.cases if number % SINGLY]
        for first in range(0, len(joined), TOGETHER):
            work.check_together(joined[first : first + TOGETHER])
    work.check_singly([number for number in work.cases if number not in work.tried])
    work.done.left_out = batch.size - work.done.compared
    work.done.features = dict(work.features)
    work.done.seconds = time.process_time() - begun
    return work.done


class _Work:
    """The cases of a batch, and what has been done of them; tried: those that passed, failed or were left out."""

    def __init__(self, batch: Batch) -> None:
        self.subject, self.done = SUBJECTS[batch.subject], Done(batch)
        self.tried: set[int] = set()
        self.features: Counter[str] = Counter()
        self.cases: dict[int, tuple[Any, Choices]] = {}
        for number in range(batch.first, batch.first + batch.size):
            with suppress(Refused):
                self.cases[number] = drawn(self.subject.cases, seed_of(batch, number))

    def check_together(self, numbers: Sequence[int]) -> None:
        """Checks some cases at once; where that fails, each by itself."""
        assert self.subject.together is not None
        sources = [self.cases[number][0] for number in numbers]
        try:
            found = self.subject.together(sources)
        except Exception as problem:
            failed = self.done.failed
            self.check_singly(numbers)
            if self.done.failed == failed:
                pasted = "\n".join(map(self.subject.paste, sources))
                self._fail(Failure(numbers[0], pasted, f"only together: {type(problem).__name__}: {problem}"))
            return
        for number, checked in zip(numbers, found, strict=True):
            if checked is not None:
                self._note(number, checked)

    def check_singly(self, numbers: Sequence[int]) -> None:
        """Checks some cases, and has those that fail shrunk."""
        for number in numbers:
            case, choices = self.cases[number]
            try:
                checked = self.subject.check(case)
            except Refused:
                self.tried.add(number)
            except Exception as problem:
                self.tried.add(number)
                self.done.compared += 1
                kept = len(self.done.failures) < MAX_FAILURES
                self._fail(_shrunk(self.subject, number, case, choices, problem) if kept else None)
            else:
                self._note(number, checked)

    def _note(self, number: int, checked: Checked) -> None:
        self.tried.add(number)
        self.done.compared += 1
        self.done.tokens += checked.tokens
        self.features.update(checked.features)

    def _fail(self, failure: Failure | None) -> None:
        self.done.failed += 1
        self.done.failures += [] if failure is None else [failure]


def _shrunk(subject: Subject, number: int, case: Any, choices: Choices, problem: Exception) -> Failure:
    """The smallest case that Hypothesis finds on the way down from a failing one."""
    failing = [(case, problem)]

    def fails(smaller: Any) -> bool:
        try:
            subject.check(smaller)
        except Exception as error:
            failing.append((smaller, error))
            return True
        return False

    shrink(subject.cases, choices, fails)
    case, error = failing[-1]
    again = "" if len(failing) > 1 else ", and not again"
    return Failure(number, subject.paste(case), f"{type(error).__name__}: {error}{again}")
