"""What experiments measure with: graphs of runs, errors in them, cycles, noise, budgets."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.vocabulary import vocabulary
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import IndexedEngine
from interpreter.experiments.compose import needed_nodes
from interpreter.experiments.cycles import course
from interpreter.experiments.damage import deleted, goes_on, memory_without, numbers, probe
from interpreter.experiments.depth import TOKENS, _budgets, draw_chain, right
from interpreter.experiments.errors import Errors, count_errors
from interpreter.experiments.machines import endless, truncated
from interpreter.experiments.multiplication import LAYOUT, Product
from interpreter.experiments.noise import Alternatives, Flips
from interpreter.experiments.provenance import graph
from interpreter.strategies.ram import ram_programs

PRODUCTS = st.builds(Product, st.integers(1, 9999), st.integers(1, 9999))


@cache
def engine(layout: Layout) -> IndexedEngine:
    return IndexedEngine(machine(layout))


def flipped(prompt: Prompt, trace: Tokens, at: int, seed: int) -> Tokens:
    """The run in which token `at` is another one of its family."""
    other = trace[: at + 1].copy()
    other[at] = Alternatives(prompt.layout).draw(int(other[at]), random.Random(seed))
    halting = vocabulary(prompt.layout)[int(other[at])].family in ("HALT", "FAULT")
    if halting:
        return other
    rest = engine(prompt.layout).decode(np.concatenate([prompt.numbers, other]), 2 * len(trace) + 10)
    return np.concatenate([other, *rest])


@settings(max_examples=20)
@given(PRODUCTS)
def test_products_and_their_graphs(product: Product) -> None:
    trace = np.concatenate([*engine(LAYOUT).decode(product.prompt.numbers)])
    assert product.is_right(trace) and np.array_equal(trace, product.trace)
    wrong = Product(product.x, product.y + 1)
    assert not wrong.is_right(trace)
    assert all(p < product.graph.prompt + i for i, parents in enumerate(product.graph.parents) for p in parents)
    assert 0 < needed_nodes(product) < len(trace)
    assert count_errors(LAYOUT, product.graph, product.prompt.numbers, trace) == Errors(nodes=len(trace) - 1)


@settings(max_examples=40)
@given(PRODUCTS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_one_flip_is_one_local_error(product: Product, where: int, seed: int) -> None:
    at = where % (len(product.trace) - 1)
    other = flipped(product.prompt, product.trace, at, seed)
    changed = int(other[at] != product.trace[at])
    errors = count_errors(LAYOUT, product.graph, product.prompt.numbers, other)
    assert errors.local == changed
    if not product.is_right(other):
        assert changed


@settings(max_examples=60, phases=[Phase.generate])
@given(ram_programs(Layout(base=10, max_depth=4)), st.integers(0, 10**6), st.integers(0, 10**6))
def test_graphs_of_any_program(program: RamProgram, where: int, seed: int) -> None:
    """All that a token is computed from is among its parents: with right ones it is wrong only where it was flipped."""
    prompt = Prompt(program)
    known = graph(prompt.layout, prompt.tokens, 60)
    trace = numbers(prompt.layout, known.tokens)
    assert np.array_equal(trace, np.concatenate([*engine(prompt.layout).decode(prompt.numbers, len(trace))]))
    at = where % len(trace)
    try:
        other = flipped(prompt, trace, at, seed)
    except ArithmeticError:
        return  # The engine says that it cannot follow such a trace.
    assert count_errors(prompt.layout, known, prompt.numbers, other).local <= 1


@settings(max_examples=25)
@given(ram_programs(Layout(base=10, max_depth=4)), st.integers(0, 100), st.integers(1, 5))
def test_what_is_left_of_a_trace(program: RamProgram, start: int, length: int) -> None:
    """After a deleted part of straight-line instructions the transformer goes on as the rest of the trace says."""
    prompt = Prompt(program)
    layout = prompt.layout
    known = graph(layout, prompt.tokens, 60)
    part = known.events[start % max(1, len(known.events)) :][:length]
    tokens = np.concatenate([prompt.numbers, numbers(layout, known.tokens)])
    families = {vocabulary(layout)[int(t)].family for e in part for t in tokens[e.start : e.end]}
    if not part or families & {"CALL", "RET"}:
        return
    begin, end = part[0].start, part[-1].end
    cut = known.events[-1].end
    damaged = deleted(layout, tokens[:cut], begin, end)
    initial = {cell: int(v) for cell, v in _memory(prompt).items()}
    events = [event for event in known.events if event.end <= cut]
    memory = memory_without(initial, events, begin, end)
    expected = goes_on(prompt, memory, damaged, 40)
    assert np.array_equal(np.concatenate([*engine(layout).decode(damaged, 40)]), expected)


def _memory(prompt: Prompt):  # type: ignore[no-untyped-def]
    from compiler.machines.ram.semantics import Ram

    ram = Ram(prompt.layout)
    ram.load(prompt.tokens)
    return ram.memory


def test_probes_read_cells() -> None:
    asked = probe(compile_program("a = [5, 12345, -7]\nb = 3\nprint(b)\n"))
    prompt = asked.prompt
    decoder = engine(prompt.layout)
    known = graph(prompt.layout, prompt.tokens)
    tokens = np.concatenate([prompt.numbers, numbers(prompt.layout, known.tokens[:-1])])
    memory = memory_without({c: int(v) for c, v in _memory(prompt).items()}, known.events, 0, 0)
    assert {5, 12345, -7} <= set(memory.value.values()) and not memory.lost
    for cell, value in memory.value.items():
        assert asked.read(decoder, tokens, cell) == str(value)


@pytest.mark.parametrize(("source", "states"), [("while True:\n    pass\n", 1), (None, 16), (None, 9)])
def test_cycles(source: str | None, states: int) -> None:
    prompt = compile_program(source or f"i = 0\nwhile True:\n    i = (i + 1) % {states}\n")
    found = course(prompt, engine(prompt.layout), 5000).cycle
    assert found is not None
    # The trace itself repeats, and with no shorter period.
    trace = np.concatenate([*engine(prompt.layout).decode(prompt.numbers, found.start + 4 * found.tokens)])[
        found.start :
    ]
    periods = [p for p in range(1, found.tokens + 1) if np.array_equal(trace[p:], trace[:-p])]
    assert periods == [found.tokens] and found.instructions % states == 0


def test_courses_without_a_cycle() -> None:
    counts = compile_program("i = 0\nwhile True:\n    i += 1\n")
    assert course(counts, engine(counts.layout), 500).cycle is None
    halts = compile_program("print(1)\n")
    assert course(halts, engine(halts.layout), 500).halted


def test_flips_have_their_rate() -> None:
    product = Product(10**30 - 7, 10**30 + 3)
    clean = Flips(engine(LAYOUT), LAYOUT, 0, random.Random(1))(product.prompt.numbers, 100_000)
    assert np.array_equal(clean, product.trace)
    never = Flips(engine(LAYOUT), LAYOUT, 1e-9, random.Random(1))(product.prompt.numbers, 100_000)
    assert np.array_equal(never, product.trace)
    gaps = [Flips(engine(LAYOUT), LAYOUT, 0.01, random.Random(seed))._gap() for seed in range(2000)]
    assert 80 < sum(gaps) / len(gaps) < 120


def test_chains_need_their_tokens_and_passes() -> None:
    usual = compile_program("print(0)").machine
    decoder = engine(Layout())
    chain = draw_chain(3, random.Random(2), decoder)
    rows = list(_budgets(3, [chain], IndexedEngine(endless(usual)), 7))
    assert [r.share_right for r in rows] == [float(r.enough) for r in rows]
    assert {r.varied for r in rows} == {TOKENS} and {r.enough for r in rows} == {True, False}
    whole = np.concatenate([chain.prompt.numbers, chain.trace])
    start = len(chain.prompt.numbers) - 1
    layers = len(usual.weights.layers)
    for passes, all_right in ((layers - 1, False), (layers, True)):
        found = DenseEngine(truncated(usual, passes)).continuations(whole[:-1], start)
        assert np.array_equal(found, chain.trace) == all_right
    assert right(chain, chain.trace) and not right(chain, chain.trace[:-1])
