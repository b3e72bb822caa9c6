"""The pipeline of a check: which lemmas there are for a machine, and the theorem that they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

from compiler.circuits import Weights, build
from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.machines.machine import Machine
from compiler.machines.own import SPECIFICATION_HINT
from compiler.machines.ptm.vocabulary import Vocabulary as PtmVocabulary
from compiler.machines.ram.vocabulary import Vocabulary
from interpreter.runs.certificate import Certificate, Limit
from interpreter.runs.certified import GROUPS, sources_sha256
from proofs_check.bounded import NextToken, bounded_step_claim
from proofs_check.exactness import Assumed, exactness_claims, longest_exact
from proofs_check.formats import FORMATS
from proofs_check.gates import gate_claims
from proofs_check.heads import head_claims
from proofs_check.indexed.claims import Trace, engine_claims
from proofs_check.lemma import Claim, Lemma, NotProved, Outcome, Result, settle
from proofs_check.looped import assumed_of_sums, looped_claims
from proofs_check.offsets import offset_claims
from proofs_check.ptm import bounds as ptm_bounds
from proofs_check.ptm import steps as ptm_steps
from proofs_check.ptm.small_programs import small_program_claims, small_prompts
from proofs_check.queues import local_specification
from proofs_check.ram import bounds as ram_bounds
from proofs_check.ram import samples as ram_samples
from proofs_check.ram.copies import copy_claims
from proofs_check.ram.cost import cost_claims
from proofs_check.ram.keys import key_claims
from proofs_check.ram.preserved import preservation_claims
from proofs_check.ram.queries import query_claims
from proofs_check.ram.reading import reading_claims
from proofs_check.ram.steps import Ram, step_claims
from proofs_check.ram.universality import universality_claims
from proofs_check.ranges import ranges
from proofs_check.scores import scale_of
from proofs_check.second_opinion import SecondOpinion
from proofs_check.sums import Bounds, largest_product, longest, running_sums, sum_claims
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback
from proofs_check.theorem import theorem
from proofs_check.theory import Theory, theory_of
from proofs_check.unembedding import argmax_claims, exact_parts_claim
from proofs_check.wiring import wiring_claims

Progress = Callable[[int, int, Result], None]
"""Called after every lemma, with how many are done, how many there are, and the last result."""

SEED, TRACES, LENGTH = 7, 20, 50
"""Of the traces on which the indexed engine's code is evaluated: how many, and tokens of each after the prompt."""
SMALL = 1000
"""Instructions of a program that counts as small, in the theorem's second limit."""


@dataclass(frozen=True)
class Specification:
    """What a machine of one's own adds to its circuit: bounds for its sums, and lemmas about its steps.

    Without one, the gates, heads, sums and the unembedding are checked, and the step lemma is open. small: the bounds
    for programs of at most `SMALL` instructions; assumptions: what the theorem rests on besides the lemmas; traces:
    drawn ones, for the indexed engine.
    """

    bounds: Bounds
    small: Bounds
    assumed: Assumed
    why: str
    claims: Callable[[Readback], Iterator[Claim]]
    assumptions: tuple[str, ...]
    traces: Callable[[], Iterator[Trace]]


def specification(machine: Machine[Any]) -> Specification | None:
    """The specification of a machine that this package knows; None for others."""
    vocabulary = machine.vocabulary
    if isinstance(vocabulary, Vocabulary):
        return _of_ram(vocabulary)
    if isinstance(vocabulary, PtmVocabulary):
        bounds = ptm_bounds.sum_bounds()
        assumptions = (*PTM_ASSUMPTIONS, ROUNDING)
        return Specification(
            bounds, bounds, ptm_bounds.assumed, ptm_bounds.WHY, ptm_steps.step_claims, assumptions, ptm_traces
        )
    return None


def _of_ram(vocabulary: Vocabulary) -> Specification:
    layout = vocabulary.layout

    def claims(readback: Readback) -> Iterator[Claim]:
        ram = Ram(layout, Model(readback, tuple(vocabulary)))
        yield from copy_claims(ram)
        yield from key_claims(ram)
        yield from query_claims(ram)
        yield from step_claims(ram)
        yield from preservation_claims(ram)
        yield from reading_claims(layout)
        yield from cost_claims(layout)
        yield from universality_claims(layout)

    return Specification(
        ram_bounds.sum_bounds(layout),
        ram_bounds.sum_bounds(layout, SMALL),
        lambda tokens: ram_bounds.assumed(layout, GROUPS, tokens),
        ram_bounds.WHY,
        claims,
        ASSUMPTIONS,
        lambda: (Trace(*ram_samples.trace(p, LENGTH)) for p in islice(ram_samples.prompts(layout, SEED), TRACES)),
    )


