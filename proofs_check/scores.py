"""What a head scores, read from its tensors alone: one of the patterns of `heads`, term by term.

The gap lemmas speak of abstract scores. Here the tensors are matched against them, recency included, so that nothing
can hide beside a pattern: no further match pair, no other step of recency, no other positional feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.lemma import Counterexample, Refuted
from proofs_check.tensors import Attention, Linear, show


def scale_of(max_tokens: int) -> Fraction:
    """All scores but those of a mean are multiplied by this, so that a recency step becomes 1024."""
    return Fraction(1024 * 2 * max_tokens)


@dataclass(frozen=True)
class Score:
    """The score of a position k seen from q, divided by `scale_of`.

    Attributes:
        kind: `mean`, `previous`, `at`, `latest`, `latest with default`, or `offset`.
        queries: of `at`, the number that is looked up; of `latest`, the coordinates x that are looked for.
        keys: of `latest`, the coordinates y that a position offers.
        penalty: of `latest`, what else the wires at k add: `e - 1 - |y|^2`, e being 1 where k is eligible, else 0.
        query_square: of `latest with default`, `|x|^2`.
        distance: of `offset`, how far back it looks.
    """

    kind: str
    queries: tuple[Linear, ...] = ()
    keys: tuple[Linear, ...] = ()
    penalty: Linear | None = None
    query_square: Linear | None = None
    distance: int = 0


def read_score(head: Attention, max_tokens: int) -> Score:
    """The score of a head as its tensors have it.

    Raises:
        Refuted: it is none of the patterns.
    """
    if head.biases:
        if head.offset is None:
            raise _none(head)
        return Score("offset", distance=head.offset)
    scale, step = scale_of(max_tokens), Fraction(1, 2 * max_tokens)
    one: Linear = {"one": scale}
    pairs = [(dict(q), dict(k)) for q, k in head.pairs]
    match pairs:
        case []:
            return Score("mean")
        case [({"parity": s, **others}, {"parity": 1, **more}), (q, {"position": r, **rest})] if not (
            others or more or rest or s != -scale or q != one or r != step
        ):
            return Score("previous")
        case [(q, {"position": 1, **others}), ({"one": s}, {"position squared": 1, **more})] if not (
            others or more or s != -scale
        ):
            return Score("at", queries=(_times(q, 1 / (2 * scale)),))
    [*rows, (last, penalty)] = pairs
    first = penalty.pop("first", None)
    if last != one or penalty.pop("position", None) != step or first not in (None, Fraction(1, 2)):
        raise _none(head)
    square = None
    if first is not None:
        if not rows or rows[-1][1] != {"one": 1, "first": -1}:
            raise _none(head)
        [*rows, (q, _)] = rows
        square = _times(q, -1 / scale)
    if any(name in ("position squared", "parity") for name in penalty):
        raise _none(head)
    queries = tuple(_times(q, 1 / (2 * scale)) for q, _ in rows)
    kind = "latest" if first is None else "latest with default"
    return Score(kind, queries, tuple(k for _, k in rows), penalty, square)


def _times(form: Linear, factor: Fraction) -> Linear:
    return {name: c * factor for name, c in form.items()}


def _none(head: Attention) -> Refuted:
    products = " + ".join(f"({show(q)})({show(k)})" for q, k in head.pairs)
    values = {"score": products} | ({"biases": str(head.biases)} if head.biases else {})
    return Refuted(Counterexample(str(head), values, "the score of one of the patterns"))
