"""What becomes of each mutant: the quick lemmas, then the proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from compiler.circuits.weights import Weights
from compiler.machines.ram import machine
from proofs_check.check import specification
from proofs_check.exactness import longest_exact, obstacle
from proofs_check.formats import FLOAT64
from proofs_check.lemma import settle
from proofs_check.mutation.changed import Change, Edit, TokenEdit, loosened
from proofs_check.mutation.circuit_mutants import CircuitMutant
from proofs_check.mutation.journal import Journal
from proofs_check.mutation.mutants import Mutant
from proofs_check.mutation.parallel import each
from proofs_check.mutation.quick import Quick
from proofs_check.mutation.symbolic import Findings, provers, try_changes
from proofs_check.ram.bounds import sum_bounds
from proofs_check.ram.keys import MEMORY
from proofs_check.ram.steps import Ram
from proofs_check.sums import sum_claims
from proofs_check.symbolic.polynomials import simple
from proofs_check.symbolic.stream import End, Ends, Model
from proofs_check.tensors import Readback

Progress = Callable[[str, Iterable[Any], int], Iterator[Any]]
"""Given what is being done, its results as they come and how many there will be: passes them on."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    killer: the lemma that fails, "" if none does; how: see `report.HOWS`; why: what a proof says that fails; lemmas:
    those that see a difference and hold all the same; read: whether any proof reads what it writes to.
    """

    mutant: Mutant | CircuitMutant
    killer: str = ""
    how: str = ""
    why: str = ""
    lemmas: tuple[str, ...] = ()
    read: bool = True

    @property
    def harmless(self) -> bool:
        """Whether all lemmas hold of the mutant."""
        return not self.killer

    @property
    def reason(self) -> str:
        """Why a harmless mutant is harmless."""
        if not self.read:
            return "no proof reads what it writes to"
        if not self.lemmas:
            return "it changes no value on any path of any proof: the neuron is off there, or the wire 0"
        shown = ", ".join(self.lemmas[:2]) + (", …" if len(self.lemmas) > 2 else "")
        return f"it changes values in {len(self.lemmas)} lemmas, which all still hold ({shown})"


def _place_in_ranges(mutant: Mutant | CircuitMutant) -> str:
    """What other lemmas than those about states depend on: the families' features all have the same range."""
    return f"other lemmas: {mutant.change if isinstance(mutant, CircuitMutant) else mutant}"


def _within(inner: End, outer: End) -> bool:
    return inner[0] >= outer[0] and inner[1] <= outer[1] and inner[2] >= outer[2]


def _hull(ends: Ends, others: Sequence[Ends]) -> Ends:
    """The least ranges that contain all of these."""
    found = dict(ends)
    for other in others:
        for name, (low, high, unit) in other.items():
            known = found[name]
            found[name] = min(low, known[0]), max(high, known[1]), min(unit, known[2])
    return found


def _alike(changed: Weights, own: Weights) -> bool:
    """Whether all that wires hold has the same ranges: at most queries and keys, and the unembedding, are others."""
    parts = ("value", "output", "gate", "up", "down")
    pairs = zip(changed.layers, own.layers, strict=True)
    layers = all(getattr(a, part) is getattr(b, part) for a, b in pairs for part in parts)
    return layers and changed.embedding is own.embedding and changed.positional is own.positional


Item = TypeVar("Item")


