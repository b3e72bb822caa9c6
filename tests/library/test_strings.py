"""Methods of strings, one by one against CPython."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.library.machine import Machine, Raised, outcome

MACHINE = Machine()

KNOWN = "abcABZz aabb \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2003\u2028019+-_.,éÉßÿµ²¼ªΩωжЖ中あ→😀"
letters = st.sampled_from(KNOWN) | st.characters(max_codepoint=0x17F)
ascii_text = st.text(st.characters(max_codepoint=127), max_size=20)
few = st.text(st.sampled_from("ab "), max_size=12)
texts = few | ascii_text | st.text(st.sampled_from(KNOWN), max_size=12)
parts = st.text(st.sampled_from("ab "), max_size=3) | st.text(st.sampled_from(KNOWN), max_size=2)
DIGITS = [code for code in range(sys.maxunicode + 1) if unicodedata.decimal(chr(code), None) is not None]
indices = st.integers(-15, 15)
counts = st.integers(-1, 4)


def ours(name: str, *arguments: Any) -> Any:
    """A routine that gives a string."""
    return outcome(lambda: MACHINE.string(MACHINE.reset().call(name, *arguments)))


def our_list(name: str, *arguments: Any) -> Any:
    """A routine that gives a list of strings."""
    return outcome(lambda: MACHINE.strings(MACHINE.reset().call(name, *arguments)))


def our_number(name: str, *arguments: Any) -> Any:
    """A routine that gives an integer or a truth value."""
    return outcome(lambda: MACHINE.reset().call(name, *arguments))


@given(texts, parts, st.lists(indices, max_size=2))
def test_searching(text: str, part: str, bounds: list[int]) -> None:
    for method in ("find", "rfind", "index", "rindex", "count", "startswith", "endswith"):
        expected = outcome(getattr(text, method), part, *bounds)
        assert our_number(f"str_{method}", text, part, *bounds) == expected, method


@given(texts, st.lists(parts, max_size=3), st.lists(indices, max_size=2))
def test_any_of_several(text: str, several: list[str], bounds: list[int]) -> None:
    for method in ("startswith", "endswith"):
        MACHINE.reset()
        start, end = [*map(MACHINE.value, bounds), 2, 2][:2]
        found = MACHINE.call(f"{method}_text", MACHINE.text(text), MACHINE.value(tuple(several)), start, end)
        assert found == getattr(text, method)(tuple(several), *bounds)


@given(texts, texts)
def test_order(text: str, other: str) -> None:
    assert our_number("str_less", text, other) == (text < other)


@given(texts)
def test_hash_depends_on_the_text_alone(text: str) -> None:
    first = MACHINE.reset().call("str_hash", text)
    assert first == MACHINE.call("str_hash", text) and first >= 0


@given(texts, parts, counts)
def test_split(text: str, separator: str, count: int) -> None:
    assert our_list("str_split", text, separator, count) == outcome(text.split, separator, count)
    assert our_list("str_rsplit", text, separator, count) == outcome(text.rsplit, separator, count)
    assert our_list("str_split_white", text, count) == text.split(None, count)
    assert our_list("str_rsplit_white", text, count) == text.rsplit(None, count)


@given(texts, st.booleans())
def test_splitlines(text: str, keep: bool) -> None:
    assert our_list("str_splitlines", text, int(keep)) == text.splitlines(keep)


@given(texts, parts)
def test_partition(text: str, separator: str) -> None:
    for method in ("partition", "rpartition"):

        def three(method: str = method) -> tuple[str, ...]:
            return tuple(MACHINE.string(cell) for cell in MACHINE.reset().call(f"str_{method}", text, separator))

        assert outcome(three) == outcome(getattr(text, method), separator)


@given(texts, parts)
def test_strip(text: str, characters: str) -> None:
    for method in ("strip", "lstrip", "rstrip"):
        assert ours(f"str_{method}", text) == getattr(text, method)()
        assert ours(f"str_{method}_of", text, characters) == getattr(text, method)(characters)
    assert ours("str_removeprefix", text, characters) == text.removeprefix(characters)
    assert ours("str_removesuffix", text, characters) == text.removesuffix(characters)


@given(parts, st.lists(texts, max_size=5))
def test_join(separator: str, pieces: list[str]) -> None:
    items, length = MACHINE.reset().texts(pieces)
    assert MACHINE.string(MACHINE.call("str_join", separator, items, length)) == separator.join(pieces)


@given(texts, parts, parts, counts)
def test_replace(text: str, old: str, new: str, count: int) -> None:
    assert ours("str_replace", text, old, new, count) == text.replace(old, new, count)


@given(texts, st.integers(-2, 30), st.text(max_size=2))
def test_padding(text: str, width: int, fill: str) -> None:
    for method in ("center", "ljust", "rjust"):
        assert ours(f"str_{method}", text, width) == getattr(text, method)(width)
        if len(fill) == 1:
            assert ours(f"str_{method}", text, width, fill) == getattr(text, method)(width, fill)
    assert ours("str_zfill", text, width) == text.zfill(width)
    assert ours("str_expandtabs", text, width) == text.expandtabs(width)


TITLE_APART = "ǅǈǋǲ"
CASES = ("upper", "lower", "casefold", "swapcase", "capitalize", "title")
QUESTIONS = ("alpha", "alnum", "decimal", "digit", "numeric", "space", "ascii", "printable", "identifier", "lower",
             "upper", "title")  # fmt: skip


@given(st.text(st.characters(max_codepoint=255), max_size=20) | st.text(st.sampled_from("aB 1é'"), max_size=6))
def test_case(text: str) -> None:
    for method in CASES:
        assert ours(f"str_{method}", text) == getattr(text, method)(), method


@given(st.text(st.characters(max_codepoint=255), max_size=8) | st.text(st.sampled_from("aB 1é'_\n"), max_size=6))
def test_questions(text: str) -> None:
    for method in QUESTIONS:
        assert our_number(f"str_is{method}", text) == getattr(text, f"is{method}")(), method


def characters_beyond_latin_1() -> Iterator[str]:
    return (chr(code) for code in range(256, 0x20000) if not 0xD800 <= code < 0xE000)


@pytest.mark.parametrize("method", [*CASES, *(f"is{name}" for name in QUESTIONS)])
def test_every_character_is_right_or_refused(method: str) -> None:
    routine: Callable[[int], Any] = MACHINE.space[f"str_{method}"]
    gives_text = method in CASES
    refused = 0
    for character in characters_beyond_latin_1():
        MACHINE.reset()
        try:
            got = routine(-1 - ord(character))
        except Raised as raised:
            assert raised.args[0] == "Unsupported"
            refused += 1
            continue
        assert (MACHINE.string(got) if gives_text else got) == getattr(character, method)(), hex(ord(character))
    assert refused < 128_000 and (refused == 0 or method not in ("isspace", "isascii"))


@pytest.mark.parametrize("block", range(0, len(DIGITS), 10))
def test_decimal_digits_of_all_scripts(block: int) -> None:
    """The ten of a script, and what stands before and after them."""
    for code in range(DIGITS[block] - 2, DIGITS[block] + 12):
        assert our_number("decimal_digit", code) == unicodedata.decimal(chr(code), -1)


@given(st.integers(0, sys.maxunicode))
def test_decimal_digits_of_any_character(code: int) -> None:
    assert our_number("decimal_digit", code) == unicodedata.decimal(chr(code), -1)
