"""Attention heads: the patterns that hand-set heads follow, as data.

A head's score is `sum_i query_i * key_i`, a softmax over the positions up to the current one. All heads
but `Mean` are made *hard*: the wanted position wins by a gap so wide that the softmax is one-hot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.circuits.expressions import Expression


@dataclass(frozen=True)
class Mean:
    """Equal scores: the mean of the values at positions 0 to p."""


@dataclass(frozen=True)
class Previous:
    """Position p - 1 (position 0 sees itself).

    Score: `-parity(p) * parity(k) + recency(k)`, largest at the latest position of the other parity.
    """


@dataclass(frozen=True)
class At:
    """The position nearest to the number `query`: score `2 query k - k*k`.

    The query may be off by less than 1/2: looking an integer up also wipes out rounding.
    """

    query: Expression


@dataclass(frozen=True)
class Latest:
    """The latest eligible position whose key equals the query, coordinate by coordinate.

    Score: `-|query - key|^2 - (1 - eligible) + recency(k)`, with `|query - key|^2` expanded into
    `2 query key - |key|^2 - |query|^2`. `key_square` is a wire with `|key|^2`. `-|query|^2` moves all
    scores alike and is left out, unless the first token is a *default*: it then wins, with score -1/2,
    exactly when no eligible position matches, and `query_square` is needed.

    recent: without, there is no recency, and of several matches the head brings the mean. Scores are then half-integers
    as small as the keys, whatever the length of the trace, so that a format of few bits does; the machine sees to it
    that matches which it does not tell apart carry the same values, and the indexed engine relies on that.
    within: only the last so many positions before the current one count, besides itself: a relative bias of 0 there and
    of -inf beyond.
    """

    match: tuple[tuple[Expression, Expression], ...]
    eligible: Expression
    key_square: Expression
    query_square: Expression | None = None
    recent: bool = True
    within: int | None = None


@dataclass(frozen=True)
class Offset:
    """The position `distance` before the current one: a relative bias of 0 there and of -inf everywhere else.

    The softmax is one-hot in every floating-point format: exp(0) is 1 and exp(-inf) is 0. Where there is no such
    position, the head brings 0.
    """

    distance: int


Pattern = Mean | Previous | At | Latest | Offset


@dataclass(frozen=True)
class Head:
    """A head: where it looks and which expressions it copies (or averages) to which wires."""

    name: str
    pattern: Pattern
    values: Mapping[str, Expression]
