"""Format specifications, `%` and numbers as text, against CPython."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.library.machine import Machine, outcome
from tests.library.test_floats import floats

MACHINE = Machine()


def specifications(types: str) -> st.SearchStrategy[str]:
    """Format specifications, most of them valid."""
    align = st.sampled_from(["", "<", ">", "^", "=", "*<", "0>", "x^", ",="])
    option = st.sampled_from
    width = option(["", "0", "1", "5", "08", "12", "20"])
    precision = option(["", ".0", ".1", ".3", ".6", ".17", ".20"])
    kind = st.sampled_from(["", *types])
    return st.tuples(align, option(["", "+", "-", " "]), option(["", "", "#"]), width, option(["", "", ",", "_"]),
                     precision, kind).map("".join)  # fmt: skip


def agrees(value: Any, specification: str) -> None:
    """`format` gives what CPython's gives, raises ValueError where it does, or says that it does not know."""
    MACHINE.reset()
    got = outcome(lambda: MACHINE.string(MACHINE.call("format_value", MACHINE.value(value), specification)))
    if isinstance(got, tuple) and got[1] == "Unsupported":
        return
    expected = outcome(format, value, specification)
    if isinstance(expected, tuple):
        assert isinstance(got, tuple) and got[1] == expected[1], (value, specification, got, expected)
    else:
        assert got == expected, (value, specification, got, expected)


@given(st.integers(-1000, 1000) | st.integers(), specifications("dxXbocneEfFgG%s"))
def test_integers(value: int, specification: str) -> None:
    if not specification.endswith("n") and not (specification.endswith("c") and not 0 <= value < 0xD800):
        agrees(value, specification)


@given(floats, specifications("eEfFgG%ds"))
def test_floats(value: float, specification: str) -> None:
    agrees(value, specification)


@given(st.text(st.sampled_from("abcé"), max_size=8), specifications("sd"))
def test_strings(value: str, specification: str) -> None:
    agrees(value, specification)


flags = st.sampled_from(["", "-", "0", "+", " ", "#", "-0", "0+", " 0"])
fields = st.tuples(st.just("%"), flags, st.sampled_from(["", "1", "5", "12"]), st.sampled_from(["", ".0", ".2", ".5"]),
                   st.sampled_from("dixXofFeEgGsrc%")).map("".join)  # fmt: skip
values = st.integers(0, 1000) | st.integers() | floats | st.sampled_from(["", "a", "abc", "é", "it's"]) | st.none()


@given(st.lists(st.sampled_from(["", "a", " b "]) | fields, max_size=3).map("".join), st.lists(values, max_size=3))
def test_percent(text: str, arguments: list[Any]) -> None:
    MACHINE.reset()
    cell = MACHINE.value(tuple(arguments))
    got = outcome(lambda: MACHINE.string(MACHINE.call("percent_format", text, cell)))
    if isinstance(got, tuple) and got[1] == "Unsupported":
        return
    expected = outcome(lambda: text % tuple(arguments))
    if isinstance(expected, tuple):
        assert isinstance(got, tuple) and got[1] == expected[1], (got, expected)
    else:
        assert got == expected


@given(st.text(st.sampled_from("0123456789abxoABzZ_-+ "), max_size=8), st.sampled_from([0, 2, 8, 10, 16, 36]))
def test_integer_of_text(text: str, base: int) -> None:
    assert outcome(lambda: MACHINE.reset().call("int_from_text", text, base)) == outcome(int, text, base)


@given(st.integers())
def test_bases(value: int) -> None:
    for name, base in (("bin", 2), ("oct", 8), ("hex", 16)):
        prefix = {2: "0b", 8: "0o", 16: "0x"}[base]
        found = MACHINE.string(MACHINE.reset().call("based_text", value, base, prefix))
        assert found == {"bin": bin, "oct": oct, "hex": hex}[name](value)


simple = st.text(max_size=6) | st.integers() | st.booleans() | st.none() | floats
nested = st.recursive(
    simple, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple), max_leaves=6
)


@given(nested)
def test_repr(value: Any) -> None:
    got = outcome(lambda: MACHINE.string(MACHINE.reset().call("repr_of", MACHINE.value(value))))
    if isinstance(got, tuple) and got[1] == "NotImplementedError":
        return
    assert got == repr(value)
