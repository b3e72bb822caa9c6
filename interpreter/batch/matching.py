"""Heads that find the latest eligible position with a given key, for a whole chunk of positions by one sort.

**What is assumed and what is checked.** The score of position k for a query q is, by the weights (compared with
`compiler.circuits.weights.score` in `plan`),

    2 q.key - key_square - (1 - eligible) + recency = |q|^2 - |q - key|^2 - c + recency,
    c = key_square - |key|^2 + 1 - eligible,    0 <= recency < 1/2.

Nothing says that `key_square` carries |key|^2 or that `eligible` is 0 or 1, so c is computed: every position must
have c = 0 and integer coordinates, or c >= 1/2; otherwise `Undetermined`. Then a position with c = 0 whose key
equals the query scores at least |q|^2, any other less than that, and among equals the latest wins: exactly what the
sort finds. With a default (`query_square`), |q|^2 drops out for all positions but the first, which scores -1/2 if
its own key and `key_square` say so; c >= 1 is asked for, so that others than matches stay below it.

Without a match and without a default, the nearest key wins, and no sort finds that. Those entries are marked
unknown: `transformer` follows them and proves that they do not matter, or gives up.

**Memory.** Of all positions with the same key only the latest can win from now on, whatever the query; the table
that is carried to the next chunk has one entry a key.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

from compiler.circuits.heads import Latest
from interpreter.batch.plan import HeadPlan, Plan, Undetermined
from interpreter.batch.product import Terms
from interpreter.batch.stream import Stream

_LONGEST = 2.0**52
"""Squared lengths up to this are exact in float64, and so is everything they are compared with."""


def key_of(head: HeadPlan) -> object:
    """Equal for heads that search the same keys."""
    assert isinstance(head.pattern, Latest)
    keys = tuple(key for _, key in head.pattern.match)
    return keys, head.pattern.eligible, head.pattern.key_square, head.pattern.query_square is None


class Table(NamedTuple):
    """What later chunks need of earlier ones: each key, (D, K) int64, with the values of its latest position, (V, K);
    and the values of the first position, (V, 1), if it is the default."""

    keys: Tensor
    values: Tensor
    default: Tensor


class MatchGroup:
    """The heads of a layer that search the same keys."""

    def __init__(self, heads: Sequence[HeadPlan], plan: Plan) -> None:
        patterns = [head.pattern for head in heads if isinstance(head.pattern, Latest)]
        first = patterns[0]
        self.heads = heads
        self.name = heads[0].name
        self.keys = [plan.terms(key) for _, key in first.match]
        self.eligible, self.key_square = plan.terms(first.eligible), plan.terms(first.key_square)
        self.queries = [[plan.terms(query) for query, _ in pattern.match] for pattern in patterns]
        squares = [pattern.query_square for pattern in patterns]
        self.query_squares: list[Terms] = [plan.terms(square) for square in squares if square is not None]
        self.has_default = bool(self.query_squares)
        self.values = [value.terms for head in heads for value in head.values]

    def __call__(self, stream: Stream, table: Table | None) -> Table:
        keys = [stream.known(terms, self.name) for terms in self.keys]
        eligible = self._eligible(stream, keys)
        integer_keys = torch.stack([key.to(torch.int64) for key in keys])
        values = torch.stack([stream.known(terms, self.name) for terms in self.values])
        if table is None:
            table = Table(integer_keys[:, :0], values[:, :0], values[:, : int(self.has_default)].clone())
        all_keys = torch.cat([table.keys, integer_keys], 1)
        all_values = torch.cat([table.values, values, table.default], 1)

        queries = [[stream.known(terms, self.name) for terms in query] for query in self.queries]
        slots, latest = self._search(all_keys, eligible, queries)
        begin = 0
        for number, head in enumerate(self.heads):
            slot, query = slots[number], queries[number]
            matched = slot >= 0
            slot = slot.clamp(min=0)
            for coordinate, key in zip(query, all_keys):
                matched &= key.index_select(0, slot) == coordinate
            unknown = ~matched
            if self.has_default:
                norm = _norm(query)
                unknown &= ~(_integral(query) & (norm <= _LONGEST))
                unknown |= stream.known(self.query_squares[number], self.name) != norm
                slot = torch.where(matched, slot, all_values.shape[1] - 1)
            end = begin + len(head.values)
            stream.write_all(all_values[begin:end].index_select(1, slot), [value.targets for value in head.values])
            if bool(unknown.any()):
                for target in (target for value in head.values for target in value.targets):
                    stream.mark_unknown(unknown, target.row)
            begin = end
        return Table(all_keys.index_select(1, latest), all_values.index_select(1, latest), table.default)

    def _eligible(self, stream: Stream, keys: list[Tensor]) -> Tensor:
        """Which positions can match, once it is clear that all others cannot."""
        norm = _norm(keys)
        c = stream.known(self.key_square, self.name) - norm + 1 - stream.known(self.eligible, self.name)
        if stream.start == 0 and self.has_default:
            # -1/2 at the first position, which never matches: its key is 0, its key_square makes up for `eligible`.
            if any(bool(key[0] != 0) for key in keys) or bool(c[0] != 1):
                raise Undetermined(f"the default of head {self.name!r} does not score -1/2")
        eligible = c == 0
        regular = (c >= (1 if self.has_default else 0.5)) | (eligible & _integral(keys) & (norm <= _LONGEST))
        if not bool(regular.all()):
            raise Undetermined(f"a key of head {self.name!r} is not an integer point with its squared length")
        return eligible

    def _search(self, keys: Tensor, eligible: Tensor, queries: list[list[Tensor]]) -> tuple[list[Tensor], Tensor]:
        """For each query and position the column of the latest eligible key up to there that may equal it, or -1;
        and the columns of the latest entry of each key.

        `keys`, (D, table + size), has the table's columns first. Keys and queries are sorted by a hash, stably: in a
        run of equal hashes they stand in the order of time, a position's key before its queries, and the latest key
        before a query is found by counting. Whether that key *is* the query, the caller compares; two keys of the same
        hash would hide one another, so that runs are checked, and another hash is taken if one is mixed.
        """
        size, per_position = len(eligible), len(queries) + 1
        table = keys.shape[1] - size
        is_key = torch.zeros(table + size * per_position, dtype=torch.bool, device=keys.device)
        is_key[:table] = True
        is_key[table:].view(size, per_position)[:, 0] = eligible
        integer_queries = [[q.to(torch.int64) for q in query] for query in queries]
        # So many bits that two keys seldom share a hash; a shorter one is sorted faster.
        bits = min(2 * keys.shape[1].bit_length() + 8, 62)
        for attempt in count():
            multipliers = _multipliers(len(keys), attempt)
            hashes = torch.empty(len(is_key), dtype=torch.int64, device=keys.device)
            key_hashes = _hash(keys, multipliers, bits)
            hashes[:table] = key_hashes[:table]
            inner = hashes[table:].view(size, per_position)
            inner[:, 0] = key_hashes[table:]
            for number, query in enumerate(integer_queries):
                inner[:, number + 1] = _hash(query, multipliers, bits)
            ordered, order = hashes.sort(stable=True)
            key_here = is_key.index_select(0, order)
            rank = key_here.nonzero()[:, 0]
            key_hashes = ordered.index_select(0, rank)
            columns = order.index_select(0, rank)
            columns = torch.where(columns < table, columns, table + (columns - table) // per_position)
            same = key_hashes[1:] == key_hashes[:-1]
            twins = columns[1:][same], columns[:-1][same]
            if bool((keys[:, twins[0]] == keys[:, twins[1]]).all()):
                break
        # The latest key before each entry: in its own run of equal hashes, or else in another one, or none (-1).
        latest = key_here.cumsum(0)
        none = columns.new_full((1,), -1)
        found = torch.cat([none, columns]).index_select(0, latest)
        found.masked_fill_(torch.cat([none, key_hashes]).index_select(0, latest) != ordered, -1)
        answers = torch.empty_like(found).scatter_(0, order, found)[table:].view(size, per_position)
        last_of_run = torch.cat([~same, same.new_ones(min(len(columns), 1))])
        return [answers[:, number + 1] for number in range(len(queries))], columns[last_of_run]


def _norm(coordinates: list[Tensor]) -> Tensor:
    total = coordinates[0] * coordinates[0]
    for x in coordinates[1:]:
        total.addcmul_(x, x)
    return total


def _integral(coordinates: list[Tensor]) -> Tensor:
    whole = coordinates[0].round() == coordinates[0]
    for x in coordinates[1:]:
        whole &= x.round() == x
    return whole


def _multipliers(number: int, attempt: int) -> list[int]:
    """Odd 64-bit numbers, as signed ones."""
    generator = random.Random(attempt)
    return [(generator.getrandbits(64) | 1) - 2**63 for _ in range(number)]


def _hash(coordinates: Sequence[Tensor] | Tensor, multipliers: list[int], bits: int) -> Tensor:
    """The upper bits of a linear combination modulo 2**64 of int64 coordinates, as a number that is not negative."""
    total = coordinates[0] * multipliers[0]
    for x, multiplier in zip(coordinates[1:], multipliers[1:]):
        total.add_(x, alpha=multiplier)
    return total.bitwise_right_shift_(64 - bits).bitwise_and_(2**bits - 1)
