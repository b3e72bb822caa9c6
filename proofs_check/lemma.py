"""Lemmas and what became of them.

A `Claim` is a lemma together with a proof that can be run. The proof either returns a short note (the lemma is
proved), or raises `NotProved` with the reason, or raises `Refuted` with a counterexample. Nothing else counts as
proved. What tries many cases, and not all, returns `Checked`: that is less than a proof, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Outcome(Enum):
    PROVED = "proved"
    CHECKED = "checked"
    NOT_PROVED = "not proved"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Lemma:
    """What is claimed. `statement` is ordinary mathematics: text, with formulas in LaTeX between dollar signs.

    method: how it is shown; domain: for which inputs.
    """

    name: str
    statement: str
    method: str
    domain: str


@dataclass(frozen=True)
class Counterexample:
    """A concrete assignment at which a lemma fails.

    where: the neuron, head or token that it comes from; values: wires (or variables) by name.
    """

    where: str
    values: Mapping[str, str]
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {value}" for name, value in self.values.items())
        outcome = f": expected {self.expected}, found {self.found}" if self.expected or self.found else ""
        return f"{self.where}{outcome}" + (f"; with {values}" if values else "")


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
    lemma: Lemma
    proof: Callable[[], str | Checked]


@dataclass(frozen=True)
class Result:
    """A lemma and its outcome.

    note: the reason where it is not proved, else what the proof found worth saying; unexercised: see `Checked`.
    """

    lemma: Lemma
    outcome: Outcome
    note: str = ""
    counterexample: Counterexample | None = None
    seconds: float = field(default=0.0, compare=False)
    unexercised: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        return self.outcome is Outcome.PROVED

    @property
    def open(self) -> bool:
        """Refuted, or not proved and not even checked."""
        return self.outcome in (Outcome.REFUTED, Outcome.NOT_PROVED)


def settle(claim: Claim) -> Result:
    """Runs the proof of a claim. An unexpected error in a proof is a lemma not proved."""
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
