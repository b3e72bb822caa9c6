"""The symbolic proofs of the key, query and step lemmas, on many changed machines at once.

Each proof runs path by path on the machine as it is. On every path, each change that the proof can see is tried: if
it changes no wire there, the proof is the same; otherwise the check is made again, and the path may fork further. So
what a lemma says is shown of each changed machine, or a state or reason is found why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_

from proofs_check.lemma import NotProved, Refuted
from proofs_check.mutation.changed import Change, ChangedStream, TokenEdit
from proofs_check.ram.cases import cases
from proofs_check.ram.keys import prove_keys
from proofs_check.ram.queries import prove_queries
from proofs_check.ram.steps import Proof, Ram, prove_step
from proofs_check.ram.writes import writes
from proofs_check.symbolic.stream import End, Ends, Model, Stream
from proofs_check.symbolic.terms import Path

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


@dataclass(frozen=True)
class Wider:
    """The machine as it is, but that heads may bring more from elsewhere; members: the changes that do just that."""

    change: Change
    members: int


class Trials:
    """Many changed machines, by where they can be told from the machine as it is.

    A set of changes is an integer here, with a bit for each: what a path rules out at once costs the same for one
    change and for a thousand.
    """

    def __init__(self, original: Model, changes: Mapping[str, Change]) -> None:
        self.keys, self.changes = tuple(changes), tuple(changes.values())
        self._written = self._by_name(lambda change: change.wires)
        self._loosened = self._by_name(lambda change: change.model.loosened)
        self._brought = self._by_name(lambda change: change.brought_looser)
        self._at_token: dict[TokenEdit, int] = {}
        alike: dict[frozenset[tuple[str, End]], int] = {}
        for i, change in enumerate(self.changes):
            if isinstance(change.edit, TokenEdit):
                self._at_token[change.edit] = self._at_token.get(change.edit, 0) | 1 << i
                ends = frozenset((name, change.model.ends[name]) for name in change.model.loosened)
                alike[ends] = alike.get(ends, 0) | 1 << i
        self.wider = [Wider(_wider(original, dict(ends)), members) for ends, members in alike.items()]

    def seen(self, stream: Stream) -> int:
        """The changes of a wire that the proof has read, or of a range that it has used."""
        return _any_of(self._written, (n for n, _ in stream.wires)) | _any_of(self._loosened, stream.bounded)

    def elsewhere(self, lemma: str) -> int:
        """The changes of what the lemma (step, queries or keys) looks at besides wires."""
        return _bits(i for i, change in enumerate(self.changes) if lemma in change.elsewhere)

    def not_met(self, stream: Stream) -> int:
        """The changes that are none at this token, nor in what the path reads of others."""
        return reduce(or_, (bits for edit, bits in self._at_token.items() if edit.has_no_effect(stream)), 0)

    def bringing_more(self, stream: Stream) -> int:
        """The changes by which heads may bring more than the proof has counted on."""
        return _any_of(self._brought, {n for n, _ in stream.wires} | stream.bounded)

    def _by_name(self, names: Callable[[Change], Iterable[str]]) -> dict[str, int]:
        found: dict[str, int] = {}
        for i, change in enumerate(self.changes):
            for name in names(change):
                found[name] = found.get(name, 0) | 1 << i
        return found


def _wider(original: Model, ends: Ends) -> Change:
    return Change(original, original.readback.weights, ends)


def _any_of(sets: Mapping[str, int], names: Iterable[str]) -> int:
    return reduce(or_, (sets.get(name, 0) for name in names), 0)


def _bits(members: Iterable[int]) -> int:
    return reduce(or_, (1 << i for i in members), 0)


def _members(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def try_changes(lemma: str, prover: Prover, trials: Trials, without: Set[str] = frozenset()) -> Findings:
    """Proves a lemma (step, queries or keys of a case), and finds out of which changed machines it holds.

    without: keys of changes that need not be tried.
    """
    findings, elsewhere = Findings(), trials.elsewhere(lemma)
    left = _bits(i for i, key in enumerate(trials.keys) if key not in without)
    read = 0

    def fails(members: int, run: Callable[[], None], path: Path) -> None:
        """Runs a proof once more; if it does not go through, these changes fail."""
        nonlocal left
        outcome = _outcome(run, path)
        if outcome is not None:
            left &= ~members
            findings.failed |= {trials.keys[i]: outcome for i in _members(members)}

    def proof(check: Callable[[Stream], None], stream: Stream) -> None:
        nonlocal read
        check(stream)
        seen = (trials.seen(stream) | elsewhere) & left
        read |= seen
        not_met = seen & trials.not_met(stream)
        verified: set[object] = set()
        again = partial(_again, check, stream, verified, findings)
        more = not_met & trials.bringing_more(stream)
        for wider in trials.wider if more else ():
            if wider.members & more:
                fails(wider.members & more, partial(again, "", wider.change, False), stream.path)
        for i in _members(seen & ~not_met):
            change = trials.changes[i]
            if not change.has_no_effect(stream):
                run = partial(again, trials.keys[i], change, bool(elsewhere >> i & 1))
                fails(1 << i, run, stream.path)

    prover(proof)
    findings.read = {trials.keys[i] for i in _members(read)}
    findings.differ.discard("")
    return findings


def _outcome(run: Callable[[], None], path: Path) -> tuple[bool, str] | None:
    """None if the proof goes through on every path from here, else whether it is refuted, and why it does not."""
    try:
        path.within(run)
    except Refuted as refuted:
        return True, str(refuted)
    except NotProved as reason:
        return False, str(reason)
    except Exception as error:  # as in `lemma.settle`
        return False, f"the proof failed with {type(error).__name__}: {error}"
    return None


def _again(
    check: Callable[[Stream], None],
    base: Stream,
    verified: set[object],
    findings: Findings,
    key: str,
    change: Change,
    elsewhere: bool,
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
