"""The library's functions as object code: a program has the same code as with each of them written anew."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from compiler.compiling import compile_program
from compiler.language.checker import check
from compiler.language.parser import parse
from compiler.lowering import functions, lower
from compiler.lowering.assembler import Assembler
from compiler.lowering.library import library
from compiler.lowering.object_code import Template, object_code
from compiler.lowering.unit import Tagged, Unit
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import RamProgram
from interpreter.strategies.ordinary import ordinary_programs
from interpreter.strategies.programs import programs


def lowered(source: str, layout: Layout) -> RamProgram:
    return lower(check(parse(source)), layout)


def none_is_kept(layout: Layout, name: str, tagged: Tagged | None = None) -> None:
    """Stands for a library of which no function is object code."""


def anew(source: str, layout: Layout) -> RamProgram:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "_library_function", none_is_kept)
        return lowered(source, layout)


@given(programs(max_statements=5))
@settings(max_examples=30)
def test_random_programs(source: str) -> None:
    assert lowered(source, Layout()) == anew(source, Layout())


@given(ordinary_programs(max_statements=4))
@settings(max_examples=10)
def test_random_programs_whose_values_carry_tags(source: str) -> None:
    program = compile_program(source).program
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "_library_function", none_is_kept)
        assert program == compile_program(source).program


def test_functions_of_tagged_programs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_program("x = [1, 'a']\nprint(x)\n")
    written: list[str] = []
    monkeypatch.setattr(functions, "_write_function", lambda unit, checked, name: written.append(name))
    compile_program("y = ['b', 2]\nprint(y)\n")
    assert not written


@pytest.mark.parametrize("layout", [Layout(base=100), Layout()], ids=repr)
def test_what_reads_input_and_prints_much(layout: Layout) -> None:
    source = (
        "a = list(map(int, input().split()))\nprint(a, max(a), sum(a) // 7, a[0] ** 9)\nprint(input()[1:3] * a[1])\n"
    )
    program = lowered(source, layout)
    assert program.library and program.input_area is not None
    assert program == anew(source, layout)


def test_most_of_the_library_is_kept() -> None:
    kept = [name for name in library(Layout()).functions if functions._library_function(Layout(), name)]
    assert len(kept) == len(library(Layout()).functions)


def test_what_another_program_gives_in_another_way_is_not_kept() -> None:
    checked = library(Layout())
    unit = Template(Assembler(Layout()), checked, checked, lambda program, name: None)
    assert object_code(unit) is not None
    unit.assembler.global_cell()
    assert object_code(unit) is None


def test_a_text_lies_where_the_program_has_room() -> None:
    checked = library(Layout())
    template = Template(Assembler(Layout()), checked, checked, lambda program, name: None)
    template.assembler.constant(template.text("ab"))
    kept = object_code(template)
    assert kept is not None
    unit = Unit(Assembler(Layout()), checked, checked, lambda program, name: None)
    address = unit.text("before")
    kept.place(unit)
    assert unit.texts["ab"] == address + len("before") + 1 in unit.assembler.constants
