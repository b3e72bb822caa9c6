"""Some hundred cases of one subject, in one process with one engine; a failure is shrunk by Hypothesis."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from compiler.machines.schema import Count, Name, Text
from interpreter.campaign.drawing import Choices, Refused, drawn, shrink
from interpreter.campaign.subject import Subject
from interpreter.campaign.subjects import SUBJECTS

MAX_FAILURES = 3
"""Shrunk in a batch; the rest are counted."""


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
    """What a batch did. compared: cases that were carried out; left_out: that the strategy gave up."""

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
    subject, done = SUBJECTS[batch.subject], Done(batch)
    features: Counter[str] = Counter()
    begun = time.perf_counter()
    for number in range(batch.first, batch.first + batch.size):
        try:
            case, choices = drawn(subject.cases, seed_of(batch, number))
        except Refused:
            done.left_out += 1
            continue
        done.compared += 1
        try:
            checked = subject.check(case)
        except Exception as problem:
            done.failed += 1
            if len(done.failures) < MAX_FAILURES:
                done.failures.append(_shrunk(subject, number, case, choices, problem))
        else:
            done.tokens += checked.tokens
            features.update(checked.features)
    done.seconds = time.perf_counter() - begun
    done.features = dict(features)
    return done


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
