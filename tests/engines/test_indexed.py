"""The indexed engine against the machines' specifications and against the dense transformer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Circuit, Weights, relu
from compiler.machines.machine import Machine
from compiler.machines.ptm import machine as ptm_machine
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram import Layout
from compiler.machines.ram import machine as ram_machine
from compiler.machines.ram.isa import Instruction, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.semantics import Ram
from compiler.storage.cache import cache_folder
from interpreter.engines.indexed import IndexedEngine, IndexingError, NotIndexable
from interpreter.model.transformer import Transformer
from interpreter.strategies.ptm import ptm_programs
from interpreter.strategies.ram import arithmetic_programs, ram_programs
from tests.engines import echo_machine

Numbers = npt.NDArray[np.int32]
SMALL, DEEP, DEFAULT = Layout(base=10, max_depth=5), Layout(base=10, groups=3, max_depth=5), Layout()
BUDGET = 300


@cache
def engine(layout: Layout) -> IndexedEngine:
    return IndexedEngine(ram_machine(layout), keep=False)


def decoded(engine: IndexedEngine, prompt: Numbers, budget: int | None) -> list[int]:
    return [int(t) for chunk in engine.decode(prompt, budget) for t in chunk]


def specified(program: RamProgram, budget: int | None) -> list[int]:
    ram = Ram(program.layout)
    ram.load(Prompt(program).tokens)
    number = ram_machine(program.layout).circuit.vocabulary.number  # type: ignore[attr-defined]
    return [number(t) for t in islice(ram.run(), budget)]


# ------------------------------------------------------------------------------- like the specification


@pytest.mark.parametrize("layout", [SMALL, DEEP], ids=str)
@given(data=st.data())
def test_random_programs(layout: Layout, data: st.DataObject) -> None:
    program = data.draw(ram_programs(layout))
    assert decoded(engine(layout), Prompt(program).numbers, BUDGET) == specified(program, BUDGET)


@settings(max_examples=25)
@given(ram_programs(DEFAULT))
def test_random_programs_in_the_default_base(program: RamProgram) -> None:
    assert decoded(engine(DEFAULT), Prompt(program).numbers, BUDGET) == specified(program, BUDGET)


@given(arithmetic_programs(SMALL))
def test_arithmetic(case: tuple[RamProgram, str]) -> None:
    assert decoded(engine(SMALL), Prompt(case[0]).numbers, None) == specified(case[0], None)


def test_many_cells() -> None:
    """Tables grow several times; every cell is read again afterwards."""
    cells, base = 3000, DEFAULT.base
    code = [
        Instruction(Opcode.STORE, 0, 1, 0),
        Instruction(Opcode.LOAD, 0, 4, 3),
        Instruction(Opcode.ADD, 5, 3, 5),
        Instruction(Opcode.ADD, 0, 2, 0),
        Instruction(Opcode.JLT, 0, 6, base // 2 - 4),
        Instruction(Opcode.OUTI, 5),
        Instruction(Opcode.HALT),
    ]
    program = RamProgram(DEFAULT, tuple(code), ((1, 10_000), (2, 1), (4, 7000), (6, cells)))
    tokens = decoded(engine(DEFAULT), Prompt(program).numbers, None)
    assert tokens == specified(program, None)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_a_machine_it_has_never_seen(values: list[int]) -> None:
    made = echo_engine()
    tokens = decoded(made, echo_machine.prompt(values), None)
    assert [echo_machine.VOCABULARY[t] for t in tokens] == echo_machine.echo(values)


@cache
def echo_engine() -> IndexedEngine:
    return IndexedEngine(echo_machine.machine(), keep=False)


# --------------------------------------------------------------------------------- like the dense engine


def dense_continuation(weights: Weights, prompt: Numbers, trace: list[int]) -> list[int]:
    """What the transformer emits after each prefix of the trace."""
    tokens = torch.as_tensor([*prompt, *trace], dtype=torch.long)
    with torch.inference_mode():
        logits = Transformer(weights)(tokens)[len(prompt) - 1 : -1]
    return [int(t) for t in logits.numpy().argmax(1)]


def damaged(weights: Weights, places: list[tuple[int, int, float]]) -> Weights:
    """Some entries, each given as (tensor, entry, change), of any tensor but the positional encoding."""
    copies = {name: t.copy() for name, t in weights.tensors.items()}
    names = [name for name, t in copies.items() if t.size and name != "positional"]
    for which, entry, change in places:
        tensor = copies[names[which % len(names)]]
        # An entry that is not 0, most of the time: to change one that is read matters more.
        entries = np.flatnonzero(tensor) if entry % 4 else np.arange(tensor.size)
        if len(entries):
            tensor.flat[entries[entry % len(entries)]] += change
    layers = []
    for i, layer in enumerate(weights.layers):
        layers.append(replace(layer, **{n: copies[f"layers.{i}.{n}"] for n in layer.tensors}))
    return replace(weights, embedding=copies["embedding"], unembedding=copies["unembedding"], layers=tuple(layers))


damages = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 10**9), st.sampled_from([1.0, -1.0, 2.0, 0.5])),
    min_size=1, max_size=2,
)  # fmt: skip


def assert_like_dense(machine: Machine[Any], weights: Weights, prompt: Numbers) -> None:
    """The same tokens, as far as the engine goes: it may stop with an error, but not say anything else."""
    changed = Machine(machine.name, machine.vocabulary, machine.circuit, machine.halting)
    changed.__dict__["weights"] = weights
    trace: list[int] = []
    try:
        for chunk in IndexedEngine(changed, keep=False).decode(prompt, 120):
            trace += [int(t) for t in chunk]
    except (NotIndexable, IndexingError):
        pass
    assert trace == dense_continuation(weights, prompt, trace)


@settings(max_examples=25)
@given(ram_programs(SMALL), damages)
def test_damaged_weights_of_the_ram(program: RamProgram, places: list[tuple[int, int, float]]) -> None:
    made = ram_machine(SMALL)
    assert_like_dense(made, damaged(made.weights, places), Prompt(program).numbers)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), damages)
def test_damaged_weights_of_another_machine(values: list[int], places: list[tuple[int, int, float]]) -> None:
    made = echo_machine.machine()
    assert_like_dense(made, damaged(made.weights, places), echo_machine.prompt(values))


@settings(max_examples=25)
@given(ptm_programs(10), damages)
def test_damaged_weights_of_the_post_turing_machine(program: PtmProgram, places: list[tuple[int, int, float]]) -> None:
    """Its rows are packed, and its positions have digits."""
    made = ptm_machine()
    assert_like_dense(made, damaged(made.weights, places), PtmPrompt(program).numbers)


def test_damage_is_mostly_survived() -> None:
    """The tests above would pass if every damage were refused."""
    made, weights = echo_machine.machine(), echo_machine.machine().weights
    prompt = echo_machine.prompt([3, 7, 3, 9, 9, 1, 7, 3])
    survived = 0
    for entry in range(30):
        changed = Machine(made.name, made.vocabulary, made.circuit, made.halting)
        changed.__dict__["weights"] = damaged(weights, [(entry, 7 * entry + 1, 1.0)])
        try:
            survived += bool(decoded(IndexedEngine(changed, keep=False), prompt, 50))
        except (NotIndexable, IndexingError):
            pass
    assert survived > 15


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(-7, 9), min_size=14, max_size=14), min_size=2, max_size=8), st.data())
def test_long_rows(features: list[list[int]], data: st.DataObject) -> None:
    """Random features of tokens as keys and values of one head, too many for a cache line, so that they are packed."""
    c: Circuit[int] = Circuit("rows", range(len(features)))
    for t in features:
        t[:4] = [k % 2 for k in t[:4]]
    features[0][:4] = [0] * 4
    wires = [c.feature(f"feature {i}", lambda t, i=i: features[t][i]) for i in range(14)]  # type: ignore[misc]
    eligible = c.feature("eligible", lambda t: int(t > 0))
    square = c.feature("square", lambda t: sum(k * k for k in features[t][:4]))
    asked = [c.feature(f"asked {i}", lambda t, i=i: features[-1 - t][i]) for i in range(4)]  # type: ignore[misc]
    asked_square = c.feature("asked square", lambda t: sum(k * k for k in features[-1 - t][:4]))
    found = c.latest(
        "rows", eligible, list(zip(asked, wires)), square, asked_square,
        **{f"value {i}": w for i, w in enumerate(wires[4:])},
    )  # fmt: skip
    weights = data.draw(st.lists(st.integers(-3, 3), min_size=10, max_size=10))
    total = sum((w * value for w, value in zip(weights, found)), 0 * c.one)
    c.logit(total, lambda t: t)
    c.logit(c.one, lambda t: 9 * (t % 2))
    made: Machine[int] = Machine("rows", range(len(features)), c, frozenset())
    prompt = data.draw(st.lists(st.integers(0, len(features) - 1), min_size=1, max_size=30))
    assert_like_dense(made, made.weights, np.array([0, *prompt], dtype=np.int32))


# -------------------------------------------------------------------------------------- argmax by family


quadratics = st.tuples(*[st.integers(-6, 6)] * 3)


@settings(max_examples=30)
@given(st.lists(st.tuples(quadratics, st.integers(1, 12), st.integers(-8, 8)), min_size=1, max_size=5), st.data())
def test_argmax(families: list[tuple[tuple[int, int, int], int, int]], data: st.DataObject) -> None:
    """Random unembeddings with parabolas of any sort, and ties; each token has random features."""
    vocabulary = [(i, low + v) for i, (_, size, low) in enumerate(families) for v in range(size)]
    small = st.integers(-3, 3)
    features = data.draw(st.lists(st.tuples(small, small, small), min_size=len(vocabulary), max_size=len(vocabulary)))
    c: Circuit[tuple[int, int]] = Circuit("parabolas", vocabulary)
    place = {t: i for i, t in enumerate(vocabulary)}
    for k in range(3):
        read = c.feature(f"feature {k}", lambda t, k=k: features[place[t]][k])  # type: ignore[misc]
        wire = c.wire(f"wire {k}", relu(read + 2))
        c.logit(wire - 1, lambda t, k=k: families[t[0]][0][k] * t[1] ** k)  # type: ignore[misc]
    made: Machine[object] = Machine("parabolas", vocabulary, c, frozenset())
    assert_like_dense(made, made.weights, np.array([0], dtype=np.int32))


# ------------------------------------------------------------------------------------ limits and errors


LOOP = RamProgram(SMALL, (Instruction(Opcode.ADD, 0, 1, 0), Instruction(Opcode.JMP, 0, 0, 0)), ((1, 1),))


@pytest.mark.parametrize("budget", [0, 1, 255, 256, 257, 1279, 1280, 1281, 70_000])
def test_budget(budget: int) -> None:
    tokens = decoded(engine(SMALL), Prompt(LOOP).numbers, budget)
    assert len(tokens) == budget
    assert tokens[:2000] == specified(LOOP, min(budget, 2000))


def test_an_engine_can_decode_again() -> None:
    first, second = (decoded(engine(SMALL), Prompt(LOOP).numbers, 500) for _ in range(2))
    assert first == second


def test_two_runs_in_turn() -> None:
    runs = [engine(SMALL).decode(Prompt(LOOP).numbers, 3000) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert one.tolist() == other.tolist()


def test_no_prompt() -> None:
    with pytest.raises(ValueError, match="empty"):
        next(engine(SMALL).decode(np.array([], dtype=np.int32)))


def test_a_token_that_the_machine_does_not_have() -> None:
    with pytest.raises(ValueError, match="no token with number 1000000"):
        next(engine(SMALL).decode(np.array([0, 10**6], dtype=np.int32)))


def test_traces_no_longer_than_the_weights_allow() -> None:
    c: Circuit[str] = Circuit("again", ["a"], max_tokens=1024)
    c.logit(c.one, lambda t: 1)
    made = IndexedEngine(Machine("again", ["a"], c, frozenset()), keep=False)
    seen = 0
    with pytest.raises(IndexingError, match="1024"):
        for chunk in made.decode(np.array([0], dtype=np.int32)):
            seen += len(chunk)
    assert seen == 1023


def test_weights_that_are_not_of_the_pattern() -> None:
    made = echo_machine.machine()
    layers = list(made.weights.layers)
    query = layers[1].query.copy()
    query[layers[1].head_names.index("previous"), 0] *= 2
    layers[1] = replace(layers[1], query=query)
    made.__dict__["weights"] = replace(made.weights, layers=tuple(layers))
    with pytest.raises(NotIndexable, match="'previous'"):
        IndexedEngine(made, keep=False)


def test_a_lookup_that_nothing_answers() -> None:
    c: Circuit[int] = Circuit("lost", range(4))
    one = c.feature("is one", lambda t: int(t == 1))
    value = c.feature("value", lambda t: t)
    square = c.feature("value squared", lambda t: t * t)
    (at,) = c.latest("lost", one, [(value + 7, value)], square, at=c.position)
    c.logit(at, lambda t: t)
    made = IndexedEngine(Machine("lost", range(4), c, frozenset()), keep=False)
    with pytest.raises(IndexingError, match="position 2: .*no eligible position"):
        next(made.decode(np.array([1, 2, 3], dtype=np.int32)))


def test_a_position_that_is_not_kept() -> None:
    """The next token is the one half way back: kept in the prompt and for a million tokens."""
    c: Circuit[int] = Circuit("half", range(4))
    value = c.feature("value", lambda t: t)
    (there,) = c.at("half", c.position / 2 + 0.25, value=value)
    c.logit(2 * there, lambda t: t)
    c.logit(-1 * c.one, lambda t: t * t)
    made = IndexedEngine(Machine("half", range(4), c, frozenset()), keep=False)
    trace = [1, 2, 3]
    with pytest.raises(IndexingError, match="'half' asks for a position"):
        for chunk in made.decode(np.array(trace, dtype=np.int32)):
            trace += chunk.tolist()
    assert 2 * 2**20 < len(trace) < 2 * 2**20 + 10
    assert all(trace[p + 1] == trace[(p + 1) // 2] for p in range(3, len(trace) - 1))


# ----------------------------------------------------------------------------------------------- caches


@pytest.mark.parametrize("damage", [b"", b"junk", b"\n", b"{}\n{}\n"])
def test_damaged_cache(damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    prompt = echo_machine.prompt([1, 2, 1])
    expected = decoded(IndexedEngine(echo_machine.machine()), prompt, None)
    (file,) = (cache_folder() / "native").iterdir()
    whole = file.read_bytes()
    for content in (damage, whole[: len(whole) // 2], whole[:-1] + b"?"):
        file.write_bytes(content)
        assert decoded(IndexedEngine(echo_machine.machine()), prompt, None) == expected
        assert file.read_bytes() == whole


def test_no_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    prompt = echo_machine.prompt([1, 2, 1])
    assert decoded(IndexedEngine(echo_machine.machine()), prompt, None) == decoded(echo_engine(), prompt, None)
