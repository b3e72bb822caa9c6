"""The latest equal key before each query, against a plain loop, with hashes that collide and tables that are sieved."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from interpreter.verification import search as search_module
from interpreter.verification.search import hash_of, search, touched

LENIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def points(draw: st.DrawFn, dimension: int, number: int) -> Tensor:
    """(dimension, number) int64 with many equal columns."""
    numbers = draw(st.lists(st.integers(-2, 2), min_size=dimension * number, max_size=dimension * number))
    return torch.tensor(numbers, dtype=torch.int64).view(dimension, number)


def check(data: st.DataObject) -> None:
    dimension, size = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 12))
    table = torch.unique(data.draw(points(dimension, data.draw(st.integers(0, 6)))), dim=1)
    keys = torch.cat([table, data.draw(points(dimension, size))], 1)
    eligible = torch.tensor(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    queries = [data.draw(points(dimension, size)) for _ in range(data.draw(st.integers(1, 3)))]
    offset = table.shape[1]

    hashed = search_module.hash_of
    slots, latest = search(keys, hashed(keys), eligible, queries, [hashed(query) for query in queries])
    seen: dict[tuple[int, ...], int] = {tuple(table[:, i].tolist()): i for i in range(offset)}
    for position in range(size):
        if eligible[position]:
            seen[tuple(keys[:, offset + position].tolist())] = offset + position
        for query, slot in zip(queries, slots):
            expected = seen.get(tuple(query[:, position].tolist()), -1)
            found = int(slot[position])
            if found >= 0 and not torch.equal(keys[:, found], query[:, position]):
                found = -1  # the caller's comparison
            assert found == expected
    assert sorted(latest.tolist()) == sorted(seen.values())


@given(data=st.data())
def test_search(data: st.DataObject) -> None:
    check(data)


@LENIENT
@given(data=st.data())
def test_another_hash_is_taken_where_keys_collide(data: st.DataObject, monkeypatch: pytest.MonkeyPatch) -> None:
    poor = lambda points, attempt=0: hash_of(points, attempt) if attempt > 1 else torch.zeros_like(points[0])  # noqa: E731
    monkeypatch.setattr(search_module, "hash_of", poor)
    check(data)


@LENIENT
@given(data=st.data())
def test_what_the_sieve_keeps_back_is_not_asked_for(data: st.DataObject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_FILTER_BITS", 3)
    hashes = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20)
    table, chunk = torch.tensor(data.draw(hashes)), torch.tensor(data.draw(hashes))
    asked, other = touched(table, [chunk])
    assert sorted(asked.tolist() + other.tolist()) == list(range(len(table)))
    assert not set(table[other].tolist()) & set(chunk.tolist())
