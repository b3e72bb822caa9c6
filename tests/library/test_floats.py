"""Floats on integers, bit by bit against CPython."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.library.machine import Machine, outcome

MACHINE = Machine()
plain = st.integers(-20, 20).map(float) | st.integers(-2000, 2000).map(lambda n: n / 100)
hard = st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308,
                        1.7976931348623157e308, 2.0**53, 2.0**53 + 2, 1e16, 1e22, 1e23, 0.1, 1e-5, 9.5, 0.5, 1.5, 2.5,
                        1.0, -1.0, math.inf,
                        -math.inf, math.nan])  # fmt: skip
bits = st.integers(0, 2**64 - 1).map(lambda n: float(struct.unpack("<d", struct.pack("<Q", n))[0]))
floats = plain | hard | bits | st.floats()
numbers = floats | st.integers(-20, 20) | st.integers() | st.integers(-(2**70), 2**70)


def seen(value: Any) -> Any:
    """A value as it has to be the same: a float by its bits, where not a number is one thing."""
    if isinstance(value, float):
        return "nan" if value != value else struct.pack("<d", value)
    return value if not isinstance(value, tuple) else tuple(seen(item) for item in value)


def agrees(name: str, theirs: Callable[..., Any], *values: Any) -> None:
    """A routine on tagged values gives what CPython gives, or what it says it does not know."""
    got = outcome(lambda: MACHINE.read(MACHINE.call(name, *(MACHINE.value(value) for value in values))))
    MACHINE.reset()
    if isinstance(got, tuple) and got[:2] == ("raised", "Unsupported"):
        return
    assert seen(got) == seen(outcome(theirs, *values)), (name, values, got)


ARITHMETIC = {
    "any_add": operator.add,
    "any_subtract": operator.sub,
    "any_multiply": operator.mul,
    "any_divide": operator.truediv,
    "any_floor_divide": operator.floordiv,
    "any_modulo": operator.mod,
}


@pytest.mark.parametrize("name", ARITHMETIC)
@given(numbers, numbers)
def test_arithmetic(name: str, x: float, y: float) -> None:
    agrees(name, ARITHMETIC[name], x, y)


@given(numbers, numbers)
def test_comparisons(x: float, y: float) -> None:
    assert bool(MACHINE.reset().call("any_equal", MACHINE.value(x), MACHINE.value(y))) == (x == y)
    assert bool(MACHINE.call("less", MACHINE.value(x), MACHINE.value(y))) == (x < y)


@given(floats)
def test_one_float(x: float) -> None:
    agrees("any_negative", operator.neg, x)
    agrees("any_absolute", abs, x)
    payload = MACHINE.value(x) // 1000
    assert outcome(lambda: MACHINE.call("int_of_float", payload)) == outcome(int, x)
    assert outcome(lambda: MACHINE.call("float_floor", payload)) == outcome(math.floor, x)
    assert outcome(lambda: MACHINE.call("float_ceil", payload)) == outcome(math.ceil, x)
    assert outcome(lambda: MACHINE.call("float_round", payload)) == outcome(round, x)
    assert seen(outcome(lambda: MACHINE.float_of(MACHINE.call("float_sqrt", payload)))) == seen(outcome(math.sqrt, x))
    assert MACHINE.call("float_truth", payload) == bool(x)
    if x == x:
        assert MACHINE.call("float_hash", payload) == hash(x)


@given(floats, st.integers(-330, 350) | st.integers(-3, 20))
def test_round_to_digits(x: float, digits: int) -> None:
    rounded = outcome(lambda: MACHINE.float_of(MACHINE.call("float_round_to", MACHINE.value(x) // 1000, digits)))
    assert seen(rounded) == seen(outcome(round, x, digits))


@given(floats)
def test_repr(x: float) -> None:
    assert MACHINE.string(MACHINE.reset().call("float_repr", MACHINE.value(x) // 1000)) == repr(x)


def power(x: float, y: int) -> float:
    """`**` with an error that has one argument, as it is printed."""
    try:
        return float(operator.pow(x, y))
    except OverflowError as error:
        raise OverflowError(str(error)) from error


@given(st.integers(-1100, 1100) | st.integers(), plain | hard)
def test_power_of_two_and_whole_floats(n: int, x: float) -> None:
    agrees("any_power", power, 2.0, n)
    agrees("any_power", power, x, 2)


digits = st.text(st.sampled_from("0123456789"), max_size=25)
texts = (
    floats.map(repr)
    | st.tuples(
        st.sampled_from(["", "-", "+", " ", "\n-", "x"]), digits, st.sampled_from(["", ".", "..", "_"]), digits,
        st.sampled_from(["", "e", "E-", "e+", "_", "e_"]), st.text(st.sampled_from("0123"), max_size=3),
        st.sampled_from(["", " ", "\t ", "_", "f"]),
    ).map("".join)
    | st.sampled_from(["inf", "-Infinity", "NaN", "+nan", "infinit", "1_000.5", "1__0", "_1", "1_", "1_.5", "1._5",
                       ".", "", "e5", "1e400", "1e-400", "2.4703282292062327e-324", "2.4703282292062328e-324",
                       "9007199254740993", "1.7976931348623158e308", "1.7976931348623159e308", "0e99999",
                       "1e99999", "1e-99999"])
)  # fmt: skip


@given(texts)
def test_float_of_text(text: str) -> None:
    got = outcome(lambda: MACHINE.float_of(MACHINE.reset().call("float_of_text", text)))
    assert seen(got) == seen(outcome(float, text))
