"""The mutation report, as Markdown: rates by tensor, change and lemma, and every mutant that no lemma kills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

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


def markdown(fates: Sequence[Fate], model: Model, total: int) -> str:
    """total: how many mutants there are, of which these may be a sample."""
    return "\n".join(_lines(fates, model, total)) + "\n"


def circuits_markdown(fates: Sequence[Fate], weights_sha256: str) -> str:
    """The section about circuit mutants."""
    return "\n".join(_circuit_lines(fates, weights_sha256)) + "\n"


def _circuit_lines(fates: Sequence[Fate], weights_sha256: str) -> Iterator[str]:
    yield "# Circuit mutants"
    yield ""
    yield f"Changes of what the circuit means (`mutation/circuit_mutants.py`): {summary(fates)}; none is open."
    yield f"The circuit that is changed has weights {weights_sha256[:16]}… and decodes like the machine. The heads of a"
    yield "mutant do what they are declared to do, so that lemmas that trust a declaration would miss it."
    yield ""
    yield "| change | mutants | " + " | ".join(f"by {how}" for how in HOWS) + " | harmless | killed |"
    yield "|---|" + "---:|" * (len(HOWS) + 3)
    yield from _rows(fates, lambda f: f.mutant.kind)
    yield ""
    yield "| lemma | kills |"
    yield "|---|---:|"
    for name, number in Counter(_kind(f.killer) for f in fates if f.killer).most_common():
        yield f"| {name} | {number:,} |"
    yield ""
    by_proof = [f for f in fates if f.how.startswith("a proof")]
    if by_proof:
        yield "## Circuit mutants noticed by a proof alone"
        yield ""
        yield from _by_change(by_proof, lambda f: f"{f.how[9:]}; {f.killer}")
        yield ""
    yield "## Circuit mutants that decode as before"
    yield ""
    yield "All lemmas are proved of these circuits too. The families are those at which alone the circuit is another."
    yield ""
    yield from _by_change([f for f in fates if f.harmless], _why_harmless)


def _why_harmless(fate: Fate) -> str:
    if fate.lemmas:
        return "values differ in some lemmas, which all still hold"
    if fate.mutant.part == "circuit" and fate.mutant.kind == "second writer":
        return "nothing reads the wire there, or it does not count"
    return "no lemma meets it: the head never chooses, or is never read at, such a token"


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
    killed, harmless = sum(not f.harmless for f in fates), sum(f.harmless for f in fates)
    share = 100 * killed / max(len(fates), 1)
    return f"{killed:,} of {len(fates):,} mutants are killed ({share:.2f} %), {harmless:,} are shown to be harmless"


def _lines(fates: Sequence[Fate], model: Model, total: int) -> Iterator[str]:
    weights = model.readback.weights
    yield "# Mutation report"
    yield ""
    if len(fates) == total:
        yield f"All {total:,} mutants there are, as `make mutation` finds it."
    else:
        command = f"python -m proofs_check.mutation --sample {len(fates)}"
        yield f"A sample of {len(fates):,} of {total:,} mutants, chosen by a fixed seed, as `{command}` finds it."
    yield f"The machine is `{weights.name}`, weights {weights.sha256()[:16]}…: {summary(fates)}; none is open."
    yield ""
    yield "| tensor | mutants | " + " | ".join(f"by {how}" for how in HOWS) + " | harmless | killed |"
    yield "|---|" + "---:|" * (len(HOWS) + 3)
    yield from _rows(fates, lambda f: f.mutant.part)
    yield ""
    yield "| change | mutants | " + " | ".join(f"by {how}" for how in HOWS) + " | harmless | killed |"
    yield "|---|" + "---:|" * (len(HOWS) + 3)
    yield from _rows(fates, lambda f: f.mutant.kind)
    yield ""
    yield "| lemma | kills |"
    yield "|---|---:|"
    lemmas = Counter(_kind(f.killer) for f in fates if f.killer)
    for name, number in lemmas.most_common():
        yield f"| {name} | {number:,} |"
    yield ""
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
    yield "All lemmas are proved of these machines too. Why:"
    for reason, number in Counter(_short(f) for f in fates if f.harmless).most_common():
        yield f"- {number:,}: {reason}"
    yield ""
    for fate in fates:
        if fate.harmless:
            yield f"- `{fate.mutant}` ({place(fate.mutant, model)}): {fate.reason}"


def _rows(fates: Iterable[Fate], by: Callable[[Fate], str]) -> Iterator[str]:
    groups: dict[str, list[Fate]] = {}
    for f in fates:
        groups.setdefault(by(f), []).append(f)
    groups["all"] = [f for group in groups.values() for f in group]
    for name, group in groups.items():
        hows = Counter(f.how for f in group if f.killer)
        harmless = sum(f.harmless for f in group)
        rate = 100 * (len(group) - harmless) / max(len(group), 1)
        numbers = [len(group), *(hows[how] for how in HOWS), harmless]
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
