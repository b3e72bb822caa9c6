"""Counterexamples to the lemmas, searched for outside the solvers: random values, on the tensors themselves.

Every search must be able to find one. So beside a lemma that holds stands one about damaged weights, or a bound that
is too good to be true, and the search finds what is wrong with it. Here: gates, heads, and whole states. Elsewhere:
rounding, ranges and the unembedding in `test_numeric_counterexamples`, cost and universality in `test_formulas`,
symbolic execution itself in `test_symbolic`.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from compiler.circuits import relu, step, when
from compiler.circuits.expressions import ONE, Expression, wire
from compiler.machines.ram import machine
from compiler.machines.ram.vocabulary import Token
from proofs_check.ram.cases import Case, cases
from proofs_check.ram.copies import copies, meanings
from proofs_check.ram.queries import POSITIONS, asked
from proofs_check.scores import scale_of
from proofs_check.tensors import Linear
from tests.proofs.concrete import State, state
from tests.proofs.subject import RARE, SEARCH, SMALL, Array, Subject, column, damaged, negated, own

integers = st.integers(-10_000, 10_000)


# ----------------------------------------------------------------------------------------------- gates


def value(expression: Expression, wires: dict[str, int]) -> Fraction:
    def linear(e: Expression) -> Fraction:
        return sum((Fraction(c) * (1 if w == ONE else wires[w.name]) for w, c in e.wires.items()), Fraction(0))

    neurons = (Fraction(c) * max(linear(n.gate), 0) * linear(n.value) for n, c in expression.neurons.items())
    return sum(neurons, linear(expression))


@given(integers, integers, st.lists(st.integers(0, 1), min_size=1, max_size=4))
def test_gates(x: int, v: int, flags: list[int]) -> None:
    wires = {"x": x, "v": v, **{f"f{i}": flag for i, flag in enumerate(flags)}}
    assert value(relu(wire("x"), wire("v")), wires) == max(x, 0) * v
    assert value(step(wire("x"), wire("v")), wires) == (v if x >= 1 else 0)
    assert value(when(*(wire(f"f{i}") for i in range(len(flags))), value=wire("v")), wires) == (v if all(flags) else 0)


def test_a_step_of_one_neuron_is_found_out() -> None:
    assert find(integers, lambda x: value(relu(wire("x")), {"x": x}) != (x >= 1)) == 2


@given(seed=st.integers(0, 2**32 - 1), layer=st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_neurons_are_those_read_back(seed: int, layer: int) -> None:
    """The module's feed-forward part at random integers, against the neurons as exact rationals."""
    readback = own().readback
    x = np.random.default_rng(seed).integers(-9, 10, own().weights.width)
    wires = dict(zip(readback.names, x.tolist()))

    def linear(form: Linear) -> Fraction:
        return sum((c * wires[name] for name, c in form.items()), Fraction(0))

    expected = [Fraction(0)] * own().weights.width
    for neuron in (n for n in readback.neurons if n.layer == layer):
        product = max(linear(neuron.gate), 0) * linear(neuron.up)
        for name, c in neuron.down.items():
            expected[column(name)] += c * product
    with torch.inference_mode():
        found = own().transformer.layers[layer].feed_forward(torch.from_numpy(x).double()[None])[0]
    assert found.tolist() == [float(e) for e in expected]


# ----------------------------------------------------------------------------------------------- heads


def scores(subject: Subject, name: str, query: dict[str, float], keys: list[dict[str, float]]) -> Array:
    """What a head scores the positions with these wires, seen from a position with those; other wires are 0."""
    w = subject.weights
    index, head = next((i, h.head_names.index(name)) for i, h in enumerate(w.layers) if name in h.head_names)
    layer = w.layers[index]

    def stream(wires: dict[str, float]) -> Array:
        x = np.zeros(w.width)
        for wire_name, v in wires.items():
            x[column(wire_name)] = v
        return x

    asked_for = layer.query[head] @ stream(query)
    return np.array([asked_for @ (layer.key[head] @ stream(key)) for key in keys])


def positional(p: int) -> dict[str, float]:
    return {"one": 1, "position": p, "position squared": p * p, "parity": 1 - 2 * (p % 2), "first": float(p == 0)}


def won_by(found: Array, position: int, gap: float) -> bool:
    others = np.delete(found, position)
    return not len(others) or bool(found[position] - others.max() >= gap)


STEP = float(scale_of(2**27) / 2**28)
"""One step of recency, times the scale: the least gap."""


