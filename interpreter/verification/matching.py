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

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from compiler.circuits.heads import Latest
from interpreter.verification.plan import HeadPlan, Plan, Terms, Undetermined
from interpreter.verification.search import hash_of, search, touched
from interpreter.verification.stream import Stream

_LONGEST = 2.0**52
"""Squared lengths up to this are exact in float64, and so is everything they are compared with."""


def key_of(head: HeadPlan) -> object:
    """Equal for heads that search the same keys."""
    assert isinstance(head.pattern, Latest)
    keys = tuple(key for _, key in head.pattern.match)
    return keys, head.pattern.eligible, head.pattern.key_square, head.pattern.query_square is None


class Table(NamedTuple):
    """What later chunks need of earlier ones, an entry a key.

    keys: (D, K) int64; values: of the latest position with that key, (V, K); hashes: (K,), see `search`; default: the
    values of the first position, (V, 1), or (V, 0).
    """

    keys: Tensor
    values: Tensor
    hashes: Tensor
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
        self.values = list(dict.fromkeys(value.terms for head in heads for value in head.values))

    def __call__(self, stream: Stream, table: Table | None) -> Table:
        """Adds what the heads copy to the stream of a chunk; takes and returns the table of the keys before it."""
        coordinates = [stream.known(terms, self.name) for terms in self.keys]
        eligible = self._eligible(stream, coordinates)
        keys = torch.stack([x.to(torch.int64) for x in coordinates])
        values = torch.stack([stream.known(terms, self.name) for terms in self.values])
        queries = [
            torch.stack([stream.known(terms, self.name).to(torch.int64) for terms in query]) for query in self.queries
        ]
        if table is None:
            default = values[:, : int(self.has_default)].clone()
            table = Table(keys[:, :0], values[:, :0], keys[0, :0], default)

        hashes, query_hashes = hash_of(keys), [hash_of(query) for query in queries]
        asked, other = touched(table.hashes, [hashes, *query_hashes])
        keys = torch.cat([table.keys.index_select(1, asked), keys], 1)
        values = torch.cat([table.values.index_select(1, asked), values, table.default], 1)
        hashes = torch.cat([table.hashes.index_select(0, asked), hashes])
        slots, latest = search(keys, hashes, eligible, queries, query_hashes)
        for number, slot in enumerate(slots):
            self._answer(stream, number, slot, keys, values)
        return Table(
            torch.cat([table.keys.index_select(1, other), keys.index_select(1, latest)], 1),
            torch.cat([table.values.index_select(1, other), values.index_select(1, latest)], 1),
            torch.cat([table.hashes.index_select(0, other), hashes.index_select(0, latest)]),
            table.default,
        )

    def _answer(self, stream: Stream, number: int, slot: Tensor, keys: Tensor, values: Tensor) -> None:
        """Writes what head `number` finds: the values in these columns, which may be -1; the default is the last."""
        head = self.heads[number]
        query = [stream.known(terms, self.name) for terms in self.queries[number]]
        matched = slot >= 0
        slot = slot.clamp(min=0)
        for coordinate, key in zip(query, keys):
            matched &= key.index_select(0, slot) == coordinate
        unknown = ~matched
        if self.has_default:
            norm = _norm(query)
            unknown &= ~(_integral(query) & (norm <= _LONGEST))
            unknown |= stream.known(self.query_squares[number], self.name) != norm
            slot = torch.where(matched, slot, values.shape[1] - 1)
        for value in head.values:
            stream.write(values[self.values.index(value.terms)].index_select(0, slot), value.targets)
        if bool(unknown.any()):
            for target in (target for value in head.values for target in value.targets):
                stream.mark_unknown(unknown, target.row)

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
