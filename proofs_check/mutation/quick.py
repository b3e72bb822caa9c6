"""Lemmas that notice a changed weight at once: about the tensors themselves, or with a concrete state."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from compiler.circuits.weights import Array, Weights
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from interpreter.model.transformer import Transformer
from proofs_check.heads import head_claims, position_claim
from proofs_check.lemma import Claim, settle
from proofs_check.mutation.circuit_mutants import CircuitMutant, Subject
from proofs_check.mutation.mutants import Mutant
from proofs_check.mutation.stack import Stack
from proofs_check.ram.bounds import sum_bounds
from proofs_check.ram.cases import Case, cases
from proofs_check.ram.copies import copy_claims
from proofs_check.ram.drawn import State, states
from proofs_check.ram.keys import token_claims
from proofs_check.ram.samples import prompts, trace
from proofs_check.ram.steps import Ram
from proofs_check.ram.writes import Write, writes
from proofs_check.sums import sum_claims
from proofs_check.symbolic.stream import Model
from proofs_check.tensors import Readback
from proofs_check.unembedding import exact_parts_claim

Item = TypeVar("Item")
WIRING = ("copies: wires", "copies: order")
"""The lemmas about heads that a change of a neuron can break by itself."""
FIRST = 60
"""So many of the changed states are tried before all are."""


def ram_of(layout: Layout) -> Ram:
    """The machine of a layout, as lemmas see it."""
    original = machine(layout)
    return Ram(layout, Model(Readback(original.weights), tuple(original.vocabulary)))


@dataclass(frozen=True)
class Runs:
    """Traces of real runs, with the length of each prompt."""

    traces: tuple[tuple[int, torch.Tensor], ...]

    def refute(self, weights: Weights, token: int | None = None) -> str | None:
        """The first position at which these weights decode another token than the specification.

        token: only traces with this token are tried.
        """
        transformer = Transformer(weights)
        with torch.inference_mode():
            for number, (start, tokens) in enumerate(self.traces):
                if token is not None and not bool((tokens == token).any()):
                    continue
                wrong = (transformer(tokens[:-1]).argmax(1)[start - 1 :] != tokens[start:]).nonzero()
                if len(wrong):
                    return f"run {number}, token {int(wrong[0])}"
        return None


def runs(layout: Layout, count: int, seed: int, limit: int = 150) -> Runs:
    """Short runs of random programs; those that end at once teach little and are left out."""
    found: list[tuple[int, torch.Tensor]] = []
    for prompt in prompts(layout, seed):
        start, numbers = trace(prompt, limit)
        if len(numbers) - start >= 12:
            found.append((start, torch.tensor(numbers)))
        if len(found) == count:
            break
    return Runs(tuple(found))


class Quick:
    """The machine of a layout with states of every case, to try mutants on.

    each: states of every case and of every token that is written; traces: runs of random programs; ram: a machine that
    decodes like that of the layout, to be changed in its place.
    """

    def __init__(self, layout: Layout, each: int = 40, traces: int = 40, seed: int = 1, ram: Ram | None = None) -> None:
        self.ram = ram or ram_of(layout)
        self.layout, self.each, self.traces, self.seed = layout, each, traces, seed
        self.weights = self.ram.model.readback.weights

    @cached_property
    def stack(self) -> Stack:
        """States drawn at random for every case of the lemmas."""
        rng = random.Random(self.seed)
        places: list[Case | Write] = [*cases(self.layout), *writes(self.ram)]
        drawn: list[State] = [s for place in places for s in states(self.ram, place, self.each, rng)]
        return Stack(self.ram, drawn)

    @cached_property
    def runs(self) -> Runs:
        """Whole runs, on which heads' values and the embedding are tried."""
        return runs(self.layout, self.traces, self.seed)

    def prepare(self) -> None:
        """Makes the states and runs, and tries the machine as it is.

        Raises:
            RuntimeError: a lemma fails on it.
        """
        problem = self.stack.failures() or self.runs.refute(self.weights)
        if problem:
            raise RuntimeError(f"the machine itself fails: {problem}")

    def killed_by(self, mutant: Any) -> str | None:
        """The lemma that notices, and how; None if the mutant survives."""
        if mutant.part in ("gate", "up", "down", "embedding"):
            lemma = self._refuted(mutant)
            if lemma is not None:
                return f"{lemma} (a state)"
        weights = mutant.apply(self.weights)
        if mutant.part in ("value", "output") and self.runs.refute(weights) is not None:
            return "step (a run)"
        for claim in self._claims(mutant, weights):
            if not settle(claim).proved:
                return claim.lemma.name.split(":")[0].split(" of ")[0]
        if mutant.part == "unembedding":
            return "step (a state)" if self.stack.refute_unembedding(weights) else None
        if mutant.part == "embedding" and self.runs.refute(weights, mutant.index[0]) is not None:
            return "step (a run)"
        return None  # what a run shows about neurons, the states have shown

    def _claims(self, mutant: Mutant, weights: Weights) -> Iterator[Claim]:
        """Lemmas about the tensors that can notice the mutant, the cheapest first."""
        vocabulary = self.ram.model.vocabulary
        readback = Readback(weights, self.ram.model.readback)
        if mutant.part == "unembedding":
            yield exact_parts_claim(readback, vocabulary)
            return
        if mutant.part in ("query", "key"):
            touched = f"head {weights.layers[mutant.layer].head_names[mutant.index[0]]}"
            yield from (claim for claim in head_claims(readback) if claim.lemma.name == touched)
        yield position_claim(readback)
        yield next(sum_claims(readback, sum_bounds(self.layout)))
        changed = Ram(self.layout, Model(readback, vocabulary))
        claims = list(copy_claims(changed))
        if mutant.part in ("gate", "up", "down"):
            claims = [claim for claim in claims if claim.lemma.name in WIRING]
        yield from claims
        yield from token_claims(changed)

    def _refuted(self, mutant: Mutant) -> str | None:
        if mutant.part == "embedding":
            layer = -1
            rows = np.flatnonzero(self.stack.tokens == mutant.index[0])
            delta = np.zeros((len(rows), self.weights.width))
            delta[:, mutant.index[1]] = mutant.value - self.weights.embedding[mutant.index]
        else:
            layer = mutant.layer
            rows, delta = self._of_neuron(mutant)
        for part in (slice(0, len(rows), max(1, len(rows) // FIRST)), slice(None)):
            residual = self.stack.before[layer + 1][rows[part]] + delta[part]
            found = self.stack.refute(layer, rows[part], residual)
            if found is not None:
                return found[0]
        return None

    def _of_neuron(self, mutant: Mutant) -> tuple[npt.NDArray[np.intp], Array]:
        """The states at which the mutant's neuron adds something else, and the difference."""
        layer, n = self.weights.layers[mutant.layer], mutant.neuron
        x = self.stack.between[mutant.layer]
        old = {"gate": layer.gate[n], "up": layer.up[n], "down": layer.down[:, n]}
        new = {**old, mutant.part: old[mutant.part].copy()}
        new[mutant.part][mutant.index[0] if mutant.part == "down" else mutant.index[1]] = mutant.value
        before, after = (np.maximum(_dot(x, f["gate"]), 0) * _dot(x, f["up"]) for f in (old, new))
        rows = np.flatnonzero(before if mutant.part == "down" else before != after)
        return rows, after[rows, None] * new["down"] - before[rows, None] * old["down"]


class CircuitQuick(Quick):
    """The circuit that `circuit_mutants` changes, with states of every case, to try its mutants on."""

    def __init__(self, subject: Subject, each: int = 40, traces: int = 40) -> None:
        super().__init__(subject.layout, each, traces, ram=subject.ram)
        self.subject = subject

    def killed_by(self, mutant: CircuitMutant) -> str | None:
        """The lemma that fails for a changed circuit, with the state or reason; None if none of the quick ones does."""
        weights = mutant.apply(self.weights)
        readback = Readback(weights, self.ram.model.readback)
        changed = Ram(self.layout, Model(readback, self.ram.model.vocabulary))
        about = {*WIRING, f"copies: {mutant.head}"}
        copied = [c for c in copy_claims(changed) if c.lemma.name in about or mutant.kind == "second writer"]
        for claim in [position_claim(readback), *copied]:
            if not settle(claim).proved:
                return str(claim.lemma.name)
        found = self._state(mutant, weights)
        if found is not None:
            return f"{found} (a state)"
        # At other families, runs show no more than states.
        if mutant.kind == "value" and mutant.family in ("", "OP", "N") and self.runs.refute(weights) is not None:
            return "step (a run)"
        for claim in [*token_claims(changed), next(sum_claims(readback, sum_bounds(self.layout)))]:
            if not settle(claim).proved:
                return claim.lemma.name
        return None

    def _state(self, mutant: CircuitMutant, weights: Weights) -> str | None:
        """The lemma that a state refutes: the queries and keys of the head there, or what follows a second writer."""
        if mutant.kind != "second writer":
            for expectation in self.stack.expected(weights, mutant.head):
                if expectation.wrong(self.stack.before[expectation.layer], np.arange(len(self.stack.states))).any():
                    return expectation.lemma
            return None
        [layer] = [i for i, (a, b) in enumerate(zip(weights.layers, self.weights.layers)) if a is not b]
        tokens = self.ram.model.family_of_token[self.stack.tokens]
        rows = np.flatnonzero((tokens == mutant.family) | (mutant.family == ""))
        residual = self.stack.before[layer + 1][rows].copy()
        residual[:, self.ram.model.readback.names.index(mutant.where)] += 1
        found = self.stack.refute(layer, rows, residual)
        return None if found is None else found[0]


def _dot(x: Array, row: Array) -> Array:
    """x @ row, for a row that is nearly empty."""
    used = np.flatnonzero(row)
    return np.asarray(x[:, used] @ row[used])


def sample(everything: Sequence[Item], count: int | None, seed: int) -> list[Item]:
    """So many mutants, chosen by the seed; None: all."""
    if count is None or count >= len(everything):
        return list(everything)
    return random.Random(seed).sample(list(everything), count)