@given(st.integers(1, 300), st.integers(0, 10**6))
def test_the_previous_position_wins(back: int, p: int) -> None:
    window = [q for q in range(p - back, p + 1) if q >= 0]
    found = scores(own(), "previous", positional(p), [positional(q) for q in window])
    assert won_by(found, max(len(window) - 2, 0), STEP)


@given(st.integers(0, 10**5), st.floats(-0.49, 0.49), st.integers(1, 20))
def test_the_nearest_position_wins(target: int, off: float, room: int) -> None:
    """The head `z` asks for 4 pc + 4 positions; pc is off, from a sum that was rounded."""
    window = [q for q in range(4 * target + 4 - room, 4 * target + 4 + room) if q >= 0]
    query = {"one": 1.0, "pc sum": target + off / 4}
    found = scores(own(), "z", query, [positional(q) for q in window])
    assert won_by(found, window.index(4 * target + 4), float(scale_of(2**27)) * (1 - 2 * abs(off)) * 0.999)


@st.composite
def memories(draw: st.DrawFn, default: bool) -> tuple[dict[str, float], list[dict[str, float]], int]:
    """A query of `group x` (or `top x`, which has a default), keys of positions, and the position that should win.

    Few values, so that keys match often; without a default, one does. The first position is BOS, never to be chosen.
    """
    few = st.integers(-1, 2)
    asks = draw(st.lists(few, min_size=3, max_size=3))
    start = draw(st.integers(0, 10**6)) if not default else 0
    drawn = draw(st.lists(st.tuples(few, few, few, st.booleans()), min_size=1, max_size=8))
    if not default:
        drawn.insert(draw(st.integers(0, len(drawn))), (*asks, True))
    keys, best = [], 0
    for k, (*cell, index, eligible) in enumerate([(0, 0, 0, False), *drawn]):
        key = positional(start + k if k else 0)
        key |= {"written cell 0": cell[0], "written cell 1": cell[1], "written index": index}
        key |= {"written cell squared": cell[0] ** 2 + cell[1] ** 2, "written index squared": index**2}
        key |= {"last" if default else "run": float(eligible)}
        keys.append(key)
        matches = cell == asks[:2] and (default or index == asks[2])
        best = k if eligible and matches else best
    query = {"one": 1.0, "x group cell 0": asks[0], "x group cell 1": asks[1], "x index": asks[2]}
    if default:
        query = {"one": 1.0, "x cell 0": asks[0], "x cell 1": asks[1], "x cell squared": asks[0] ** 2 + asks[1] ** 2}
    return query, keys, best


@given(memories(default=False))
@settings(max_examples=100)
def test_the_latest_match_wins(case: tuple[dict[str, float], list[dict[str, float]], int]) -> None:
    query, keys, best = case
    assert won_by(scores(own(), "group x", query, keys), best, STEP)


@given(memories(default=True))
@settings(max_examples=100)
def test_the_latest_match_or_the_default_wins(case: tuple[dict[str, float], list[dict[str, float]], int]) -> None:
    query, keys, best = case
    assert won_by(scores(own(), "top x", query, keys), best, STEP)


def without(name: str, tensor: str) -> Subject:
    """The weights with the column of a wire zeroed in all queries or keys."""

    def change(layer: int, t: Array) -> Array:
        t[:, :, column(name)] = 0
        return t

    return damaged(tensor, change)


@pytest.mark.parametrize(
    ("tensor", "name", "default"),
    [
        ("key", "position", False),
        ("key", "written cell squared", False),
        ("key", "written cell 1", True),
        ("key", "first", True),
        ("query", "x cell squared", True),
    ],
)
def test_heads_without_one_of_their_wires_are_found_out(tensor: str, name: str, default: bool) -> None:
    broken = without(name, tensor)
    head = "top x" if default else "group x"
    query, keys, best = find(
        memories(default=default),
        lambda case: not won_by(scores(broken, head, case[0], case[1]), case[2], STEP),
        settings=SEARCH,
    )
    assert won_by(scores(own(), head, query, keys), best, STEP)


# ----------------------------------------------------------------------------------------------- copies


@st.composite
def token_strings(draw: st.DrawFn) -> list[int]:
    """Any tokens at all, the first one BOS."""
    vocabulary = machine(SMALL).vocabulary
    return [0, *draw(st.lists(st.integers(1, len(vocabulary) - 1), min_size=1, max_size=25))]


