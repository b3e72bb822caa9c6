"""The assembly language: every listing is a program, names and labels, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.compiling import compile_program
from compiler.front_ends import assembly
from compiler.language.errors import SourceError
from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import InputArea, RamProgram, Trap
from compiler.machines.ram.prompt import Prompt
from interpreter.references.ram import interpret
from interpreter.strategies.ram import ram_programs
from interpreter.traces.ram.listing import listing
from tests.programs.cases import PROGRAMS, program_names

LAYOUTS = [Layout(base=10, max_depth=5), Layout(base=20, groups=3), Layout()]


def assembled(text: str, layout: Layout | None = None) -> RamProgram:
    return assembly.compile(assembly.parse(text, "x.ram"), None, layout).program


def same(program: RamProgram, layout: Layout) -> RamProgram:
    """What is left of a program when it is listed and assembled again; places in the source are others."""
    again = assembled("\n".join(listing(Prompt(program))), layout)
    assert (again.format, again.origins[0].line > 0) == ("ram", True)
    return replace(again, format="", origins=(), source="", filename="")


@st.composite
def programs(draw: st.DrawFn, layout: Layout) -> RamProgram:
    """Programs with all that a listing says."""
    program = draw(ram_programs(layout))
    exceptions = st.builds(Trap, st.sampled_from(["ValueError", "MyError"]), st.text(max_size=5))
    numbers = st.integers(0, len(program.instructions) - 1)
    area = draw(st.none() | st.builds(InputArea, st.integers(layout.base, 2 * layout.base), st.integers(0, 5)))
    return replace(program, traps=draw(st.dictionaries(numbers, exceptions, max_size=2)), input_area=area)


@pytest.mark.parametrize("layout", LAYOUTS, ids=repr)
@given(data=st.data())
@settings(max_examples=50)
def test_a_listing_makes_the_same_program(layout: Layout, data: st.DataObject) -> None:
    program = data.draw(programs(layout))
    assert same(program, layout) == program


@pytest.mark.parametrize("name", program_names())
def test_listings_of_the_examples(name: str) -> None:
    program = compile_program((PROGRAMS / f"{name}.py").read_text(encoding="utf-8"), f"{name}.py").program
    bare = replace(program, origins=(), source="", filename="", library=frozenset())
    assert same(program, Layout()) == bare


def test_every_instruction_has_a_form() -> None:
    forms = {
        "ADD g1 s2 n3": Instruction(Opcode.ADD, 1, 602, 903),
        "SHR g1 g2": Instruction(Opcode.SHR, 1, 0, 2),
        "STORE g1 g2 g3": Instruction(Opcode.STORE, 1, 2, 3),
        "JLT g1 g2 ->here": Instruction(Opcode.JLT, 1, 2, 500),
        "JMP ->0": Instruction(Opcode.JMP, 0, 0, 0),
        "CALL ->here": Instruction(Opcode.CALL, 0, 0, 0),
        "RET": Instruction(Opcode.RET),
        "PUT ';'": Instruction(Opcode.PUT, 0, 0, 59),
        "PUT 7": Instruction(Opcode.PUT, 0, 0, 7),
        "OUTI g5": Instruction(Opcode.OUTI, 5),
        "HALT": Instruction(Opcode.HALT),
    }
    for text, instruction in forms.items():
        assert assembled(f"here: {text}; a comment").instructions == (instruction,)


def test_names_constants_and_data() -> None:
    program = assembled(
        """\
        g1 = 7                        # this cell is given away to nobody else
        cell x = 40
        cell y
        name z = s0
        name two = 2
        name letter = '\\x41'
        heap 700 = 1 'B' "CD" 0 * 2 -5
        heap table = 10 20 30
        entry ->start
