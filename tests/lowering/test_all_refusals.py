"""What is outside the language in a program of ordinary Python: all of it in one go, in the order of the text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.language.errors import SourceError
from tests.language.test_all_errors import marked

REFUSED = [
    # several in one statement, and in what it calls
    "¿import hashlib\nx = {}\nprint(hashlib.md5(¿b'abc'), ¿3j, x)\n",
    "def g():\n    return ¿2j\n\n\nprint(g(), [¿1j, ¿2j], {¿1j: g(), 2: ¿3j}, {1, ¿4j})\n",
    "def f():\n    return ¿1j\n\n\ndef g():\n    return f()\n\n\nx = ¿2j + g()\nprint({})\n",
    "x = lambda: ¿3j\nprint(x())\ny = ¿3j + (lambda: ¿4j)()\nz = {a: ¿5j for a in 'a'}\n",
    # the blocks of a refused statement
    "for c in ¿b'abc':\n    y = ¿2j\n    if c:\n        break\n    else:\n        continue\nelse:\n    z = ¿3j\n",
    "with ¿open('f') as f:\n    print(¿eval('1'))\nwhile ¿eval('1'):\n    x = ¿2j\nelse:\n    break_ = ¿3j\n",
    "try:\n    x = ¿1j\nexcept ¿eval('E'):\n    x = ¿2j\nelse:\n    x = ¿3j\nfinally:\n    x = ¿4j\n",
    "def f():\n    try:\n        return ¿1j\n    finally:\n        x = ¿2j\n\n\nf()\n",
    # what rests on a refused definition is not told, what is in it is
    "class A(¿int):\n    def f(self):\n        return ¿1j\n\n\nprint(A().f(), isinstance(1, A))\nprint(¿b'a')\n",
    "@¿eval('x')\ndef f(x):\n    return ¿1j\n\n\nprint(f(1, 2, 3), {})\n",
    "class I:\n    def __next__(self):\n        return ¿1j\n\n    def close(self):\n        pass\n\n\ndef g():\n    try:\n"
    "        ¿yield from I()\n    finally:\n        x = ¿2j\n\n\nprint(next(g()), next(I()), [])\n",
    # a module of Python's own that is only imported does no harm, one that is used is told where it is imported
    "¿import random, decimal\n¿from pprint import pprint\n\n\ndef f():\n    return random.random()\n\n\nprint({}, decimal.getcontext(), pprint(1), decimal)\n",
    # what is never called is not looked at
    "def f():\n    return 1j\n\n\nprint({}, ¿2j)\n",
]


def places_of(source: str) -> list[tuple[int, int]]:
    with pytest.raises(SourceError) as caught:
        compile_program(source)
    return [(error.span.line, error.span.column) for error in caught.value.errors]


@pytest.mark.parametrize("source", REFUSED)
def test_all_refusals_in_order(source: str) -> None:
    source, places = marked(source)
    assert places_of(source) == places


PROGRAMS = [
    path.read_text(encoding="utf-8")
    for path in Path(__file__).with_name("tagged").glob("*.txt")
    if path.stem in ("classes", "exceptions", "generators")
]
OUTSIDE = [
    "import numpy",
    "from numpy import array",
    "x_ = b'a'",
    "x_ = [1, 2j]",
    "print(eval('1'))",
    "async def f_(): pass",
    "with open('f') as f_: pass",
    "class C_(int): pass",
    "print('a'.encode(), end='')",
]


@settings(max_examples=12)
@given(st.sampled_from(PROGRAMS), st.data())
def test_planted_refusals_are_all_found(source: str, data: st.DataObject) -> None:
    """Bad lines in front of statements of the module level of a good program: exactly they are told, in order."""
    lines = source.split("\n")
    first = {s.lineno: s.col_offset for s in reversed(statements(ast.parse(source).body))}
    starts = {line: column for line, column in first.items() if not lines[line - 1][:column].strip()}
    places = sorted(data.draw(st.sets(st.sampled_from(sorted(starts)), min_size=1, max_size=30)))
    expected = []
    for count, line in enumerate(places):
        lines.insert(line - 1 + count, " " * starts[line] + data.draw(st.sampled_from(OUTSIDE)))
        expected.append(line + count)
    assert [line for line, _ in places_of("\n".join(lines))] == expected


def statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body, and those in blocks of them, that are neither decorated nor an `elif`."""
    found = []
    for s in body:
        decorated = isinstance(s, ast.FunctionDef | ast.ClassDef) and s.decorator_list
        found += [] if decorated else [s]
        if isinstance(s, ast.For | ast.While | ast.Try | ast.With):
            found += statements([*s.body, *getattr(s, "orelse", []), *getattr(s, "finalbody", [])])
    return found


SYNTAX = [
    # what cannot be read and what is outside the language, together
    "¿import numpy\nx = ¿= 1\nclass A¿(:\n    def f(self):\n        return 1j\nprint(A().f())\ny = {1: ¿2j}\n",
    "def f(x ¿y):\n    return 1j\nprint(f(1))\nx = ¿2j\n",
    "try:\n    x = 1 ¿1\nexcept ValueError ¿e:\n    x = 2 ¿2\nelse:\n    x = ¿1j\n",
    "for i in range(3)¿\n    print(¿1j)\n¿  print(2)\nwhile True ¿print(1)\n",
    "x = ¿[1, 2\ny = ¿(3\nprint(x¿]\nz = {}\n",
    "match x ¿y:\n    case 1: pass\n    case 2 ¿3: pass\nx = {}\n",
    "with a ¿b:\n    x = ¿1j\nasync ¿x\n@f ¿g\ndef h():\n    return 1\nx = {}\n",
    "x = {\n    1: 2,\n    3 ¿4,\n}\nlambda x ¿x: 1\nx = f'{¿}'\n",
]


@pytest.mark.parametrize("source", SYNTAX)
def test_all_syntax_errors_in_order(source: str) -> None:
    source, places = marked(source)
    assert places_of(source) == places
