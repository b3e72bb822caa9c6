"""Neurons that the indexed engine looks up in tables: the same numbers as one by one, whatever the weights are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Circuit, relu
from compiler.circuits.expressions import Expression
from compiler.circuits.weights import Weights
from compiler.compiling import compile_program
from compiler.machines.machine import Machine
from compiler.machines.ram import Layout
from compiler.specialising import Specialised, specialise
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import DecodingError, Tokens
from interpreter.engines.indexed import IndexedEngine, neurons
from interpreter.engines.indexed.function import generate
from interpreter.engines.indexed.functions import Function
from interpreter.experiments.machines import with_weights
from proofs_check.indexed.claims import Trace, engine_claims
from proofs_check.lemma import Outcome, settle

NUMBERS = 24
"""Tokens of the machine below, each a number."""

columns = st.lists(st.integers(0, 9), min_size=12, max_size=20)
entries = st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 3)), st.integers(1, 14), min_size=12, max_size=25)


# ------------------------------------------------------------------------------------------- functions


pieces = st.builds(
    lambda low, values, left, right: Function(low, np.array(values, dtype=np.float64), float(left), float(right)),
    st.integers(-9, 9), st.lists(st.integers(-30, 30), min_size=1, max_size=8), st.integers(-3, 3), st.integers(-3, 3),
)  # fmt: skip
AROUND = range(-60, 61)


def at(function: Function, x: int) -> float:
    return float(function.over(x, x).values[x - min(x, function.low)])


@given(pieces, st.integers(-20, 20), st.integers(0, 20))
def test_a_function_does_not_depend_on_how_many_values_are_written_out(f: Function, low: int, size: int) -> None:
    wide = f.over(low, low + size)
    assert wide.low <= low and wide.high >= low + size
    assert [at(wide, x) for x in AROUND] == [at(f, x) for x in AROUND]
    last = len(f.values) - 1
    for x in AROUND:
        beyond = f.left * min(x - f.low, 0) + f.right * max(x - f.high, 0)
        assert at(f, x) == f.values[min(max(x - f.low, 0), last)] + beyond


@given(pieces, pieces)
def test_the_positive_part_and_the_product(f: Function, g: Function) -> None:
    opened, product = f.positive(), f.times(g)
    assert opened is not None and [at(opened, x) for x in AROUND] == [max(at(f, x), 0) for x in AROUND]
    assert (product is None) == bool(f.left * g.left or f.right * g.right)
    if product is not None:
        assert [at(product, x) for x in AROUND] == [at(f, x) * at(g, x) for x in AROUND]


def test_a_function_that_changes_far_out_is_not_written_out() -> None:
    assert Function(0, np.array([-1e6]), 0.0, 1.0).positive() is None
    assert Function(0, np.array([-1e6]), 1.0, 0.0).positive() is not None


# ------------------------------------------------------------------- a machine of two tables and a dictionary


def table(c: Circuit[int], name: str, x: Expression, column: list[int]) -> Expression:
    """The function of x with these values from 0 on, constant beyond: a neuron where the slope changes."""
    slopes = [0, *(b - a for a, b in zip(column, column[1:])), 0]
    neurons_ = [(after - before) * relu(x - k) for k, (before, after) in enumerate(zip(slopes, slopes[1:]))]
    return c.wire(name, sum(neurons_, 0 * c.one)) + column[0]


def squared(c: Circuit[int], x: Expression) -> Expression:
    return c.wire(f"square of {id(x)}", relu(x, x) + relu(-x, -x))


@cache
def machine(first: tuple[int, ...], second: tuple[int, ...], known: tuple[tuple[int, int, int], ...]) -> Machine[int]:
    """The next number is one table's value for a place, plus what a dictionary has for the other's and a digit."""
    c: Circuit[int] = Circuit("tables", range(NUMBERS), max_tokens=2**12)
    value = c.feature("value", lambda t: t)
    low_bits, flag = c.feature("low bits", lambda t: t % 4), c.feature("flag", lambda t: int(t % 3 > 0))
    (before,) = c.previous("before", value=value)
    (latest,) = c.latest("latest", flag, flag=flag)
    place = c.wire("place", relu(c.position + 1) - relu(before)) + value
    f, g = table(c, "f", place - 3, list(first)), table(c, "g", place - 3, list(second))
    distance = squared(c, f) + squared(c, low_bits)
    found = 0 * c.one
    for a, b, v in known:
        found += v * relu(latest - distance + 2 * a * f + 2 * b * low_bits - a * a - b * b)
    result = c.wire("found", found) + g
    c.logit(2 * result, lambda t: t)
    c.logit(-1 * c.one, lambda t: t * t)
    return Machine("tables", [*range(NUMBERS)], c, frozenset())


@contextmanager
def one_by_one() -> Iterator[None]:
    """Without tables: every neuron is evaluated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neurons, "MANY", 10**9)
        patch.setattr(neurons, "FAMILY", 10**9)
        yield