over:   HALT
start:  ADD x two x
        ADD x g1 y
        LOAD table 2 z
        OUTI y
        PUT ' '
        OUTC letter
        OUTI z
        LOAD 703 0 z
        OUTC z
        JMP ->over
        """
    )
    assert interpret(program).output == "49 A30D"
    assert [value for address, value in program.data if address >= 700] == [1, 66, 67, 68, 0, 0, -5, 10, 20, 30]


def test_zero_where_cell_0_is_a_variable() -> None:
    assert interpret(assembled("g0 = 5\nADD g0 0 g1\nOUTI g1\nHALT")).output == "5"


def test_input() -> None:
    text = "input text free room\nLOAD text 0 s0\nOUTI s0\nSUB room text s1\nOUTI s1\nLOAD text s0 s2\nOUTC s2\nHALT"
    assert interpret(assembled(text), "xyz").output == "34z"


def test_a_branch_that_goes_far() -> None:
    """With base 10 a branch reaches 5 instructions back and 4 on."""
    head, branches = "cell n\nback: ADD n 1 n\n", "JLT n 2 ->back\nJIN n 9 ->end\n"
    program = assembled(head + "OUTI n\n" * 9 + branches + "PUT 8\n" * 9 + "end: HALT", Layout(base=10))
    assert interpret(program).output == "1" * 9 + "2" * 9
    assert len(program.instructions) == 1 + 9 + 2 + 3 + 9 + 1


def test_a_trap_ends_the_run_as_an_error() -> None:
    result = interpret(assembled("PUT 'a'\nQUO g1 g2 g3 raises ZeroDivisionError 'as always'\nHALT"))
    assert (result.output, result.trap, result.line) == ("a", Trap("ZeroDivisionError", "as always"), 2)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("ADD g1 g2", "1:1", "`ADD` has 3 operands, here are 2"),
        ("HALT\n  RET g1", "2:3", "`RET` has 0 operands"),
        ("OUTI g1 g2", "1:1", "`OUTI` has 1 operand,"),
        ("add g1 g2 g3", "1:1", "no instruction `add`"),
        ("NOP", "1:1", "no instruction `NOP`"),
        ("JMP loop", "1:5", "needs a target"),
        ("JMP ->loop", "1:5", "no label `loop`"),
        ("JMP ->1", "1:5", "no instruction 1"),
        ("a: HALT\na: RET", "2:1", "there twice"),
        ("HALT\nend:", "2:1", "no instruction after"),
        ("; nothing", "1:1", "no instruction"),
        ("OUTI g600", "1:6", "no cell `g600`"),
        ("OUTI s300", "1:6", "no cell `s300`"),
        ("OUTI n100", "1:6", "no cell `n100`"),
        ("OUTI x", "1:6", "no cell `x`"),
        ("ADD g1 g2 5", "1:11", "`5` is no cell"),
        ("name five = 5\nADD g1 g2 five", "2:11", "is an integer"),
        ("MUL g1 g2 g2", "1:1", "different cells"),
        ("SHL g2 g1 g2", "1:1", "different cells"),
        ("OUTI 'ab'", "1:6", "is no cell"),
        ("PUT 'ab'", "1:5", "no character"),
        ("PUT 1000", "1:5", "no character"),
        ("PUT 'a", "1:5", "does not fit"),
        (r"PUT '\x'", "1:5", "escape"),
        ("cell a\ncell a\nHALT", "2:6", "there twice"),
        ("cell a = 'bc'\nHALT", "1:10", "one character"),
        ("s0 = 5\nHALT", "1:1", "only global cells"),
        ("heap 999999 = 1 2\nHALT", "1:6", "do not fit into the heap"),
        ("heap -1 = 1\nHALT", "1:6", "do not fit into the heap"),
        ("heap t = 1 * -1\nHALT", "1:14", "so many times"),
        ("input a\ninput b\nHALT", "2:7", "there twice"),
        ("1 HALT", "1:1", "this is instruction 0, not 1"),
        ("0\nHALT", "1:1", "a number without"),
        ("HALT raises", "1:12", "too early"),
        ("g1 = " + "9" * 5000, "1:6", "4300 digits"),
        ("HALT ?", "1:6", "does not fit"),
    ],
)
def test_refusals(text: str, where: str, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        assembled(text)
    assert caught.value.render().startswith(f"x.ram:{where}: error: ")
    assert says in caught.value.message and caught.value.hint


def test_too_many_cells() -> None:
    with pytest.raises(SourceError, match="global cells"):
        assembled("\n".join(f"cell c{i}" for i in range(10)) + "\nHALT", Layout(base=10))
