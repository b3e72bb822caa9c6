"""What generated code reads as data: what fragments ask for at their beginning, and rows of constant keys."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.machines.ram import Layout
from compiler.machines.ram import machine as ram_machine
from interpreter.engines.indexed.memory import Table
from interpreter.engines.indexed.values import MAGIC, pattern
from interpreter.engines.machine_code import NUMBER, POINTER, Loaded, host
from interpreter.engines.specialised import SpecialisedEngine
from interpreter.engines.specialised.directory import FITS, Directory, Fixed, index
from interpreter.engines.specialised.fragment import Fragment, Guard
from interpreter.engines.specialised.policy import Shared
from interpreter.engines.specialised.polynomials import Polynomial
from interpreter.engines.specialised.state import StateVariables, hold
from interpreter.engines.specialised.support import longest_key, notice

ASKED = """
define i64 @asked(ptr %words, ptr %row, i64 %position, ptr %starts, ptr %records, i64 %n) {
%here = sitofp i64 %position to double
%held = call i1 @fits(ptr %words, ptr %row, double %here, ptr %starts, ptr %records, i64 %n)
%one = zext i1 %held to i64
ret i64 %one
}
"""
TABLES = (Table(0, 1, 2), Table(5, 2, 2), Table(10, 1, 2))


@cache
def state() -> StateVariables:
    return SpecialisedEngine(ram_machine(Layout(base=10, max_depth=5)), keep=False).parts.state


@cache
def loaded(text: str) -> Loaded:
    target = host()
    return target.loaded(target.compile(text))


@st.composite
def guards(draw: st.DrawFn) -> Guard:
    monomials = st.lists(st.integers(0, state().size - 1), min_size=1, max_size=3).map(lambda m: tuple(sorted(m)))
    factors = st.sampled_from((-2.0, -1.0, -0.5, 1.0, 2.0, 3.0))
    terms = draw(st.dictionaries(monomials, factors, min_size=1, max_size=3))
    return Guard(Polynomial(float(draw(st.integers(-3, 3))), terms), draw(st.booleans()))


@given(st.lists(st.lists(guards(), max_size=2), min_size=1, max_size=4), st.data())
def test_what_is_asked_at_the_beginning(entries: list[list[Guard]], data: st.DataObject) -> None:
    """Of numbers drawn from few, so that many guards hold by the least that there is, and as many do not."""
    known = state()
    values = data.draw(st.lists(st.integers(-2, 2), min_size=known.size, max_size=known.size))
    values = [abs(x) if v == 0 else int(x > 0) if known.kind(v) == "seen" else x for v, x in enumerate(values)]
    words, row = np.zeros(1 + max(known.slots.values())), np.zeros(1 + max(known.columns.values()))
    for v, word in known.slots.items():
        words[word] = values[v]
    for v, column in known.columns.items():
        row[column] = values[v]
    fragments = [Fragment(entry, [], [], []) for entry in entries]
    starts, records = Directory(known, fragments, range(len(fragments))).records()
    asked = loaded(FITS + ASKED).function("asked", NUMBER, POINTER, POINTER, NUMBER, POINTER, POINTER, NUMBER)
    for n, entry in enumerate(entries):
        held = asked(words.ctypes.data, row.ctypes.data, values[0], starts.ctypes.data, records.ctypes.data, n)
        assert held == hold(entry, [float(x) for x in values])


def noticed(fixed: Fixed, table: int, key: Sequence[float]) -> list[int]:
    """Where the address of a row, which is 1 here, is written when it has been made."""
    arguments = [", ".join(f"i64 %key{c}" for c in range(t.coordinates)) for t in TABLES]
    calls = [
        f"define void @made{i}(ptr %shared, ptr %fixed, ptr %row, {given}) {{\n"
        f"call void @notice{i}(ptr %shared, ptr %fixed, ptr %row, {given})\nret void\n}}"
        for i, given in enumerate(arguments)
    ]
    shared, places = np.zeros(len(Shared), dtype=np.int64), np.zeros(max(len(fixed), 1), dtype=np.int64)
    found, shift = index(fixed, longest_key(TABLES))
    shared[Shared.INDEX], shared[Shared.INDEX_SHIFT] = found.ctypes.data, shift
    made = loaded("\n".join([notice(TABLES), *calls])).function(
        f"made{table}", None, POINTER, POINTER, NUMBER, *[ctypes.c_uint64] * len(key)
    )
    made(shared.ctypes.data, places.ctypes.data, 1, *(pattern(MAGIC + k) for k in key))
    return np.flatnonzero(places).tolist()


small = st.integers(0, 3).map(float)
rows = st.one_of(
    *(st.tuples(st.just(i), st.tuples(*[small] * table.coordinates)) for i, table in enumerate(TABLES)),
)


@given(st.lists(rows, unique=True), rows)
def test_a_row_that_is_made(known: list[tuple[int, tuple[float, ...]]], made: tuple[int, tuple[float, ...]]) -> None:
    """It is noticed as that of its own constant key only: tables have keys in common, and hashes collide."""
    fixed = {key: place for place, key in enumerate(known)}
    assert noticed(fixed, *made) == [place for key, place in fixed.items() if key == made]
