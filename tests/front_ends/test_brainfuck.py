"""Brainfuck: random programs against the simulator, what they cost, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import brainfuck
from compiler.front_ends.brainfuck import Options
from compiler.language.errors import SourceError
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt
from interpreter import run
from interpreter.engines import create
from interpreter.engines.engine import Engine
from interpreter.references.ram import interpret
from interpreter.simulators.brainfuck import BrainfuckResult, simulate
from interpreter.strategies.brainfuck import brainfuck_programs

MAX_STEPS = 800
EXCEPTIONS = {"off_tape": "IndexError", "no_character": "ValueError", "no_cell_value": "ValueError"}

options = st.builds(
    Options,
    st.sampled_from(["8-bit", "8-bit", "16-bit", "32-bit", "unbounded"]),
    st.sampled_from(["zero", "unchanged"]),
    st.sampled_from(["right", "both"]),
)
inputs = st.text(st.sampled_from("ab\0\xff\u0100\U0001f600"), max_size=3)


@pytest.fixture(scope="module")
def indexed() -> Engine:
    return create("indexed", machine(Layout()))


def compiled(text: str, chosen: Options | None = None) -> Prompt:
    return brainfuck.compile(brainfuck.parse(text, "x.bf"), chosen)


def simulated(text: str, input_text: str, chosen: Options) -> BrainfuckResult:
    return simulate(text, input_text, chosen.wrap, chosen.end == "zero", MAX_STEPS, chosen.tape == "both")


def lines_before(text: str, at: int) -> int:
    return text.count("\n", 0, at)


@given(brainfuck_programs(), inputs, options)
@settings(max_examples=300)
def test_ram_code_does_what_the_simulator_does(text: str, input_text: str, chosen: Options) -> None:
    expected = simulated(text, input_text, chosen)
    result = interpret(compiled(text, chosen).program, input_text, 10 * MAX_STEPS + 500)
    if expected.ended == "budget":
        assert result.output.startswith(expected.output)
        return
    assert result.output == expected.output
    trap = EXCEPTIONS.get(expected.ended)
    assert (result.trap and result.trap.exception) == trap
    if trap:
        assert result.line == 1 + lines_before(text, expected.at)


@given(brainfuck_programs(), inputs, options)
@settings(max_examples=40)
def test_transformer_does_what_the_simulator_does(indexed: Engine, text: str, input_text: str, chosen: Options) -> None:
    expected = simulated(text, input_text, chosen)
    result = run(compiled(text, chosen), input_text, engine=indexed, max_tokens=25 * MAX_STEPS + 1000)
    if expected.ended == "budget":
        assert result.output.startswith(expected.output)
        return
    assert result.output == expected.output
    assert (result.error and result.error.exception) == EXCEPTIONS.get(expected.ended)


def tokens(text: str, input_text: str = "", chosen: Options | None = None) -> int:
    result = run(compiled(text, chosen), input_text, engine="reference", max_tokens=100_000)
    assert result.ended == "halt"
    return result.trace_tokens


@pytest.mark.parametrize(
    ("command", "cost"),
    [("+" * 7, 1), ("+.", 2), ("+[-]", 2), ("[-]", 0), ("+" * 5 + "[->+++<]", 5), ("-.", 3), ("+[>+<-.]", 6)],
)
def test_cost_where_the_head_is_known(command: str, cost: int) -> None:
    """And the head halts; before the program, two jumps and two tokens for each constant."""
    constants = len(compiled(command).program.data)
    assert tokens(command) == cost + 1 + (2 + 2 * constants if constants else 0)


def test_cost_of_a_search() -> None:
    """`[>]` takes 5 tokens for each cell."""
    far, near = ("+>" * 30 + "<" * 30 + "[>]", "+>" * 20 + "<" * 20 + "[>]")
    assert tokens(far) - tokens(near) == 10 + 10 * 5


def test_a_product_costs_the_same_for_all_numbers() -> None:
    assert tokens("+" * 100 + "[->++<]") == tokens("+" * 5 + "[->++<]")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("++\n+[[-]", "2:2", "this `[` is never closed"),
        ("++\n+[-]]", "2:5", "this `]` closes nothing"),
        ("[" * 5000, "1:5000", "never closed"),
    ],
)
def test_brackets(text: str, where: str, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        compiled(text)
    assert caught.value.render().startswith(f"x.bf:{where}: error: ")
    assert says in caught.value.message and caught.value.hint


def test_deep_nesting() -> None:
    depth = 5000
    assert tokens("[" * depth + "]" * depth) > 0


@pytest.mark.parametrize(
    ("text", "exception", "line"),
    [("+.\n<\n <+", "IndexError", 3), ("+[<+]", "IndexError", 1), (">" * 7 + "+[>+]", None, 0)],
)
def test_tape_limits(text: str, exception: str | None, line: int) -> None:
    result = interpret(compiled(text).program, max_steps=20_000)
    assert (result.trap and result.trap.exception) == exception
    assert exception is None or result.line == line


def test_right_end_of_the_tape() -> None:
    """With base 300 there are 90,000 cells, or half of them for a program that reads."""
    layout = Layout(base=300)
    text = "+[>+]"
    result = interpret(brainfuck.compile(brainfuck.parse(text), None, layout).program, max_steps=2_000_000)
    assert result.trap is not None and result.trap.message.endswith("cells 0 to 89999")
    reads = interpret(brainfuck.compile(brainfuck.parse(text + ","), None, layout).program, max_steps=2_000_000)
    assert reads.trap is not None and reads.trap.exception == "MemoryError"


def test_8_bit_cells_need_a_base_above_256() -> None:
    with pytest.raises(SourceError, match="base above 256"):
        brainfuck.compile(brainfuck.parse("+."), None, Layout(base=100))
    unbounded = brainfuck.compile(brainfuck.parse("+" * 65 + "."), Options("unbounded"), Layout(base=100))
    assert interpret(unbounded.program).output == "A"
