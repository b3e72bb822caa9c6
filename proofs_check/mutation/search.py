"""What becomes of each mutant: the quick lemmas, then the proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np

from compiler.circuits.weights import Weights
from compiler.machines.ram import machine
from proofs_check.check import specification
from proofs_check.exactness import longest_exact, obstacle
from proofs_check.formats import FLOAT64
from proofs_check.heads import head_claims
from proofs_check.lemma import NotProved, Refuted, settle
from proofs_check.mutation.changed import Change, Edit, TokenEdit, downstream, hull, loosened
from proofs_check.mutation.circuit_mutants import CircuitMutant
from proofs_check.mutation.journal import Journal
from proofs_check.mutation.mutants import Mutant
from proofs_check.mutation.parallel import each
from proofs_check.mutation.quick import Quick
from proofs_check.mutation.symbolic import Findings, Prover, Trials, provers, try_changes
from proofs_check.ram.bounds import sum_bounds
from proofs_check.ram.contract import TEXT
from proofs_check.ram.copies import copy_claims
from proofs_check.ram.steps import Ram
from proofs_check.ranges import dyadic
from proofs_check.sums import sum_claims
from proofs_check.symbolic.polynomials import simple
from proofs_check.symbolic.stream import End, Ends, Model
from proofs_check.tensors import Readback

Progress = Callable[[str, Iterable[Any], int], Iterator[Any]]
"""Given what is being done, its results as they come and how many there will be: passes them on."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Attributes:
        killer: the lemma that fails, "" if none does.
        how: see `report.HOWS`.
        why: what a proof says that fails.
        lemmas: those that see a difference and hold all the same.
        read: whether any proof reads what it writes to.
        decodes: where a run of a mutant of which all lemmas hold goes wrong, "" if none does.
        decoded: whether runs were tried.
        open: whether it has not been taken through all lemmas, and none has failed so far.
    """

    mutant: Mutant | CircuitMutant
    killer: str = ""
    how: str = ""
    why: str = ""
    lemmas: tuple[str, ...] = ()
    read: bool = True
    decodes: str = ""
    decoded: bool = False
    open: bool = False

    @property
    def harmless(self) -> bool:
        """Whether all lemmas hold of the mutant, and it decodes as before."""
        return not self.killer and not self.decodes and not self.open

    @property
    def hole(self) -> bool:
        """All lemmas hold of the mutant, and it decodes another token: then they do not say enough."""
        return not self.killer and bool(self.decodes)

    @property
    def reason(self) -> str:
        """Why a harmless mutant is harmless."""
        if not self.read:
            return "no proof reads what it writes to"
        if not self.lemmas:
            return "it changes no value on any path of any proof: the neuron is off there, or the wire 0"
        shown = ", ".join(self.lemmas[:2]) + (", …" if len(self.lemmas) > 2 else "")
        return f"it changes values in {len(self.lemmas)} lemmas, which all still hold ({shown})"


def _place_in_ranges(mutant: Mutant | CircuitMutant, weights: Weights) -> str:
    """What other lemmas than those about states depend on: of a token feature, the range of its wire at most."""
    if isinstance(mutant, CircuitMutant):
        return f"other lemmas: {mutant.change}"  # the families' features all have the same range
    if mutant.part != "embedding":
        return f"other lemmas: {mutant}"
    column = weights.embedding[:, mutant.index[1]].copy()
    column[mutant.index[0]] = mutant.value
    values = [Fraction(float(v)) for v in np.unique(column)]
    unit = min(dyadic(v) for v in values)
    return f"other lemmas: embedding {mutant.index[1]} from {values[0]} to {values[-1]} in steps of {unit}"


def _within(inner: End, outer: End) -> bool:
    return inner[0] >= outer[0] and inner[1] <= outer[1] and inner[2] >= outer[2]


def _alike(changed: Weights, own: Weights) -> bool:
    """Whether all that wires hold has the same ranges: at most queries and keys, and the unembedding, are others."""
    parts = ("value", "output", "gate", "up", "down")
    pairs = zip(changed.layers, own.layers, strict=True)
    layers = all(getattr(a, part) is getattr(b, part) for a, b in pairs for part in parts)
    return layers and changed.embedding is own.embedding and changed.positional is own.positional


Item = TypeVar("Item")

BATCHES = 16
"""Of lemmas, each with some of every kind: what fails early is not tried again and again."""


@dataclass(frozen=True)
class _Subject:
    """A machine on whose paths changes of it are tried."""

    ram: Ram
    changes: Callable[[Model], Mapping[str, Change]]

    @cached_property
    def provers(self) -> dict[str, Prover]:
        return provers(self.ram)

    @cached_property
    def trials(self) -> Trials:
        return Trials(self.ram.model, self.changes(self.ram.model))


class Search:
    """quick: the machine and its states; processes: to be used at once; progress: see `Progress`.

    only_known: nothing is run; what the journal does not know stays open.
    """

    def __init__(
        self, quick: Quick, journal: Journal, processes: int, progress: Progress, only_known: bool = False
    ) -> None:
        self.quick, self.journal, self.processes, self.progress = quick, journal, processes, progress
        self.only_known = only_known
        self.ram = quick.ram

    def fates(self, mutants: Sequence[Mutant | CircuitMutant]) -> list[Fate]:
        """One for each mutant, in their order."""
        killed = self.killers(mutants)
        left = [m for m in mutants if not killed.get(str(m))]
        place = {str(m): _place_in_ranges(m, self.quick.weights) for m in left}
        ready = self._answers("other lemmas", left, lambda m: place[str(m)], self.other_lemmas)
        looser: dict[str, Ends] = {}
        for m in left:
            killed[str(m)], ends = ready.get(place[str(m)], ("", None))
            if not killed[str(m)] and ends is not None:
                looser[str(m)] = {n: (*(simple(Fraction(v)) for v in values),) for n, *values in ends}  # type: ignore[misc]
        proofs, complete = self._proofs([m for m in left if str(m) in looser], looser)
        fates = [self._fate(m, killed[str(m)], proofs, complete and str(m) in looser) for m in mutants]
        harmless = {str(f.mutant): f.mutant for f in fates if f.harmless}
        decodes = self._answers("runs", list(harmless.values()), lambda m: f"runs: {m}", self._runs)
        return [self._decoded(f, decodes.get(f"runs: {f.mutant}")) if f.harmless else f for f in fates]

    def _decoded(self, fate: Fate, where: str | None) -> Fate:
        """where: a run goes wrong; None if none was tried."""
        return replace(fate, decodes=where or "", decoded=where is not None)

    def killers(self, mutants: Sequence[Mutant | CircuitMutant]) -> dict[str, str]:
        """By mutant, the quick lemma that notices, and how; "" if none does."""
        return self._answers("quick", mutants, str, lambda m: self.quick.killed_by(m) or "")

    def _runs(self, mutant: Mutant | CircuitMutant) -> str:
        """Where a run goes wrong; "" if none does."""
        return self.quick.runs.refute(mutant.apply(self.quick.weights), self._tokens(mutant)) or ""

    def _tokens(self, mutant: Mutant | CircuitMutant) -> frozenset[int] | None:
        """The tokens of which a run must have one to be another; None if every run may be."""
        if isinstance(mutant, Mutant):
            return frozenset({mutant.index[0]}) if mutant.part == "embedding" else None
        if not mutant.family:
            return None
        return frozenset(np.flatnonzero(self.ram.model.family_of_token == mutant.family).tolist())

    def edit(self, mutant: Mutant | CircuitMutant) -> Edit | TokenEdit | None:
        """The mutant as a change that can be seen to have no effect, where there is such a way."""
        if isinstance(mutant, CircuitMutant):
            # What a head brings is another; or a wire is, and all downstream of it, which heads may copy.
            brought = mutant.kind == "value" and mutant.head in TEXT
            brought |= mutant.kind == "second writer" and self._copied_from_text(mutant.where)
            return TokenEdit(mutant.family, None, brought) if mutant.family else None
        if mutant.part == "embedding":
            token = self.ram.model.vocabulary[mutant.index[0]]
            wire = self.ram.model.readback.names[mutant.index[1]]
            return TokenEdit(token.family, token.flag, self._copied_from_text(wire))
        if mutant.part not in ("gate", "up", "down"):
            return None
        wire = self.ram.model.readback.names[mutant.index[0 if mutant.part == "down" else 1]]
        old = self.quick.weights.tensors[mutant.tensor][mutant.index]
        delta = simple(Fraction(mutant.value) - Fraction(float(old)))
        return Edit(mutant.layer, mutant.neuron, mutant.part, wire, delta)

    def _copied_from_text(self, wire: str) -> bool:
        """Whether what a wire holds at a token of the program text has a say in what a head brings from there."""
        model = self.ram.model
        reached = downstream(model, frozenset({wire}))
        return any(reached & form.keys() for name, form in model.brought.items() if name.rpartition(".")[0] in TEXT)

    def _fate(self, mutant: Mutant | CircuitMutant, killer: str, proofs: dict[str, Findings], complete: bool) -> Fate:
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
        return Fate(mutant, lemmas=lemmas, read=any(key in f.read for f in proofs.values()), open=not complete)

    def _proofs(
        self, left: Sequence[Mutant | CircuitMutant], looser: Mapping[str, Ends]
    ) -> tuple[dict[str, Findings], bool]:
        """By lemma, and whether these are all. A mutant with which one has failed is not tried with later batches."""
        if not left:
            return {}, True
        digest = hashlib.sha256("\n".join(sorted(looser)).encode()).hexdigest()[:16]
        # What holds of a machine with wider ranges holds: so no path is gone again for their sake, if that works.
        tokens = [looser[str(m)] for m in left if isinstance(self.edit(m), TokenEdit)]
        wide = Ram(self.ram.layout, replace(self.ram.model, given=hull(self.ram.model.ends, tokens)))
        subjects = [_Subject(ram, partial(self._changes, left, looser)) for ram in (wide, self.ram)]
        names, found = list(subjects[0].provers), dict[str, Findings]()
        known, failed = self.journal.answers, set[str]()
        if self.only_known:
            names = [name for name in names if f"{digest} {name}" in known]
        elif any(f"{digest} {name}" not in known for name in names):
            _ = subjects[0].trials  # so that processes share them

        def prove(name: str) -> list[Any]:
            for subject in subjects:
                try:
                    f = try_changes(name.partition(":")[0], subject.provers[name], subject.trials, failed)
                except (NotProved, Refuted):
                    continue  # of the wider ranges it does not hold
                return [f.failed, sorted(f.differ), sorted(f.read)]
            raise RuntimeError(f"{name} fails of the machine as it is")

        def answers() -> Iterator[tuple[str, Any]]:
            for batch in (names[i::BATCHES] for i in range(BATCHES)):
                todo = [name for name in batch if f"{digest} {name}" not in known]
                yield from ((name, known[f"{digest} {name}"]) for name in batch if name not in todo)
                yield from each(prove, todo, self.processes)

        for name, (whys, differ, read) in self.progress("proofs", answers(), len(names)):
            if f"{digest} {name}" not in known:
                self.journal.put(f"{digest} {name}", [whys, differ, read])
            found[name] = Findings({k: (bool(r), str(w)) for k, (r, w) in whys.items()}, set(differ), set(read))
            failed |= whys.keys()
        return found, len(found) == len(subjects[0].provers)

    def _changes(
        self, left: Sequence[Mutant | CircuitMutant], looser: Mapping[str, Ends], model: Model
    ) -> dict[str, Change]:
        changes = {}
        for m in left:
            own = {n: e for n, e in looser[str(m)].items() if not _within(e, model.ends[n])}
            changes[str(m)] = Change(model, m.apply(self.quick.weights), own, self.edit(m))
        return changes

    def other_lemmas(self, mutant: Mutant | CircuitMutant) -> tuple[str, list[tuple[str, str, str, str]]]:
        """The lemma about sums, heads or exactness that fails, "" if none; and what `Change` has to know of ranges."""
        weights = mutant.apply(self.quick.weights)
        model = Model(Readback(weights, self.ram.model.readback), self.ram.model.vocabulary)
        claims = list(sum_claims(model.readback, sum_bounds(self.quick.layout)))
        if isinstance(mutant, CircuitMutant):
            claims += [c for c in head_claims(model.readback) if c.lemma.name == f"head {mutant.head}"]
        elif mutant.part in ("gate", "up", "down") and mutant.layer:
            claims = claims[:1]  # who reads the sums; the others are about layer 0 and heads alone
        if mutant.part == "down" or mutant.kind == "early":
            claims += copy_claims(Ram(self.ram.layout, model))  # a feature that is written to is none
        for claim in claims:
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
        if self.only_known:
            return {key(item): known[key(item)] for item in items if key(item) in known}
        if todo and what == "quick":
            self.quick.prepare()
        if todo and what == "other lemmas":
            _ = self.exact_length, self.ram.model.ends
        for item, found in self.progress(what, each(answer, todo, self.processes), len(todo)):
            self.journal.put(key(item), found)
        return {key(item): known[key(item)] for item in items}
