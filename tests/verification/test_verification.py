"""Batch verification against the specification, against changed traces, and against the dense transformer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product as product_of
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Circuit, step
from compiler.machines.machine import Machine
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.engines.reference import ReferenceEngine
from interpreter.strategies.ram import ram_programs
from interpreter.verification import NotVerifiable, product, verify
from interpreter.verification import verification as verification_module
from interpreter.verification.compiled.compiled import Compiled
from interpreter.verification.compiled.vectors import LANES
from interpreter.verification.plan import Undetermined
from interpreter.verification.readout import Readout
from interpreter.verification.stream import Workspace, running_max
from interpreter.verification.transformer import UNKNOWN, BatchTransformer
from interpreter.verification.verification import DenseTransformer, emissions
from tests.engines import pairs
from tests.engines.damage import damaged, with_weights
from tests.engines.pairs import Token

SMALL = Layout(base=10, max_depth=4)
LAYOUTS = [SMALL, Layout(base=10, groups=3, max_depth=4), Layout()]
BUDGET = 120
CPU = torch.device("cpu")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Short rows: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def ram(layout: Layout) -> Machine[Any]:
    return machine(layout)


@cache
def tiny() -> Machine[Any]:
    return pairs.pairs()


DEVICES = [None, "cpu"]
"""Compiled code, and PyTorch."""


def traced(program: RamProgram, budget: int = BUDGET) -> tuple[Tokens, int]:
    """Prompt and trace by the specification, and the length of the prompt."""
    prompt = Prompt(program).numbers
    chunks = ReferenceEngine(ram(program.layout)).decode(prompt, budget)
    return np.concatenate([prompt, *chunks]), len(prompt)


def counting(layout: Layout, rounds: int) -> RamProgram:
    """Adds and stores in a loop, and calls a function that fills its own frame."""
    first = layout.first_local
    code = (
        Instruction(Opcode.ADD, 2, 1, 2),
        Instruction(Opcode.STORE, 2, 4, 2),
        Instruction(Opcode.CALL, 0, 0, 5),
        Instruction(Opcode.JLT, 2, 3, layout.base // 2 - 3),
        Instruction(Opcode.HALT),
        Instruction(Opcode.MUL, 2, 2, first),
        Instruction(Opcode.LOAD, 2, 4, first),
        Instruction(Opcode.RET),
    )
    return RamProgram(layout, code, ((1, 1), (2, 0), (3, rounds), (4, layout.base)))


@pytest.mark.parametrize("layout", LAYOUTS[:2], ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_traces_of_the_specification_are_accepted(layout: Layout, data: st.DataObject) -> None:
    tokens, prompt_length = traced(data.draw(ram_programs(layout)))
    chunk, device = data.draw(st.sampled_from([13, 64, 1000])), data.draw(st.sampled_from(DEVICES))
    found = verify(ram(layout), tokens, prompt_length, device, chunk)
    assert found.ok and found.checked == len(tokens) - prompt_length
    assert found.ended == (int(tokens[-1]) in ram(layout).halting)


@settings(max_examples=10)
@given(ram_programs(LAYOUTS[2], max_size=6))
def test_traces_in_the_default_base_are_accepted(program: RamProgram) -> None:
    tokens, prompt_length = traced(program)
    assert all(verify(ram(program.layout), tokens, prompt_length, device).ok for device in DEVICES)


@settings(max_examples=40)
@given(st.data())
def test_any_changed_token_is_rejected_at_its_position(data: st.DataObject) -> None:
    tokens, prompt_length = traced(data.draw(ram_programs(SMALL)))
    made = ram(SMALL)
    position = data.draw(st.integers(prompt_length, len(tokens) - 1))
    changed = tokens.copy()
    changed[position] = data.draw(st.integers(0, len(made.vocabulary) - 1).filter(lambda t: t != tokens[position]))
    device = data.draw(st.sampled_from(DEVICES))
    found = verify(made, changed, prompt_length, device, chunk=data.draw(st.sampled_from([13, 1000])))
    assert not found.ok and not found.ended and found.checked == position - prompt_length
    mismatch = found.first_mismatch
    assert mismatch is not None
    assert (mismatch.position, mismatch.expected) == (position, changed[position])
    assert mismatch.emitted == tokens[position]
    assert mismatch.wires["position"] == position - 1


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("layout", [SMALL, Layout()], ids=str)
def test_chunks_change_nothing(layout: Layout, device: str | None) -> None:
    tokens, prompt_length = traced(counting(layout, 30), 400)
    sizes = [5, 64, 10**6] if layout == SMALL else [50, 10**6]
    assert all(verify(ram(layout), tokens, prompt_length, device, size).ok for size in sizes)
    last = prompt_length + 150
    tokens[last] += 1
    found = [verify(ram(layout), tokens, prompt_length, device, size) for size in sizes]
    assert {f.first_mismatch.position for f in found if f.first_mismatch} == {last}
    assert all(f.first_mismatch and f.first_mismatch.wires == found[0].first_mismatch.wires for f in found)  # type: ignore[union-attr]


@pytest.mark.parametrize("device", DEVICES)
def test_the_closed_forms_decide_the_ram_by_themselves(device: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification_module, "DENSE_LIMIT", 0)
    tokens, prompt_length = traced(counting(SMALL, 30), 400)
    assert verify(ram(SMALL), tokens, prompt_length, device, chunk=64).ok


def test_dense_products_as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "prefers_dense", lambda device: True)
    monkeypatch.setattr(verification_module, "DENSE_LIMIT", 0)
    tokens, prompt_length = traced(counting(SMALL, 30), 400)
    assert verify(ram(SMALL), tokens, prompt_length, "cpu", chunk=64).ok
    tokens[prompt_length + 99] += 1
    found = verify(ram(SMALL), tokens, prompt_length, "cpu", chunk=64)
    assert found.first_mismatch and found.first_mismatch.position == prompt_length + 99


@pytest.mark.parametrize("threads", [2, 3])
def test_several_chunks_in_work(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
    tokens, prompt_length = traced(counting(SMALL, 30), 400)
    for chunk in (5, 64, 1000):
        assert verify(ram(SMALL), tokens, prompt_length, "cpu", chunk=chunk).ok
    for position in (prompt_length, prompt_length + 99, len(tokens) - 1):
        changed = tokens.copy()
        changed[position] += 1
        found = verify(ram(SMALL), changed, prompt_length, "cpu", chunk=16)
        assert found.first_mismatch and found.first_mismatch.position == position


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu() -> None:
    tokens, prompt_length = traced(counting(SMALL, 30), 400)
    for chunk in (64, None):
        assert verify(ram(SMALL), tokens, prompt_length, device="cuda", chunk=chunk).ok


@pytest.mark.parametrize("device", DEVICES)
def test_progress_is_reported(device: str | None) -> None:
    tokens, prompt_length = traced(counting(SMALL, 3))
    seen: list[tuple[int, int]] = []
    verify(ram(SMALL), tokens, prompt_length, device, 48, progress=lambda done, total: seen.append((done, total)))
    total = len(tokens) - 1
    assert seen == [(min(done, total), total) for done in range(48, total + 48, 48)]


def test_tokens_behind_the_end_are_rejected() -> None:
    tokens, prompt_length = traced(counting(SMALL, 1))
    assert verify(ram(SMALL), tokens, prompt_length).ended
    found = verify(ram(SMALL), np.append(tokens, tokens[-1:]), prompt_length)
    assert found.first_mismatch is not None
    assert (found.first_mismatch.position, found.first_mismatch.emitted) == (len(tokens), None)


def test_a_prompt_alone_is_a_trace_of_no_tokens() -> None:
    tokens, prompt_length = traced(counting(SMALL, 1))
    found = verify(ram(SMALL), tokens[:prompt_length], prompt_length)
    assert found.ok and found.checked == 0 and not found.ended


@pytest.mark.parametrize(
    ("tokens", "prompt_length", "says"),
    [([0, 1], 0, "a prompt of 0 tokens"), ([0, 1], 3, "a prompt of 3"), ([0, -1], 1, "token -1 at position 1"),
     ([0, 10**6], 1, "token 1000000 at position 1")],
)  # fmt: skip
def test_bad_traces(tokens: list[int], prompt_length: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        verify(ram(SMALL), np.array(tokens, dtype=np.int32), prompt_length)


def test_a_machine_that_is_not_the_ram() -> None:
    prompt = [Token("BOS"), Token("K", 1), Token("V", 3), Token("K", 2)]
    trace = pairs.expected(prompt)
    tokens = pairs.numbers(prompt + trace)
    assert len(trace) > 50 and trace[-1] == Token("END")
    for chunk, device in product_of((1, 7, 1000), DEVICES):
        found = verify(tiny(), tokens, len(prompt), device, chunk)
        assert found.ok and found.ended


def test_a_machine_of_many_layers() -> None:
    """The code of a layer is written after that of the one before, not while Python's stack grows."""
    c: Circuit[int] = Circuit("deep", range(3))
    value = c.feature("value", lambda token: token)
    for number in range(400):
        value = c.wire(f"layer {number}", step(value))
    c.logit(value, lambda token: token)
    made = Machine("deep", range(3), c, frozenset())
    assert verify(made, np.array([0] * 20, dtype=np.int32), 1).ok
    mismatch = verify(made, np.array([0] * 10 + [1, 1], dtype=np.int32), 1).first_mismatch
    assert mismatch is not None and (mismatch.position, mismatch.emitted) == (10, 0)


