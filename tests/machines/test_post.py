"""Post machines as transformers, and Turing machines as Post machines: window equals space."""

import re
from collections import deque
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends.turing.machine import parse as parse_turing
from compiler.machines.machine import Machine
from compiler.machines.post import machine
from compiler.machines.post.rules import PostError, PostMachine, parse
from compiler.machines.post.turing import FULL, configuration_of, post_of, queue_of
from compiler.machines.post.vocabulary import HALT, Token, Vocabulary
from compiler.machines.turing import Configuration, Delta
from interpreter.engines.dense import DenseEngine
from interpreter.simulators.turing import simulate
from tests.machines.test_lag import delta_of

BEAVERS = {"1RB1LB_1LA1RZ": 4, "1RB1LB_1LA0LC_1RZ1LD_1RD0RA": 14, "1RB2LB1RZ_2LA2RB1LB": 9}
"""Champions, and how many cells they use."""
EVEN = parse("even 0: 0 even  # rewrites the queue for ever\neven 1: 0 odd\nodd 0: 1 odd\nodd 1: 1 even\n")


@pytest.mark.parametrize("text", BEAVERS)
def test_a_window_of_s_is_space_s(text: str) -> None:
    delta, states, symbols = delta_of(text)
    post, wanted = post_of(delta, states, symbols), simulate(parse_turing(text), 10_000)
    for window in range(1, BEAVERS[text] + 3):
        steps, state, queue = post.run(*queue_of([], 0, 0, [], window), 10**5)
        assert steps < 10**5
        if window < BEAVERS[text]:
            assert state == FULL
            continue
        configuration = configuration_of(state, queue)
        assert configuration is not None
        assert sum(map(bool, configuration.cells)) == len(wanted.tape)


Seen = tuple[int, tuple[tuple[int, int], ...]]


def seen_from_the_head(found: Configuration) -> Seen:
    """The state, and the cells that are not blank, by their distance from the head."""
    return found.state, tuple((place - found.at, letter) for place, letter in enumerate(found.cells) if letter)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 1)),
        st.tuples(st.integers(0, 1), st.sampled_from((-1, 1)), st.integers(0, 2)),
        max_size=6,
    ),
    st.lists(st.integers(0, 1), max_size=2),
    st.lists(st.integers(0, 1), max_size=2),
    st.integers(0, 4),
)
@settings(max_examples=150)
def test_all_configurations_are_come_to_in_order_until_space_is_used_up(
    delta: Delta, left: list[int], right: list[int], more: int
) -> None:
    window = len(left) + 1 + len(right) + more
    cells, at, state = dict(enumerate([*left, 0, *right])), len(left), 0
    wanted, used, ended = [], set(cells), "budget"
    for _ in range(12):
        places = sorted({*cells, at})
        wanted.append(
            seen_from_the_head(Configuration(tuple(cells.get(p, 0) for p in places), places.index(at), state))
        )
        if (state, cells.get(at, 0)) not in delta:
            ended = "halt"
            break
        used.add(at)
        if len(used) > window:
            ended = FULL
            break
        cells[at], move, state = delta[state, cells.get(at, 0)]
        at += move
    post = post_of(delta, 3, 2)
    now, queue = queue_of(left, 0, 0, right, window)
    found = []
    for _ in range(12 * window):
        if configuration := configuration_of(now, queue):
            found.append(seen_from_the_head(configuration))
        steps, now, queue = post.run(now, queue, 1)
        if not steps:
            break
    assert found[: len(wanted)] == wanted
    assert ended == "budget" or (len(found) == len(wanted) and (now == FULL) == (ended == FULL))


def in_tokens(post: PostMachine, window: int, tokens: np.ndarray) -> list[Token]:
    return [machine(post, window).vocabulary[int(i)] for i in tokens]