def check(
    machine: Machine[Any],
    progress: Progress | None = None,
    weights: Weights | None = None,
    only: Callable[[Lemma], bool] = lambda lemma: True,
    next_token: NextToken | None = None,
    before: Iterable[Result] = (),
    opinion: SecondOpinion | None = None,
) -> Certificate:
    """Tries to prove every lemma about a machine's weights.

    weights: to be checked instead of the machine's own, if they come from elsewhere; only: which lemmas to try
    (the others are reported as not proved); next_token: the specification of a machine of one's own, about whose
    steps this package has no lemmas: the token that follows a trace, None where none is prescribed. Every short trace
    is then compared with it; before: results about the same weights by the same sources, of which the lemmas that are
    proved are not tried again; opinion: hears every query to z3.
    """
    weights = weights or machine.weights
    own = theory_of(machine)
    if own is not None:
        claims = [_belonging(weights, machine.weights.sha256()), *_claims_of(own, weights)]
        results = settle_all(claims, progress, only, before, opinion)
        return Certificate(
            machine=machine.name,
            weights_sha256=weights.sha256(),
            sources_sha256=sources_sha256(),
            results=tuple(results),
            theorem=f"No theorem about {machine.name}." if any(r.open for r in results) else own.statement,
            assumptions=own.assumptions,
            limits=own.limits,
        )
    known = specification(machine)
    try:
        readback = Readback(unrolled(weights))
    except NotSettling as reason:
        return _not_settling(machine, weights, str(reason))
    if known is not None and weights.form == "looped":
        known = replace(known, assumed=assumed_of_sums(weights, stacked_readback(machine), known.assumed))
    claims = list(claims_about(machine, readback, known, weights, next_token))
    limits = {} if local_specification(machine) else _limits(readback, known or _unknown(readback), machine)
    engine: list[Claim] = []
    if known is not None:
        reach = limits["float64"].tokens if limits else 0
        engine = [*engine_claims(readback.weights, machine.halting, known.traces(), reach)]
    settled = settle_all([*claims, *engine], progress, only, before, opinion)
    results = settled[: len(claims)]
    return Certificate(
        machine=machine.name,
        weights_sha256=weights.sha256(),
        sources_sha256=sources_sha256(),
        results=tuple(results),
        theorem=theorem(machine.name, limits, results[-1], known is not None, local_specification(machine)),
        assumptions=known.assumptions if known else (),
        limits=limits,
        engine=tuple(settled[len(claims) :]),
    )


def settle_all(
    claims: list[Claim],
    progress: Progress | None,
    only: Callable[[Lemma], bool],
    before: Iterable[Result],
    opinion: SecondOpinion | None,
) -> list[Result]:
    """The claims one after the other; see `check`."""
    kept = {result.lemma: result for result in before if result.proved}
    settled: list[Result] = []
    for claim in claims:
        with opinion.about(claim.lemma) if opinion else nullcontext():
            result = kept.get(claim.lemma) or settle(claim if only(claim.lemma) else Claim(claim.lemma, _skipped))
        settled.append(result)
        if progress is not None:
            progress(len(settled), len(claims), result)
    return settled


def _claims_of(own: Theory, weights: Weights) -> Iterator[Claim]:
    """Looped weights that do not come to rest have no claims but that they do."""
    try:
        yield from own.claims(weights)
    except NotSettling as problem:
        reason = str(problem)

        def unsettled() -> str:
            raise NotProved(reason)

        yield Claim(Lemma("rest", "the block comes to rest", "the graph of who reads what", "all tokens"), unsettled)


def ptm_traces() -> Iterator[Trace]:
    """Of small programs on a tape of four cells."""
    for prompt in islice(small_prompts(3, ("0110",)), 0, None, 400):
        machine = prompt.machine
        number = {token: i for i, token in enumerate(machine.vocabulary)}
        assert machine.specification is not None
        tokens = [machine.vocabulary[i] for i in prompt.numbers]
        run = islice(machine.specification(tokens), LENGTH)
        yield Trace(len(tokens), [*(int(i) for i in prompt.numbers), *(number[t] for t in run)])


def stacked_readback(machine: Machine[Any]) -> Readback:
    """Of the stacked weights of a machine's circuit."""
    return Readback(build(machine.circuit))


def _not_settling(machine: Machine[Any], weights: Weights, reason: str) -> Certificate:
    """About looped weights that do not come to rest nothing else can be said."""
    [rest, *_] = looped_claims(weights, weights)
    result = Result(rest.lemma, Outcome.NOT_PROVED, reason)
    return Certificate(machine.name, weights.sha256(), sources_sha256(), (result,), theorem(machine.name, {}, result))


def _skipped() -> str:
    raise NotProved("not tried")


