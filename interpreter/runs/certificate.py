"""A certificate: which lemmas hold about which weights, and up to what length the theorem that they give.

`punchtape check` (`proofs_check`) makes certificates; `run --certified` and `compare` ask what they allow. As files
they are JSON, read and written here alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from compiler.machines.schema import Count, Digest, SchemaError, checked, parsed

FORMAT, VERSION = "punchtape-certificate", 4


class CertificateError(ValueError):
    """A text that is no certificate, or one of another version; the message says which."""


class Outcome(Enum):
    """What became of a lemma: only PROVED is a proof; CHECKED says that all that was tried holds."""

    PROVED = "proved"
    CHECKED = "checked"
    NOT_PROVED = "not proved"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Lemma:
    """What is claimed.

    Attributes:
        statement: ordinary mathematics: text, with formulas in LaTeX between dollar signs.
        method: how it is shown.
        domain: for which inputs.
    """

    name: str
    statement: str
    method: str
    domain: str


@dataclass(frozen=True)
class Counterexample:
    """A concrete assignment at which a lemma fails.

    Attributes:
        where: the neuron, head or token that it comes from.
        values: of wires, or variables, by name.
    """

    where: str
    values: Mapping[str, str]
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {value}" for name, value in self.values.items())
        outcome = f": expected {self.expected}, found {self.found}" if self.expected or self.found else ""
        return f"{self.where}{outcome}" + (f"; with {values}" if values else "")


@dataclass(frozen=True)
class Result:
    """A lemma and its outcome.

    Attributes:
        note: the reason where it is not proved, else what the proof found worth saying.
        seconds: wall time of the proof.
        unexercised: parts of the machine that nothing that was tried makes use of, if it is only checked.
    """

    lemma: Lemma
    outcome: Outcome
    note: str = ""
    counterexample: Counterexample | None = None
    seconds: float = field(default=0.0, compare=False)
    unexercised: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether there is a proof; what is only checked has none."""
        return self.outcome is Outcome.PROVED

    @property
    def open(self) -> bool:
        """Refuted, or not proved and not even checked."""
        return self.outcome in (Outcome.REFUTED, Outcome.NOT_PROVED)


@dataclass(frozen=True)
class Limit:
    """Up to how many tokens (prompt and run) the theorem holds in one data type.

    Attributes:
        tokens: for every program.
        tokens_in_order: if running sums are added up over consecutive positions only (see `proofs_check.orders`).
        tokens_small: for programs of at most `small` instructions.
        product: for every run whose number of tokens times the sum of |jump distances| (a step to the next
            instruction counts 1) stays below it.
        limited_by: the lemma, and what in it, that a longer trace would break.
    """

    dtype: str
    tokens: Count
    tokens_in_order: Count
    tokens_small: Count
    small: Count
    product: int
    limited_by: str


@dataclass(frozen=True)
class Certificate:
    """The lemmas about some weights with their outcomes.

    Attributes:
        machine: its name.
        weights_sha256: of the weights that the lemmas are about.
        sources_sha256: of the proofs and the specification, see `interpreter.runs.certified`.
        limits: by data type.
        engine: lemmas about the indexed engine, without which the theorem is about the dense transformer only.
    """

    machine: str
    weights_sha256: Digest
    sources_sha256: Digest
    results: tuple[Result, ...]
    theorem: str
    assumptions: tuple[str, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    engine: tuple[Result, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether every lemma is proved; an empty certificate proves nothing."""
        return bool(self.results) and all(r.proved for r in self.results)

    @property
    def covers_engine(self) -> bool:
        """Whether there are lemmas about the indexed engine, of which none is open."""
        return bool(self.engine) and not any(r.open for r in self.engine)

    @property
    def open(self) -> tuple[Result, ...]:
        """The lemmas that are refuted, or neither proved nor checked, those about the engine included."""
        return tuple(r for r in (*self.results, *self.engine) if r.open)

    @property
    def unexercised(self) -> tuple[str, ...]:
        """Parts of the machine that nothing that was tried makes use of; what is checked says nothing about them."""
        return tuple(part for r in self.results for part in r.unexercised)

    def admits(self, dtype: str, tokens: int, variation: int | None = None) -> bool:
        """Whether the theorem covers a trace of this length in this data type (such as "float64").

        variation: the sum of |jump distances| of the trace, where known; it gives a longer limit. False if any
        lemma is open, or if the data type has no limit.
        """
        limit = self.limits.get(dtype)
        if limit is None or not self.proved:
            return False
        return tokens <= limit.tokens or (variation is not None and tokens * variation < limit.product)

    def to_json(self) -> str:
        """What `from_json` reads; `proved` is in it for readers only."""
        head = {"format": FORMAT, "version": VERSION, "proved": self.proved}
        return json.dumps({**head, **msgspec.to_builtins(self)}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Certificate:
    """The certificate that `Certificate.to_json` wrote.

    Raises:
        CertificateError: the text is not one, or its version is not known here.
    """
    try:
        body = parsed(text)
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise CertificateError("this file is no certificate")
        if body.get("version") != VERSION:
            version = f"{body.get('version')!r:.40}"
            raise CertificateError(f"a certificate of version {version}; this program reads version {VERSION}")
        return checked(body, Certificate)
    except SchemaError as problem:
        raise CertificateError(f"this file is no certificate ({problem!s:.200})") from None


def proved_in(limits: Mapping[str, Limit]) -> str:
    """The data types in which traces of some length are exact; with the length, where it is not that of float64."""
    most = limits["float64"].tokens
    whole = [name for name, limit in limits.items() if limit.tokens == most]
    less = sorted(((limit.tokens, name) for name, limit in limits.items() if 0 < limit.tokens < most), reverse=True)
    shorter = ", ".join(f"{tokens:,}{' tokens' * (i == 0)} in {name}" for i, (tokens, name) in enumerate(less))
    return ", ".join(whole) + (f"; {shorter}" if shorter else "")
