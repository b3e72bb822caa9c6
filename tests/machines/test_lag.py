"""Lag systems as transformers, and Turing machines as Lag systems."""

from itertools import islice, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Circuit
from compiler.front_ends.turing.machine import parse as parse_turing
from compiler.machines.lag import machine, published
from compiler.machines.lag.system import LagError, LagSystem, parse, split
from compiler.machines.lag.turing import configuration_of, halted_configuration, queue_of, system_of
from compiler.machines.lag.universal import simulated_stacks, universal, universal_queue
from compiler.machines.lag.vocabulary import HALT, Token
from compiler.machines.turing import Configuration, Delta
from interpreter.engines.dense import DenseEngine
from interpreter.simulators.turing import simulate

BEAVERS = {"1RB1LB_1LA1RZ": 6, "1RB1LB_1LA0LC_1RZ1LD_1RD0RA": 107}


def delta_of(text: str) -> tuple[Delta, int, int]:
    """Transitions, states and symbols of a Turing machine, the state in which it has halted included."""
    turing = parse_turing(text)
    delta: dict[tuple[int, int], tuple[int, int, int]] = {}
    for state, row in enumerate(turing.rows):
        for symbol, t in enumerate(row):
            if t is not None:
                delta[state, symbol] = (t.write, t.move, turing.states if t.target is None else t.target)
    return delta, turing.states + 1, turing.symbols  # type: ignore[return-value]


@pytest.mark.parametrize("text", BEAVERS)
def test_a_busy_beaver_in_a_queue(text: str) -> None:
    delta, states, symbols = delta_of(text)
    system = system_of(delta, states, symbols)
    wanted = simulate(parse_turing(text), 10_000)
    steps, queue = system.run(queue_of([], 0, 0, []), 10**6)
    assert steps < 10**6 and wanted.steps == BEAVERS[text]
    assert sum(s.rpartition(".")[2].rstrip("'") == "1" for s in queue) == len(wanted.tape)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 1)),
        st.tuples(st.integers(0, 1), st.sampled_from((-1, 1)), st.integers(0, 2)),
        max_size=6,
    ),
    st.lists(st.integers(0, 1), max_size=3),
    st.lists(st.integers(0, 1), max_size=3),
)
@settings(max_examples=100)
def test_every_configuration_of_a_turing_machine_is_come_to_in_order(
    delta: Delta, left: list[int], right: list[int]
) -> None:
    system, queue = system_of(delta, 3, 2), queue_of(left, 0, 0, right)
    cells, at, state, wanted = dict(enumerate([*left, 0, *right])), len(left), 0, []
    for _ in range(12):
        wanted.append(_seen_from_the_head(cells, at, state))
        if (state, cells.get(at, 0)) not in delta:
            break
        cells[at], move, state = delta[state, cells.get(at, 0)]
        at += move
    wanted = [c for i, c in enumerate(wanted) if i == 0 or c != wanted[i - 1]]
    found: list[Seen] = []
    for _ in range(1500):
        c = configuration_of(queue)
        seen = _seen_from_the_head(dict(enumerate(c.cells)), c.at, c.state) if c else None
        if seen is not None and (not found or seen != found[-1]):
            found.append(seen)
        steps, queue = system.run(queue, 1)
        if not steps:
            break
    assert found[: len(wanted)] == wanted


@pytest.mark.parametrize("text", ["1RB1LB_1LA1RZ", "1RB1RZ_0RC1RB_1LC1LA"])
def test_one_system_simulates_every_turing_machine(text: str) -> None:
    delta, states, _ = delta_of(text)
    at = Configuration((1, 0, 1), 1, 0)
    steps, queue = universal().run(universal_queue(delta, states, at), 3 * 10**6)
    assert steps < 3 * 10**6
    left, right = simulated_stacks(halted_configuration(queue).cells)
    cells, place, state = {-1: 1, 1: 1}, 0, 0
    while (does := delta.get((state, cells.get(place, 0)))) is not None:
        cells[place], move, state = does
        place += move
    # The scanned cell has been taken off the right stack.
    wanted_left = [cells.get(i, 0) for i in range(place - len(left), place)]
    assert left == wanted_left and not any(cells.get(i, 0) for i in cells if i < place - len(left))
    assert right == [cells.get(place + 1 + i, 0) for i in range(len(right))]
    assert not any(value for i, value in cells.items() if i > place + len(right))


Seen = tuple[int, frozenset[tuple[int, int]]]


def _seen_from_the_head(cells: dict[int, int], at: int, state: int) -> Seen:
    """The state, and the cells that are not blank by their distance from the head."""
    return state, frozenset((place - at, symbol) for place, symbol in cells.items() if symbol)