def decoded(made: Machine[Any], prompt: Tokens, budget: int) -> tuple[list[int], str]:
    """The tokens, and why there are no more, if that is an error."""
    tokens: list[int] = []
    try:
        for chunk in IndexedEngine(made, keep=False, optimised=False).decode(prompt, budget):
            tokens += chunk.tolist()
    except DecodingError as problem:
        return tokens, str(problem)
    return tokens, ""


def changed(draw: st.DrawFn, weights: Weights, whole: bool = False) -> Weights:
    """With one to three entries of gates and down-projections changed, mostly by 1."""
    layers = list(weights.layers)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(("gate", "down", "up")))
        candidates = [i for i, layer in enumerate(layers) if getattr(layer, name).any()]
        i = draw(st.sampled_from(candidates))
        tensor = getattr(layers[i], name).copy()
        places = np.argwhere(tensor)
        place = tuple(places[draw(st.integers(0, len(places) - 1))])
        old = float(tensor[place])
        wrong = [old + 1, old - 1, -old, 0.0, 3 * old, *([] if whole else [old / 2, old + 0.5])]
        tensor[place] = draw(st.sampled_from(wrong))
        layers[i] = replace(layers[i], **{name: tensor})
    return replace(weights, layers=tuple(layers))


@st.composite
def machines(draw: st.DrawFn, damaged: bool, whole: bool = False) -> Machine[int]:
    known = tuple((a, b, v) for (a, b), v in draw(entries).items())
    made = machine(tuple(draw(columns)), tuple(draw(columns)), known)
    return with_weights(made, changed(draw, made.weights, whole)) if damaged else made


prompts = st.lists(st.integers(0, NUMBERS - 1), min_size=1, max_size=5).map(lambda t: np.array(t, dtype=np.int32))


def dense(made: Machine[Any], prompt: Tokens, budget: int) -> list[int]:
    return [int(t) for chunk in DenseEngine(made).decode(prompt, budget) for t in chunk]


@settings(max_examples=8)
@given(machines(damaged=False), prompts)
def test_tables_and_dictionaries_of_every_content(made: Machine[int], prompt: Tokens) -> None:
    tokens, why = decoded(made, prompt, 60)
    assert tokens == dense(made, prompt, 60) and not why


@settings(max_examples=12)
@given(machines(damaged=True), prompts)
def test_damaged_tables(made: Machine[int], prompt: Tokens) -> None:
    """A weight that is off changes what the table has, or the neurons are evaluated one by one."""
    tokens, why = decoded(made, prompt, 40)
    wanted = dense(made, prompt, 40)
    assert tokens == wanted[: len(tokens)] and (why or len(tokens) == len(wanted))
    with one_by_one():
        assert decoded(made, prompt, 40) == (tokens, why)


def assert_exact(made: Machine[Any], trace: Trace) -> None:
    """The generated code, evaluated beside the tensors in exact arithmetic, has every wire after each layer."""
    claim = next(c for c in engine_claims(made.weights, made.halting, [trace], 1000) if c.lemma.name.endswith("code"))
    result = settle(claim)
    assert result.outcome is Outcome.CHECKED, result.note


@settings(max_examples=6)
@given(machines(damaged=True, whole=True), prompts)
def test_every_wire_in_exact_arithmetic(made: Machine[int], prompt: Tokens) -> None:
    """By whole numbers: of two tokens with equal logits none is the right one there."""
    assert_exact(made, Trace(len(prompt), [*prompt.tolist(), *dense(made, prompt, 8)]))


# ------------------------------------------------------------------------------ specialised transformers

SOURCE = """\
limit = int(input())
big = 123456789123
total = 0
for i in range(1, limit):
    total = (total * 7 + i * big) % 1000003
    if total % 2: print(i, total)
"""


@cache
def specialised() -> Specialised:
    return specialise(compile_program(SOURCE, layout=Layout(base=100)).with_input("9\n"))


def input_of_it() -> Tokens:
    prompt = specialised().prompt.with_input("9\n")
    return specialised().shortened(prompt.numbers)


def test_a_program_in_the_weights_is_looked_up() -> None:
    """Hundreds of neurons, of which next to none are left in the code; the tokens are the same."""
    made = specialised().machine
    planned = sum(len(layer.gate) for layer in made.weights.layers)
    with one_by_one():
        slow, wanted = generate(made.weights, made.halting), decoded(made, input_of_it(), 2000)
    fast = generate(made.weights, made.halting)
    assert planned > 200 and len(slow.memory.initial) < 200 < planned * 8 < len(fast.memory.initial)
    assert wanted[0] and decoded(made, input_of_it(), 2000) == wanted


@st.composite
def damaged_programs(draw: st.DrawFn) -> Machine[Any]:
    return with_weights(specialised().machine, changed(draw, specialised().weights))


@settings(max_examples=3)
@given(damaged_programs())
def test_a_damaged_program_in_the_weights(made: Machine[Any]) -> None:
    found = decoded(made, input_of_it(), 1000)
    with one_by_one():
        assert decoded(made, input_of_it(), 1000) == found


def test_every_wire_of_a_program_in_the_weights() -> None:
    made = specialised().machine
    numbers = input_of_it()
    assert_exact(made, Trace(len(numbers), [*numbers.tolist(), *decoded(made, numbers, 40)[0]]))
