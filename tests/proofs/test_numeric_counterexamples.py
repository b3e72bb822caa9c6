"""Counterexamples to what the lemmas say about numbers: rounding of sums, ranges of wires, the argmax.

As in `test_counterexamples`, the search must be able to find one: in damaged weights, or to a bound that is too good.
"""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import torch
from hypothesis import find, given, settings
from hypothesis import strategies as st

from compiler.machines.ram import machine
from interpreter.model.transformer import Transformer
from proofs_check.formats import FLOAT64, FORMATS
from proofs_check.ram.bounds import assumed
from proofs_check.ram.samples import prompts, trace
from proofs_check.ranges import ranges
from proofs_check.sums import error, error_in_order
from tests.proofs.subject import SEARCH, SMALL, Array, Subject, column, damaged, own

# ------------------------------------------------------------------------------------------------ sums

TYPES = {np.float64: FLOAT64, np.float32: FORMATS[1], np.float16: FORMATS[3]}


def added(c: list[int], order: random.Random, kind: type[np.floating], shuffled: bool) -> float:
    """The mean times the number, rounded in every step: neighbours are added, any two, until one is left."""
    n = len(c)
    numbers = [kind(v) * (kind(1) / kind(n)) for v in c]
    if shuffled:
        order.shuffle(numbers)
    while len(numbers) > 1:
        i = order.randrange(len(numbers) - 1)
        numbers[i : i + 2] = [numbers[i] + numbers[i + 1]]
    return float(numbers[0] * kind(n))


def swing(c: list[int]) -> int:
    prefixes = [0, *np.cumsum(c).tolist()]
    return max(prefixes) - min(prefixes)


jumps = st.lists(st.integers(-90, 90), min_size=1, max_size=60)
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(list(TYPES))


@given(jumps, seeds, kinds)
@settings(max_examples=200)
def test_a_sum_in_any_order_is_within_its_bound(c: list[int], seed: int, kind: type[np.floating]) -> None:
    off = abs(added(c, random.Random(seed), kind, shuffled=True) - sum(c))
    assert off <= error(TYPES[kind], len(c), Fraction(sum(map(abs, c))))


@given(jumps, seeds, kinds)
@settings(max_examples=200)
def test_a_sum_in_order_is_within_its_bound(c: list[int], seed: int, kind: type[np.floating]) -> None:
    off = abs(added(c, random.Random(seed), kind, shuffled=False) - sum(c))
    assert off <= error_in_order(TYPES[kind], len(c), Fraction(swing(c)))


def test_bounds_that_are_too_good_are_found_out() -> None:
    """A tenth of either."""
    half = FORMATS[3]

    def off(c: list[int], seed: int, shuffled: bool) -> float:
        return abs(added(c, random.Random(seed), np.float16, shuffled) - sum(c))

    cases = st.tuples(jumps, seeds)
    find(cases, lambda t: off(*t, True) > error(half, len(t[0]), Fraction(sum(map(abs, t[0])))) / 10, settings=SEARCH)
    find(cases, lambda t: off(*t, False) > error_in_order(half, len(t[0]), Fraction(swing(t[0]))) / 10, settings=SEARCH)


# ------------------------------------------------------------------------------------ exactness, ranges


@cache
def shuffled(seed: int) -> tuple[Subject, list[int]]:
    """The same transformer with its wires and neurons in another order: sums are added up in another order."""
    rng = np.random.default_rng(seed)
    w = own().weights
    order = rng.permutation(w.width)
    layers = []
    for layer in w.layers:
        neurons = rng.permutation(len(layer.gate))
        layers.append(
            replace(
                layer,
                query=layer.query[:, :, order], key=layer.key[:, :, order], value=layer.value[:, :, order],
                output=layer.output[:, order], gate=layer.gate[neurons][:, order], up=layer.up[neurons][:, order],
                down=layer.down[order][:, neurons],
            )
        )  # fmt: skip
    mixed = replace(
        w, embedding=w.embedding[:, order], positional=w.positional[:, order], layers=tuple(layers),
        unembedding=np.ascontiguousarray(w.unembedding[:, order]),
    )  # fmt: skip
    return Subject(mixed), [int(i) for i in order]