@pytest.mark.parametrize("window", (1, 2, 5))
def test_decoding_is_the_specification(window: int) -> None:
    delta, states, symbols = delta_of("1RB1LB_1LA1RZ")
    for post, start in ((EVEN, ("odd", ["0", "1", "1", "0", "1"][:window])), (post_of(delta, states, symbols), None)):
        subject = machine(post, window)
        prompt = np.array(Vocabulary(post).numbers(*(start or queue_of([], 0, 0, [], window))), dtype=np.int32)
        assert subject.specification is not None
        wanted = [t for t, _ in zip(subject.specification(in_tokens(post, window, prompt)), range(40))]
        got = np.concatenate([*DenseEngine(subject).decode(prompt, 40)])
        assert in_tokens(post, window, got) == wanted
        assert (wanted[-1] == HALT) == (post is not EVEN)


def test_a_window_that_slides_is_decoding_with_all_of_the_trace() -> None:
    """No position is used and the head looks no further back: the window saves work, and changes nothing."""
    subject = machine(EVEN, 3)
    whole = Machine(subject.name, subject.vocabulary, subject.circuit, subject.halting)
    prompt = np.array(Vocabulary(EVEN).numbers("odd", "01101"), dtype=np.int32)
    shown, all_of_it = (np.concatenate([*DenseEngine(m).decode(prompt, 50)]) for m in (subject, whole))
    assert shown.tolist() == all_of_it.tolist()


def test_the_prompt_fills_the_window() -> None:
    subject = machine(EVEN, 3)
    short = Vocabulary(EVEN).numbers("odd", "01")
    with pytest.raises(ValueError, match="as many tokens as the window"):
        next(DenseEngine(subject).decode(np.array(short, dtype=np.int32)))
    assert subject.specification is not None
    with pytest.raises(ValueError, match="as many tokens as the window"):
        next(subject.specification(in_tokens(EVEN, 3, np.array(short))))
    with pytest.raises(ValueError, match="at least one token"):
        machine(EVEN, 0)
    with pytest.raises(ValueError, match="room for 2"):
        queue_of([0], 0, 0, [0], 2)


@pytest.mark.parametrize("dtype", (torch.float64, torch.float32, torch.bfloat16, torch.float16))
def test_weights_are_exact_in_every_format(dtype: torch.dtype) -> None:
    for tensor in machine(EVEN, 3).weights.tensors.values():
        assert torch.equal(torch.tensor(tensor).to(dtype).double(), torch.tensor(tensor))


def test_texts() -> None:
    assert EVEN.states == ("even", "odd") and EVEN.symbols == ("0", "1")
    queue = deque("0110")
    assert EVEN.run("even", queue, 5) == (5, "even", ["0", "1", "0", "0"])
    for text in ("", "q a: b", "q a b r", "a: b r", "q a: b r\nq a: a q"):
        with pytest.raises(PostError):
            parse(text)


def test_a_mark_is_there_once_at_most() -> None:
    delta, states, symbols = delta_of("1RB1LB_1LA1RZ")
    post = post_of(delta, states, symbols)
    state, queue = queue_of([], 0, 0, [], 6)
    seen = []
    for _ in range(100):
        steps, state, queue = post.run(state, queue, 1)
        seen.append(sum(symbol.endswith("*") for symbol in queue))
        if not steps:
            break
    assert max(seen) == 1 and any(a != b for a, b in pairwise(seen))


def test_the_table_of_the_docs_is_what_is_measured() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanations" / "constructions.md").read_text(encoding="utf-8")
    page = re.sub(r"<!--.*?-->", "", page)
    rows = re.findall(r"^\| (\d) × (\d).*?\| (.*) \|$", page, re.MULTILINE)
    shown = {
        int(cells.split(" | ")[0]): [int(n.replace(",", "")) for n in cells.split(" | ")[1:]] for *_, cells in rows
    }
    assert len(shown) == 5
    for text in (*BEAVERS, "1RB1RZ_1LB0RC_1LC1LA", "1RB1RZ_0RC1RB_1LC1LA"):
        post = post_of(*delta_of(text))
        cells, least, tokens, in_64 = shown[simulate(parse_turing(text), 1000).steps]
        ends = {s: post.run(*queue_of([], 0, 0, [], s), 10**5) for s in (least - 1, least, 64)}
        assert least == cells and ends[least - 1][1] == FULL
        assert (ends[least][0] + 1, ends[64][0] + 1) == (tokens, in_64)  # `halt` is a token as well
