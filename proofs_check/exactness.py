"""Everything but the running sums is exact: no sum or product rounds, in any order of summation.

A sum of multiples of a unit whose |terms| add up to at most 2**precision units has only exact partial sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from proofs_check.formats import FLOAT64, Format
from proofs_check.lemma import Claim, Lemma, NotProved
from proofs_check.ranges import Range, Ranges, ranges
from proofs_check.scores import scale_of
from proofs_check.sums import bisect
from proofs_check.tensors import Attention, Readback

Assumed = Callable[[int], Mapping[str, Range]]
"""For a number of tokens, ranges of wires that a machine's invariant promises."""


@dataclass(frozen=True)
class Obstacle:
    """The first sum that may round: where it is, the sum of its |terms| and their unit."""

    where: str
    size: Fraction
    unit: Fraction

    def __str__(self) -> str:
        return f"{self.where}: terms up to {float(self.size):.3g} in steps of {float(self.unit):.3g}"


def obstacle(readback: Readback, fmt: Format, tokens: int, assumed: Assumed) -> Obstacle | None:
    """The worst sum or product that may round, or a score that may overflow; None where there is none."""
    known = ranges(readback, tokens, assumed(tokens))
    sums = [*known.sums, *_logits(readback, known)]
    for head in readback.heads:
        if head.pairs and not _looks_up_a_sum(head, known):
            sums += _score(head, known)
    worst = max(sums, key=lambda s: s[1] / s[2], default=None)
    if worst is not None and worst[1] > worst[2] * 2**fmt.precision:
        return Obstacle(*worst)
    scale = scale_of(readback.weights.max_tokens)
    for head in readback.heads:
        size = sum((known.magnitude(q) * known.magnitude(k) for q, k in head.pairs), Fraction(0))
        if size >= fmt.largest:
            return Obstacle(f"overflow of the scores of {head}, scale {float(scale):.3g}", size, scale)
    return None


def _score(head: Attention, known: Ranges) -> Iterator[tuple[str, Fraction, Fraction]]:
    size, unit = Fraction(0), Fraction(2) ** 200
    for q, k in head.pairs:
        yield f"a key of {head}", known.magnitude(k), known.of(k).unit
        yield f"a query of {head}", known.magnitude(q), known.of(q).unit
        size += known.of(q).size * known.of(k).size
        unit = min(unit, known.of(q).unit * known.of(k).unit)
    yield f"a score of {head}", size, unit


def _looks_up_a_sum(head: Attention, known: Ranges) -> bool:
    """Its query may round; `sums` bounds by how much, and what that does to the score."""
    return any(name in known.real for q, _ in head.pairs for name in q)


def _logits(readback: Readback, known: Ranges) -> Iterator[tuple[str, Fraction, Fraction]]:
    """One bound for all tokens: the largest |weight| of each wire."""
    unembedding = readback.weights.unembedding
    size, unit = Fraction(0), Fraction(1)
    for name, column in zip(readback.names, unembedding.T):
        if column.any():
            size += Fraction(float(abs(column).max())) * known.wires[name].size
            unit = min(unit, known.wires[name].unit)
    yield "a logit", size, unit


def longest_exact(readback: Readback, fmt: Format, assumed: Assumed) -> tuple[int, Obstacle | None]:
    """The largest number of tokens for which nothing rounds, and what does beyond it."""

    def holds(tokens: int) -> bool:
        return tokens <= readback.weights.max_tokens and obstacle(readback, fmt, tokens, assumed) is None

    tokens = bisect(holds, 2 * readback.weights.max_tokens)
    return tokens, obstacle(readback, fmt, tokens + 1, assumed)


def exactness_claims(readback: Readback, assumed: Assumed, why: str) -> Iterator[Claim]:
    """For float64. `why` says what the assumed ranges rest on."""

    def proof() -> str:
        tokens, limit = longest_exact(readback, FLOAT64, assumed)
        if tokens < min(1000, readback.weights.max_tokens):
            raise NotProved(f"only up to {tokens} tokens: {limit}")
        return f"up to {tokens} tokens; beyond, {limit or 'recency steps run out'}"

    yield Claim(
        Lemma(
            "exactness",
            "no product, dot product or score rounds, but for the running sums and the scores that look them up",
            "interval arithmetic over the tensors with units (powers of two); " + why,
            "float64, any order of summation, traces up to the stated length",
        ),
        proof,
    )