def run_of(seed: int, limit: int = 60) -> torch.Tensor:
    return torch.tensor(trace(next(prompts(SMALL, seed)), limit)[1])


@given(seeds, st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_no_order_of_summation_changes_a_bit(seed: int, order: int) -> None:
    """But in the running sums themselves, which the lookups wipe out."""
    tokens = run_of(seed)
    mixed, places = shuffled(order)
    real = ranges(own().readback, 1000).real
    exact = [j for j, w in enumerate(own().weights.wires) if w.name not in real]
    with torch.inference_mode():
        here, there = (subject.transformer.residual(tokens) for subject in (own(), mixed))
    assert torch.equal(here[:, exact], there[:, [places.index(j) for j in exact]])


def test_in_float32_the_order_matters() -> None:
    def differs(seed: int) -> bool:
        tokens = run_of(seed)
        mixed, places = shuffled(0)
        with torch.inference_mode():
            here, there = (Transformer(w, torch.float32).residual(tokens) for w in (own().weights, mixed.weights))
        return not torch.equal(here, there[:, [places.index(j) for j in range(len(places))]])

    find(seeds, differs, settings=SEARCH)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_every_wire_stays_in_its_range(seed: int) -> None:
    assert outside(own(), seed) == []


def test_a_wire_that_leaves_its_range_is_found_out() -> None:
    def doubled(layer: int, down: Array) -> Array:
        down[column("carry out")] *= 2
        return down

    broken = damaged("down", doubled)
    seed = find(seeds, lambda s: outside(broken, s) != [], settings=SEARCH)
    assert "carry out" in outside(broken, seed)


def outside(subject: Subject, seed: int) -> list[str]:
    """Wires that are not in the range, or no multiple of the unit, that the own weights' tensors promise."""
    tokens = run_of(seed)
    known = ranges(own().readback, len(tokens), assumed(SMALL, 1000, len(tokens)))
    with torch.inference_mode():
        residual = subject.transformer.residual(tokens)
    wrong = []
    for j, wired in enumerate(own().weights.wires):
        r = known.wires[wired.name]
        low, high, unit = float(r.low), float(r.high), float(r.unit)
        values = residual[:, j]
        if values.min() < low - 1e-9 or values.max() > high + 1e-9:
            wrong.append(wired.name)
        elif wired.name not in known.real and bool((values / unit != (values / unit).round()).any()):
            wrong.append(wired.name)
    return wrong


# ----------------------------------------------------------------------------------------- unembedding


def decoded(family: str, linear: float, square: float) -> int:
    """The value that wins within a family, flag 0, where the two value terms are these."""
    readout, vocabulary = own().ram.model.readout, machine(SMALL).vocabulary
    x = np.zeros(own().weights.width)
    x[column("one")] = 1
    for name, form, wanted in (("linear", readout.linear, linear), ("square", readout.square, square)):
        now = sum(float(c) * x[column(n)] for n, c in form.items())
        x[column(name)] += (wanted - now) / float(form[name])
    members = [i for i, t in enumerate(vocabulary) if (t.family, t.flag) == (family, 0)]
    return vocabulary[members[int((own().weights.unembedding[members] @ x).argmax())]].value


remainders = st.integers(1, 9).flatmap(lambda d: st.tuples(st.integers(0, 10 * d - 1), st.just(d)))


@given(remainders, st.integers(0, 9), st.integers(-90, 90))
def test_argmax_divides(pair: tuple[int, int], v: int, distance: int) -> None:
    r, d = pair
    assert decoded("Q", 2 * (2 * r - d + 1), -2 * d) == r // d
    assert decoded("D", 2 * v, -1) == v
    assert abs(10 * decoded("F", 2 * distance - 0.5, -10) - distance) <= 5


def test_a_quotient_without_its_half_step_is_found_out() -> None:
    r, d = find(remainders, lambda t: decoded("Q", 2 * (2 * t[0] - t[1] - 1), -2 * t[1]) != t[0] // t[1])
    assert decoded("Q", 2 * (2 * r - d + 1), -2 * d) == r // d
