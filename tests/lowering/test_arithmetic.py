"""Arithmetic on integers of any size and sign, against Python's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.machines.ram.isa import Layout
from interpreter.strategies.ram import integers
from tests.lowering.running import LAYOUTS, assert_like_python, run

BINARY = ("+", "-", "*", "//", "%", "&", "|", "^")


def operands(base: int) -> st.SearchStrategy[int]:
    near = st.builds(lambda i, j: 2**i + j, st.integers(0, 80), st.integers(-1, 1))
    return integers(base, 8) | near | near.map(lambda x: -x)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"base{layout.base}")
@given(data=st.data())
def test_binary(layout: Layout, data: st.DataObject) -> None:
    x, y = data.draw(operands(layout.base)), data.draw(operands(layout.base))
    names = f"x = {x}\ny = {y}\n"
    shown = [f"x {operator} y" for operator in BINARY if y != 0 or operator not in ("//", "%")]
    shown += ["x < y", "x <= y", "x == y", "x != y", "-x", "~x", "abs(y)", "x * x", "min(x, y)", "max(x, y)"]
    source = names + "".join(f"print({e})\n" for e in shown)
    variables = {"x": x, "y": y}
    expected = "".join(f"{eval(e, variables)}\n" for e in shown)
    assert run(source, layout=layout).output == expected


@st.composite
def divisions(draw: st.DrawFn, base: int) -> tuple[int, int]:
    """A number, and a divisor of two groups, so that a group of the quotient may be guessed one or two too large."""
    divisor = draw(st.integers(base, base**2 - 1) | st.integers(2, base).map(lambda top: top * base - 1))
    quotient = draw(st.integers(0, base**4) | st.integers(1, 4).map(lambda groups: base**groups - 1))
    rest = draw(st.integers(0, divisor - 1) | st.integers(max(0, divisor - 9), divisor - 1) | st.just(0))
    return quotient * divisor + rest, divisor


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"base{layout.base}")
@given(data=st.data())
def test_division_by_two_groups(layout: Layout, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(divisions(layout.base), min_size=4, max_size=4))
    lines = [f"x = {x}\ny = {y}\nprint(x // y, x % y, -x // y, x % -y, -x % -y)\n" for x, y in pairs]
    expected = "".join(f"{x // y} {x % y} {-x // y} {x % -y} {-x % -y}\n" for x, y in pairs)
    assert run("".join(lines), layout=layout).output == expected


@given(integers(1000, 5), st.integers(-1200, 1200) | integers(1000, 3))
def test_constant_operand(x: int, k: int) -> None:
    operators = [operator for operator in BINARY if k != 0 or operator not in ("//", "%")]
    shown = [f"x {operator} {k}" for operator in operators] + [f"{k} {o} x" for o in ("+", "-", "*", "&", "|", "^")]
    assert_like_python(f"x = {x}\n" + "".join(f"print({e})\n" for e in shown))
    assert_like_python(f"def f(x):\n    x = x * {k}\n    return x\nprint(f({x}))\n")


@given(integers(1000, 4), st.integers(0, 130))
def test_shifts(x: int, count: int) -> None:
    assert_like_python(f"x = {x}\nn = {count}\nprint(x << n, x >> n, x << {count}, x >> {count}, 1 << n)")


@given(integers(1000, 2), st.integers(0, 40))
def test_power(x: int, exponent: int) -> None:
    assert_like_python(f"x = {x}\nn = {exponent}\nprint(x ** n, x ** {exponent % 4}, {x % 50} ** n, pow(x, n))")


@given(integers(1000, 4), st.integers(0, 10**12), integers(1000, 3).filter(bool))
@settings(max_examples=40)
def test_modular_power(x: int, exponent: int, modulus: int) -> None:
    assert_like_python(f"print(pow({x}, {exponent}, {modulus}))")


@given(integers(1000, 6), integers(1000, 4).filter(bool))
def test_in_place(x: int, y: int) -> None:
    """Results that overwrite an operand."""
    lines = [f"x = {x}", f"y = {y}"]
    for operator in ("*", "//", "%", "-", "&", "^"):
        for first, left, right in (("x", "z", "y"), ("y", "x", "z"), ("y", "z", "z")):
            lines += [f"z = {first}", f"z = {left} {operator} {right}", "print(z)"]
    lines += ["q, r = divmod(x, y)", "print(q, r)", "x, y = divmod(x, y)", "print(x, y)"]
    assert_like_python("\n".join(lines))


@given(integers(1000, 8))
def test_text_of_integer(x: int) -> None:
    assert_like_python(f"x = {x}\nprint(str(x) + '!', int(str(x)) == x, len(f'{{x}}'))")


def test_many_groups() -> None:
    """Long division and multiplication need no frames of their own."""
    at_the_bottom = "7 ** 900 // 3 ** 700 % 10 ** 50"
    assert_like_python(f"def deep(n):\n    return deep(n - 1) if n > 0 else {at_the_bottom}\nprint(deep(900))")
