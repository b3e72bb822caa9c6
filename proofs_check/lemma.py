"""Lemmas and what became of them.

A `Claim` is a lemma together with a proof that can be run. The proof either returns a short note (the lemma is
proved), or raises `NotProved` with the reason, or raises `Refuted` with a counterexample. Nothing else counts as
proved. What tries many cases, and not all, returns `Checked`: that is less than a proof, and says so.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from compiler.collector import collector_paused
from interpreter.runs.certificate import Counterexample, Lemma, Outcome, Result

__all__ = ["Checked", "Claim", "Counterexample", "Lemma", "NotProved", "Outcome", "Refuted", "Result", "settle"]


class NotProved(Exception):
    """The proof did not go through; the message is the reason."""


class Refuted(Exception):
    """The lemma is false, as the counterexample shows."""

    def __init__(self, counterexample: Counterexample) -> None:
        super().__init__(str(counterexample))
        self.counterexample = counterexample


@dataclass(frozen=True)
class Checked:
    """What was tried holds; unexercised: parts of the machine that nothing that was tried makes use of."""

    note: str
    unexercised: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A lemma with its proof, which returns a note, or raises NotProved or Refuted."""

    lemma: Lemma
    proof: Callable[[], str | Checked]


def settle(claim: Claim) -> Result:
    """Runs the proof of a claim. An unexpected error in a proof is a lemma not proved."""
    with _formulas_freed_here():
        return _settled(claim)


@contextmanager
def _formulas_freed_here() -> Iterator[None]:
    """Python's collector waits until the proof is done, and then runs in this thread.

    A solver must not be called from two threads at once, and to free a formula is a call: where another thread, one
    that draws a progress bar for instance, sets the collector off, it may free one that is garbage while a query runs.
    """
    with collector_paused():
        yield
        gc.collect(0)


def _settled(claim: Claim) -> Result:
    begun = time.perf_counter()
    outcome, note, counterexample = Outcome.PROVED, "", None
    unexercised: tuple[str, ...] = ()
    try:
        answer = claim.proof()
        if isinstance(answer, Checked):
            outcome, note, unexercised = Outcome.CHECKED, answer.note, answer.unexercised
        else:
            note = answer
    except NotProved as reason:
        outcome, note = Outcome.NOT_PROVED, str(reason)
    except Refuted as refuted:
        outcome, note, counterexample = Outcome.REFUTED, str(refuted), refuted.counterexample
    except Exception as error:  # whatever goes wrong in a proof must not end the check, nor count as proved
        outcome, note = Outcome.NOT_PROVED, f"the proof failed with {type(error).__name__}: {error}"
    return Result(claim.lemma, outcome, note, counterexample, time.perf_counter() - begun, unexercised)
