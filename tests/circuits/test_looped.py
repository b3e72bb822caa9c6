"""The looped form: the same tokens as the stacked one, from one block that comes to rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.circuits import Circuit, Weights, build, relu
from compiler.circuits.sharing import shared
from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.machines.machine import Machine
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.prompt import Prompt
from interpreter.engines import create
from interpreter.engines.dense import DenseEngine
from interpreter.engines.indexed import IndexedEngine, NotIndexable
from interpreter.engines.reference import ReferenceEngine
from interpreter.model.transformer import Transformer
from interpreter.strategies.ram import arithmetic_programs, ram_programs
from interpreter.verification import verify
from tests.engines import echo_machine
from tests.engines.damage import damaged, with_weights
from tests.engines.pairs import pairs

Numbers = npt.NDArray[np.int32]
SMALL, DEEP = Layout(base=10, max_depth=5), Layout(base=10, groups=3, max_depth=5)


def looped(made: Machine[Any]) -> Machine[Any]:
    return replace(made, form="looped")


MACHINES = {
    "ram-10-2": machine(SMALL, "looped"),
    "ram-10-3": machine(DEEP, "looped"),
    "echo": looped(echo_machine.machine()),
    "pairs": looped(pairs()),
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """PyTorch on one thread: the tensors of these tests are small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def engine(name: str, kind: str) -> Any:
    made = MACHINES[name]
    return IndexedEngine(made, keep=False) if kind == "indexed" else create(kind, made)


def decoded(engine: Any, prompt: Numbers, budget: int | None) -> list[int]:
    return [int(t) for chunk in engine.decode(prompt, budget) for t in chunk]


# ------------------------------------------------------------------------------------------- the same tokens


@settings(max_examples=12)
@given(ram_programs(SMALL))
def test_every_engine_emits_what_the_specification_says(program: Any) -> None:
    made, prompt = MACHINES["ram-10-2"], Prompt(program).numbers
    expected = decoded(ReferenceEngine(made), prompt, 60)
    for kind in ("dense", "indexed", "speculative"):
        assert decoded(engine("ram-10-2", kind), prompt, 60) == expected, kind
    assert verify(made, np.array([*prompt, *expected], dtype=np.int32), len(prompt)).ok


@settings(max_examples=40)
@given(st.data())
def test_the_indexed_engine_on_longer_runs(data: st.DataObject) -> None:
    name, layout = data.draw(st.sampled_from([("ram-10-2", SMALL), ("ram-10-3", DEEP)]))
    program = data.draw(st.one_of(ram_programs(layout), arithmetic_programs(layout).map(lambda case: case[0])))
    prompt = Prompt(program).numbers
    expected = decoded(ReferenceEngine(MACHINES[name]), prompt, 300)
    assert decoded(engine(name, "indexed"), prompt, 300) == expected


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_another_machine(values: list[int]) -> None:
    for kind in ("dense", "indexed"):
        tokens = decoded(engine("echo", kind), echo_machine.prompt(values), None)
        assert [echo_machine.VOCABULARY[t] for t in tokens] == echo_machine.echo(values), kind


@settings(max_examples=15)
@given(damaged(MACHINES["pairs"]))
def test_damaged_weights_decide(made: Machine[Any]) -> None:
    """Whatever the block now does, the fast paths say the same as the module, or that they do not know."""
    prompt = np.array([0, 2, 8], dtype=np.int32)
    tokens = np.array([*prompt, *decoded(DenseEngine(made), prompt, 30)], dtype=np.int32)
    assert verify(made, tokens, len(prompt)).ok
    try:
        indexed = decoded(IndexedEngine(made, keep=False), prompt, 30)
    except (NotIndexable, ArithmeticError):
        return
    assert indexed == list(tokens[3:])


# --------------------------------------------------------------------------------------- one block, at rest


@pytest.mark.parametrize("name", MACHINES)
def test_passes_beyond_the_last_change_nothing(name: str) -> None:
    """Bit for bit, on any tokens whatever."""
    made = MACHINES[name]
    module = Transformer(made.weights, passes=made.weights.passes + 5)
    tokens = torch.as_tensor(np.random.default_rng(1).integers(0, len(made.vocabulary), 200))
    streams = list(module.streams(tokens))
    last = made.weights.passes
    assert len(streams) == last + 6 and bool(torch.isfinite(torch.stack(streams)).all())
    assert all(torch.equal(stream, streams[last]) for stream in streams[last:])


