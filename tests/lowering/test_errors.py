"""Run-time errors: CPython's exception and message, at CPython's line; compile errors where cells run out."""

from __future__ import annotations

import pytest

from compiler.language.checker import check_source
from compiler.language.errors import SourceError
from compiler.lowering import lower
from compiler.machines.ram.isa import Layout
from tests.lowering.running import assert_like_python, assert_message, run

ERRORS = [
    ("a = [1, 2, 3]\nprint(1)\nprint(a[3])", "list index out of range"),
    ("a = [1]\nprint(a[-2])", "list index out of range"),
    ("a = [1, 2, 3]\na[-4] = 1", "list assignment index out of range"),
    ("a = [1]\nfor i in range(3):\n    a[i] += 1", "list index out of range"),
    ("print('ab'[2])", "string index out of range"),
    ("s = 'a'\nprint(s[-2])", "string index out of range"),
    ("print([].pop())", "pop from empty list"),
    ("a = [1]\na.pop(3)", "pop index out of range"),
    ("x = 0\nprint(5 // x)", "integer division or modulo by zero"),
    ("x = 0\nprint(5 % x)", "integer modulo by zero"),
    ("x = 0\na, b = divmod(5, x)", "integer division or modulo by zero"),
    ("x = -1\nprint(1 << x)", "negative shift count"),
    ("x = -1\nprint(1 >> x)", "negative shift count"),
    ("print(pow(2, 3, 0))", "pow() 3rd argument cannot be 0"),
    ("print(chr(-1))", "chr() arg not in range(0x110000)"),
    ("a = []\nprint(max(a))", "max() arg is an empty sequence"),
    ("a = []\nprint(min(a))", "min() arg is an empty sequence"),
    ("n = 0\nfor i in range(1, 5, n):\n    print(i)", "range() arg 3 must not be zero"),
    ("n = 0\nprint([1][::n])", "slice step cannot be zero"),
    ("a, b = [1, 2, 3]", "too many values to unpack (expected 2)"),
    ("a, b = [0 for i in range(0)]", "not enough values to unpack (expected 2, got 0)"),
    ("for a, b, c in [[1, 2, 3], [1, 2]]:\n    print(a)", "not enough values to unpack (expected 3, got 2)"),
    ("def f(n):\n    return 1 + f(n + 1)\nf(0)", "maximum recursion depth exceeded"),
    ("input()", "EOF when reading a line"),
    ("assert 1 == 2", ""),
    ("assert 1 == 2, 'boom'", "boom"),
    ("x = 'b'\nassert x == '', x + 'ang'", "bang"),
    ("x = 5\nassert x < 0, x > 3", "True"),
    ("x = 5\nassert x < 0, [x, -x]", "[5, -5]"),
    ("x = 5\nassert x < 0, f'x is {x}'", "x is 5"),
    ("x = 'b'\nassert x == '', x[0]", "b"),
    ("if len('a') == 2:\n    y = 1\nprint(y)", "name 'y' is not defined"),
    (
        "def f(n):\n    if n > 0:\n        z = 1\n    return z\nprint(f(1))\nprint(f(0))",
        "cannot access local variable 'z' where it is not associated with a value",
    ),
    ("def f(a):\n    return a[1]\n\n\nprint(\n    f([1])\n)", "list index out of range"),
    ("x = [1,\n     2][\n    5]\nprint(x)", "list index out of range"),
    ("print([1][9223372036854775807])", "list index out of range"),
    ("print([1][9223372036854775808])", "cannot fit 'int' into an index-sized integer"),
    ("print('a'[-9223372036854775809])", "cannot fit 'int' into an index-sized integer"),
]


@pytest.mark.parametrize(("source", "message"), ERRORS)
def test_message(source: str, message: str) -> None:
    if "recursion" in message:  # CPython words it longer, depending on where it notices
        assert_like_python(source)
    else:
        assert_message(source, message)


@pytest.mark.parametrize("text", ["", "x", "1 2", "--1", "1_", "_1", "1__0", "+", "1.5"])
def test_no_integer(text: str) -> None:
    assert_like_python("print(int(input()))", text + "\n")


@pytest.mark.parametrize("text", ["1 x", "1 2_ 3", "- 1"])
def test_no_integers(text: str) -> None:
    assert_like_python("print(list(map(int, input().split())))", text + "\n")


def test_not_enough_values() -> None:
    assert_like_python("a, b = [1]")


def test_error_in_library_is_reported_at_the_call() -> None:
    result = run("x = 5\n\n\ny = 2 ** (x - 9)\n")
    assert result.trap is not None and result.trap.exception == "ValueError" and "float" in result.trap.message
    assert result.line == 4


def test_dynamic_assert_message_is_evaluated() -> None:
    assert_like_python("x = [1]\nassert x[0] == 2, f'{x[5]}'")


def test_out_of_memory() -> None:
    result = run("a = [0] * 500\nb = [[1] * 500 for i in range(1000)]\n", layout=Layout(base=100, groups=2))
    assert result.trap is not None and result.trap.exception == "MemoryError" and result.line == 2


@pytest.mark.parametrize(
    "source",
    [
        "\n".join(f"x{i} = {i}" for i in range(60)),
        "def f(" + ", ".join(f"a{i}" for i in range(20)) + "):\n    return a0\nprint(f(" + ", ".join("1" * 20) + "))",
        "def f(a0):\n" + "".join(f"    a{i} = a{i - 1} + 1\n" for i in range(1, 40)) + "    return a39\nprint(f(1))",
    ],
)
def test_too_few_cells(source: str) -> None:
    checked = check_source(source, "wide.py")
    lower(checked, Layout(base=1000))
    with pytest.raises(SourceError, match=r"wide.py:\d+:\d+: error: .*base 100") as caught:
        lower(checked, Layout(base=100))
    assert "larger base" in caught.value.message


def test_each_function_that_is_too_large_is_told() -> None:
    wide = "def {}(a0):\n" + "".join(f"    a{i} = a{i - 1} + 1\n" for i in range(1, 40)) + "    return a39\n\n\n"
    checked = check_source(wide.format("f") + wide.format("g") + "print(f(1) + g(2))\n", "wide.py")
    with pytest.raises(SourceError) as caught:
        lower(checked, Layout(base=100))
    assert [error.message.split(" more than")[0] for error in caught.value.errors] == ["`f` needs", "`g` needs"]
    assert [error.span.line for error in caught.value.errors] == [1, 44]


def test_too_many_instructions() -> None:
    checked = check_source("x = 1\n" + "print(x)\n" * 200, "long.py")
    lower(checked, Layout(base=100))
    message = r"long.py:1:1: error: the program needs 402 instructions, and base 20 has jumps for at most 380; .*larger"
    with pytest.raises(SourceError, match=message):
        lower(checked, Layout(base=20))
