"""What a campaign tries. A subject draws cases, and its check raises `Disagreement` where two answers differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from hypothesis import strategies as st

from compiler.compiling import compile_program
from compiler.front_ends import brainfuck as bf
from compiler.front_ends import compile_machine
from compiler.front_ends import counter as counters
from compiler.front_ends import subleq as sq
from compiler.front_ends import turing as tm
from compiler.front_ends.subleq.self_modifying import memory_size
from compiler.front_ends.turing.code import ending_text
from compiler.front_ends.turing.tape import given_tape
from compiler.language.errors import SourceError
from compiler.machines import ptm, ram, saved
from compiler.machines.machine import Machine, Prompt
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.engines import create
from interpreter.engines.engine import Engine
from interpreter.runs.running import Run, run
from interpreter.simulators import brainfuck, counter, cpython, subleq, turing
from interpreter.strategies.brainfuck import brainfuck_programs
from interpreter.strategies.counter import counter_machines
from interpreter.strategies.damage import damaged_prompts, damaged_traces
from interpreter.strategies.programs import programs, programs_with_input
from interpreter.strategies.ptm import bits, ptm_programs
from interpreter.strategies.ram import arithmetic_programs
from interpreter.strategies.subleq import separate_programs, subleq_programs
from interpreter.strategies.turing import tapes, turing_machines
from interpreter.traces.ram.listing import listing
from interpreter.traces.trace_file import TraceFileError, trace_of

MAX_TOKENS = 2_000_000
"""Of a program of the language, which ends by itself; the machines have budgets of their own."""
MAX_STEPS = 300
SPECIFIED = 400
"""Tokens for which the specification, which is slow, is compared with the engine."""


class Disagreement(AssertionError):
    """Two answers that should be one; the message has both."""


@dataclass(frozen=True)
class Checked:
    """tokens: of the trace; features: what the case reached."""

    tokens: int = 0
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """share: of all cases; oracle: what is compared with what; paste: a case as the text of a file to try it by hand.

    suffix: of that file.
    """

    share: float
    oracle: str
    cases: st.SearchStrategy[Any]
    check: Callable[[Any], Checked]
    paste: Callable[[Any], str]
    suffix: str


@cache
def engine(construction: str = "ram") -> Engine:
    """The one engine of this process: compiled once, the same for all cases."""
    subject: Machine[Any] = ram.machine(Layout()) if construction == "ram" else ptm.machine()
    return create("indexed", subject)


def agree(what: str, expected: object, found: object) -> None:
    """Raises Disagreement if the two differ; `what` names them in its message."""
    if expected != found:
        raise Disagreement(f"{what}: the oracle has {expected!r}, the transformer {found!r}")


def opcodes(prompt: RamPrompt) -> tuple[str, ...]:
    """The instructions that are in the program."""
    return tuple(sorted({instruction.opcode.name for instruction in prompt.program.instructions}))


def ended(result: Run) -> str:
    """How a run ended, as a feature of its case: its exception, or `Run.ended`."""
    return f"ends: {result.error.exception}" if result.error else f"ends: {result.ended}"


# -------------------------------------------------------------------------------------------------- the language


def language(case: tuple[str, str]) -> Checked:
    """Output, exception and its line, against CPython."""
    source, input_text = case
    expected = cpython.run_python(source, input_text)
    try:
        prompt = compile_program(source)
    except SourceError:
        # The generator does not follow all of the language's rules for kinds. A refusal is loud, and never wrong.
        return Checked(features=("refused",))
    result = run(prompt, input_text, engine=engine(), max_tokens=MAX_TOKENS)
    if result.ended == "budget":
        raise Disagreement(f"no end after {MAX_TOKENS} tokens")
    agree("output", expected.output, result.output)
    agree("exception", expected.exception, result.error and result.error.exception)
    agree("line of the exception", expected.line, result.error.line if result.error else 0)
    return Checked(result.trace_tokens, (ended(result), *opcodes(prompt)))


def without_input(source: str) -> tuple[str, str]:
    """A program that reads nothing, as the pair that the checks of programs take."""
    return source, ""


# ------------------------------------------------------------------------------------------------------ machines


def arithmetic(case: tuple[Any, str]) -> Checked:
    """One instruction on two integers of any length, against Python's integers."""
    program, expected = case
    prompt = RamPrompt(program)
    result = run(prompt, engine=engine(), max_tokens=10_000)
    agree("output", expected, result.output)
    return Checked(result.trace_tokens, opcodes(prompt))


