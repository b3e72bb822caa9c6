"""Random states of the domains of the step, query and key lemmas, with what the lemmas claim about them.

Everything comes from the same functions that the symbolic proofs run (`cases`, `contract`, `queries`, `keys`), on
points instead of paths.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.machines.ram.rules import next_token
from compiler.machines.ram.vocabulary import Token
from proofs_check.ram.cases import Case, situation
from proofs_check.ram.contract import HeadContract
from proofs_check.ram.copies import copies
from proofs_check.ram.keys import MEMORY, asked_there, offered
from proofs_check.ram.queries import asked
from proofs_check.ram.steps import Ram
from proofs_check.ram.writes import Write, contract_of, written_at
from proofs_check.symbolic.paths import Dead, Term
from proofs_check.symbolic.points import Point

Numbers = tuple[float | None, ...]
"""What a lemma claims about some rows; None where it claims nothing."""


@dataclass(frozen=True)
class State:
    """A position of some trace. token: at the position; heads: by the wire that a head writes, what it brings;
    follows: the token that the step lemma claims; queries: by head, the point that the query lemma claims; keys:
    by memory head, what the key lemma claims about the rows of the key; values: likewise, by the wire written.
    """

    where: Case | Write
    token: Token
    position: int
    heads: Mapping[str, float]
    follows: Token | None = None
    queries: Mapping[str, Numbers] = field(default_factory=dict)
    keys: Mapping[str, Numbers] = field(default_factory=dict)
    values: Mapping[str, Numbers] = field(default_factory=dict)


def draw(rng: random.Random, base: int) -> Any:
    """Values of variables, by what the names of `cases` and `keys` mean: small numbers, and the ends of ranges."""

    def value(point: Point, name: str, low: int | None, high: int | None) -> int:
        n = point.values.get("n", 2)
        if name == "n":
            return rng.choice([rng.randint(2, 12), rng.randint(2, 60), rng.randint(20, 50 * base)])
        if name == "start" or (name.startswith("significant") and name.endswith(" at")):
            return rng.choice([rng.randint(0, n - 1), max(0, n - 1 - rng.randint(0, 12))])
        if low is not None and high is not None and high - low < 10**6:
            return rng.choice([low, high, *(rng.randint(low, high) for _ in range(3))])
        if low is not None and low > -base:
            return low + rng.choice([0, 0, 1, 1, 2, 3, rng.randint(0, base)])
        return rng.randint(-base, base)

    return value


def states(ram: Ram, where: Case | Write, count: int, rng: random.Random, tries: int = 400) -> Iterator[State]:
    """Up to `count` states of a case; fewer where hardly any draw is admissible (at most `tries` for each)."""
    drawing = draw(rng, ram.layout.base)
    for _ in range(count * tries):
        point = Point(drawing)
        try:
            yield _situation(ram, where, point) if isinstance(where, Case) else _write(ram, where, point)
        except Dead:
            continue
        count -= 1
        if count == 0:
            return


def _situation(ram: Ram, case: Case, point: Point) -> State:
    place = situation(ram.layout, case, point)
    follows = _concrete(point, next_token(place.local))
    contract = HeadContract(ram.model, point, place)
    queries = {}
    for head, copy in copies(ram.layout, ram.addresses).items():
        if copy.matches:
            wanted = asked(ram, head, place, point)
            if wanted is not None:
                queries[head] = tuple(_number(point, w) for w in wanted)
    heads = {wire: _number(point, contract(wire)) for wire in contract.values}
    token = _concrete(point, place.local.token)
    return State(case, token, point.values["n"] - 1, heads, follows, queries)


def _write(ram: Ram, write: Write, point: Point) -> State:
    place, effect = written_at(ram, write, point)
    contract = contract_of(ram, write, place, point)
    token = _concrete(point, place.local.token)
    keys: dict[str, Numbers] = {}
    values: dict[str, Numbers] = {}
    for name in MEMORY:
        offer = offered(name, place, effect)
        if offer is None:
            continue
        keys[name] = tuple(None if w is None else _number(point, w) for w in offer.key)
        values[name] = tuple(
            None if w is None else _number(point, w)
            for output in ram.model.readback.head(name).outputs
            for [wire] in [list(output)]
            for w in [offer.values[wire.rpartition(".")[2]]]
        )
    asks = {head: asked for head, asked in asked_there(ram, place).items() if asked is not None}
    queries = {head: tuple(_number(point, w) for w in asked) for head, asked in asks.items()}
    heads = {wire: _number(point, contract(wire)) for wire in contract.values}
    return State(write, token, point.values["n"] - 1, heads, queries=queries, keys=keys, values=values)


def _concrete(point: Point, token: Token) -> Token:
    return Token(token.family, int(point.value(token.value)), token.flag)


def _number(point: Point, value: Term | int) -> float:
    return float(point.value(value))