def misread(subject: Subject, numbers: list[int]) -> list[str]:
    """Outputs of the first layer's heads that are not what a scan of the tokens finds, at the last position."""
    vocabulary = machine(SMALL).vocabulary
    features = meanings(SMALL)
    tokens = [vocabulary[i] for i in numbers]
    with torch.inference_mode():
        embedded = next(iter(subject.transformer.streams(torch.tensor(numbers))))
        found = subject.transformer.layers[0].attention(embedded)[-1]
    expected: dict[str, float] = {}
    for head, copy in copies(SMALL, own().ram.addresses).items():
        if copy.kind == "mean" or copy.outputs is None or own().readback.head(head).layer > 0:
            continue
        chosen = [i for i, t in enumerate(tokens) if callable(copy.chooses) and copy.chooses(t)]
        if copy.kind == "latest" and not chosen:
            continue  # nothing is promised where there is nothing to find
        at = chosen[-1] if chosen else len(tokens) - 2
        for output, source in copy.outputs.items():
            expected[f"{head}.{output}"] = at if source == "position" else features[source](tokens[at])
    return [name for name, v in expected.items() if float(found[column(name)]) != v]


@given(token_strings())
@settings(max_examples=60, deadline=None)
def test_heads_copy_what_a_scan_finds(numbers: list[int]) -> None:
    assert misread(own(), numbers) == []


def test_heads_that_copy_another_value_are_found_out() -> None:
    def turned(layer: int, value: Array) -> Array:
        return value[::-1].copy() if layer == 0 else value

    broken = damaged("value", turned)
    find(token_strings(), lambda t: misread(broken, t) != [], settings=SEARCH)


# ---------------------------------------------------------------------------------- queries, keys, steps


EVERY_CASE = sorted(cases(SMALL), key=str)


def drawn(subject: Subject, case: Case, data: st.DataObject) -> State:
    def draw(name: str, least: int, most: int) -> int:
        return data.draw(st.integers(least, most), label=name)

    with torch.inference_mode():
        return state(subject.ram, subject.transformer, case, draw)


def emitted(subject: Subject, found: State) -> Token:
    with torch.inference_mode():
        logits = found.streams[-1] @ subject.transformer.unembedding.T
        return machine(SMALL).vocabulary[int(logits[0].argmax())]


def misdirected(subject: Subject, found: State) -> list[str]:
    """Heads that do not ask for what the specification reads."""
    wrong = []
    for head in (h for h in subject.readback.heads if h.pairs and h.layer > 0):
        wanted = asked(subject.ram, head.name, found.place, found.path)
        if wanted is None:
            continue
        rows = [q for q, k in head.pairs if "one" not in q or len(q) > 1]
        rows = [head.pairs[0][0]] if head.name in POSITIONS else rows
        residual = found.streams[head.layer][0].clone()
        scale = 2 * float(scale_of(subject.weights.max_tokens))
        asks = [sum(float(c) * float(residual[column(n)]) for n, c in q.items()) / scale for q in rows]
        for ask, point in zip(asks, wanted):
            if abs(ask - float(found.path.number(point))) > 1e-6:
                wrong.append(head.name)
    return wrong


@given(st.sampled_from(EVERY_CASE), st.data())
@settings(RARE, max_examples=250)
def test_the_next_token_is_the_specifications_in_random_states(case: Case, data: st.DataObject) -> None:
    found = drawn(own(), case, data)
    assert emitted(own(), found) == found.expected
    assert misdirected(own(), found) == []


@pytest.mark.parametrize("name", ["carry out", "holds", "distance"])
def test_negated_neurons_are_found_out(name: str) -> None:
    broken = negated(name)

    def errs(data: st.DataObject) -> bool:
        case = data.draw(st.sampled_from(EVERY_CASE))
        found = drawn(broken, case, data)
        return emitted(broken, found) != found.expected

    find(st.data(), errs, settings=settings(RARE, max_examples=5000, phases=[Phase.generate], database=None))


@pytest.mark.parametrize("name", ["x index", "y index"])
def test_heads_that_ask_for_something_else_are_found_out(name: str) -> None:
    broken = negated(name)

    def astray(data: st.DataObject) -> bool:
        return misdirected(broken, drawn(broken, data.draw(st.sampled_from(EVERY_CASE)), data)) != []

    find(st.data(), astray, settings=settings(RARE, max_examples=5000, phases=[Phase.generate], database=None))