def counter_machine(text: str) -> Checked:
    """Compares counters and steps with the simulator's; of a run that goes on too long, that both have gone on."""
    expected = counter.simulate(counters.parse(text), MAX_STEPS)
    result = run(compile_machine("counter", text), engine=engine(), max_tokens=4 * MAX_STEPS + 200)
    if not expected.halted:
        agree("at least as many steps", True, result.source_steps >= MAX_STEPS)
        return Checked(result.trace_tokens, (ended(result),))
    agree("output", "".join(f"{name} = {value}\n" for name, value in expected.counters.items()), result.output)
    agree("steps", expected.steps, result.source_steps)
    return Checked(result.trace_tokens, (ended(result),))


def turing_machine(case: tuple[str, str, int]) -> Checked:
    """Compares the end, steps and score with the simulator's; the case: machine, tape, cells in a block."""
    text, tape, block = case
    machine = tm.parse(text)
    expected = turing.simulate(machine, MAX_STEPS, given_tape(machine, tape))
    options = {"input": tape, "block": str(block)}
    result = run(compile_machine("tm", text, options=options), engine=engine(), max_tokens=30 * MAX_STEPS + 60)
    if expected.ended == "budget":
        agree("at least as many steps", True, result.source_steps >= MAX_STEPS)
        return Checked(result.trace_tokens, (ended(result), f"block {block}"))
    transition = machine.rows[expected.state][expected.read]
    agree("output", ending_text(expected.state, expected.read, transition) + "\n", result.output)
    agree("steps", expected.steps, result.source_steps)
    score = f"score   {len(expected.tape):,}"
    agree("score", score, next((line for line in result.report.splitlines() if line.startswith("score")), None))
    return Checked(result.trace_tokens, (ended(result), f"block {block}"))


@st.composite
def _turing_cases(draw: st.DrawFn) -> tuple[str, str, int]:
    text = draw(turing_machines())
    return text, draw(tapes(tm.parse(text).symbols)), draw(st.integers(0, 3))


SUBLEQ_ENDS = {"no_address": "IndexError", "no_instruction": "IndexError", "no_character": "ValueError"}


def subleq_program(case: tuple[str, list[int], list[int], str, bool]) -> Checked:
    """Compares output and end with the simulator's; the case: dialect, code, data, input, whether it reads integers."""
    dialect, code, data, input_text, integers = case
    if dialect == "separate":
        expected = subleq.simulate_separate(code, data, input_text, integers, MAX_STEPS)
    else:
        expected = subleq.simulate(code, memory_size(Layout()), input_text, integers, MAX_STEPS)
    options = sq.Options(dialect, "integers" if integers else "characters")  # type: ignore[arg-type]
    prompt = sq.compile(sq.parse(_subleq_text(dialect, code, data)), options)
    result = run(prompt, input_text, engine=engine(), max_tokens=50 * MAX_STEPS)
    features = (ended(result), dialect)
    if expected.ended == "budget":
        agree("output begins", True, result.output.startswith(expected.output))
        return Checked(result.trace_tokens, features)
    located = expected.ended == "halt" or (result.error is not None and result.error.line > 0)
    where = "" if located else f"\nstopped at cell {expected.at}\n"
    agree("output", expected.output + where, result.output)
    agree("exception", SUBLEQ_ENDS.get(expected.ended), result.error and result.error.exception)
    if expected.ended == "halt":
        agree("steps", expected.steps, result.source_steps)
    return Checked(result.trace_tokens, features)


def _subleq_text(dialect: str, code: list[int], data: list[int]) -> str:
    numbers = "\n".join(map(str, code))
    return f"{numbers} data {' '.join(map(str, data))}\n" if dialect == "separate" else numbers


_letters = st.text(st.sampled_from("a\n\U0001f600"), max_size=3)
_subleq_cases = st.one_of(
    st.tuples(
        st.just("self-modifying"), subleq_programs(memory_size(Layout())), st.just([]), _letters, st.booleans()
    ),
    st.builds(lambda pair, text, integers: ("separate", *pair, text, integers), separate_programs(), _letters,
              st.booleans()),
)  # fmt: skip

BRAINFUCK_ENDS = {"off_tape": "IndexError", "no_character": "ValueError", "no_cell_value": "ValueError"}


def brainfuck_program(case: tuple[str, str, bf.Options]) -> Checked:
    """Compares output, end and steps with the simulator's; the case is the program, its input, its options."""
    text, input_text, options = case
    steps = 800
    expected = brainfuck.simulate(text, input_text, options.cells == "8-bit", options.end == "zero", steps)
    result = run(bf.compile(bf.parse(text), options), input_text, engine=engine(), max_tokens=25 * steps + 1000)
    features = (ended(result), options.cells, options.end)
    if expected.ended == "budget":
        agree("output begins", True, result.output.startswith(expected.output))
        return Checked(result.trace_tokens, features)
    agree("output", expected.output, result.output)
    agree("exception", BRAINFUCK_ENDS.get(expected.ended), result.error and result.error.exception)
    return Checked(result.trace_tokens, features)


