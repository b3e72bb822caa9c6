"""Speculative decoding emits what decoding emits, whatever the draft is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.machines.machine import Machine
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Tokens
from interpreter.engines.reference import ReferenceEngine
from interpreter.engines.speculative import Draft, SpeculativeEngine
from interpreter.strategies.ram import ram_programs
from tests.engines import pairs
from tests.engines.damage import damaged
from tests.engines.pairs import Token

SMALL = Layout(base=10, max_depth=4)
PAIRS_PROMPT = [Token("BOS"), Token("K", 1)]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Short rows: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def ram() -> Machine[Any]:
    return machine(SMALL)


@cache
def tiny() -> Machine[Any]:
    return pairs.pairs()


class Counting:
    """An engine that notes how it was asked."""

    name = "counting"

    def __init__(self, engine: DenseEngine) -> None:
        self.engine = engine
        self.asked: list[tuple[int, int | None]] = []

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        self.asked.append((len(prompt), max_tokens))
        return self.engine.decode(prompt, max_tokens)


def drafting(trace: Tokens, size: int = 10) -> Draft:
    """A draft that says this, in chunks of so many tokens, whatever the prompt is."""
    return lambda prompt: iter([trace[i : i + size] for i in range(0, len(trace), size)])


def decoded(engine: Any, prompt: Tokens, max_tokens: int | None = None) -> Tokens:
    return np.concatenate([np.empty(0, dtype=np.int32), *engine.decode(prompt, max_tokens)])


@settings(max_examples=25)
@given(ram_programs(SMALL), st.integers(1, 150))
def test_a_good_draft_is_all_that_is_needed(program: Any, budget: int) -> None:
    reference = ReferenceEngine(ram())
    prompt = Prompt(program).numbers
    fallback = Counting(DenseEngine(ram()))
    engine = SpeculativeEngine(ram(), reference.decode, fallback)
    assert decoded(engine, prompt, budget).tolist() == decoded(reference, prompt, budget).tolist()
    assert not fallback.asked


@settings(max_examples=25)
@given(data=st.data())
def test_a_wrong_draft_is_corrected(data: st.DataObject) -> None:
    prompt = Prompt(data.draw(ram_programs(SMALL))).numbers
    right = decoded(ReferenceEngine(ram()), prompt, 60)
    wrong = right.copy()
    place = data.draw(st.integers(0, len(right) - 1))
    # Any number, in the vocabulary or not.
    wrong[place] = data.draw(st.integers(-1, len(ram().vocabulary)).filter(lambda t: t != right[place]))
    fallback = Counting(DenseEngine(ram()))
    engine = SpeculativeEngine(ram(), drafting(wrong), fallback)
    assert decoded(engine, prompt, 60).tolist() == right.tolist()
    for asked, rest in fallback.asked:
        # The transformer's own token in place of the wrong one is kept, if there was a token to be checked.
        emitted = asked - len(prompt)
        assert emitted in (place, place + 1) and rest == 60 - emitted


@pytest.mark.parametrize("length", [0, 1, 9, 40])
def test_a_draft_that_ends_too_early(length: int) -> None:
    prompt = pairs.numbers(PAIRS_PROMPT)
    right = pairs.numbers(pairs.expected(PAIRS_PROMPT))
    engine = SpeculativeEngine(tiny(), drafting(right[:length]))
    assert decoded(engine, prompt).tolist() == right.tolist()


def test_a_draft_that_goes_on_behind_the_end() -> None:
    prompt = pairs.numbers(PAIRS_PROMPT)
    right = pairs.numbers(pairs.expected(PAIRS_PROMPT))
    fallback = Counting(DenseEngine(tiny()))
    engine = SpeculativeEngine(tiny(), drafting(np.concatenate([right, right])), fallback)
    assert decoded(engine, prompt).tolist() == right.tolist()
    assert not fallback.asked


def test_an_endless_draft_is_read_no_further_than_needed() -> None:
    prompt = pairs.numbers(PAIRS_PROMPT)
    right = pairs.numbers(pairs.expected(PAIRS_PROMPT))

    def endless(prompt: Tokens) -> Iterator[Tokens]:
        yield right[:20]
        while True:
            yield right[:1]

    engine = SpeculativeEngine(tiny(), endless)
    assert decoded(engine, prompt, 30).tolist() == right[:30].tolist()
    assert decoded(engine, prompt).tolist() == right.tolist()


@settings(max_examples=25)
@given(damaged(tiny(), ("embedding", "gate", "up", "down", "value", "unembedding", "query")))
def test_with_damaged_weights_the_draft_is_wrong_and_the_weights_decide(made: Machine[Any]) -> None:
    prompt = pairs.numbers(PAIRS_PROMPT)
    engine = SpeculativeEngine(made, drafting(pairs.numbers(pairs.expected(PAIRS_PROMPT))))
    assert decoded(engine, prompt, 90).tolist() == decoded(DenseEngine(made), prompt, 90).tolist()
