"""The Post-Turing machine: transcripts of its authors, and the transformer against the specification."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits.circuit import Circuit
from compiler.machines.machine import PromptError
from compiler.machines.ptm import machine
from compiler.machines.ptm.circuit import circuit, radix_for
from compiler.machines.ptm.program import JUMPS, Instruction, PtmProgram
from compiler.machines.ptm.prompt import Prompt
from compiler.machines.ptm.semantics import continuation
from compiler.machines.ptm.vocabulary import Vocabulary, split
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Engine
from interpreter.engines.indexed import IndexedEngine
from interpreter.runs.running import run
from interpreter.strategies.ptm import bits, ptm_programs
from interpreter.traces.ptm import chain_of_thought
from interpreter.verification import verify

TRANSCRIPTS = [
    (transcript["program"], run)
    for task in ("parity", "dyck")
    for transcript in [json.loads((Path(__file__).parents[1] / "data" / "qiu" / f"{task}.json").read_text())]
    for run in transcript["runs"]
]


def program(texts: list[str]) -> PtmProgram:
    return PtmProgram(tuple(Instruction(t[:2], int(t[2:])) if t[:2] in JUMPS else Instruction(t) for t in texts))


@cache
def indexed() -> IndexedEngine:
    return IndexedEngine(machine(), keep=False)


@cache
def dense() -> DenseEngine:
    return DenseEngine(machine())


def decoded(engine: Engine, prompt: Prompt, budget: int | None = None) -> list[str]:
    return [str(machine().vocabulary[int(t)]) for chunk in engine.decode(prompt.numbers, budget) for t in chunk]


def specified(prompt: Prompt, budget: int | None = None) -> list[str]:
    return [str(t) for t in islice(continuation(prompt.tokens), budget)]


@pytest.mark.parametrize(("texts", "run"), TRANSCRIPTS)
def test_transcripts(texts: list[str], run: dict[str, Any]) -> None:
    prompt = Prompt(program(texts), run["input"])
    published = split(run["tokens"])
    size = len(prompt.tokens)
    assert [str(t) for t in prompt.tokens] == published[:size]
    assert specified(prompt) == published[size:]
    assert decoded(indexed(), prompt) == published[size:]
    assert decoded(dense(), prompt) == published[size:]


@given(ptm_programs(), bits)
def test_specification_and_indexed_engine(made: PtmProgram, input_text: str) -> None:
    prompt = Prompt(made, input_text)
    assert decoded(indexed(), prompt, 400) == specified(prompt, 400)


@settings(max_examples=25)
@given(ptm_programs(12), bits)
def test_specification_and_dense_engine(made: PtmProgram, input_text: str) -> None:
    """The dense transformer after every position of the trace at once."""
    prompt = Prompt(made, input_text)
    numbers = Vocabulary().number
    trace = np.array([numbers(t) for t in specified(prompt, 150)], dtype=np.int32)
    emitted = dense().continuations(np.concatenate([prompt.numbers, trace[:-1]]), len(prompt.numbers) - 1)
    assert emitted.tolist() == trace.tolist()


@settings(max_examples=25)
@given(ptm_programs(), bits)
def test_specification_and_batch_verification(made: PtmProgram, input_text: str) -> None:
    prompt = Prompt(made, input_text)
    trace = [Vocabulary().number(t) for t in specified(prompt, 2000)]
    verification = verify(machine(), np.array([*prompt.numbers, *trace], dtype=np.int32), len(prompt.numbers))
    assert verification.ok
    assert verification.checked == len(trace)


@pytest.mark.parametrize("size", [10, 2_000, 50_000])
def test_where_the_demonstration_fails(size: int) -> None:
    """`A1 AR A0*m A1 #`: the published lookup mistakes an old 0 for the last 1, with 20 digits from about 2,000 on."""
    prompt = Prompt(program(["A1", "AR", *["A0"] * size, "A1", "#"]))
    trace = decoded(indexed(), prompt)
    assert trace == ["A1", "AR", *["A0"] * size, "A1", ":", "1", "$"]
    numbers = np.array([Vocabulary().number(t) for t in trace], dtype=np.int32)
    assert verify(machine(), np.concatenate([prompt.numbers, numbers]), len(prompt.numbers)).ok


def test_past_the_last_instruction() -> None:
    assert specified(Prompt(program(["AR", "AL"]))) == ["AR", "AL", ":", "$"]
    assert decoded(indexed(), Prompt(program(["AR", "AL"]))) == ["AR", "AL", ":", "$"]


def test_a_small_machine() -> None:
    """Fewer positions make smaller digits; a machine for 64 tokens works as long as they suffice."""
    small = machine(2**6)
    assert radix_for(2**6) == 4 and radix_for(2**27) == 512
    prompt = Prompt(program(["A1", "AR", "A1", "AR", "BL", "B1", "B?+2", "A1", "#"]))
    trace = [small.vocabulary[int(t)] for c in DenseEngine(small).decode(prompt.numbers, 40) for t in c]
    assert [str(t) for t in trace] == specified(prompt)


def test_a_radix_is_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="radix 10"):
        Circuit("decimal", ["a"], radix=10)


def test_weights_do_not_depend_on_the_program() -> None:
    weights = machine().weights
    assert weights.sha256() == SHA256
    assert (len(weights.layers), weights.width) == (4, 104)
    assert circuit().radix == 512


SHA256 = "a5baaa1ce2a3a0866c3d229e3b7474efcf8262404144bf18dd40d7ae5fac6480"


@pytest.mark.parametrize(
    ("texts", "input_text", "message"),
    [
        (["A?+2", "#"], "", "instruction 0, A\\?\\+2: jumps to instruction 2, outside the program of 2 instructions"),
        (["A0", "B!-2"], "", "instruction 1, B!-2: jumps to instruction -1"),
        ([], "", "no instructions"),
        (["AX"], "", "no instruction AX"),
        (["#"], "012", "character 3 of the input is '2'"),
    ],
)
def test_refused(texts: list[str], input_text: str, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        Prompt(program(texts), input_text)


def test_a_run() -> None:
    texts, transcript = TRANSCRIPTS[1]
    result = run(Prompt(program(texts)), transcript["input"])
    assert (result.output, result.ended) == (transcript["output"] + "\n", "halt")
    # A step is a move, a write, a jump taken or not, or the halt.
    trace = split(transcript["tokens"])[-result.trace_tokens :]
    assert result.steps == sum(t in ("/", "@", "$") or t[0] in "AB" for t in trace)


def test_a_run_past_the_last_instruction() -> None:
    result = run(Prompt(program(["A1", "AR", "A0"])))
    assert (result.output, result.ended) == ("0\n", "error")
    assert result.error is not None
    assert "past the last instruction, A0" in result.error.render()


def test_chain_of_thought() -> None:
    prompt = Prompt(program(["A1", "AR", "B?+2", "B!+1", "#"]))
    lines = [" ".join(line.split()) for line in chain_of_thought(prompt, indexed(), None)]
    assert lines == ["0 A1 A1", "1 AR AR", "2 B?+2 /", "3 B!+1 = + @", "4 # : 0 $ prints '0\\n'"]


@settings(max_examples=50)
@given(ptm_programs(), bits, st.integers(1, 60))
def test_a_run_in_pieces(made: PtmProgram, input_text: str, budget: int) -> None:
    """A run that is cut anywhere, and goes on from a new prompt, prints what the whole run prints."""
    whole = run(Prompt(made, input_text), engine=indexed(), max_tokens=400)
    first = run(Prompt(made, input_text), engine=indexed(), max_tokens=budget, keep_rest=True)
    if first.ended != "budget":
        assert first == replace(whole, seconds=first.seconds)
        return
    assert first.rest is not None
    second = run(first.rest, engine=indexed(), max_tokens=400)
    if "budget" not in (whole.ended, second.ended):
        assert (second.output, second.ended) == (whole.output, whole.ended)
        assert second.steps == whole.steps - first.steps


def test_contexts() -> None:
    """Parity, with a new prompt every 100 tokens."""
    texts, transcript = TRANSCRIPTS[1]
    prompt = Prompt(program(texts), transcript["input"])
    whole, result = run(prompt, engine=indexed()), run(prompt, engine=indexed(), context=100)
    assert (result.output, result.ended, result.steps) == (transcript["output"] + "\n", "halt", whole.steps)
