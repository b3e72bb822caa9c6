"""Families of an unembedding: whatever the matrix is, they give all of its rows back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from interpreter.model.unembedding import Family, families


def rows(found: list[Family]) -> np.ndarray:
    return np.concatenate([family.rows() for family in found])


@pytest.mark.parametrize("layout", [Layout(), Layout(base=10, groups=3, max_depth=5)])
def test_the_ram_has_few_families(layout: Layout) -> None:
    unembedding = machine(layout).weights.unembedding
    found = families(unembedding)
    assert len(found) < 30
    assert np.array_equal(rows(found), unembedding)


@given(st.data())
def test_any_matrix_is_given_back(data: st.DataObject) -> None:
    """Small numbers make accidental families likely; planted ones are found within a few rows of their ends."""
    width = data.draw(st.integers(1, 3))
    blocks = []
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()):
            size = width * data.draw(st.integers(0, 5))
            numbers = data.draw(st.lists(st.integers(-1, 1), min_size=size, max_size=size))
            blocks.append(np.array(numbers, dtype=float).reshape(-1, width))
        else:
            row = st.lists(st.integers(-2, 2), min_size=width, max_size=width).map(lambda r: np.array(r, dtype=float))
            flags = data.draw(st.integers(1, 2))
            planted = Family(0, data.draw(st.integers(8, 30)), flags, *(data.draw(row) for _ in range(4)))
            blocks.append(planted.rows())
    matrix = np.concatenate(blocks)
    found = families(matrix)
    assert np.array_equal(rows(found), matrix) if len(matrix) else not found
    assert [f.first for f in found] == list(np.cumsum([0] + [f.size for f in found])[:-1])


@given(st.integers(0, 399), st.integers(0, 2), st.sampled_from([0.5, -1.0, 3.0]))
def test_one_damaged_entry_splits_one_family(row: int, column: int, change: float) -> None:
    matrix = Family(0, 200, 2, np.ones(3), np.array([0.0, 2, 1]), np.array([0.0, 0, -1]), np.array([0.0, 1, 0])).rows()
    matrix[row, column] += change
    found = families(matrix)
    assert np.array_equal(rows(found), matrix)
    assert len(found) <= 12