_brainfuck_cases = st.tuples(
    brainfuck_programs(),
    st.text(st.sampled_from("ab\0\xff\u0100\U0001f600"), max_size=3),
    st.builds(bf.Options, st.sampled_from(["8-bit", "unbounded"]), st.sampled_from(["zero", "unchanged"])),
)

# ------------------------------------------------------------------------------------------------------- engines


def same_tokens(prompt: Prompt) -> Checked:
    """The first tokens of a run: the transformer's, on the indexed engine, against the machine's specification."""
    machine = prompt.machine
    assert machine.specification is not None
    tokens = (machine.vocabulary[number] for number in prompt.numbers.tolist())
    expected = [str(token) for token in islice(machine.specification(tokens), SPECIFIED)]
    chunks = [*engine(prompt.construction).decode(prompt.numbers, SPECIFIED)]
    numbers = np.concatenate(chunks).tolist() if chunks else []
    agree("tokens", expected, [str(machine.vocabulary[number]) for number in numbers])
    return Checked(len(numbers), (f"to the end: {len(numbers) < SPECIFIED}",))


def ram_tokens(case: tuple[str, str]) -> Checked:
    """Compares every token of the transformer with the specification's; the case is a program and its input."""
    source, input_text = case
    return same_tokens(compile_program(source).with_input(input_text))


def post_turing_tokens(case: tuple[Any, str]) -> Checked:
    """Compares every token of the transformer with the specification's; the case is a program and its bits."""
    program, input_text = case
    return same_tokens(PtmPrompt(program, input_text))


# ------------------------------------------------------------------------------------------------------- readers


def damaged_prompt(text: str) -> Checked:
    """A damaged prompt is read, or refused in a message of one line; any other exception is a failure."""
    try:
        prompt, _ = saved.loads(text)
    except saved.SavedPromptError as problem:
        agree("lines of the message", 1, len(str(problem).splitlines()))
        return Checked(features=("refused",))
    return Checked(len(prompt.numbers), ("read",))


def damaged_trace(data: bytes) -> Checked:
    """A damaged trace is read, or refused in a message of one line; any other exception is a failure."""
    try:
        header, tokens = trace_of(data)
    except TraceFileError as problem:
        agree("lines of the message", 1, len(str(problem).splitlines()))
        return Checked(features=("refused",))
    agree("a prompt of tokens that are there", True, 0 < header.prompt_tokens <= len(tokens))
    return Checked(len(tokens), ("read",))


# --------------------------------------------------------------------------------------------------------- table


def _pasted(case: tuple[Any, ...]) -> str:
    return f"{case[0]}\n# the rest of the case: {case[1:]!r}\n"


def _python(case: tuple[str, str]) -> str:
    return f"{case[0]}\n" + (f"# input: {case[1]!r}\n" if case[1] else "")


_language = st.one_of(programs(max_statements=3, depth=1), programs(max_statements=2, depth=2)).map(without_input)
_small = programs(max_statements=3, depth=1).map(without_input)

SUBJECTS: Mapping[str, Subject] = {
    "language": Subject(0.44, "output, exception and line against CPython", _language, language, _python, ".py"),
    "input": Subject(
        0.06, "the same with input", programs_with_input(max_statements=3, depth=1), language, _python, ".py"
    ),
    "arithmetic": Subject(
        0.18, "one instruction against Python's integers", arithmetic_programs(Layout()), arithmetic,
        lambda case: "\n".join(listing(RamPrompt(case[0]))) + "\n", ".ram",
    ),
    "counter": Subject(0.07, "output and steps against the simulator", counter_machines(), counter_machine, str,
                       ".counter"),
    "turing": Subject(0.07, "end, steps and score against the simulator", _turing_cases(), turing_machine, repr, ".tm"),
    "subleq": Subject(0.05, "output, end and steps against the simulator", _subleq_cases, subleq_program,
                      lambda case: _subleq_text(*case[:3]) + f"\n; {case[0]} {case[3:]!r}\n", ".subleq"),
    "brainfuck": Subject(0.04, "output and end against the simulator", _brainfuck_cases, brainfuck_program, _pasted,
                         ".bf"),
    "tokens": Subject(0.02, f"the first {SPECIFIED} tokens against the specification", _small, ram_tokens, _python,
                      ".py"),
    "post-turing": Subject(0.02, f"the first {SPECIFIED} tokens against the specification",
                           st.tuples(ptm_programs(), bits), post_turing_tokens, repr, ".ptm"),
    "prompts": Subject(0.04, "a damaged prompt, signed again: read, or refused in one message", damaged_prompts(),
                       damaged_prompt, str, ".prompt"),
    "traces": Subject(0.01, "a damaged trace: read, or refused in one message", damaged_traces(), damaged_trace,
                      lambda data: data.hex(), ".trace.hex"),
}  # fmt: skip
"""By name; the shares add up to 1."""
