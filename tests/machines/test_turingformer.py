"""Multi-tape Turing machines that summarise: token by token as published, on every engine, in every format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import compile_machine
from compiler.front_ends.turing.machine import parse
from compiler.front_ends.turing_on_turingformer import rules_of
from compiler.machines.machine import Machine
from compiler.machines.turingformer import machine
from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.turingformer.semantics import continuation
from compiler.machines.turingformer.turing import Replay, summary_of, two_tapes
from compiler.machines.turingformer.vocabulary import MARKS, Token, Vocabulary
from interpreter import run
from interpreter.engines import create
from interpreter.engines.dense import DenseEngine

ROWS = json.loads(
    (Path(__file__).parents[1] / "data" / "turingformer" / "transcripts.json").read_text(encoding="utf-8")
)
PROGRAMS = Path(__file__).parents[2] / "programs" / "machines"
SMALL = 7
"""The row whose machine the transformer runs here: two tapes, six bits, a summary."""


def machine_of(row: dict[str, Any]) -> MultiTape:
    return MultiTape(
        row["num_tapes"],
        tuple((q, tuple(read), (to, tuple(w), tuple(m))) for q, read, to, w, m in row["transitions"]),
        row["initial"],
        row["halting"],
        row["blank"],
        tuple(row["input_vocabulary"]),
    )


def token_of(published: Any) -> Token:
    if isinstance(published, str):
        return Token(published) if published in MARKS else Token("symbol", symbols=(published,))
    kind, first, *rest = published
    match kind:
        case "run":
            return Token("run", first, *map(tuple, rest))
        case "bits":
            return Token("bits", bits=tuple((bit + 1) // 2 for bit in first))
        case "cell":
            return Token("cell", symbols=tuple(s for s, _ in first), heads=tuple(h for _, h in first))
    return Token("state", first)


def prompt_of(row: dict[str, Any]) -> list[Token]:
    return [Token("inp"), *(Token("symbol", symbols=(c,)) for c in row["input"]), Token("einp")]


def published(row: dict[str, Any], summaries: bool) -> list[Token]:
    """The whole trace; a summary, which is the end of a segment and the beginning of the next, is there once."""
    if not summaries:
        return [token_of(t) for t in row["cot"]]
    first, *others = row["scot"]
    return [token_of(t) for t in (*first, *(t for segment in others for t in segment[segment.index("esumm") + 1 :]))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["input"])
@pytest.mark.parametrize("summaries", [False, True], ids=["plain", "summaries"])
def test_the_specification_is_as_published(row: dict[str, Any], summaries: bool) -> None:
    prompt = prompt_of(row)
    assert [*prompt, *continuation(machine_of(row), row["r"], summaries, prompt)] == published(row, summaries)


def emitted(subject: Machine[Token], prompt: list[Token], engine: Any, tokens: int) -> list[Token]:
    numbers = np.array([subject.numbers[token] for token in prompt], dtype=np.int32)
    return [subject.vocabulary[int(i)] for chunk in engine.decode(numbers, tokens) for i in chunk]


def test_the_transformer_is_as_published() -> None:
    """With summaries, on the engine that is fast; the dense one is compared with it at every position."""
    row = ROWS[SMALL]
    subject = machine(machine_of(row), row["r"])
    wanted = published(row, True)
    assert any(token.kind == "summ" for token in wanted)
    prompt = prompt_of(row)
    assert [*prompt, *emitted(subject, prompt, create("indexed", subject), 500)] == wanted


def test_plain_chains_of_thought() -> None:
    row = ROWS[3]
    subject = machine(machine_of(row), row["r"], summaries=False)
    assert subject.window is None and subject.longest == 2 ** row["r"]
    wanted, prompt = published(row, False), prompt_of(row)
    assert [*prompt, *emitted(subject, prompt, create("indexed", subject), 500)] == wanted


def segments(tokens: list[Token]) -> Iterator[tuple[int, list[Token]]]:
    """What the transformer sees between two summaries, and how long the prompt in it is."""
    begin = 0
    while True:
        ends = [i for i, t in enumerate(tokens[begin:]) if t.kind in ("einp", "esumm")]
        seen = tokens[begin:] if len(ends) == 1 else tokens[begin : begin + ends[1] + 1]
        yield ends[0] + 1, seen
        if len(ends) == 1:
            return
        begin += max(i for i, t in enumerate(seen) if t.kind == "summ")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_every_format_will_do(dtype: torch.dtype) -> None:
    """The dense transformer at every position that it decodes. Nothing in it grows with the trace but unread wires."""
    row = ROWS[SMALL]
    subject = machine(machine_of(row), row["r"])
    model = DenseEngine(subject, dtype).transformer
    for prompt, seen in segments(published(row, True)):
        logits = model(torch.tensor([subject.numbers[token] for token in seen]))
        found = [subject.vocabulary[int(i)] for i in logits.argmax(1)[prompt - 1 : -1]]
        assert found == seen[prompt:]


def test_a_wire_holds_small_numbers_only() -> None:
    """But for the position and its square, which nothing reads: bits, flags, and sums of as many steps as bits."""
    row = ROWS[SMALL]
    subject = machine(machine_of(row), row["r"])
    weights = subject.weights
    [*_, (_, seen)] = segments(published(row, True))
    stream = DenseEngine(subject).transformer.residual(torch.tensor([subject.numbers[token] for token in seen]))
    names = [wire.name for wire in weights.wires]
    rest = [j for j, name in enumerate(names) if name not in ("position", "position squared")]
    assert float(stream[:, rest].abs().max()) <= 2 * row["r"] + 4
    unread = [names.index("position"), names.index("position squared")]
    reads = [
        t[..., unread] for layer in weights.layers for t in (layer.query, layer.key, layer.value, layer.gate, layer.up)
    ]
    assert not any(t.any() for t in reads)


# ----------------------------------------------------------------------------------------- Turing machines


@st.composite
def rules(draw: st.DrawFn) -> dict[tuple[int, int], tuple[int, Any, int | None] | None]:
    move = st.sampled_from((-1, 1))
    target = st.none() | st.integers(0, 2)
    does = (
        st.none() | st.tuples(st.integers(0, 1), move, target) | st.tuples(st.integers(0, 1), move, st.integers(0, 2))
    )
    return {(q, a): draw(does) for q in range(3) for a in range(2)}


@settings(max_examples=60, deadline=None)
@given(rules(), st.dictionaries(st.integers(-3, 3), st.just(1)))
def test_a_tape_without_ends_on_two_with_one(
    given_rules: dict[tuple[int, int], tuple[int, Any, int | None] | None], tape: dict[int, int]
) -> None:
    """What the tokens tell is what the machine does, step by step, summaries in between."""
    replay, prompt = Replay(), summary_of(tape)
    replay.begin(prompt)
    assert ({i: s for i, s in replay.cells.items() if s}, replay.place, replay.state) == (tape, 0, 0)
    cells, place, state = dict(tape), 0, 0
    trace = continuation(two_tapes(given_rules), 10, True, prompt)
    for _ in range(40):
        does = given_rules[state, cells.get(place, 0)]
        steps = replay.steps
        while replay.steps == steps and replay.state is not None:
            replay.take(next(trace))
        if does is None:
            assert replay.state is None and replay.steps == steps
            return
        cells[place], move, target = does
        place += move
        assert {i: s for i, s in replay.cells.items() if s} == {i: s for i, s in cells.items() if s}
        assert (replay.place, replay.state) == (place, target)
        if target is None:
            return
        state = target


def test_busy_beavers_by_name() -> None:
    text = (PROGRAMS / "bb4.tm").read_text(encoding="utf-8")
    prompt = compile_machine("tm", text, options={"tape": "yes"}, construction="turingformer")
    result = run(prompt, engine="reference")
    assert result.report == "halted in state Z\nsteps   107\nscore   13\ntape    1 > 0 1^12\n"
    cut = run(prompt, engine="reference", max_tokens=200, keep_rest=True)
    assert cut.ended == "budget" and cut.rest is not None
    assert len(cut.rest.numbers) < 150 and run(cut.rest, engine="reference").report.startswith("halted in state Z\n")


def test_a_machine_with_a_tape() -> None:
    text = (PROGRAMS / "neary_woods.tm").read_text(encoding="utf-8")
    prompt = compile_machine("tm", text, options={"input": "110>"}, construction="turingformer")
    assert run(prompt, engine="reference").report.startswith("undefined transition: state J reads 1\nsteps   7\n")


def on_one_tape() -> MultiTape:
    """U(15,2) as if its tape were bounded on the left."""
    transitions = []
    rules = rules_of(parse((PROGRAMS / "neary_woods.tm").read_text(encoding="utf-8")))
    for (state, read), does in rules.items():
        write, move, target = does or (read, 0, None)
        following = "halt" if target is None else str(target), (str(write),), ("LSR"[1 + move],)
        transitions.append((str(state), (str(read),), following))
    return MultiTape(1, tuple(transitions), "0", "halt", "0", ("1",))


def test_sizes_beside_the_published_ones() -> None:
    """U(15,2) with 16 bits on one tape: theirs has 48 layers of up to 3 heads, and width 239."""
    weights = machine(on_one_tape(), 16, summaries=False).weights
    heads = [len(layer.query) for layer in weights.layers]
    assert (len(weights.layers), weights.width, max(heads)) == (26, 419, 21)


# ------------------------------------------------------------------------------------------------ refusals


def test_what_is_no_machine_and_no_prompt() -> None:
    with pytest.raises(ValueError, match="one of 1 tapes"):
        MultiTape(1, (("a", ("0", "0"), ("b", ("0",), ("L",))),), "a", "b", "0", ())
    with pytest.raises(ValueError, match="two transitions"):
        MultiTape(1, (("a", ("0",), ("b", ("0",), ("L",))),) * 2, "a", "b", "0", ())
    with pytest.raises(ValueError, match="halt at once"):
        MultiTape(1, (), "a", "a", "0", ())
    tm = MultiTape(1, (("a", ("0",), ("b", ("0",), ("L",))),), "a", "b", "0", ())
    with pytest.raises(ValueError, match="even number"):
        machine(tm, 5)
    vocabulary = Vocabulary(tm)
    for wrong in (["inp"], ["summ", "esumm"], ["summ", "state:a", "esumm"], ["inp", "einp", "pos"]):
        with pytest.raises(ValueError):
            [*continuation(tm, 4, True, [t for text in wrong for t in vocabulary if str(t) == text])]
    with pytest.raises(ValueError, match="from 4 to 24"):
        compile_machine("tm", "1RB---_1LA---", options={"bits": "7"}, construction="turingformer")
