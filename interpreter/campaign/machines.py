"""Programs of the other formats against simulators that share nothing with what compiles them."""

from __future__ import annotations

from hypothesis import strategies as st

from compiler.front_ends import brainfuck as bf
from compiler.front_ends import compile_machine
from compiler.front_ends import counter as counters
from compiler.front_ends import subleq as sq
from compiler.front_ends import turing as tm
from compiler.front_ends.subleq.memory import memory_size
from compiler.front_ends.turing.code import ending_text
from compiler.front_ends.turing.tape import given_tape
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram.isa import Layout
from interpreter.campaign.subject import Checked, agree, ended, engine
from interpreter.runs.running import run
from interpreter.simulators import brainfuck, counter, subleq, turing
from interpreter.strategies.brainfuck import brainfuck_programs
from interpreter.strategies.subleq import separate_programs, subleq_programs
from interpreter.strategies.turing import tapes, turing_machines

MAX_STEPS = 300
"""Of a machine, which need not end."""


def counter_machine(text: str) -> Checked:
    """Counters and steps against the simulator's; of a run that goes on too long, that both have gone on."""
    expected = counter.simulate(counters.parse(text), MAX_STEPS)
    result = run(compile_machine("counter", text), engine=engine(), max_tokens=4 * MAX_STEPS + 200)
    if not expected.halted:
        agree("at least as many steps", True, result.source_steps >= MAX_STEPS)
        return Checked(result.trace_tokens, (ended(result),))
    agree("output", "".join(f"{name} = {value}\n" for name, value in expected.counters.items()), result.output)
    agree("steps", expected.steps, result.source_steps)
    return Checked(result.trace_tokens, (ended(result),))


def turing_machine(case: tuple[str, str, int]) -> Checked:
    """The end, steps and score against the simulator's; the case: machine, tape, cells in a block."""
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
def turing_cases(draw: st.DrawFn) -> tuple[str, str, int]:
    """A machine, a tape with its symbols, and how many cells are in a block."""
    text = draw(turing_machines())
    return text, draw(tapes(tm.parse(text).symbols)), draw(st.integers(0, 3))


SUBLEQ_ENDS = {"no_address": "IndexError", "no_instruction": "IndexError", "no_character": "ValueError"}


def subleq_program(case: tuple[str, list[int], list[int], str, bool]) -> Checked:
    """Output and end against the simulator's; the case: dialect, code, data, input, whether it reads integers."""
    dialect, code, data, input_text, integers = case
    if dialect == "separate":
        expected = subleq.simulate_separate(code, data, input_text, integers, MAX_STEPS)
    else:
        expected = subleq.simulate(code, memory_size(Layout()), input_text, integers, MAX_STEPS)
    options = sq.Options(dialect, "integers" if integers else "characters")  # type: ignore[arg-type]
    prompt = sq.compile(sq.parse(subleq_text(dialect, code, data)), options)
    result = run(prompt, input_text, engine=engine(), max_tokens=50 * MAX_STEPS)
    features = (ended(result), dialect)
    if expected.ended == "budget":
        agree("output begins", True, result.output.startswith(expected.output))
        return Checked(result.trace_tokens, features)
    agree("output", expected.output, result.output)
    if result.error and not result.error.line:
        agree("place", f"stopped at cell {expected.at}", result.error.message.rpartition("; ")[2])
    agree("exception", SUBLEQ_ENDS.get(expected.ended), result.error and result.error.exception)
    if expected.ended == "halt":
        agree("steps", expected.steps, result.source_steps)
    return Checked(result.trace_tokens, features)


def subleq_text(dialect: str, code: list[int], data: list[int]) -> str:
    """The program as a file."""
    numbers = "\n".join(map(str, code))
    return f"{numbers} data {' '.join(map(str, data))}\n" if dialect == "separate" else numbers


_letters = st.text(st.sampled_from("a\n\U0001f600"), max_size=3)
subleq_cases = st.one_of(
    st.tuples(
        st.just("self-modifying"), subleq_programs(memory_size(Layout())), st.just([]), _letters, st.booleans()
    ),
    st.builds(lambda pair, text, integers: ("separate", *pair, text, integers), separate_programs(), _letters,
              st.booleans()),
)  # fmt: skip

BRAINFUCK_ENDS = {"off_tape": "IndexError", "no_character": "ValueError", "no_cell_value": "ValueError"}


def brainfuck_program(case: tuple[str, str, bf.Options]) -> Checked:
    """Output, end and steps against the simulator's; the case: program, input, options."""
    text, input_text, options = case
    steps = 800
    expected = brainfuck.simulate(text, input_text, options.wrap, options.end == "zero", steps, options.tape == "both")
    result = run(bf.compile(bf.parse(text), options), input_text, engine=engine(), max_tokens=25 * steps + 1000)
    features = (ended(result), options.cells, options.end)
    if expected.ended == "budget":
        agree("output begins", True, result.output.startswith(expected.output))
        return Checked(result.trace_tokens, features)
    agree("output", expected.output, result.output)
    agree("exception", BRAINFUCK_ENDS.get(expected.ended), result.error and result.error.exception)
    return Checked(result.trace_tokens, features)


brainfuck_cases = st.tuples(
    brainfuck_programs(),
    st.text(st.sampled_from("ab\0\xff\u0100\U0001f600"), max_size=3),
    st.builds(
        bf.Options,
        st.sampled_from(["8-bit", "16-bit", "32-bit", "unbounded"]),
        st.sampled_from(["zero", "unchanged"]),
        st.sampled_from(["right", "both"]),
    ),
)


def post_turing_on_ram(case: tuple[PtmProgram, str]) -> Checked:
    """Output, end and steps on the RAM, from the program's text, against those on the machine of its own."""
    program, tape = case
    own = run(PtmPrompt(program, tape), engine=engine("ptm"), max_tokens=MAX_STEPS)
    prompt = compile_machine("ptm", str(program), options={"input": tape}, construction="ram")
    result = run(prompt, engine=engine(), max_tokens=5 * MAX_STEPS + 2000)
    features = (ended(result),)
    if own.ended == "budget":
        agree("at least as many steps", True, result.source_steps >= own.steps)
        return Checked(result.trace_tokens, features)
    agree("output", own.output, result.output)
    agree("exception", own.error and own.error.exception, result.error and result.error.exception)
    agree("steps", own.steps - (own.ended == "error"), result.source_steps)
    return Checked(own.trace_tokens + result.trace_tokens, features)
