"""The symbolic proofs of the key, query and step lemmas, on many changed machines at once.

Each proof runs path by path on the machine as it is. On every path, each change that the proof can see is tried: if
it changes no wire there, the proof is the same; otherwise the check is made again, and the path may fork further. So
what a lemma says is shown of each changed machine, or a state or reason is found why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from proofs_check.lemma import NotProved, Refuted
from proofs_check.mutation.changed import Change, ChangedStream
from proofs_check.ram.cases import cases
from proofs_check.ram.keys import prove_keys
from proofs_check.ram.queries import prove_queries
from proofs_check.ram.steps import Proof, Ram, prove_step
from proofs_check.ram.writes import writes
from proofs_check.symbolic.stream import Stream

Prover = Callable[[Proof], str]


def provers(ram: Ram) -> dict[str, Prover]:
    """By the lemma's name, its proof; those that take longest first."""
    found: dict[str, Prover] = {}
    for case in cases(ram.layout):
        found[f"step: {case}"] = lambda proof, case=case: prove_step(ram, case, proof)  # type: ignore[misc]
    for case in cases(ram.layout):
        found[f"queries: {case}"] = lambda proof, case=case: prove_queries(ram, case, proof)  # type: ignore[misc]
    for write in writes(ram):
        found[f"keys: {write}"] = lambda proof, write=write: prove_keys(ram, write, proof)  # type: ignore[misc]
    return found


@dataclass
class Findings:
    """What became of the changes in the proof of one lemma, by the changes' keys.

    failed: why the lemma cannot be proved of the changed machine, and whether it is refuted; differ: the changes
    with another wire on some path, though the lemma holds; read: those that write to a wire that the proof reads.
    """

    failed: dict[str, tuple[bool, str]] = field(default_factory=dict)
    differ: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


def try_changes(lemma: str, prover: Prover, changes: Mapping[str, Change]) -> Findings:
    """Proves a lemma (step, queries or keys of a case), and finds out of which changed machines it holds."""
    findings = Findings()

    def proof(check: Callable[[Stream], None], stream: Stream) -> None:
        check(stream)
        evaluated = {name for name, _ in stream.wires}
        verified: set[object] = set()
        for key, change in changes.items():
            if key in findings.failed:
                continue
            elsewhere = lemma in change.elsewhere
            if not (elsewhere or change.wires & evaluated or stream.bounded & change.model.loosened):
                continue
            findings.read.add(key)
            if change.has_no_effect(stream):
                continue
            try:
                stream.path.within(partial(_again, check, key, change, stream, elsewhere, verified, findings))
            except Refuted as refuted:
                findings.failed[key] = True, str(refuted)
            except NotProved as reason:
                findings.failed[key] = False, str(reason)
            except Exception as error:  # as in `lemma.settle`
                findings.failed[key] = False, f"the proof failed with {type(error).__name__}: {error}"

    prover(proof)
    return findings


def _again(
    check: Callable[[Stream], None],
    key: str,
    change: Change,
    base: Stream,
    elsewhere: bool,
    verified: set[object],
    findings: Findings,
) -> None:
    depth = base.path.depth
    stream = ChangedStream(change, base)
    signature = stream.signature
    if signature is not None:
        findings.differ.add(key)
    if stream.looser or elsewhere:
        check(stream)
    elif signature is not None and signature not in verified:
        check(stream)
        if base.path.depth == depth:  # the check covered the whole path
            verified.add(signature)
