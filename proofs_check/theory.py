"""Machines whose theorem is put together in its own way: without running sums, recency, or a bound on the length.

`check` has the pipeline of the machines that remember by recency. What is another matter altogether says here which
lemmas it has and how far they carry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from compiler.circuits import Weights, build
from compiler.circuits.unrolled import unrolled
from compiler.machines.crasp.vocabulary import Vocabulary as CraspVocabulary
from compiler.machines.machine import Machine
from compiler.machines.turingformer.vocabulary import Vocabulary as TuringformerVocabulary
from interpreter.runs.certificate import Limit
from proofs_check import turingformer
from proofs_check.crasp import means, steps
from proofs_check.formats import FORMATS
from proofs_check.gates import gate_claims
from proofs_check.lemma import Claim
from proofs_check.looped import looped_claims
from proofs_check.tensors import Readback
from proofs_check.turingformer.wires import Wires
from proofs_check.wiring import wiring_claims


@dataclass(frozen=True)
class Theory:
    """claims: all lemmas about weights of the machine; statement: the theorem that they add up to, if none is open;
    limits: by data type; assumptions: what it rests on besides."""

    claims: Callable[[Weights], Iterator[Claim]]
    statement: str
    limits: Mapping[str, Limit]
    assumptions: tuple[str, ...]


def theory_of(machine: Machine[Any]) -> Theory | None:
    """None for a machine of the usual pipeline."""
    if isinstance(machine.vocabulary, CraspVocabulary):
        return _of_crasp(machine, machine.vocabulary)
    if isinstance(machine.vocabulary, TuringformerVocabulary):
        return _of_turingformer(machine, machine.vocabulary)
    return None


def _of_turingformer(machine: Machine[Any], vocabulary: TuringformerVocabulary) -> Theory:
    wires = Wires(vocabulary.machine, machine.circuit.max_tokens.bit_length() - 1, machine.window is not None)
    limits = turingformer.limits(wires)

    def claims(weights: Weights) -> Iterator[Claim]:
        stacked = build(machine.circuit) if weights.form == "looped" else weights
        if weights.form == "looped":
            yield from looped_claims(weights, stacked)
        yield from gate_claims()
        readback = Readback(stacked)
        yield from wiring_claims(machine.circuit, readback)
        yield from turingformer.step_claims(readback, wires, vocabulary)

    lengths = ", ".join(f"{name}: N = {limit.tokens:,}" for name, limit in limits.items())
    return Theory(
        claims,
        f"For every prompt of the machine {machine.name}, every token that the transformer decodes is the one that the "
        "machine's specification prescribes, while what it sees, from its last summary on, has at most N tokens; a run "
        f"may go on from summary to summary without end. {lengths}.",
        limits,
        turingformer.ASSUMPTIONS,
    )


def _of_crasp(machine: Machine[Any], vocabulary: CraspVocabulary) -> Theory:
    limits = {fmt.name: means.limit(fmt) for fmt in FORMATS}

    def claims(weights: Weights) -> Iterator[Claim]:
        if weights.form == "looped":
            yield from looped_claims(weights, build(machine.circuit))
        yield from gate_claims()
        yield from steps.step_claims(Readback(unrolled(weights)), vocabulary)
        yield from means.mean_claims()

    lengths = ", ".join(f"{name}: N = {limit.tokens}" for name, limit in limits.items())
    return Theory(
        claims,
        f"For every prompt of the machine {machine.name}, every token that the transformer decodes is the one that the "
        "machine's specification prescribes: in real arithmetic for traces of any length, and in floating point for "
        f"traces of up to N tokens, in any order of summation. {lengths}.",
        limits,
        (
            "the prompt is one that the codec writes",
            "floating-point arithmetic is IEEE 754 with round to nearest; equal scores get equal weights",
        ),
    )
