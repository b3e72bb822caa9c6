"""Dictionaries and sets against CPython, the order of sets of integers and tuples included."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.library.machine import Machine, Raised

MACHINE = Machine()

small = st.integers(-10, 40)
wide = small | st.integers(-1000, 1000) | st.integers().map(lambda n: n * 8) | st.integers(0, 3).map(lambda n: n << 61)
items = wide | st.booleans() | st.tuples(small, small) | st.tuples(wide) | st.just(())
many = st.lists(small, max_size=60) | st.lists(items, max_size=80)


def made(values: list[Any]) -> int:
    """The record of a set to which these were added."""
    record = MACHINE.call("set_new")
    for value in values:
        MACHINE.call("set_add", record, MACHINE.value(value))
    return int(record)


def order(record: int) -> Any:
    return MACHINE.read(record * 1000 + 8)


@given(many)
def test_order_of_added_items(values: list[Any]) -> None:
    MACHINE.reset()
    assert order(made(values)) == list(set(values))
    assert order(MACHINE.call("set_copy", made(values))) == list(set(set(values)))


@pytest.mark.parametrize("method", ["union", "intersection", "difference", "symmetric_difference"])
@given(many, many)
def test_operations(method: str, values: list[Any], others: list[Any]) -> None:
    MACHINE.reset()
    expected = getattr(set(values), method)(set(others))
    assert order(MACHINE.call(f"set_{method}", made(values), made(others))) == list(expected)


@settings(max_examples=200)
@given(many, many, st.sampled_from([("set_merge", operator.ior), ("set_subtract", operator.isub),
                                    ("set_keep", operator.iand), ("set_flip", operator.ixor)]))  # fmt: skip
def test_operations_in_place(values: list[Any], others: list[Any], operation: Any) -> None:
    MACHINE.reset()
    record, expected = made(values), set(values)
    MACHINE.call(operation[0], record, made(others))
    assert order(record) == list(operation[1](expected, set(others)))
    MACHINE.call("set_add", record, MACHINE.value(77))
    expected.add(77)
    assert order(record) == list(expected)


@given(many)
def test_hashes(values: list[Any]) -> None:
    MACHINE.reset()
    for value in values:
        assert MACHINE.call("hash_of", MACHINE.value(value)) == hash(value)


class Sets(RuleBasedStateMachine):
    """A set and CPython's go through the same operations."""

    def __init__(self) -> None:
        super().__init__()
        MACHINE.reset()
        self.record = MACHINE.call("set_new")
        self.expected: set[Any] = set()

    @rule(values=st.lists(items, max_size=12))
    def add(self, values: list[Any]) -> None:
        for value in values:
            MACHINE.call("set_add", self.record, MACHINE.value(value))
            self.expected.add(value)

    @rule(values=st.lists(small, max_size=12))
    def discard(self, values: list[Any]) -> None:
        for value in values:
            assert bool(MACHINE.call("set_discard", self.record, MACHINE.value(value))) == (value in self.expected)
            self.expected.discard(value)

    @rule(value=items)
    def contains(self, value: Any) -> None:
        assert bool(MACHINE.call("set_has", self.record, MACHINE.value(value))) == (value in self.expected)

    @rule(values=many)
    def merge(self, values: list[Any]) -> None:
        MACHINE.call("set_merge", self.record, made(values))
        self.expected |= set(values)

    @rule(values=many)
    def subtract(self, values: list[Any]) -> None:
        MACHINE.call("set_subtract", self.record, made(values))
        self.expected -= set(values)

    @rule(values=many)
    def keep(self, values: list[Any]) -> None:
        MACHINE.call("set_keep", self.record, made(values))
        self.expected &= set(values)

    @rule()
    def clear(self) -> None:
        MACHINE.call("set_clear", self.record)
        self.expected.clear()

    @rule()
    def pop(self) -> None:
        if self.expected:
            assert MACHINE.read(MACHINE.call("set_pop_item", self.record)) == self.expected.pop()
        else:
            with pytest.raises(Raised):
                MACHINE.call("set_pop_item", self.record)

    @invariant()
    def same_order(self) -> None:
        assert order(self.record) == list(self.expected)
        assert MACHINE.call("set_len", self.record) == len(self.expected)


TestSets = Sets.TestCase

keys = items | st.text(st.sampled_from("ab"), max_size=3) | st.none() | st.sampled_from([0.5, 1.0, 2.0, -1.0])


class Dictionaries(RuleBasedStateMachine):
    """A dictionary and CPython's go through the same operations."""

    def __init__(self) -> None:
        super().__init__()
        MACHINE.reset()
        self.record = MACHINE.call("dict_new")
        self.expected: dict[Any, Any] = {}

    @rule(pairs=st.lists(st.tuples(keys, small), max_size=12))
    def set(self, pairs: list[tuple[Any, int]]) -> None:
        for key, value in pairs:
            MACHINE.call("dict_set", self.record, MACHINE.value(key), MACHINE.value(value))
            self.expected[key] = value

    @rule(several=st.lists(keys, max_size=12))
    def delete(self, several: list[Any]) -> None:
        for key in several:
            found = MACHINE.call("dict_delete", self.record, MACHINE.value(key))
            assert bool(found) == (key in self.expected)
            self.expected.pop(key, None)

    @rule(key=keys)
    def find(self, key: Any) -> None:
        found = MACHINE.call("dict_find", self.record, MACHINE.value(key))
        assert (None if found == -1 else MACHINE.read(found)) == self.expected.get(key)

    @rule(pairs=st.dictionaries(keys, small))
    def update(self, pairs: dict[Any, int]) -> None:
        MACHINE.call("dict_update", self.record, MACHINE.value(pairs) // 1000)
        self.expected.update(pairs)

    @rule()
    def copy(self) -> None:
        self.record = MACHINE.call("dict_copy", self.record)

    @rule()
    def clear(self) -> None:
        MACHINE.call("dict_clear", self.record)
        self.expected.clear()

    @invariant()
    def same_items(self) -> None:
        found = MACHINE.read(self.record * 1000 + 7)
        assert list(map(repr, found.items())) == list(map(repr, self.expected.items()))
        assert MACHINE.call("dict_len", self.record) == len(self.expected)


TestDictionaries = Dictionaries.TestCase
