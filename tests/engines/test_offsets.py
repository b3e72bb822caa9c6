"""Heads at fixed offsets and machines that see a window: all engines emit what the dense one does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import FORMS, Circuit, Form, build, relu
from compiler.machines.constructions import construction
from compiler.machines.machine import Machine
from interpreter.engines import create
from interpreter.engines.dense import DenseEngine
from interpreter.engines.indexed import IndexedEngine, NotIndexable
from interpreter.verification import verify
from interpreter.verification.plan import Undetermined
from interpreter.verification.transformer import BatchTransformer

WINDOW_RULES = "a b: b c\nb b: c\nc b: b\nb c: c a\nc a: b\nc c: b\na c: b"


def register() -> Circuit[str]:
    """After ^ a shift register: the bit 2 before, or else the one 5 before, and a head on what neurons made of that.

    Where there is no such position a head brings 0; the third reads a wire that depends on more than a token.
    """
    c: Circuit[str] = Circuit("register", ["^", "0", "1"], max_tokens=2**10)
    bit = c.feature("bit", lambda t: int(t == "1"))
    (two,) = c.offset("two", 2, bit=bit)
    (five,) = c.offset("five", 5, bit=bit, one=c.one)[:1]
    either = c.wire("either", relu(two + five) - 2 * relu(two + five - 1))
    (before,) = c.offset("before", 1, either=either)
    (now,) = c.offset("now", 0, position=c.position)
    odd = c.wire("odd", relu(either + before - 1) + relu(now - 40) - relu(now - 41))
    c.logit(2 * either + 2 * odd - 1, lambda t: int(t == "1"))
    c.logit(c.one * -9, lambda t: int(t == "^"))
    return c


def machine(form: Form = "stacked") -> Machine[str]:
    c = register()
    return Machine("register", c.vocabulary, c, frozenset(), form=form)


def tokens(engine: object, prompt: np.ndarray, number: int) -> list[int]:  # type: ignore[type-arg]
    return [int(t) for chunk in engine.decode(prompt, number) for t in chunk]  # type: ignore[attr-defined]


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    return request.param  # type: ignore[no-any-return]


def test_all_engines_find_the_same_positions(form: Form) -> None:
    subject = machine(form)
    dense, indexed = DenseEngine(subject), IndexedEngine(subject)

    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.sampled_from((1, 2)), max_size=12))
    def compare(bits: list[int]) -> None:
        prompt = np.array([0, *bits], dtype=np.int32)
        emitted = tokens(dense, prompt, 60)
        assert tokens(indexed, prompt, 60) == emitted
        whole = np.concatenate([prompt, emitted]).astype(np.int32)
        for device in (None, "cpu"):
            for chunk in (1, 7, 1000):
                assert verify(subject, whole, len(prompt), device, chunk).ok
        wrong = whole.copy()
        wrong[-1] = 3 - wrong[-1]
        for device in (None, "cpu"):
            mismatch = verify(subject, wrong, len(prompt), device).first_mismatch
            assert mismatch is not None and mismatch.position == len(whole) - 1

    compare()
    assert len(set(tokens(dense, np.array([0, 2, 1, 2]), 60))) == 2


def test_biases_that_are_not_those_of_the_pattern_are_refused() -> None:
    subject = machine()
    weights = build(subject.circuit)
    for change in (0.0, -1.0):
        layers = list(weights.layers)
        assert layers[0].relative is not None
        relative = layers[0].relative.copy()
        relative[0, 1] = change
        layers[0] = replace(layers[0], relative=relative)
        damaged = replace(weights, layers=tuple(layers))
        with pytest.raises(Undetermined, match="head 'two'"):
            BatchTransformer(damaged)
        other = replace(subject)
        other.__dict__["weights"] = damaged
        with pytest.raises(NotIndexable, match="head 'two'"):
            create("indexed", other)


@pytest.mark.parametrize("form", FORMS)
def test_windows_on_all_engines(form: Form, tmp_path_factory: pytest.TempPathFactory) -> None:
    rules = tmp_path_factory.mktemp("lag") / "rules.txt"
    rules.write_text(WINDOW_RULES)
    prompt = construction(f"lag:{rules}").prompt("a b c").in_form(form)
    subject = prompt.machine
    emitted = tokens(create("reference", subject), prompt.numbers, 700)
    assert len(emitted) == 700 and len(set(emitted)) > 3
    assert tokens(create("indexed", subject), prompt.numbers, 700) == emitted
    assert tokens(DenseEngine(subject, torch.bfloat16), prompt.numbers, 60) == emitted[:60]
    whole = np.concatenate([prompt.numbers, emitted]).astype(np.int32)
    assert verify(subject, whole, len(prompt.numbers)).ok
    whole[500] = 0
    mismatch = verify(subject, whole[:501], len(prompt.numbers)).first_mismatch
    assert mismatch is not None and (mismatch.position, mismatch.emitted) == (500, emitted[497])
    assert mismatch.wires["one"] == 1
    assert tokens(create("speculative", subject), prompt.numbers, 700) == emitted
