"""Programs of ordinary Python, whose values carry tags, beside CPython: one file an area in the folder `tagged`."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import compile_program
from compiler.language.assignment import maybe_unbound
from compiler.language.errors import SourceError
from compiler.language.refusals import Report
from compiler.language.scopes import resolve_names
from compiler.lowering.library import OPERATORS, library
from compiler.lowering.tagged.tables import BINARY, SPECIAL_OF
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import Trap
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


MESSAGES = Path(__file__).with_name("messages.txt").read_text(encoding="utf-8").splitlines()
"""Programs that end in an exception, one a line, with `\\n` for the ends of lines and `\\\\n` for the escape."""


def unfolded(line: str) -> str:
    return line.replace("\\n", "\n").replace("\\\n", "\\n") + "\n"


@pytest.mark.parametrize("line", MESSAGES)
def test_uncaught_exceptions(line: str) -> None:
    """CPython's exception, message and line, whether the program is tagged or not."""
    source = unfolded(line)
    expected = run_python(source)
    result = interpret(compile_program(source).program, max_steps=1_000_000)
    trap = result.trap or Trap("none", "")
    assert (result.output, trap.message, result.line) == (expected.output, expected.message, expected.line)
    assert trap.exception.rpartition(".")[2] == (expected.exception or "none")


EXITS = ["sys.exit()", "sys.exit(0)", "raise SystemExit(False)", "sys.exit(3)", "raise SystemExit(True)",
         "sys.exit('what a pity')", "raise SystemExit", "raise SystemExit(1, 2)", "sys.exit([])", "sys.exit('3')",
         "try:\n    sys.exit(-1)\nexcept Exception:\n    print('no')\nfinally:\n    print('b')",
         "class Stop(SystemExit):\n    pass\nraise Stop(0.0)",
         "try:\n    sys.exit(4)\nexcept SystemExit as e:\n    print(repr(e))\nsys.exit(5)"]  # fmt: skip


@pytest.mark.parametrize("ending", EXITS)
def test_exits(ending: str) -> None:
    """Status, or the line on standard error."""
    source = f"import sys\nprint('a')\n{ending}\n"
    expected = run_python(source)
    result = interpret(compile_program(source).program, max_steps=1_000_000)
    trap = result.trap and (result.trap.exception, result.trap.message)
    assert (result.output, trap) == (
        expected.output,
        expected.exception and (expected.exception, expected.message),
    )


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("d = {}\nprint(1)\nd['a']", ("1\n", "  File \"<program>\", line 3\n    d['a']\nKeyError: 'a'")),
        (
            "def f(x):\n    try:\n        return 1 // x\n    except KeyError:\n        return [None]\nprint(f(2))\nf(0)\n",
            ("0\n", '  File "<program>", line 3\n    return 1 // x\n'
             "ZeroDivisionError: integer division or modulo by zero"),
        ),
        ("class E(Exception): pass\nraise E('a\\nb', 2.5)\n", ("", '  File "<program>", line 2\n'
         "    raise E('a\\nb', 2.5)\nE: ('a\\nb', 2.5)")),
    ],
)  # fmt: skip
def test_reports(source: str, rendered: tuple[str, str]) -> None:
    """What `punchtape run` says, on the transformer: the message is no output of the program."""
    result = run(compile_program(source))
    assert result.error is not None
    assert (result.output, result.error.render()) == rendered


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import socket\nsocket.socket()\n", "the module `socket` is not in the language"),
        ("x = {1: 2}\nprint('a'.encode())\n", "the method `encode` is not in the language"),
        ("x = [b'a', 1]\n", "bytes are not in the language"),
        ("x = {}\nasync def f(): pass\n", "`async def` is not in the language"),
        ("x = {}\nprint(eval('1'))\n", "`eval` is not in the language"),
        ("from enum import Enum\nA, B = Enum('P', 'A, B')\nprint(A)\n", "this call of `Enum` is not in the language"),
        (
            "class I:\n    def __next__(self): return 1\n    def close(self): pass\ndef g(): yield from I()\nx = [g(), None]\n"
            "next(x[0])\n",
            "`yield from` beside an iterator that has `throw` or `close`",
        ),
    ],
)
def test_refusals(source: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        compile_program(source)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    print(repr(len))\nexcept Exception:\n    print('caught')\n",
        "import copy\ntry:\n    copy.copy(x for x in [])\nexcept Exception:\n    print('caught')\n",
        "class A: pass\ndef give(c): c.x = 1\ntry:\n    give(A)\nexcept Exception:\n    print('caught')\n",
        "def g():\n    try:\n        yield 1\n    finally:\n        print('end')\nfor x in g(): break\n",
        "def g():\n    try:\n        yield 1\n    except:\n        print('end')\ni = g(); next(i); 1 // 0\n",
    ],
)
def test_nothing_catches_what_is_outside_the_language(source: str) -> None:
    """A program that goes on from there would print something else than in CPython."""
    result = interpret(compile_program(source).program, max_steps=100_000)
    assert result.output == ""
    assert result.trap is not None and result.trap.exception == "NotImplementedError"


@pytest.mark.parametrize("name", ["__del__", "__get__", "__set_name__", "__getattribute__", "__trunc__", "__await__"])
def test_special_methods_that_nothing_calls(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        compile_program(f"class A:\n    def {name}(self, *a): return 1\nx = [A(), None]\n")
    assert caught.value.message == f"`{name}` is not in the language"


def test_the_library_reads_nothing_unassigned() -> None:
    """`library` takes that as known, since looking for it takes seconds."""
    checked = library(Layout(), True)
    report = Report()
    assert maybe_unbound(checked.module, resolve_names(checked.module, report), report) == frozenset()
    assert not report.refusals


def test_operators_are_numbered_in_one_way() -> None:
    """The library counts them by `OPERATORS`, what the lowering writes by the order of the table."""
    assert len(SPECIAL_OF) == OPERATORS and SPECIAL_OF.keys() == BINARY.keys()
