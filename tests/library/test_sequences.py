"""Methods of lists, slices and sorting, one by one against CPython."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.library.machine import Machine, outcome

MACHINE = Machine()
lists = st.lists(st.integers(-3, 3), max_size=8)
long_lists = st.lists(st.integers(-9, 9), max_size=80) | st.lists(st.integers(), max_size=80)
indices = st.integers(-10, 10)


def tagged(values: Iterable[int]) -> list[int]:
    return [value * 1000 for value in values]


def untagged(cells: list[int]) -> list[int]:
    return [cell // 1000 for cell in cells]


def changed(values: list[int], name: str, change: Callable[[list[int]], Any], *arguments: Any) -> None:
    """A routine that changes a list does the same as on CPython, or raises the same."""
    expected = list(values)
    header = MACHINE.reset().growable(tagged(values))

    def ours() -> list[int]:
        given = [MACHINE.listed(tagged(a)) if isinstance(a, list) else a for a in arguments]
        MACHINE.call(name, header, *given)
        return untagged(MACHINE.items(header))

    def theirs() -> list[int]:
        change(expected)
        return expected

    assert outcome(ours) == outcome(theirs)


@given(lists, indices, st.integers(-3, 3))
def test_insert_remove_delete(values: list[int], index: int, item: int) -> None:
    changed(values, "list_insert", lambda a: a.insert(index, item), index, item * 1000)
    changed(values, "list_remove", lambda a: a.remove(item), item * 1000)
    changed(values, "list_delete", lambda a: a.__delitem__(index), index)
    changed(values, "list_reverse", lambda a: a.reverse())
    changed(values, "list_clear", lambda a: a.clear())
    changed(values, "list_repeat", lambda a: a.__imul__(index), index)


@given(lists, lists)
def test_extend_and_append(values: list[int], more: list[int]) -> None:
    changed(values, "list_extend", lambda a: a.extend(more), more, len(more))
    header = MACHINE.reset().growable(tagged(values))
    MACHINE.call("list_extend", header, MACHINE.load(header, 0), len(values))
    MACHINE.call("append", header, 7000)
    assert untagged(MACHINE.items(header)) == [*values, *values, 7]


@given(lists, st.integers(-3, 3), st.lists(indices, max_size=2))
def test_index_and_count(values: list[int], item: int, bounds: list[int]) -> None:
    items = MACHINE.reset().listed(tagged(values))
    found = outcome(lambda: MACHINE.call("list_index", items, len(values), item * 1000, *bounds))
    expected = outcome(values.index, item, *bounds)
    assert found == expected
    assert MACHINE.call("list_count", items, len(values), item * 1000) == values.count(item)


@given(lists, indices | st.none(), indices | st.none(), st.sampled_from([None, -3, -2, -1, 1, 2, 3]), lists)
def test_slices(values: list[int], start: int | None, stop: int | None, step: int | None, new: list[int]) -> None:
    piece = slice(start, stop, step)
    length = len(values)
    if step is None:
        first = MACHINE.reset().call("clamp", start or 0, length)
        end = length if stop is None else MACHINE.call("clamp", stop, length)
        changed(values, "list_assign_slice", lambda a: a.__setitem__(piece, new), first, end, new, len(new))
        changed(values, "list_delete_slice", lambda a: a.__delitem__(piece), first, end)
        return
    backwards = step < 0
    first = length - 1 if backwards else 0
    if start is not None:
        first = MACHINE.reset().call("slice_first", start, length, step)
    end = -1 if backwards else length
    if stop is not None:
        end = MACHINE.call("slice_first", stop, length, step)
    count = MACHINE.call("slice_count", first, end, step)
    changed(values, "list_delete_steps", lambda a: a.__delitem__(piece), first, step, count)
    if step != 1:  # which CPython takes as no step
        changed(values, "list_assign_steps", lambda a: a.__setitem__(piece, new), first, step, count, new, len(new))


@given(lists, indices, indices)
def test_a_list_into_itself(values: list[int], start: int, stop: int) -> None:
    header = MACHINE.reset().growable(tagged(values))
    bounds = [MACHINE.call("clamp", bound, len(values)) for bound in (start, stop)]
    MACHINE.call("list_assign_slice", header, *bounds, MACHINE.load(header, 0), len(values))
    expected = list(values)
    expected[start:stop] = expected
    assert untagged(MACHINE.items(header)) == expected


@given(lists, lists)
def test_order(values: list[int], other: list[int]) -> None:
    cells = (MACHINE.reset().listed(tagged(values)), len(values), MACHINE.listed(tagged(other)), len(other))
    assert MACHINE.call("items_less", *cells) == (values < other)
    assert MACHINE.call("items_equal", *cells) == (values == other)


@given(long_lists, st.booleans())
def test_sort(values: list[int], reverse: bool) -> None:
    items = MACHINE.reset().listed(tagged(values))
    MACHINE.call("sort_items_reverse" if reverse else "sort_items", items, len(values))
    assert untagged([MACHINE.load(items, i) for i in range(len(values))]) == sorted(values, reverse=reverse)


@given(long_lists, st.booleans())
def test_sort_by_keys_is_stable(values: list[int], reverse: bool) -> None:
    keys = MACHINE.reset().listed(tagged(abs(value) // 3 for value in values))
    items = MACHINE.listed(tagged(range(len(values))))
    MACHINE.call("sort_pairs_reverse" if reverse else "sort_pairs", keys, items, len(values))
    expected = sorted(range(len(values)), key=lambda i: abs(values[i]) // 3, reverse=reverse)
    assert untagged([MACHINE.load(items, i) for i in range(len(values))]) == expected


@given(lists)
def test_extremes(values: list[int]) -> None:
    items = MACHINE.reset().listed(tagged(values))
    for name, function in (("least_item", min), ("greatest_item", max)):
        found = outcome(lambda name=name: MACHINE.read(MACHINE.call(name, items, len(values))))
        assert found == outcome(function, values)
