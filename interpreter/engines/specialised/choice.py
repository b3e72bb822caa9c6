"""The argmax over the vocabulary, recorded: the family that won, and the conditions under which it wins.

Of each family a logit is `constant + v linear + v*v square`, see `interpreter.engines.indexed.decision`. Where the best
v of the winner's parabola is not cut off by the range of v, no range has a better one, so that families with the same
parabola are compared by their constants alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interpreter.engines.indexed.decision import Group, Member
from interpreter.engines.specialised.fragment import Token
from interpreter.engines.specialised.knowledge import Stop, Variable
from interpreter.engines.specialised.network import Network, Wire
from interpreter.engines.specialised.polynomials import Polynomial, number

if TYPE_CHECKING:
    from interpreter.engines.specialised.recorder import Recorder


@dataclass(frozen=True)
class _Family:
    member: Member
    constant: Wire
    flag: Wire


@dataclass(frozen=True)
class _Group:
    group: Group
    linear: Wire
    square: Wire
    families: tuple[_Family, ...]

    @property
    def has_values(self) -> bool:
        return self.group.low != self.group.high


class Families:
    """The groups of families as nodes of the network."""

    def __init__(self, grouped: Mapping[Group, list[Member]], network: Network, halting: frozenset[int]) -> None:
        self.halting = halting
        self.groups = [
            _Group(
                group, network.row(group.linear), network.row(group.square),
                tuple(_Family(m, network.row(m.constant), network.row(m.flag)) for m in members),
            )
            for group, members in grouped.items()
        ]  # fmt: skip


@dataclass
class _Candidate:
    """The best of a group: its families' logits without the parabola's part, the best v, and that part."""

    group: _Group
    logits: list[Polynomial]
    bits: list[Polynomial]
    best: int
    linear: Polynomial
    square: Polynomial
    value: float
    top: float
    logit: float
    token: int


def choose(r: Recorder) -> tuple[Token, int]:
    """The next token, and its number in the run that is recorded."""
    candidates = [_candidate(r, group) for group in r.families.groups]
    winner = candidates[0]
    for c in candidates[1:]:
        if c.logit > winner.logit or (c.logit == winner.logit and c.token < winner.token):
            winner = c
    group, member = winner.group.group, winner.group.families[winner.best].member
    value, top = _value(r, winner)
    logit = winner.logits[winner.best]
    for i, other in enumerate(winner.logits):
        if i != winner.best:
            _beats(r, logit - other, ties=i > winner.best)
    for c in candidates:
        if c is not winner:
            _beats_group(r, winner, top, c)
    last = member.first + (group.high - group.low + 1) * member.flags
    if any(member.first <= token < last for token in r.families.halting):
        raise Stop
    bit = r.known.resolved(winner.bits[winner.best])
    if member.flags == 1:
        bit = number(0.0)
    value = r.known.named(r.known.resolved(value), float(group.low), float(group.high))
    return Token(member.first, group.low, group.high, member.flags, value, bit), winner.token


def _candidate(r: Recorder, group: _Group) -> _Candidate:
    linear = square = number(0.0)
    if group.has_values:
        linear, square = r.read(group.linear), r.read(group.square)
    logits, bits = [], []
    for family in group.families:
        logit = r.read(family.constant)
        bit = number(0.0)
        if family.member.flag:
            bit, part = _flag(r, r.read(family.flag))
            logit = logit + part
        logits.append(logit)
        bits.append(bit)
    values = [r.known.value(logit) for logit in logits]
    best = values.index(max(values))
    low, high = group.group.low, group.group.high
    value, top = _best_value(r.known.value(linear), r.known.value(square), low, high)
    member = group.families[best].member
    token = member.first + int(value - low) * member.flags + int(r.known.value(bits[best]))
    return _Candidate(group, logits, bits, best, linear, square, value, top, values[best] + top, token)


def _flag(r: Recorder, term: Polynomial) -> tuple[Polynomial, Polynomial]:
    """1 if the term is positive, else 0; and what it then adds to the logit."""
    term = r.known.resolved(term)
    if not term.terms:
        return number(float(term.constant > 0)), number(max(term.constant, 0.0))
    low, high = r.known.bounds(term)
    if high == -low > 0 and math.frexp(high)[0] == 0.5:
        bit = term.scaled(0.5 / high).shifted(0.5)
        if r.known.is_whole(bit):
            return bit, bit.scaled(high)
    if r.known.value(term) > 0:
        r.require_more(term)
        return number(1.0), term
    r.require(term.scaled(-1.0))
    return number(0.0), number(0.0)


def _best_value(linear: float, square: float, low: int, high: int) -> tuple[float, float]:
    """The v of the range with the largest `v linear + v*v square`, the first of two, and that number."""
    if low == high:
        return float(low), low * (linear + low * square)
    first, second = float(low), float(high)
    if square < 0:
        first = min(max(float(math.floor(linear / (-2.0 * square))), first), high - 1.0)
        second = first + 1
    tops = [v * (linear + v * square) for v in (first, second)]
    return (second, tops[1]) if tops[1] > tops[0] else (first, tops[0])


def _value(r: Recorder, winner: _Candidate) -> tuple[Polynomial, Polynomial]:
    """The best v of the winner, and what its parabola adds to the logit."""
    low, high = winner.group.group.low, winner.group.group.high
    linear, square = r.known.resolved(winner.linear), r.known.resolved(winner.square)
    if not winner.group.has_values:
        return number(float(low)), number(winner.top)
    if not linear.terms and not square.terms:
        return number(winner.value), number(winner.top)
    _unclamped(r, linear, square, low, high)
    linear, square = r.known.resolved(linear), r.known.resolved(square)
    if not square.terms and math.frexp(square.constant)[0] == -0.5:
        exact = linear.scaled(-0.5 / square.constant)
        if r.known.is_whole(exact):
            return exact, (exact * exact).scaled(-square.constant)
    made = Variable(winner.value, float(low), float(high), True, ("best", linear, square, low, high))
    value = r.known.new(made)
    return value, value * (linear + value * square)


def _unclamped(r: Recorder, linear: Polynomial, square: Polynomial, low: int, high: int) -> None:
    """The top of the parabola is within half of the range, and it has one."""
    r.require_more(square.scaled(-1.0))
    r.require(linear + square.scaled(2.0 * low - 1))
    r.require((linear + square.scaled(2.0 * high + 1)).scaled(-1.0))


def _beats(r: Recorder, difference: Polynomial, ties: bool) -> None:
    difference = r.known.resolved(difference)
    low, _ = r.known.bounds(difference)
    if low > 0 or (ties and low >= 0):
        return
    if ties:
        r.require(difference)
    else:
        r.require_more(difference)


def _beats_group(r: Recorder, winner: _Candidate, top: Polynomial, other: _Candidate) -> None:
    """The winner's logit is larger than any of another group."""
    low = winner.group.group.low
    least = r.known.bounds(top)[0]
    if low <= 0 <= winner.group.group.high:
        least = max(least, 0.0)
    linear, square = r.known.resolved(winner.linear), r.known.resolved(winner.square)
    same = [linear.key, square.key] == [r.known.resolved(p).key for p in (other.linear, other.square)]
    fixed = not linear.terms and not square.terms
    for logit in other.logits:
        difference = r.known.resolved(winner.logits[winner.best] - logit)
        if not other.group.has_values:
            if r.known.bounds(difference)[0] + least > 0:
                continue
            _beats(r, difference + top, ties=False)
        elif same and not fixed:
            _beats(r, difference, ties=False)
        elif not r.known.resolved(other.linear).terms and not r.known.resolved(other.square).terms:
            _beats(r, (difference + top).shifted(-other.top), ties=False)
        else:
            raise Stop
