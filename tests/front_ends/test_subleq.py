"""SUBLEQ: random programs of both dialects against the simulators, what they cost, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import subleq
from compiler.front_ends.subleq import Options
from compiler.front_ends.subleq.analysis import FIRST_RUN, first_run, plan
from compiler.front_ends.subleq.memory import memory_size
from compiler.front_ends.subleq.self_modifying import self_modifying
from compiler.language.errors import SourceError
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt
from interpreter import run
from interpreter.engines import create
from interpreter.engines.engine import Engine
from interpreter.references.ram import interpret
from interpreter.simulators.subleq import SubleqResult, simulate, simulate_separate
from interpreter.strategies.subleq import separate_programs, subleq_programs

MAX_STEPS = 300
EXCEPTIONS = {"no_address": "IndexError", "no_instruction": "IndexError", "no_character": "ValueError"}
SMALL = Layout(base=100)
SIZE = memory_size(Layout())

Separate = tuple[list[int], list[int]]
inputs = st.text(st.sampled_from("a\n\U0001f600\x01\x04\x05\x08"), max_size=3)
"""Among them are numbers of cells that a program may take as pointers into its code."""
integers = st.booleans()


@pytest.fixture(scope="module")
def indexed() -> Engine:
    return create("indexed", machine(Layout()))


def compiled(
    text: str, dialect: str = "self-modifying", integers: bool = False, layout: Layout | None = None
) -> Prompt:
    options = Options(dialect, "integers" if integers else "characters")  # type: ignore[arg-type]
    return subleq.compile(subleq.parse(text, "x.subleq"), options, layout)


def text_of(cells: list[int]) -> str:
    return "\n".join(map(str, cells))


def compiled_separate(program: Separate, integers: bool, layout: Layout | None = None) -> Prompt:
    code, data = program
    return compiled(f"{text_of(code)} data {text_of(data)}\n", "separate", integers, layout)


def explanation(line: int, expected: SubleqResult) -> str:
    """What the machine says of an error that is on no line of the text: at which cell it was.

    Of a character that does not fit it says nothing more."""
    return "" if line or expected.ended in ("halt", "no_character") else f"; stopped at cell {expected.at}"


def check_on_the_ram(prompt: Prompt, input_text: str, expected: SubleqResult) -> None:
    result = interpret(prompt.program, input_text, 40 * MAX_STEPS + 100)
    if expected.ended == "budget":
        assert result.output.startswith(expected.output)
        return
    assert result.output == expected.output
    message = result.trap.message if result.trap else ""
    assert message.endswith(explanation(result.line, expected))
    assert (result.trap and result.trap.exception) == EXCEPTIONS.get(expected.ended)


def check_on_the_transformer(prompt: Prompt, input_text: str, expected: SubleqResult, engine: Engine) -> None:
    result = run(prompt, input_text, engine=engine, max_tokens=50 * MAX_STEPS)
    if expected.ended == "budget":
        assert result.output.startswith(expected.output)
        return
    assert result.output == expected.output
    if result.error and not result.error.line:
        assert result.error.message.endswith(f"; stopped at cell {expected.at}")
    assert result.source_steps == expected.steps or expected.ended != "halt"
    assert (result.error and result.error.exception) == EXCEPTIONS.get(expected.ended)


@given(subleq_programs(memory_size(SMALL)), inputs, integers)
@settings(max_examples=200)
def test_self_modifying_code_on_the_ram(cells: list[int], input_text: str, integers: bool) -> None:
    expected = simulate(cells, memory_size(SMALL), input_text, integers, MAX_STEPS)
    check_on_the_ram(compiled(text_of(cells), integers=integers, layout=SMALL), input_text, expected)


@given(
    subleq_programs(SIZE), inputs, st.sampled_from([0, 16, 32, 64]), st.booleans(), st.booleans(), st.integers(0, 20)
)
@settings(max_examples=200)
def test_cells_that_wrap_and_other_halts(
    cells: list[int], input_text: str, bits: int, outside: bool, far: bool, first: int
) -> None:
    """far: numbers near the ends of their range, so that differences leave it; first: what the first run sees."""
    if far and bits:
        cells = [value + 2 ** (bits - 1) * (i % 3) if i % 4 == 3 else value for i, value in enumerate(cells)]
    chosen = Options(cells=f"{bits}-bit" if bits else "unbounded", halt="outside" if outside else "-1")  # type: ignore[arg-type]
    expected = simulate(cells, SIZE, input_text, False, MAX_STEPS, bits, outside)
    program = subleq.parse(text_of(cells), "x.subleq")
    prompt = Prompt(self_modifying(program.code, program.source, False, Layout(), chosen.memory, first))
    check_on_the_ram(prompt, input_text, expected)


def test_a_difference_that_wraps() -> None:
    """In 16 bits, -20000 - 20000 is 25536: above 0, so there is no jump; 20000 + 20000 is below 0."""
    # y - x at cells 20, 21; a jump prints b, else a; both then halt.
    for x, y, letter in (
        (20_000, -20_000, "a"),
        (-20_000, 20_000, "b"),
        (-32_768, 0, "b"),
        (1, -32_768, "a"),
        (2, 1, "b"),
    ):
        text = f"20 21 9  22 -1 0  0 0 -1  23 -1 0  0 0 -1  0 0 0 0 0  {x} {y} 97 98"
        for bits in ("16-bit", "32-bit"):
            chosen = Options(cells=bits)  # type: ignore[arg-type]
            result = interpret(subleq.compile(subleq.parse(text, "x.subleq"), chosen).program, "", 1000)
            narrow = simulate([int(n) for n in text.split()], SIZE, bits=int(bits[:2]))
            assert result.output == narrow.output
        assert simulate([int(n) for n in text.split()], SIZE, bits=16).output == letter


@given(subleq_programs(SIZE), inputs, integers)
@settings(max_examples=40)
def test_self_modifying_code_on_the_transformer(
    indexed: Engine, cells: list[int], input_text: str, integers: bool
) -> None:
    expected = simulate(cells, SIZE, input_text, integers, MAX_STEPS)
    check_on_the_transformer(compiled(text_of(cells), integers=integers), input_text, expected, indexed)


@given(separate_programs(), inputs, integers)
@settings(max_examples=200)
def test_separate_code_on_the_ram(program: Separate, input_text: str, integers: bool) -> None:
    expected = simulate_separate(*program, input_text, integers, MAX_STEPS)
    check_on_the_ram(compiled_separate(program, integers, SMALL), input_text, expected)


@given(separate_programs(), inputs, integers)
@settings(max_examples=40)
def test_separate_code_on_the_transformer(indexed: Engine, program: Separate, input_text: str, integers: bool) -> None:
    expected = simulate_separate(*program, input_text, integers, MAX_STEPS)
    check_on_the_transformer(compiled_separate(program, integers), input_text, expected, indexed)


def tokens(prompt: Prompt) -> int:
    result = run(prompt, engine="reference", max_tokens=10_000)
    assert result.ended == "halt"
    return result.trace_tokens


def test_cost_of_an_instruction() -> None:
    """2 tokens: a subtraction and a branch. All these if the numbers are below the base."""

    def of(rounds: int, cells: str = "unbounded") -> int:
        chosen = Options(cells=cells)  # type: ignore[arg-type]
        # An instruction that clears a cell, one that goes on after itself, and one that jumps back; then the halt.
        text = f"20 20 3  18 19 9  20 20 0  20 20 -1  0 0 0  0 0 0  1 {rounds + 1} 0"
        return tokens(subleq.compile(subleq.parse(text, "x.subleq"), chosen))

    assert of(12) - of(2) == 10 * (1 + 2 + 2)
    assert of(12, "16-bit") - of(2, "16-bit") == 10 * (1 + 3 + 2)


def test_cost_of_a_pointer() -> None:
    """6 tokens for an instruction that reads through a pointer; the other two are one without a jump, and one with."""

    def of(length: int) -> int:
        return tokens(compiled(f"14 -1 3  12 0 6  12 13 0  13 13 -1  -1 {1 - length} " + "65 " * length))

    assert of(12) - of(2) == 10 * (6 + 1 + 2)


def test_cost_of_writing_through_a_pointer() -> None:
    """9 tokens: whether the cell is an address, and none that is assumed to stay, two numbers, and their difference."""

    def of(length: int) -> int:
        # The first instruction takes 1 from a cell of the text, the second moves on its b.
        return tokens(compiled(f"15 19 3  16 1 6  16 17 0  18 18 -1  0 0 0  1 -1 {1 - length} 0 " + "65 " * length))

    assert of(12) - of(2) == 10 * (9 + 1 + 2)


def test_a_program_that_changes_what_was_assumed() -> None:
    """The input, which the first run does not have, says which cell the second instruction writes to."""
    text = "-1 4 3  20 0 6  23 23 9  21 -1 12  23 23 -1  0 0 0 0 0  -1 97 98 0"
    cells = [int(number) for number in text.split()]
    found = plan(cells, SIZE, first_run(cells, SIZE, int))
    assert found.instructions[3].b is None and 9 in found.assumed
    for typed in ("", *map(chr, range(len(cells) + 2))):
        check_on_the_ram(compiled(text), typed, simulate(cells, SIZE, typed))
    assert interpret(compiled(text).program, "\x09").output == "b"
    assert interpret(compiled(text).program, "\x16").output == "a"


def test_what_was_assumed_and_is_not_so_stays_interpreted() -> None:
    """As above, but again and again: the second write is to data, and leads to the instruction that was changed."""
    text = "-1 4 3  20 0 6  23 23 9  21 -1 12  23 23 0  0 0 0 0 0  -1 97 98 0"
    expected = simulate([int(number) for number in text.split()], SIZE, "\x09\x14", max_steps=MAX_STEPS)
    assert expected.output.startswith("bb")
    check_on_the_ram(compiled(text), "\x09\x14", expected)


def test_what_the_first_run_does_not_see_is_interpreted_and_left_again() -> None:
    """Cell 2, a target of jumps, is 6, then 15, then 24: nothing else leads there."""
    text = "34 34 6  0 0 0  35 -1 9  37 2 12  34 34 0  36 -1 18  37 2 21  34 34 0  34 34 -1  0 0 0 0 0 0 0  0 97 98 -9"
    source = subleq.parse(text, "x.subleq")
    expected = simulate([number.value for number in source.code], SIZE)
    assert expected.output == "ab"
    steps = []
    for first in (0, 5, FIRST_RUN):
        program = self_modifying(source.code, source.source, False, Layout(), Options().memory, first)
        check_on_the_ram(Prompt(program), "", expected)
        steps.append(interpret(program).steps)
    assert steps[0] > steps[1] > steps[2]


def test_what_is_assumed() -> None:
    """The numbers of instructions that neither the first run nor a b that is assumed writes to."""
    cells = [12, 13, 3, 13, 4, 6, 14, 14, -1]
    found = plan(cells, SIZE, first_run(cells, SIZE, int))
    assert found.assumed == {0, 1, 2, 3, 5, 6, 7, 8} and found.instructions[3].b is None


def test_a_program_with_too_many_addresses_is_interpreted_as_a_whole() -> None:
    """There are not enough global cells for the addresses of all cells."""

    def size(count: int) -> int:
        return len(compiled("".join(f"{9000 + 64 * i} 0 0 " for i in range(count))).program.instructions)

    assert size(100) > 2 * 100
    assert size(400) < 100


def test_cost_of_an_interpreted_instruction() -> None:
    """20 tokens, and 23 for one that jumps."""
    unused = "".join(f"{9000 + 64 * i} 8999 0 " for i in range(400))

    def of(rounds: int) -> int:
        return tokens(compiled(f"15 15 3  12 13 18  15 15 0  0 0 0  1 {rounds + 1} 0 0 0 0  15 14 -1 {unused}"))

    assert of(12) - of(2) == 10 * (23 + 20 + 23)


def test_cost_of_an_instruction_of_separate_code() -> None:
    """2 tokens: a subtraction and a branch."""

    def of(rounds: int) -> int:
        return tokens(compiled(f"0 1 2  2 2 0  2 2 -1 data 1 {rounds + 1}", "separate"))

    assert of(12) - of(2) == 10 * 4


@pytest.mark.parametrize(
    ("text", "dialect", "where", "says"),
    [
        ("0 0 -1\n1 x 2\n", "self-modifying", "2:3", "does not fit"),
        ("0 0 1.5", "self-modifying", "1:5", "does not fit"),
        ("; nothing\n", "self-modifying", "1:1", "no instruction"),
        ("0 0 -1\n data 1", "self-modifying", "2:2", "separate"),
        ("0 0 -1 data 1 data 2", "separate", "1:15", "does not fit"),
        ("0 0 -1\n0 0", "separate", "2:3", "not complete"),
        ("0 0 -1\n0 0 2", "separate", "2:5", "no instruction 2"),
        ("0 -2 -1", "separate", "1:3", "-2 is no address"),
        ("-1 -1 -1", "separate", "1:4", "-1 is no address"),
        ("9" * 5000 + " 0 0", "self-modifying", "1:1", "more than 4300 digits"),
    ],
)
def test_refusals(text: str, dialect: str, where: str, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        compiled(text, dialect)
    assert caught.value.render().startswith(f"x.subleq:{where}: error: ")
    assert says in caught.value.message and caught.value.hint


def test_capacity() -> None:
    with pytest.raises(SourceError, match="more address groups"):
        compiled("0 " * (memory_size(SMALL) + 1), layout=SMALL)
    with pytest.raises(SourceError, match="global cells"):
        compiled(" ".join(f"{i} {i} -1" for i in range(60)), "separate", layout=SMALL)


def test_comments_and_signs() -> None:
    program = subleq.parse("+3 4 -1 # to the end of the line\n; data\n5\t5", "x.subleq")
    assert [number.value for number in program.code] == [3, 4, -1, 5, 5]


def test_memory_never_wraps() -> None:
    """The last cell is there; the one after it, and what an instruction there would be, are not."""
    size = memory_size(SMALL)
    for cells, message in [
        ([size - 1, size - 1, -1], None),
        ([size, 0, -1], "operand a"),
        ([0, size, -1], "operand b"),
        ([-2, 0, -1], "operand a"),
        ([0, -2, -1], "operand b"),
        ([-1, size, -1], "operand b"),
        ([3, 3, size], "target"),
        ([3, 3, -2], "target"),
        ([3, 3, size - 1], "operand"),
    ]:
        result = interpret(compiled(text_of([*cells, 0]), layout=SMALL).program, max_steps=1000)
        assert (result.trap is None) if message is None else (result.trap and message in result.trap.message)
