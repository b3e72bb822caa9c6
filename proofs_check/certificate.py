"""A certificate: which lemmas hold about which weights, and the theorem that they give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from msgspec import Struct

from compiler.machines.schema import Count, Digest, Name, SchemaError, Text, checked, parsed
from proofs_check.lemma import Counterexample, Lemma, Outcome, Result

VERSION = 3


class CertificateError(ValueError):
    """A file that is no certificate, or one of another version."""


@dataclass(frozen=True)
class Limit:
    """Up to how many tokens (prompt and run) the theorem holds in one data type.

    tokens: for every program; tokens_in_order: if running sums are added up over consecutive positions only (see
    `orders`); tokens_small: for programs of at most `small` instructions; product: for every run
    whose number of tokens times the sum of |jump distances| (a step to the next instruction counts 1) stays
    below it; limited_by: the lemma, and what in it, that a longer trace would break.
    """

    dtype: str
    tokens: int
    tokens_in_order: int
    tokens_small: int
    small: int
    product: int
    limited_by: str


@dataclass(frozen=True)
class Certificate:
    """machine: its name; weights_sha256: of the weights that the lemmas are about; sources_sha256: of the proofs and
    the specification (see `interpreter.runs.certified`); limits: by data type; engine: lemmas about the indexed
    engine, without which the theorem is about the dense transformer only.
    """

    machine: str
    weights_sha256: str
    sources_sha256: str
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
        body = {
            "format": "punchtape-certificate",
            "version": VERSION,
            "machine": self.machine,
            "weights_sha256": self.weights_sha256,
            "sources_sha256": self.sources_sha256,
            "proved": self.proved,
            "theorem": self.theorem,
            "assumptions": list(self.assumptions),
            "limits": {name: asdict(limit) for name, limit in self.limits.items()},
            "lemmas": [_result_to_json(r) for r in self.results],
            "engine": [_result_to_json(r) for r in self.engine],
        }
        return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


class _ResultSchema(Struct, forbid_unknown_fields=True):
    name: Text
    statement: Text
    method: Text
    domain: Text
    result: Outcome
    note: Text
    unexercised: tuple[Text, ...]
    seconds: float
    counterexample: Counterexample | None

    def result_of(self) -> Result:
        lemma = Lemma(self.name, self.statement, self.method, self.domain)
        return Result(lemma, self.result, self.note, self.counterexample, self.seconds, self.unexercised)


class _LimitSchema(Struct, forbid_unknown_fields=True):
    dtype: Name
    tokens: Count
    tokens_in_order: Count
    tokens_small: Count
    small: Count
    product: Count
    limited_by: Text

    def limit_of(self) -> Limit:
        return Limit(
            self.dtype, self.tokens, self.tokens_in_order, self.tokens_small, self.small, self.product, self.limited_by
        )


class _Schema(Struct, forbid_unknown_fields=True):
    """The shape of what `Certificate.to_json` writes; see `compiler.machines.schema`."""

    format: Literal["punchtape-certificate"]
    version: Literal[3]
    machine: Name
    weights_sha256: Digest
    sources_sha256: Digest
    proved: bool
    theorem: Text
    assumptions: tuple[Text, ...]
    limits: dict[Name, _LimitSchema]
    lemmas: tuple[_ResultSchema, ...]
    engine: tuple[_ResultSchema, ...]


def from_json(text: str) -> Certificate:
    """The certificate that `Certificate.to_json` wrote.

    Raises:
        CertificateError: the text is not one, or its version is not known here.
    """
    try:
        body = parsed(text)
        known = body.get("format") if isinstance(body, dict) else None
        if known == "punchtape-certificate" and body.get("version") != VERSION:
            version = f"{body.get('version')!r:.40}"
            raise CertificateError(f"a certificate of version {version}; this program reads version {VERSION}")
        found = checked(body, _Schema)
    except SchemaError as problem:
        raise CertificateError(f"this file is no certificate ({problem!s:.200})") from None
    return Certificate(
        machine=found.machine,
        weights_sha256=found.weights_sha256,
        sources_sha256=found.sources_sha256,
        results=tuple(result.result_of() for result in found.lemmas),
        theorem=found.theorem,
        assumptions=found.assumptions,
        limits={name: limit.limit_of() for name, limit in found.limits.items()},
        engine=tuple(result.result_of() for result in found.engine),
    )


def _result_to_json(result: Result) -> dict[str, Any]:
    example = result.counterexample
    return {
        **asdict(result.lemma),
        "result": result.outcome.value,
        "note": result.note,
        "unexercised": list(result.unexercised),
        "seconds": round(result.seconds, 3),
        "counterexample": None if example is None else {**asdict(example), "values": dict(example.values)},
    }
