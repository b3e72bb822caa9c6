"""The functions of `math` that no sum of squares gives: each the float nearest to the value, which sympy knows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.library.machine import Machine

MACHINE = Machine()
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": sympy.exp, "log": sympy.log, "log2": lambda x: sympy.log(x) / sympy.log(2),
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan,
}  # fmt: skip
plain = st.integers(-2000, 2000).map(lambda n: n / 100) | st.floats(-1e12, 1e12)
near = st.integers(-40, 40).map(lambda n: n * math.pi / 4) | st.floats(-1e-6, 1e-6).map(lambda x: 1 + x)


def nearest(value: Any) -> float:
    """The float nearest to a value of sympy."""
    return float(str(value.evalf(60)))


def of_machine(name: str, *values: float) -> float:
    """What the library gives for floats."""
    result = MACHINE.float_of(MACHINE.call(name, *(MACHINE.value(value) // 1000 for value in values)))
    MACHINE.reset()
    return float(result)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(plain | near | st.floats(allow_nan=False, allow_infinity=False))
def test_nearest_floats(name: str, x: float) -> None:
    x = abs(x) if name.startswith("log") else x
    assume(x != 0 and abs(x) < (700 if name == "exp" else 2**60))
    exact = sympy.Rational(x)
    assert of_machine(f"float_{name}", x) == nearest(FUNCTIONS[name](exact)), x


@given(st.floats(1e-9, 1e9), st.floats(-20, 20))
def test_powers(x: float, y: float) -> None:
    exact = sympy.exp(sympy.Rational(y) * sympy.log(sympy.Rational(x)).evalf(90))  # a number: it is not simplified
    assert of_machine("float_pow", x, y) == nearest(exact), (x, y)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, 5e-324, -1e-300, math.inf, -math.inf, math.nan, -1.0, 1e4, -1e4])
def test_ends_of_the_range(name: str, x: float) -> None:
    """Where nothing is rounded: as in CPython, errors included."""

    def outcome(function: Callable[[], float]) -> str:
        try:
            return repr(function())
        except Exception as error:
            return "raised " + (
                type(error).__name__ if isinstance(error, ArithmeticError | ValueError) else error.args[0]
            )

    assert outcome(lambda: of_machine(f"float_{name}", x)) == outcome(lambda: getattr(math, name)(x))