def assert_emits_like_dense(made: Machine[Any], tokens: Tokens, prompt_length: int, chunk: int) -> int:
    """After each position that the closed forms decide; returns how many those are."""
    sequence = torch.as_tensor(tokens)
    dense = DenseTransformer(made.weights).feed(sequence)
    decided = 0
    try:
        for begin, emitted in emissions(BatchTransformer(made.weights), sequence, chunk):
            known = emitted != UNKNOWN
            decided += int(known.sum())
            assert torch.equal(emitted[known], dense[begin : begin + len(emitted)][known])
    except Undetermined:
        pass
    assert_compiled_emits_like_dense(made, tokens, dense.numpy())
    wrong = np.flatnonzero(dense[prompt_length - 1 : -1].numpy() != tokens[prompt_length:])
    for device in DEVICES:
        found = verify(made, tokens, prompt_length, device, chunk)
        assert found.ok == (not len(wrong))
        if found.first_mismatch is not None:
            position = prompt_length + int(wrong[0])
            assert found.first_mismatch.position == position
            assert found.first_mismatch.emitted == int(dense[position - 1])
    return decided


def assert_compiled_emits_like_dense(made: Machine[Any], tokens: Tokens, dense: Tokens) -> None:
    """After each position before the first one where something that is assumed does not hold."""
    try:
        kit = Compiled(made.weights).kit(32)
    except Undetermined:
        return
    kit.checker.remember(len(tokens))
    emitted = np.empty(len(tokens) + LANES, np.int32)
    stop = kit.checker.run(kit.state(0), tokens, emitted, len(tokens), len(tokens))
    decided = len(tokens) if stop.failed_at is None else stop.failed_at
    assert all(token in (expected, UNKNOWN) for token, expected in zip(emitted[:decided], dense))


