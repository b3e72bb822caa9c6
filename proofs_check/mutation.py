"""Can the checks fail? Change one weight at a time, and see which lemma notices.

`python -m proofs_check.mutation [--sample N]` changes every non-zero weight outside embedding and unembedding: its
sign, by 1 up and down, to zero; and for each row one zero entry to 1. A mutant is killed by the lemmas about heads
and sums, or by the step lemma: a concrete state of a real run at which the mutant's next token is wrong refutes
it. With `--prove`, what is left goes through the symbolic lemmas: those that all prove are harmless.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from compiler.circuits.weights import Weights
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from interpreter.transformer import Transformer
from proofs_check.check import specification
from proofs_check.heads import head_claims
from proofs_check.lemma import settle
from proofs_check.ram.bounds import sum_bounds
from proofs_check.ram.copies import copy_claims
from proofs_check.ram.samples import prompts, trace
from proofs_check.ram.steps import Ram
from proofs_check.sums import sum_claims
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback
from proofs_check.unembedding import take_apart

SMALL = Layout(base=10, max_depth=10)
SEED = 1


@dataclass(frozen=True)
class Mutant:
    """Entry `index` of a tensor of a layer becomes `value`."""

    layer: int
    tensor: str
    index: tuple[int, ...]
    value: float
    kind: str

    def __str__(self) -> str:
        place = ", ".join(map(str, self.index))
        return f"layer {self.layer}, {self.tensor}[{place}] {self.kind}: {self.value:g}"

    def apply(self, weights: Weights) -> Weights:
        layer = weights.layers[self.layer]
        tensor = getattr(layer, self.tensor).copy()
        tensor[self.index] = self.value
        layers = list(weights.layers)
        layers[self.layer] = replace(layer, **{self.tensor: tensor})
        return replace(weights, layers=tuple(layers))


def mutants(weights: Weights) -> Iterator[Mutant]:
    """All of them, in the order of the tensors."""
    rng = random.Random(SEED)
    for number, layer in enumerate(weights.layers):
        for name, tensor in layer.tensors.items():
            for entry in np.argwhere(tensor):
                index = tuple(int(i) for i in entry)
                old = float(tensor[index])
                changes = {"negated": -old, "plus 1": old + 1, "minus 1": old - 1, "zeroed": 0.0}
                for kind, value in changes.items():
                    if value != old:
                        yield Mutant(number, name, index, value, kind)
            for row in {tuple(int(i) for i in entry[:-1]) for entry in np.argwhere(tensor)}:
                empty = np.flatnonzero(tensor[row] == 0)
                if len(empty):
                    yield Mutant(number, name, (*row, int(rng.choice(list(empty)))), 1.0, "zero entry set")


@dataclass(frozen=True)
class Runs:
    """Traces of real runs, with the length of each prompt."""

    traces: tuple[tuple[int, torch.Tensor], ...]

    def refute(self, weights: Weights) -> str | None:
        """The first position at which these weights decode another token than the specification."""
        transformer = Transformer(weights)
        with torch.inference_mode():
            for number, (start, tokens) in enumerate(self.traces):
                wrong = (transformer(tokens[:-1]).argmax(1)[start - 1 :] != tokens[start:]).nonzero()
                if len(wrong):
                    return f"run {number}, token {int(wrong[0])}"
        return None


def runs(layout: Layout, count: int, seed: int = SEED, limit: int = 150) -> Runs:
    """Short runs of random programs; those that end at once teach little and are left out."""
    found: list[tuple[int, torch.Tensor]] = []
    for prompt in prompts(layout, seed):
        start, numbers = trace(prompt, limit)
        if len(numbers) - start >= 12:
            found.append((start, torch.tensor(numbers)))
        if len(found) == count:
            break
    return Runs(tuple(found))


def killed_by(mutant: Mutant, weights: Weights, states: Runs, layout: Layout) -> str | None:
    """The lemma that notices, in the order of their cost; None if the mutant survives."""
    changed = mutant.apply(weights)
    readback = Readback(changed)
    if mutant.tensor in ("query", "key"):
        touched = f"head {weights.layers[mutant.layer].head_names[mutant.index[0]]}"
        for claim in head_claims(readback):
            if claim.lemma.name == touched and not settle(claim).proved:
                return claim.lemma.name
    first = next(sum_claims(readback, sum_bounds(layout)))
    if not settle(first).proved:
        return first.lemma.name
    if mutant.tensor in ("value", "output"):
        original = machine(layout)
        ram = Ram(
            layout,
            Model(readback, tuple(original.vocabulary)),
            take_apart(Readback(original.weights), original.vocabulary),
        )
        for claim in copy_claims(ram):
            if not settle(claim).proved:
                return "copies"
    return "step (a concrete state)" if states.refute(changed) is not None else None


def harmless(mutant: Mutant, layout: Layout) -> str:
    """Tries the key, query and step lemmas on a mutant: "" if all hold, else the first that does not."""
    original = machine(layout)
    known = specification(original)
    assert known is not None
    for claim in known.claims(Readback(mutant.apply(original.weights))):
        result = settle(claim)
        if not result.proved:
            return result.lemma.name
    return ""


def report(chosen: Sequence[Mutant], weights: Weights, layout: Layout, prove: bool) -> tuple[Counter[str], list[str]]:
    """How many mutants each lemma killed, and a line for each survivor."""
    states = runs(layout, 60)
    killers: Counter[str] = Counter()
    survivors = []
    for mutant in chosen:
        killer = killed_by(mutant, weights, states, layout)
        if killer is None and prove:
            lemma = harmless(mutant, layout)
            killer = f"{lemma.split(':')[0]} (symbolic)" if lemma else None
            if killer is None:
                survivors.append(f"{mutant}; harmless: every key, query and step lemma still holds")
                continue
        if killer is None:
            survivors.append(str(mutant))
        else:
            killers[killer.split(" ")[0] if killer.startswith("head ") else killer] += 1
    return killers, survivors


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m proofs_check.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="so many mutants, chosen by a fixed seed, instead of all")
    parser.add_argument("--prove", action="store_true", help="try the symbolic lemmas on survivors (minutes each)")
    arguments = parser.parse_args()
    weights = machine(SMALL).weights
    everything = list(mutants(weights))
    chosen = everything
    if arguments.sample is not None:
        chosen = random.Random(SEED).sample(everything, min(arguments.sample, len(everything)))
    killers, survivors = report(chosen, weights, SMALL, arguments.prove)
    killed = sum(killers.values())
    print(f"{killed} of {len(chosen)} mutants killed ({100 * killed / max(len(chosen), 1):.1f} %)")
    for lemma, number in killers.most_common():
        print(f"  {number:5} by {lemma}")
    print(f"{len(survivors)} survivors")
    for line in survivors:
        print(f"  {line}")


if __name__ == "__main__":
    main()
