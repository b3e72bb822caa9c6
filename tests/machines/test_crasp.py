"""Counter machines by uniform attention: specification, engines, the universal machine, and how long a trace may be."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import compile_machine
from compiler.front_ends.counter import parse
from compiler.machines.crasp import machine
from compiler.machines.crasp.program import CounterProgram, Instruction
from compiler.machines.crasp.prompt import Prompt
from compiler.machines.crasp.semantics import continuation
from compiler.machines.crasp.universal import DoesNotFit, codes, counters, encoded, universal
from compiler.machines.machine import Machine, PromptError
from compiler.machines.saved import dumps, loads
from interpreter import run
from interpreter.engines import create
from interpreter.engines.dense import DenseEngine
from interpreter.simulators.counter import simulate
from interpreter.strategies.counter import counter_machines
from interpreter.traces.reading import reading

ADD = "x = 3\ny = 4\nloop: dec y else done\ninc x\ngoto loop\ndone: halt"
SLOTS, REGISTERS = 6, 2
"""Of a small universal machine, which is soon built."""


def prompt_of(text: str, **options: str) -> Prompt:
    made = compile_machine("counter", text, options=options, construction="crasp")
    assert isinstance(made, Prompt)
    return made


def emitted(subject: Machine[object], prompt: np.ndarray, engine: str, tokens: int) -> list[str]:  # type: ignore[type-arg]
    chunks = create(engine, subject).decode(prompt, tokens)
    return [str(subject.vocabulary[int(t)]) for chunk in chunks for t in chunk]


def test_addition_token_by_token() -> None:
    prompt = prompt_of(ADD)
    wanted = ["0:y-", "1:x+", "2:goto"] * 4 + ["0:y0", "3:halt"]
    for engine in ("reference", "dense", "indexed"):
        assert emitted(prompt.machine, prompt.numbers, engine, 100) == wanted
    weights = prompt.machine.weights
    assert (len(weights.layers), len(weights.layers[0].query), len(weights.layers[0].gate)) == (1, 1, 1)


@settings(max_examples=15, deadline=None)
@given(counter_machines(max_size=6))
def test_random_machines_on_every_engine(text: str) -> None:
    expected = simulate(parse(text), 60)
    prompt = prompt_of(text)
    reference, dense, indexed = (
        emitted(prompt.machine, prompt.numbers, engine, 60) for engine in ("reference", "dense", "indexed")
    )
    assert reference == dense == indexed and len(reference) == expected.steps
    result = run(prompt, max_tokens=60)
    if expected.halted:
        assert result.output == "".join(f"{name} = {value}\n" for name, value in expected.counters.items())
        assert result.source_steps == expected.steps


@settings(max_examples=15, deadline=None)
@given(counter_machines(max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_a_prompt_does_not_matter(text: str, random: object) -> None:
    prompt = prompt_of(text)
    shuffled = prompt.numbers.copy()
    random.shuffle(shuffled[1:])  # type: ignore[attr-defined]
    assert emitted(prompt.machine, shuffled, "indexed", 40) == emitted(prompt.machine, prompt.numbers, "indexed", 40)


def test_looped_form() -> None:
    prompt = prompt_of(ADD)
    looped = prompt.in_form("looped")
    assert emitted(looped.machine, looped.numbers, "dense", 20) == emitted(prompt.machine, prompt.numbers, "dense", 20)


def test_a_run_that_is_cut_goes_on() -> None:
    whole = run(prompt_of(ADD))
    cut = run(prompt_of(ADD), max_tokens=7, keep_rest=True)
    assert cut.rest is not None
    again, sha256 = loads(dumps(cut.rest, cut.rest.machine.weights.sha256()))
    assert again == cut.rest and sha256 == again.machine.weights.sha256()
    assert run(again).output == whole.output == "x = 7\ny = 0\n"
    assert run(prompt_of(ADD), context=2).source_steps == whole.source_steps == 14


def test_traces_as_text() -> None:
    prompt = prompt_of(ADD)
    shown = reading(prompt)
    assert [*shown.listing(prompt)][-1] == "^ x*3 y*4"
    lines = [*shown.chain_of_thought(prompt, create("reference", prompt.machine), None)]
    assert len(lines) == 14 and "3:halt" in lines[-1] and "prints 'x = 7" in lines[-1]
    assert lines[0].split() == ["line", "3", "0", "dec", "y", "->3", "0:y-", ";", "y", "=", "3"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("x = 5000000\ninc x\nhalt", {}, "unary"),
        ("inc x\n" * 40 + "halt", {"universal": "yes"}, "room for 36 instructions"),
        (ADD, {"input": "z=3"}, "no counter `z`"),
    ],
)
def test_what_has_no_prompt(text: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(PromptError, match=message):
        _ = prompt_of(text, **options).numbers


def test_sequences_that_are_no_prompts() -> None:
    program = prompt_of(ADD).program
    vocabulary = machine(program).vocabulary
    for wrong in ([], [1], [0, 0], [0, 3], [1, 0]):
        with pytest.raises(ValueError):
            [*continuation(program, [vocabulary[i] for i in wrong])]
    with pytest.raises(ValueError):
        CounterProgram(("x",), (Instruction("inc", 0),))
    with pytest.raises(ValueError):
        CounterProgram(("x",), (Instruction("dec", 0, 7), Instruction("halt")))


# --------------------------------------------------------------------------------------- the universal machine


def interpreted(program: CounterProgram, values: list[int], engine: str, tokens: int) -> tuple[list[str], list[int]]:
    """The slots that are come to, in order, and the counters of the program at the end."""
    subject = machine(universal(SLOTS, REGISTERS))
    given = encoded(program, values, SLOTS, REGISTERS)
    prompt = np.repeat(np.arange(1 + len(given)), [1, *given]).astype(np.int32)
    out = [int(t) for chunk in create(engine, subject).decode(prompt, tokens) for t in chunk]
    total = dict.fromkeys(counters(SLOTS, REGISTERS), 0)
    for number in [*prompt.tolist(), *out]:
        token = subject.vocabulary[number]
        if token.counter >= 0:
            total[counters(SLOTS, REGISTERS)[token.counter]] += token.change
    fetched = [str(subject.vocabulary[t]) for t in out if subject.vocabulary[t].instruction < 2 * SLOTS]
    return [t for t in fetched if t.endswith(":p0")], [total[f"x{i}"] for i in range(REGISTERS)]


@st.composite
def programs(draw: st.DrawFn) -> CounterProgram:
    size = draw(st.integers(1, SLOTS - 1))
    at, counter = st.integers(0, size), st.integers(0, REGISTERS - 1)
    kinds = st.sampled_from(("inc", "dec", "dec", "goto", "halt"))
    drawn = [Instruction(draw(kinds), draw(counter), draw(at)) for _ in range(size)]
    return CounterProgram(("a", "b"), (*drawn, Instruction("halt")))


@settings(max_examples=25, deadline=None)
@given(programs(), st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_the_universal_machine_does_what_the_program_does(program: CounterProgram, values: list[int]) -> None:
    own = machine(program)
    prompt = [own.vocabulary[i] for i in np.repeat(np.arange(3), [1, *values])]
    direct = [*islice(continuation(program, prompt), 25)]
    slots, ends = interpreted(program, values, "reference", 4000)
    came_to = [f"{2 * token.instruction}:p0" for token in direct]
    if direct[-1].next >= 0:
        assert slots[:25] == came_to
        return
    final = [v + sum(t.change for t in direct if t.counter == i) for i, v in enumerate(values)]
    assert (slots, ends) == (came_to, final)


def test_the_universal_machine_on_the_transformer() -> None:
    program = prompt_of(ADD).program
    wanted = interpreted(program, [3, 4], "reference", 3000)
    assert wanted[1] == [7, 0]
    for engine in ("dense", "indexed"):
        assert interpreted(program, [3, 4], engine, 3000) == wanted


KOREC = (
    (1, 3, 6), (7, 1), (5, 6, 7), (6, 4), (6, 9, 4), (5, 10), (7, 12, 13), (1, 7), (6, 33, 1), (6, 14), (4, 1, 16),
    (5, 18, 23), (5, 20, 27), (5, 22, 30), (4, 16), (2, 32, 25), (0, 1, 32), (3, 32, 29), (0, 1), (2, 31), (3, 32),
    (4, 1, 34),
)  # fmt: skip
"""U22 (Korec 1996), its states in the order below: (register, next) adds 1, (register, next, zero) takes 1 away."""
STATES = (1, 3, 4, 6, 7, 9, 10, 12, 13, 33, 14, 16, 18, 20, 22, 23, 25, 27, 29, 30, 31, 32, 34)


def korec() -> CounterProgram:
    """U22 with a `goto` wherever the next instruction is not the next one."""
    lines: list[tuple[str, int, int]] = []
    labels: dict[int, int] = {}
    for i, (state, (register, following, *zero)) in enumerate(zip(STATES, KOREC)):
        labels[state] = len(lines)
        lines.append(("dec" if zero else "inc", register, zero[0] if zero else 0))
        if STATES[i + 1] != following:
            lines.append(("goto", 0, following))
    labels[34] = len(lines)
    lines.append(("halt", 0, 0))
    names = tuple(f"r{i}" for i in range(8))
    return CounterProgram(names, tuple(Instruction(k, r, labels.get(to, 0)) for k, r, to in lines))  # type: ignore[arg-type]


def test_a_universal_machine_of_the_literature_fits() -> None:
    """So the universal machine is universal: U22 runs every program, and it runs U22."""
    program = korec()
    assert len(KOREC) == 22 and len(encoded(program, [0] * 8)) == len(universal().counters)
    assert set(codes(8)) >= {(i.kind, i.counter) for i in program.instructions if i.kind in ("inc", "dec")}
    with pytest.raises(DoesNotFit):
        encoded(program, [0] * 8, 30, 8)


# ---------------------------------------------------------------------------------------------- no positions


def test_weights_read_no_position() -> None:
    weights = machine(universal(SLOTS, REGISTERS)).weights
    blind = replace(weights, positional=np.where(np.arange(5)[:, None] == 0, weights.positional, 0))
    prompt = torch.tensor([0, *[3] * 5, 1, 4])
    model, same = (DenseEngine(with_weights(w)).transformer for w in (weights, blind))
    assert torch.equal(model(prompt), same(prompt))


def with_weights(weights: object) -> Machine[object]:
    changed = replace(machine(universal(SLOTS, REGISTERS)))
    changed.__dict__["weights"] = weights
    return changed  # type: ignore[return-value]