def claims_about(
    machine: Machine[Any],
    readback: Readback,
    known: Specification | None,
    weights: Weights,
    next_token: NextToken | None = None,
) -> Iterator[Claim]:
    """All lemmas about these weights, in the order in which they build on each other; readback: of `unrolled(weights)`.

    What a looped machine's wires mean is shown of the stacked weights of its circuit, by name of wire: that the block
    shares weights changes who carries what, not what comes out.
    """
    yield _belonging(weights, machine.weights.sha256())
    local = local_specification(machine)
    if local is not None:
        if weights.form == "looped":
            yield from looped_claims(weights, stacked_readback(machine).weights)
        yield from offset_claims(readback.weights, machine.vocabulary, local)
        return
    meant = readback
    if weights.form == "looped":
        meant = stacked_readback(machine)
        yield from looped_claims(weights, meant.weights)
    yield from gate_claims()
    yield from head_claims(readback)
    bounds = known.bounds if known else plain_bounds(readback)
    yield from sum_claims(readback, bounds)
    assumed: Assumed = known.assumed if known else lambda tokens: {}
    yield from exactness_claims(readback, assumed, known.why if known else "no assumptions")
    if all(hasattr(t, "family") for t in machine.vocabulary):
        yield exact_parts_claim(readback, machine.vocabulary)
    yield from argmax_claims()
    if known is not None:
        if isinstance(machine.vocabulary, PtmVocabulary):
            yield from wiring_claims(machine.circuit, meant)
            yield from small_program_claims(machine, weights)
        yield from _guarded(known.claims, meant)
        return
    yield from wiring_claims(machine.circuit, meant)
    if next_token is not None:
        yield bounded_step_claim(machine, weights, next_token)
        return
    yield Claim(
        Lemma("step", "the next token is the machine's", "none", "all states"), lambda: _no_specification(machine)
    )


def _guarded(claims: Callable[[Readback], Iterator[Claim]], readback: Readback) -> Iterator[Claim]:
    """Claims that cannot even be stated about these weights are open, and say why."""
    try:
        yield from claims(readback)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"

        def unstated() -> str:
            raise NotProved(reason)

        yield Claim(Lemma("steps", "the next token is the machine's", "none", "all states"), unstated)


def _belonging(weights: Weights, own: str) -> Claim:
    def proof() -> str:
        if weights.sha256() != own:
            raise NotProved(f"these weights have SHA-256 {weights.sha256()}, the machine's have {own}")
        return own

    return Claim(
        Lemma("weights", "the weights are those of the machine", "SHA-256 of all tensors", "these weights"), proof
    )


def _no_specification(machine: Machine[Any]) -> str:
    if machine.specification is None:
        raise NotProved(f"the machine {machine.name!r} has no specification to compare with; {SPECIFICATION_HINT}")
    raise NotProved(f"the machine {machine.name!r} has a specification in plain Python, but no lemmas about its steps")


def plain_bounds(readback: Readback) -> Bounds:
    """For a machine without specification: what the embedding alone says about the summands."""

    def variation(total: str, tokens: int) -> Fraction:
        known = ranges(readback, tokens)
        sizes = (known.of(s.summand).size for s in running_sums(readback) if s.total == total)
        return max(sizes, default=Fraction(0)) * tokens

    def query(head: str, tokens: int) -> Fraction:
        known = ranges(readback, tokens)
        largest = max((known.magnitude(q) for q, _ in readback.head(head).pairs), default=Fraction(0))
        return largest / (2 * scale_of(readback.weights.max_tokens))  # the rows of a lookup are 2 scale x and -scale

    return Bounds(variation, variation, lambda head, tokens: tokens, query)


ROUNDING = (
    "floating-point arithmetic is IEEE 754 with round to nearest; exp(0) = 1, and exp(x) = 0 where it rounds to 0"
)
ASSUMPTIONS = (
    "the prompt is one that the codec writes; a program has at most $B^2 - B$ instructions",
    f"every integer in the run has at most {GROUPS} groups of the base",
    ROUNDING,
    "that a head finds the latest write to a cell, and so the cell's value, follows from the key, query, head, memory "
    "and reads lemmas by induction over the positions; this last step is argued in proofs_check/README.md, and tested "
    "on runs, not machine-checked",
)


PTM_ASSUMPTIONS = (
    "the prompt is one that the codec writes",
    "that the heads find the latest marks, the token of the program that is next and the latest write to a cell "
    "follows from the lemmas about heads, keys and names by induction over the positions; this last step, and the "
    "sizes in proofs_check/ptm/bounds.py, are argued and tested on runs, not machine-checked",
)


def _unknown(readback: Readback) -> Specification:
    """Of a machine of which nothing is known but its tensors: bounds that these alone say."""
    bounds = plain_bounds(readback)
    no_claims, no_traces = (lambda meant: iter(())), (lambda: iter(()))
    return Specification(bounds, bounds, lambda tokens: {}, "no assumptions", no_claims, (), no_traces)


def _limits(readback: Readback, known: Specification, machine: Machine[Any]) -> dict[str, Limit]:
    limits = {}
    try:
        sums = running_sums(readback)
    except NotProved:
        return {}
    for fmt in FORMATS:
        exact, obstacle = longest_exact(readback, fmt, known.assumed)
        summed, summed_small = longest(fmt, sums, known.bounds), longest(fmt, sums, known.small)
        in_order = longest(fmt, sums, known.bounds, in_order=True)
        limits[fmt.name] = Limit(
            dtype=fmt.name,
            tokens=min(exact, summed),
            tokens_in_order=min(exact, in_order),
            tokens_small=min(exact, summed_small),
            small=SMALL if specification(machine) else 0,
            product=0 if exact < 300 else largest_product(fmt, sums, known.bounds, exact),
            limited_by="lookups of sums" if summed < exact else f"exactness: {obstacle or 'recency'}",
        )
    return limits