def test_most_passes_change_something() -> None:
    """In a run of divisions and products: up to some pass each does, from then on none."""
    layout = Layout(base=100)
    made = machine(layout, "looped")
    prompt = compile_program("n = 7\nwhile n < 5000:\n    n = n * 3 + n // 7\nprint(n % 9)\n", layout=layout).numbers
    tokens = np.array([*prompt, *decoded(ReferenceEngine(made), prompt, None)])
    streams = list(Transformer(made.weights).streams(torch.as_tensor(tokens)))
    changes = [not torch.equal(a, b) for a, b in zip(streams, streams[1:])]
    assert changes == sorted(changes, reverse=True) and sum(changes) > 5


def test_each_pass_has_its_own_keys_and_values() -> None:
    """Token by token with a cache a pass is the same as all tokens at once."""
    module = Transformer(MACHINES["ram-10-2"].weights)
    tokens = torch.as_tensor(np.random.default_rng(2).integers(0, len(MACHINES["ram-10-2"].vocabulary), 60))
    caches = module.caches()
    assert len(caches) == module.passes
    singly = torch.cat([module.residual(tokens[i : i + 1], caches, i) for i in range(len(tokens))])
    assert torch.equal(singly.round(decimals=6), module.residual(tokens).round(decimals=6))


def test_weights_are_stored_once() -> None:
    weights = MACHINES["ram-10-2"].weights
    assert len(weights.layers) == 1 and weights.passes > 1
    assert sum(1 for _ in Transformer(weights).layers) == 1
    assert weights.sha256() != replace(weights, passes=weights.passes + 1).sha256()


def test_a_block_that_feeds_back_on_itself() -> None:
    made = MACHINES["pairs"]
    [block] = made.weights.layers
    down = block.down.copy()
    neuron = int(np.flatnonzero(down.any(0))[0])
    down[np.flatnonzero(block.gate[neuron])[-1], neuron] = 1
    circle = replace(made.weights, layers=(replace(block, down=down),))
    with pytest.raises(NotSettling, match="feeds back"):
        unrolled(circle)
    with pytest.raises(NotIndexable, match="feeds back"):
        IndexedEngine(with_weights(made, circle), keep=False)


def test_too_few_passes() -> None:
    with pytest.raises(NotSettling, match="11 passes are needed, there are 6"):
        unrolled(replace(build(MACHINES["ram-10-2"].circuit, form="looped"), passes=6))


def test_a_block_without_heads() -> None:
    c: Circuit[int] = Circuit("doubling", [0, 1, 2])
    value = c.feature("value", lambda t: t)
    four = c.wire("four", relu(c.wire("two", relu(2 * value)), 2))
    c.logit(four, lambda t: int(t == 2))
    c.logit(3 * c.one, lambda t: int(t == 0))
    weights = build(c, form="looped")
    assert weights.passes == 2
    assert Transformer(weights)(torch.tensor([0, 1, 2])).argmax(1).tolist() == [0, 2, 2]


# ---------------------------------------------------------------------------------------- weights that are shared


def logits(weights: Weights, tokens: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return Transformer(weights)(tokens)


def plain(made: Machine[Any]) -> Weights:
    return build(made.circuit, form="looped")


@pytest.mark.parametrize("name", MACHINES)
def test_sharing_saves_weights_and_keeps_every_logit(name: str) -> None:
    made = MACHINES[name]
    tokens = torch.as_tensor(np.random.default_rng(3).integers(0, len(made.vocabulary), 150))
    assert made.weights.non_zeros < plain(made).non_zeros == build(made.circuit).non_zeros
    assert torch.equal(logits(made.weights, tokens), logits(plain(made), tokens))
    assert torch.equal(logits(unrolled(made.weights), tokens), logits(plain(made), tokens))


@settings(max_examples=40)
@given(damaged(with_weights(MACHINES["pairs"], plain(MACHINES["pairs"]))), st.integers(0, 99))
def test_sharing_keeps_what_any_block_computes(made: Machine[Any], seed: int) -> None:
    """It rests on no meaning of the weights: damaged ones come out as damaged as they were."""
    tokens = torch.as_tensor(np.random.default_rng(seed).integers(0, len(made.vocabulary), 40))
    try:
        before = logits(unrolled(made.weights), tokens)
    except NotSettling:
        return
    assert torch.allclose(logits(shared(made.weights), tokens), before, rtol=1e-9, atol=1e-6)


def test_unrolling_undoes_looping() -> None:
    """Without sharing, the unrolled block is the stacked machine, tensor by tensor."""
    for made in MACHINES.values():
        assert unrolled(plain(made)).sha256() == build(made.circuit).sha256()


def test_two_thirds_of_the_weights() -> None:
    """What the looped form is for: the deep circuit and sharing together, against the stacked machine."""
    assert 3 * MACHINES["ram-10-2"].weights.non_zeros < 2 * machine(SMALL).weights.non_zeros
