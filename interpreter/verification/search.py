"""The latest entry with a given key before each query, for many queries at once, by sorting hashes.

A hash only brings together what may be equal. Whether a key found *is* the query, the caller compares; that no key
hides another one is checked here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count

import torch
from torch import Tensor

_FILTER_BITS = 20


def hash_of(points: Tensor, attempt: int = 0) -> Tensor:
    """(n,) of (D, n) int64: a linear combination modulo 2**64 with odd coefficients, others for each attempt."""
    generator = random.Random(attempt)
    first, *rest = ((generator.getrandbits(64) | 1) - 2**63 for _ in points)
    total = points[0] * first
    for line, multiplier in zip(points[1:], rest):
        total.add_(line, alpha=multiplier)
    return total


def touched(table: Tensor, chunk: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Which hashes of the table may be among those of the chunk, and the others, as indices.

    A large table is sieved by some upper bits, so that only what the chunk is about has to be sorted with it.
    """
    everything = torch.arange(len(table), device=table.device)
    if len(table) <= len(chunk[0]) // 4:
        return everything, everything[:0]
    present = torch.zeros(2**_FILTER_BITS, dtype=torch.bool, device=table.device)
    for hashes in chunk:
        present[_upper(hashes, _FILTER_BITS)] = True
    asked = present[_upper(table, _FILTER_BITS)]
    return everything[asked], everything[~asked]


def search(
    keys: Tensor, hashes: Tensor, eligible: Tensor, queries: Sequence[Tensor], query_hashes: Sequence[Tensor]
) -> tuple[list[Tensor], Tensor]:
    """The latest eligible key that may equal each query.

    Args:
        keys: (D, table + n) int64, first those of a table, from before; then one for each of n positions, and
            `hashes` of them all.
        eligible: (n,), which positions have a key indeed.
        queries: (D, n) int64 each, a query for each position, which sees the keys up to its own; `query_hashes`.

    Returns:
        For each of the queries (n,) columns of `keys`, -1 where there is none; and the columns of the latest entry of
        each key. A column found has the hash of the query, and if there is a key equal to it, it is the latest one.

    All are sorted by their hashes, stably: in a run of equal hashes they stand in the order of time, a position's key
    before its queries, and the latest key before a query is found by counting. Different keys in one run would hide
    one another; another hash is taken then.
    """
    size, per_position = len(eligible), len(queries) + 1
    table = keys.shape[1] - size
    is_key = torch.zeros(table + size * per_position, dtype=torch.bool, device=keys.device)
    is_key[:table] = True
    is_key[table:].view(size, per_position)[:, 0] = eligible
    # So many bits that two keys seldom share a hash; a shorter one is sorted faster.
    bits = min(2 * keys.shape[1].bit_length() + 8, 62)
    for attempt in count(1):
        unsorted = torch.empty(len(is_key), dtype=torch.int64, device=keys.device)
        upper = _upper(hashes, bits)
        unsorted[:table] = upper[:table]
        by_position = unsorted[table:].view(size, per_position)
        by_position[:, 0] = upper[table:]
        for number, query_hash in enumerate(query_hashes):
            by_position[:, number + 1] = _upper(query_hash, bits)
        ordered, order = unsorted.sort(stable=True)
        key_here = is_key.index_select(0, order)
        rank = key_here.nonzero()[:, 0]
        key_hashes, columns = ordered.index_select(0, rank), order.index_select(0, rank)
        columns = torch.where(columns < table, columns, table + (columns - table) // per_position)
        same = key_hashes[1:] == key_hashes[:-1]
        twins = columns[1:][same], columns[:-1][same]
        if bool((keys[:, twins[0]] == keys[:, twins[1]]).all()):
            break
        hashes, query_hashes = hash_of(keys, attempt), [hash_of(query, attempt) for query in queries]
    # The latest key before each entry: in its own run of equal hashes, or else in another one, or none (-1).
    latest = key_here.cumsum(0)
    none = columns.new_full((1,), -1)
    found = torch.cat([none, columns]).index_select(0, latest)
    found.masked_fill_(torch.cat([none, key_hashes]).index_select(0, latest) != ordered, -1)
    answers = torch.empty_like(found).scatter_(0, order, found)[table:].view(size, per_position)
    last_of_run = torch.cat([~same, same.new_ones(min(len(columns), 1))])
    return [answers[:, number + 1] for number in range(len(queries))], columns[last_of_run]


def _upper(hashes: Tensor, bits: int) -> Tensor:
    """The upper bits, as a number that is not negative."""
    return torch.bitwise_right_shift(hashes, 64 - bits).bitwise_and_(2**bits - 1)
