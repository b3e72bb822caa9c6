"""The mutation report, as Markdown: rates by tensor, change and lemma, and every mutant that no lemma kills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proofs_check.mutation.circuit_mutants import CircuitMutant
from proofs_check.mutation.mutants import Mutant
from proofs_check.mutation.search import Fate
from proofs_check.symbolic.stream import Model

HOWS = ("the tensors", "a state", "a run", "a proof: refuted", "a proof: not proved")
"""In which ways a lemma notices: it is about the tensors, a concrete state or run refutes it, its proof fails."""


def place(mutant: Mutant | CircuitMutant, model: Model) -> str:
    """Where the weight is, by the names of wires, heads and tokens."""
    if isinstance(mutant, CircuitMutant):
        return mutant.where
    weights, names, at = model.readback.weights, model.readback.names, mutant.index
    match mutant.part:
        case "embedding" | "unembedding":
            return f"{model.vocabulary[at[0]]}, wire '{names[at[1]]}'"
        case "positional":
            return f"feature {at[0]}, wire '{names[at[1]]}'"
        case "gate" | "up" | "down":
            written = np.flatnonzero(weights.layers[mutant.layer].down[:, mutant.neuron])
            neuron = f"neuron of {', '.join(repr(names[i]) for i in written)}"
            return f"{neuron}, wire '{names[at[0] if mutant.part == 'down' else at[1]]}'"
    head = weights.layers[mutant.layer].head_names[at[0]]
    return f"head '{head}', wire '{names[at[1] if mutant.part == 'output' else at[2]]}'"


@dataclass(frozen=True)
class Scope:
    """total: how many mutants there are; tried: by those that the quick lemmas were tried on, the killer or ""."""

    total: int
    tried: Mapping[str, str]

    def of(self, fates: Sequence[Fate]) -> str:
        """Which mutants these are."""
        if len(fates) == self.total:
            return f"All {self.total:,}"
        return f"A sample of {len(fates):,} of {self.total:,}"

    def rest(self, fates: Sequence[Fate]) -> Iterator[str]:
        """What is known of those that are not in the sample."""
        if len(fates) < len(self.tried):
            killed = sum(map(bool, self.tried.values()))
            share = 100 * killed / len(self.tried)
            yield f"The quick lemmas were tried on {len(self.tried):,}: they kill {killed:,} ({share:.2f} %). The other"
            yield f"{len(self.tried) - killed:,} need proofs, which only those in the sample have been taken through."
            yield ""


def markdown(fates: Sequence[Fate], model: Model, scope: Scope, before: str = "") -> str:
    """fates: all mutants', or a sample's; before: the report of an earlier check, to compare with."""
    return "\n".join(_lines(fates, model, scope, before)) + "\n"


def circuits_markdown(fates: Sequence[Fate], weights_sha256: str, scope: Scope, before: str = "") -> str:
    """The section about circuit mutants; see `markdown`."""
    return "\n".join(_circuit_lines(fates, weights_sha256, scope, before)) + "\n"


def _circuit_lines(fates: Sequence[Fate], weights_sha256: str, scope: Scope, before: str) -> Iterator[str]:
    yield "# Circuit mutants"
    yield ""
    yield f"{scope.of(fates)} changes of what the circuit means (`mutation/circuit_mutants.py`): {summary(fates)}."
    yield ""
    yield from scope.rest(fates)
    yield f"The circuit that is changed has weights {weights_sha256[:16]}… and decodes like the machine. The heads of a"
    yield "mutant do what they are declared to do, so that lemmas that trust a declaration would miss it."
    yield ""
    yield from _tables(fates, {"change": lambda f: f.mutant.kind})
    yield from _holes(fates, lambda f: f"`{f.mutant}`")
    yield from _still_open(fates, lambda f: f"`{f.mutant}`")
    by_proof = [f for f in fates if f.how.startswith("a proof")]
    if by_proof:
        yield "## Circuit mutants noticed by a proof alone"
        yield ""
        yield from _by_change(by_proof, lambda f: f"{f.how[9:]}; {f.killer}")
        yield ""
    yield from _compared(fates, scope, before, _change, "circuit mutants")
    yield "## Circuit mutants that decode as before"
    yield ""
    yield f"All lemmas are proved of these circuits too. {_runs(fates)} Why:"
    yield from _reasons(fates, _why_harmless)
    yield ""
    yield "The families are those at which alone the circuit is another."
    yield ""
    yield from _by_change([f for f in fates if f.harmless], _why_harmless)


def _why_harmless(fate: Fate) -> str:
    if fate.lemmas:
        return "values differ in some lemmas, which all still hold"
    if fate.mutant.part == "circuit" and fate.mutant.kind == "second writer":
        return "nothing reads the wire there, or it does not count"
    return "no lemma meets it: the head never chooses, or is never read at, such a token"


def _holes(fates: Sequence[Fate], name: Callable[[Fate], str]) -> Iterator[str]:
    holes = [f for f in fates if f.hole]
    if holes:
        yield "## Holes: all lemmas hold, and a run goes wrong"
        yield ""
        yield from (f"- {name(f)}: {f.decodes}" for f in holes)
        yield ""


def _runs(fates: Sequence[Fate]) -> str:
    return f"Runs of random programs were decoded with {sum(f.decoded for f in fates):,} of them, and are right."


def _still_open(fates: Sequence[Fate], name: Callable[[Fate], str]) -> Iterator[str]:
    found = [f for f in fates if f.open]
    if found:
        yield "## Open"
        yield ""
        yield "The run was stopped: these have not been taken through all proofs. None of those so far has failed."
        yield from (f"- {name(f)}" for f in found)
        yield ""


def _reasons(fates: Sequence[Fate], reason: Callable[[Fate], str]) -> Iterator[str]:
    for why, number in Counter(reason(f) for f in fates if f.harmless).most_common():
        yield f"- {number:,}: {why}"


def _by_change(fates: Sequence[Fate], reason: Callable[[Fate], str]) -> Iterator[str]:
    """One line for mutants that differ in the family alone."""
    groups: dict[tuple[str, str], list[str]] = {}
    for f in fates:
        assert isinstance(f.mutant, CircuitMutant)
        groups.setdefault((f.mutant.change, reason(f)), []).append(f.mutant.family)
    for (change, why), families in groups.items():
        listed = f" {', '.join(families)}" if any(families) else ""
        yield f"- {change}{listed}: {why}"


def summary(fates: Sequence[Fate]) -> str:
    """One line: how many mutants are killed, and how many are harmless."""
    harmless, holes, left = (sum(getattr(f, what) for f in fates) for what in ("harmless", "hole", "open"))
    killed = len(fates) - harmless - holes - left
    share = 100 * killed / max(len(fates), 1)
    found = f"{killed:,} of {len(fates):,} mutants are killed ({share:.2f} %), {harmless:,} are shown to be harmless"
    return found + (f"; {holes:,} ARE HOLES" if holes else "") + (f"; {left:,} are open" if left else "; none is open")


def _lines(fates: Sequence[Fate], model: Model, scope: Scope, before: str) -> Iterator[str]:
    weights = model.readback.weights
    yield "# Mutation report"
    yield ""
    chosen = "" if len(fates) == scope.total else ", chosen by a fixed seed"
    yield f"{scope.of(fates)} changes of one weight (`mutation/mutants.py`){chosen}: {summary(fates)}."
    yield ""
    yield from scope.rest(fates)
    yield f"The machine is `{weights.name}`, weights {weights.sha256()[:16]}…."
    yield ""
    yield from _tables(fates, {"tensor": lambda f: f.mutant.part, "change": lambda f: f.mutant.kind})
    yield from _holes(fates, lambda f: f"`{f.mutant}` ({place(f.mutant, model)})")
    yield from _still_open(fates, lambda f: f"`{f.mutant}` ({place(f.mutant, model)})")
    yield from _compared(fates, scope, before, lambda f: str(f.mutant), "mutants of weights")
    by_proof = [f for f in fates if f.how.startswith("a proof")]
    if by_proof:
        yield "## Noticed by a proof alone"
        yield ""
        yield "No quick lemma notices these. A lemma is refuted by a state that z3 finds, or cannot be proved any more:"
        for fate in by_proof:
            yield f"- `{fate.mutant}` ({place(fate.mutant, model)}): {fate.how[9:]}; {_shortened(fate.why)}"
        yield ""
    yield "## Harmless mutants"
    yield ""
    yield f"All lemmas are proved of these machines too. {_runs(fates)} Why:"
    yield from _reasons(fates, _short)
    yield ""
    for fate in fates:
        if fate.harmless:
            yield f"- `{fate.mutant}` ({place(fate.mutant, model)}): {fate.reason}"
    yield ""


def _tables(fates: Sequence[Fate], by: Mapping[str, Callable[[Fate], str]]) -> Iterator[str]:
    for what, kind in by.items():
        yield f"| {what} | mutants | " + " | ".join(f"by {how}" for how in HOWS) + " | harmless | open | killed |"
        yield "|---|" + "---:|" * (len(HOWS) + 4)
        yield from _rows(fates, kind)
        yield ""
    yield "| lemma | kills |"
    yield "|---|---:|"
    for name, number in Counter(_kind(f.killer) for f in fates if f.killer).most_common():
        yield f"| {name} | {number:,} |"
    yield ""


def _compared(
    fates: Sequence[Fate], scope: Scope, before: str, name: Callable[[Fate], str], what: str
) -> Iterator[str]:
    """What has become of the mutants that an earlier report lists under each of its headings."""
    by_name = {(name(f), _family(f)): f for f in fates}
    rows = []
    for heading, names in listed(before).items():
        group = [by_name[n] for n in sorted(names & by_name.keys())]
        others = [scope.tried[n] for n, _ in sorted(names - by_name.keys()) if n in scope.tried]
        by_proof, harmless = sum(f.how.startswith("a proof") for f in group), sum(f.harmless for f in group)
        killers = [*(f.killer for f in group), *(killer.partition(" (a ")[0] for killer in others)]
        left = others.count("") + sum(f.open for f in group)
        at_once = len(group) + len(others) - by_proof - harmless - left
        numbers = " | ".join(f"{n:,}" for n in (len(killers), at_once, by_proof, harmless, left))
        shown = ", ".join(f"{k} {n:,}" for k, n in Counter(_kind(k) for k in killers if k).most_common())
        if killers:
            rows.append(f"| {heading} | {numbers} | {shown} |")
    if rows:
        yield f"## What the earlier report said of {what}"
        yield ""
        yield "| there under | mutants | killed at once now | by a proof | harmless | not decided | killed by |"
        yield "|---|---:|---:|---:|---:|---:|---|"
        yield from rows
        yield ""


def _change(fate: Fate) -> str:
    return fate.mutant.change if isinstance(fate.mutant, CircuitMutant) else ""


def _family(fate: Fate) -> str:
    return fate.mutant.family if isinstance(fate.mutant, CircuitMutant) else ""


def listed(report: str) -> dict[str, set[tuple[str, str]]]:
    """By the headings of a report, the mutants in its lists: (mutant, ""), or (change, family) of a circuit."""
    found: dict[str, set[tuple[str, str]]] = {}
    heading = ""
    for line in report.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("- `"):
            continue
        names = found.setdefault(heading, set())
        change, _, families = line[2:].partition(": ")[0].partition("… ")
        names |= {(f"{change}…", family) for family in families.split(", ")} if families else {(change, "")}
        names.add((line[3:].partition("`")[0], ""))
    return found


def _rows(fates: Iterable[Fate], by: Callable[[Fate], str]) -> Iterator[str]:
    groups: dict[str, list[Fate]] = {}
    for f in fates:
        groups.setdefault(by(f), []).append(f)
    groups["all"] = [f for group in groups.values() for f in group]
    for name, group in groups.items():
        hows = Counter(f.how for f in group if f.killer)
        rate = 100 * hows.total() / max(len(group), 1)
        numbers = [len(group), *(hows[how] for how in HOWS), sum(f.harmless for f in group), sum(f.open for f in group)]
        yield f"| {name} | " + " | ".join(f"{n:,}" for n in numbers) + f" | {rate:.2f} % |"


def _shortened(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + " …"


def _kind(lemma: str) -> str:
    if lemma in ("copies: wires", "copies: order"):
        return lemma
    return "heads" if lemma.startswith("head ") else lemma.partition(":")[0]


def _short(fate: Fate) -> str:
    if not fate.read or not fate.lemmas:
        return fate.reason
    return "it changes values in some lemmas, which all still hold: no argmax, query, key or value is another"