def test_decoding_is_the_specification() -> None:
    delta, states, symbols = delta_of("1RB1LB_1LA1RZ")
    lag = machine(system_of(delta, states, symbols))
    prompt = np.array(lag.vocabulary.numbers(queue_of([], 0, 0, [])), dtype=np.int32)  # type: ignore[attr-defined]
    assert lag.specification is not None
    wanted = [str(t) for t in lag.specification([lag.vocabulary[int(i)] for i in prompt])]
    got = [str(lag.vocabulary[int(i)]) for chunk in DenseEngine(lag).decode(prompt) for i in chunk]
    assert got == wanted and got[-1] == "halt" and any(t.endswith("+") for t in got)


@pytest.mark.parametrize("dtype, every", ((torch.float64, 6), (torch.float32, 4), (torch.bfloat16, 1)))
def test_the_published_rules_at_every_window(dtype: torch.dtype, every: int) -> None:
    """All 68,644 windows of the published system, and again after the first of two symbols, in bfloat16.

    In the other data types, which are slower, those that begin with every fourth or sixth symbol.
    """
    system = published()
    assert (len(system.rules), len(system.symbols)) == (2027, 262)
    assert sum(len(appended) == 2 for *_, appended in system.rules) == 16
    lag = machine(system)
    model = DenseEngine(lag, dtype).transformer
    number = {token: i for i, token in enumerate(lag.vocabulary)}
    symbols = [number[Token(s)] for s in system.symbols]
    more = next(i for token, i in number.items() if token.more)
    # One layer: only the last row of a window is read, so that the windows that begin with one symbol are three rows.
    attention, layer = model.layers[0].attention, model.layers[0]
    assert attention is not None
    for a in symbols[::every]:
        for last, firsts in ((symbols[0], 1), (more, 2)):
            x = model.embedding[torch.tensor([[a, b, last] for b in symbols])] + model.positional[0]
            stream = torch.stack([layer(window)[-1] for window in x]) if a == symbols[0] else None
            brought = x[:, -1].clone()
            for h, distance in enumerate((2, 1)):
                brought += (x[:, 2 - distance] @ attention.value[h].T) @ attention.output[h].T
            shortcut = brought + layer.feed_forward(brought)
            assert stream is None or torch.equal(stream, shortcut)
            found = (shortcut @ model.unembedding.T).argmax(1).tolist()
            for b, token in zip(symbols, found):
                appended = system.table.get((lag.vocabulary[a].symbol, lag.vocabulary[b].symbol))
                if appended is None:
                    wanted = HALT
                elif firsts == 1:
                    wanted = Token(appended[0], more=len(appended) == 2)
                elif len(appended) == 2:
                    wanted = Token(appended[1])
                else:
                    continue
                assert lag.vocabulary[token] == wanted


def test_offsets_look_back() -> None:
    c: Circuit[str] = Circuit("offsets", ["a", "b"], max_tokens=2**10)
    with pytest.raises(ValueError, match="causal"):
        c.offset("after", -1, b=c.one)


def test_a_run_that_is_cut_within_a_step_goes_on() -> None:
    rules = LagSystem((("a", "b", ("b", "a")), ("b", "b", ("a",)), ("b", "a", ("a",)), ("a", "a", ("b",))))
    lag = machine(rules)
    assert lag.specification is not None and lag.window is not None
    prompt = [Token("a"), Token("b")]
    wanted = list(islice(lag.specification(prompt), 12))
    assert any(token.more for token in wanted)
    for done in range(10):
        context = lag.window.begin(lag.numbers[token] for token in prompt)
        for token in wanted[:done]:
            context.append(lag.numbers[token])
        kept = [lag.vocabulary[number] for number in context.kept()]
        assert list(islice(lag.specification(kept), 2)) == wanted[done : done + 2]
    with pytest.raises(ValueError, match="appends two symbols"):
        next(lag.specification([Token("b"), Token("b", more=True)]))


def test_texts() -> None:
    assert parse("a b: c  # comment\n\nb c: a b\n").rules == (("a", "b", ("c",)), ("b", "c", ("a", "b")))
    assert split("aBgJ") == ["aB", "gJ"]
    for text in ("", "a b c: d", "a b", "a b: c\na b: d", "a b: c d e"):
        with pytest.raises(LagError):
            parse(text)


def test_no_two_windows_of_the_published_rules_are_alike() -> None:
    system = published()
    assert len(system.table) == len(system.rules) < len(list(product(system.symbols, repeat=2)))