@settings(max_examples=25)
@given(st.data())
def test_damaged_weights_decide_what_is_emitted(data: st.DataObject) -> None:
    made = data.draw(damaged(ram(SMALL)))
    tokens, prompt_length = traced(data.draw(ram_programs(SMALL, max_size=6)), 60)
    assert_emits_like_dense(made, tokens, prompt_length, data.draw(st.sampled_from([17, 1000])))


@settings(max_examples=60)
@given(st.data())
def test_damaged_weights_of_another_machine(data: st.DataObject) -> None:
    made = data.draw(damaged(tiny()))
    prompt = [Token("BOS"), Token("K", data.draw(st.integers(0, 4)))]
    tokens = pairs.numbers(prompt + pairs.expected(prompt))
    assert_emits_like_dense(made, tokens, len(prompt), data.draw(st.sampled_from([7, 1000])))


def test_damage_that_matters_is_noticed() -> None:
    """The tests above are not empty: closed forms decide most positions, and most damage changes a token."""
    decided, changed = [], []

    @settings(max_examples=40, database=None)
    @given(damaged(tiny(), ("gate", "up", "down")))
    def count(made: Machine[Any]) -> None:
        prompt = [Token("BOS"), Token("K", 1)]
        tokens = pairs.numbers(prompt + pairs.expected(prompt))
        decided.append(assert_emits_like_dense(made, tokens, len(prompt), 1000) / len(tokens))
        changed.append(not verify(made, tokens, len(prompt)).ok)

    count()
    assert np.mean(decided) > 0.5
    assert np.mean(changed) > 0.3


@given(data=st.data())
def test_queries_and_keys_that_are_not_as_declared_go_to_the_dense_transformer(data: st.DataObject) -> None:
    made = data.draw(damaged(tiny(), ("query", "key")))
    prompt = [Token("BOS"), Token("K", 1)]
    tokens = pairs.numbers(prompt + pairs.expected(prompt))
    assert_emits_like_dense(made, tokens, len(prompt), 1000)


def test_undecided_and_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification_module, "DENSE_LIMIT", 10)
    weights = tiny().weights
    layers = (replace(weights.layers[0], key=2 * weights.layers[0].key), *weights.layers[1:])
    made = with_weights(tiny(), replace(weights, layers=layers))
    prompt = [Token("BOS"), Token("K", 1)]
    with pytest.raises(NotVerifiable, match="are not those it declares; .* too many for the dense transformer"):
        verify(made, pairs.numbers(prompt + pairs.expected(prompt)), len(prompt))


@given(st.data())
def test_argmax_by_families(data: st.DataObject) -> None:
    """Against all logits; small integers make ties, and the lowest token number must win them."""
    small = st.integers(-3, 3)
    blocks = []
    for _ in range(data.draw(st.integers(1, 3))):
        values, flags = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 2))
        v, f = np.divmod(np.arange(values * flags), flags)
        parts = [np.array(data.draw(st.lists(small, min_size=3, max_size=3))) for _ in range(4)]
        blocks.append(parts[0] + np.outer(v, parts[1]) + np.outer(v * v, parts[2]) + np.outer(f, parts[3]))
    unembedding = np.concatenate(blocks).astype(float)
    x = torch.tensor(data.draw(st.lists(st.lists(small, min_size=5, max_size=5), min_size=3, max_size=3))).double()
    expected = (torch.as_tensor(unembedding) @ x).argmax(0)
    assert Readout(unembedding, CPU)(x, x.unbind(0), Workspace(CPU)).tolist() == expected.tolist()


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=40))
def test_running_maximum_in_two_levels(numbers: list[int]) -> None:
    """As on a GPU, with narrow blocks; where equal numbers meet, either index will do."""
    x = torch.tensor(numbers, dtype=torch.float64)
    values, indices = running_max(x, width=4)
    assert values.tolist() == torch.cummax(x, 0).values.tolist()
    assert torch.equal(x[indices], values)
    assert bool((indices <= torch.arange(len(x))).all())