class Search:
    """quick: the machine and its states; processes: to be used at once; progress: see `Progress`."""

    def __init__(self, quick: Quick, journal: Journal, processes: int, progress: Progress) -> None:
        self.quick, self.journal, self.processes, self.progress = quick, journal, processes, progress
        self.ram = quick.ram

    def fates(self, mutants: Sequence[Mutant | CircuitMutant]) -> list[Fate]:
        """One for each mutant, in their order."""
        killed = self._answers("quick", mutants, str, lambda m: self.quick.killed_by(m) or "")
        left = [m for m in mutants if not killed[str(m)]]
        ready = self._answers("other lemmas", left, _place_in_ranges, self._other_lemmas)
        looser: dict[str, Ends] = {}
        for m in left:
            killed[str(m)], ends = ready[_place_in_ranges(m)]
            if not killed[str(m)]:
                looser[str(m)] = {n: (*(simple(Fraction(v)) for v in values),) for n, *values in ends}  # type: ignore[misc]
        # What holds of the machine with wider ranges holds: no path has to be gone again for their sake. That is for
        # what is copied from the program text; of what comes from memory, the proofs need the range.
        text = [m for m in left if isinstance(m, CircuitMutant) and m.kind == "value" and m.family]
        wide = [looser[str(m)] for m in text if str(m) in looser and m.head not in MEMORY]
        self.ram = Ram(self.ram.layout, replace(self.ram.model, given=_hull(self.ram.model.ends, wide)))
        changes = {}
        for m in left:
            if str(m) in looser:
                own = {n: e for n, e in looser[str(m)].items() if not _within(e, self.ram.model.ends[n])}
                changes[str(m)] = Change(self.ram.model, m.apply(self.quick.weights), own, self.edit(m))
        proofs = self._proofs(changes)
        return [self._fate(m, killed[str(m)], proofs) for m in mutants]

    def edit(self, mutant: Mutant | CircuitMutant) -> Edit | TokenEdit | None:
        """The mutant as a change that can be seen to have no effect, where there is such a way."""
        if isinstance(mutant, CircuitMutant):
            # Spare neurons may write what a head then brings.
            brought = mutant.kind in ("value", "second writer")
            return TokenEdit(mutant.family, None, brought) if mutant.family else None
        if mutant.part == "embedding":
            wire = self.ram.model.readback.names[mutant.index[1]]
            brought = any(wire in form for form in self.ram.model.brought.values())
            token = self.ram.model.vocabulary[mutant.index[0]]
            return TokenEdit(token.family, token.flag, brought)
        if mutant.part not in ("gate", "up", "down"):
            return None
        wire = self.ram.model.readback.names[mutant.index[0 if mutant.part == "down" else 1]]
        old = self.quick.weights.tensors[mutant.tensor][mutant.index]
        delta = simple(Fraction(mutant.value) - Fraction(float(old)))
        return Edit(mutant.layer, mutant.neuron, mutant.part, wire, delta)

    def _fate(self, mutant: Mutant | CircuitMutant, killer: str, proofs: dict[str, Findings]) -> Fate:
        if killer:
            name, _, how = killer.partition(" (a ")
            how = f"a {how}" if how else ""
            return Fate(mutant, name, how.rstrip(")") or "the tensors")
        key = str(mutant)
        failed = {name: f.failed[key] for name, f in proofs.items() if key in f.failed}
        if failed:
            name, (refuted, why) = max(failed.items(), key=lambda item: item[1][0])
            return Fate(mutant, name.partition(":")[0], "a proof: refuted" if refuted else "a proof: not proved", why)
        lemmas = tuple(name for name, f in proofs.items() if key in f.differ)
        return Fate(mutant, lemmas=lemmas, read=any(key in f.read for f in proofs.values()))

    def _proofs(self, changes: dict[str, Change]) -> dict[str, Findings]:
        if not changes:
            return {}
        by_name = provers(self.ram)
        digest = hashlib.sha256("\n".join(sorted(changes)).encode()).hexdigest()[:16]

        def prove(name: str) -> list[Any]:
            f = try_changes(name.partition(":")[0], by_name[name], changes)
            return [f.failed, sorted(f.differ), sorted(f.read)]

        found = self._answers("proofs", list(by_name), lambda name: f"{digest} {name}", prove)
        answers = {name: found[f"{digest} {name}"] for name in by_name}
        return {
            name: Findings({k: (bool(r), str(w)) for k, (r, w) in failed.items()}, set(differ), set(read))
            for name, (failed, differ, read) in answers.items()
        }

    def _other_lemmas(self, mutant: Mutant | CircuitMutant) -> tuple[str, list[tuple[str, str, str, str]]]:
        """The lemma about sums or exactness that fails, "" if none does; and what `Change` has to know of ranges."""
        weights = mutant.apply(self.quick.weights)
        model = Model(Readback(weights, self.ram.model.readback), self.ram.model.vocabulary)
        claims = list(sum_claims(model.readback, sum_bounds(self.quick.layout)))
        # Who reads the sums is the first claim; the others are about layer 0 and heads alone.
        deep = isinstance(mutant, Mutant) and mutant.part in ("gate", "up", "down") and mutant.layer
        for claim in claims[:1] if deep else claims:
            if not settle(claim).proved:
                return claim.lemma.name, []
        known = specification(machine(self.quick.layout))
        assert known is not None
        if obstacle(model.readback, FLOAT64, self.exact_length, known.assumed) is not None:
            return "exactness", []
        looser: Ends = {} if _alike(weights, self.quick.weights) else loosened(self.ram.model, model)
        return "", [(name, str(low), str(high), str(unit)) for name, (low, high, unit) in looser.items()]

    @property
    def exact_length(self) -> int:
        """The trace length up to which nothing rounds in the machine as it is."""
        key = "exact length"
        if key not in self.journal.answers:
            known = specification(machine(self.quick.layout))
            assert known is not None
            self.journal.put(key, longest_exact(self.ram.model.readback, FLOAT64, known.assumed)[0])
        return int(self.journal.answers[key])

    def _answers(
        self, what: str, items: Sequence[Item], key: Callable[[Item], str], answer: Callable[[Item], Any]
    ) -> dict[str, Any]:
        """The answer for each item by its key, from the journal or found now."""
        known = self.journal.answers
        todo = [*{key(item): item for item in items if key(item) not in known}.values()]
        if todo and what == "quick":
            self.quick.prepare()
        if todo and what == "other lemmas":
            _ = self.exact_length, self.ram.model.ends
        for item, found in self.progress(what, each(answer, todo, self.processes), len(todo)):
            self.journal.put(key(item), found)
        return {key(item): known[key(item)] for item in items}
