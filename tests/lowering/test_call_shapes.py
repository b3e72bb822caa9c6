"""Built-in functions as values have the parameters that CPython's have, as far as a program can use them."""

from __future__ import annotations

import ast
import builtins
import inspect

import pytest

from compiler import compile_program
from compiler.lowering.tagged.built_in_values import SIGNATURES, definition_for
from compiler.lowering.tagged.call_shapes import MANY

NAMES = sorted(name for name in SIGNATURES if hasattr(builtins, name))


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_cpython(name: str) -> None:
    """Of the parameters that can be given by name, where CPython tells them."""
    try:
        signature = inspect.signature(getattr(builtins, name))
    except ValueError:
        pytest.skip("CPython does not tell")
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    ours = [p.arg for p in [*SIGNATURES[name].args, *SIGNATURES[name].kwonlyargs]]
    assert ours == [p.name for p in signature.parameters.values() if p.kind in by_name]


@pytest.mark.parametrize(
    ("name", "least", "most", "keywords", "expected"),
    [
        ("int", 1, 1, frozenset(), "def int(x=__end__, /):\n    return int(x)"),
        ("int", 0, 0, frozenset(), "def int():\n    return 0"),
        ("int", 1, 2, frozenset(), "def int(x=__end__, /, base=__end__):\n    if base is __end__:\n        return int(x)\n    return int(x, base)"),
        ("sorted", 1, 1, frozenset({"reverse"}), "def sorted(iterable, /, *, reverse=False):\n    return sorted(iterable, key=None, reverse=reverse)"),
        ("dict", 0, 1, frozenset(), "def dict(iterable=(), /):\n    return dict(iterable)"),
        ("range", 2, 2, frozenset(), "def range(start, stop=__end__, /):\n    return range(start, stop)"),
        ("round", 1, MANY, None, "def round(number, ndigits=None):\n    if ndigits is None:\n        return round(number)\n    return round(number, ndigits)"),
    ],
)  # fmt: skip
def test_parameters_and_body(name: str, least: int, most: int, keywords: frozenset[str] | None, expected: str) -> None:
    assert ast.unparse(definition_for(name, least, most, keywords)) == expected


def size(source: str) -> int:
    return len(compile_program(source).numbers)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("print(list(map(int, ['11'])))\n", "print(list(map(int, ['11'], [3])))\n"),
        ("f = int\nprint(f('11'))\n", "f = int\nprint(f('11', 3))\n"),
        ("f = sorted\nprint(f([1, 2]))\n", "f = sorted\nprint(f([1, 2], reverse=True))\n"),
        ("x = ['a', 1]\nf = x[0].replace\nprint(f('a', 'b'))\n", "x = ['a', 1]\nf = x[0].replace\nprint(f(*'ab'))\n"),
    ],
)
def test_what_no_call_can_ask_is_not_in_the_prompt(narrow: str, wide: str) -> None:
    assert size(narrow) < size(wide)
