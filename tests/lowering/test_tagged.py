"""Programs of ordinary Python, whose values carry tags, beside CPython: one file an area in the folder `tagged`."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import compile_program
from compiler.language.assignment import maybe_unbound
from compiler.language.errors import SourceError
from compiler.language.refusals import Report
from compiler.language.scopes import resolve_names
from compiler.lowering.library import library
from compiler.machines.ram.isa import Layout
from interpreter import run
from interpreter.references.ram import interpret
from interpreter.simulators.cpython import run_python

AREAS = sorted(Path(__file__).with_name("tagged").glob("*.txt"))


@pytest.mark.parametrize("path", AREAS, ids=lambda path: path.stem)
def test_prints_what_cpython_prints(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    result = interpret(compile_program(source).program, max_steps=5_000_000)
    expected = run_python(source)
    assert (result.output, expected.exception) == (expected.output, None)
    assert (result.ended, result.trap) == ("halt", None)


def test_on_the_transformer() -> None:
    source = 'd = {"a": [1, None], "b": (2.5, "x")}\nfor k, v in d.items():\n    print(k, v)\n'
    result = run(compile_program(source))
    assert (result.output, result.ended) == ("a [1, None]\nb (2.5, 'x')\n", "halt")


@pytest.mark.parametrize(
    ("source", "exception"),
    [
        ("print([1, 'a'][2])", "IndexError"),
        ("print({}['k'])", "KeyError"),
        ("x = 1 + 'a'", "TypeError"),
        ("print((1).foo)", "AttributeError"),
        ("def f():\n    raise ValueError('no')\nf()", "ValueError"),
        ("class E(Exception): pass\ntry:\n    raise E()\nfinally:\n    print(1)", "E"),
        ("print(1.5 / 0)", "ZeroDivisionError"),
        ("def f():\n    print(x)\n    x = [None]\nf()", "UnboundLocalError"),
        ("print(nothing)", "NameError"),
        ("a, b = {1: 2}", "ValueError"),
    ],
)
def test_uncaught_exceptions(source: str, exception: str) -> None:
    expected = run_python(source)
    assert expected.exception == exception
    result = interpret(compile_program(source).program, max_steps=1_000_000)
    assert (result.output, result.trap and result.trap.exception) == (expected.output, exception)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import re\n", "the module `re` is not in the language"),
        ("x = {1: 2}\nprint('a'.encode())\n", "the method `encode` is not in the language"),
        ("x = [b'a', 1]\n", "bytes are not in the language"),
        ("x = {}\nasync def f(): pass\n", "`functiondef` is not in the language"),
        ("x = {}\nprint(eval('1'))\n", "`eval` is not in the language"),
    ],
)
def test_refusals(source: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        compile_program(source)
    assert caught.value.message == message


def test_the_library_reads_nothing_unassigned() -> None:
    """`library` takes that as known, since looking for it takes seconds."""
    checked = library(Layout(), True)
    report = Report()
    assert maybe_unbound(checked.module, resolve_names(checked.module, report), report) == frozenset()
    assert not report.refusals
