"""The precision report: its evaluation of the published lookup, and what it finds of ours."""

from __future__ import annotations

from benchmarks.precision import Binary, Decimals, family, first_error, first_error_in_batch, our_gap, their_gap, theirs
from compiler.machines.ptm import machine
from interpreter.model.transformer import Transformer
from proofs_check.formats import FORMATS


def test_the_published_lookup_fails_where_it_was_seen_to_fail() -> None:
    """With 14 digits from about 214 tokens on; with 20 it is right at 2,012 tokens and wrong at 2,612.

    The last lookup of the family is two positions before the end.
    """
    fourteen, twenty = theirs(Decimals(14)), theirs(Decimals(20))
    assert abs(fourteen.first + 2 - 214) <= 6
    assert 0.9 * fourteen.first < fourteen.predicted < fourteen.first
    assert 0.9 * twenty.first < twenty.predicted < twenty.first
    assert [Decimals(20).mistakes(tokens - 2) for tokens in (2_012, 2_612)] == [False, True]


def test_its_gap() -> None:
    """The latest write is ahead by about `I**-6 / 2`, of scores of size 2."""
    for position in (100, 1000):
        assert abs(their_gap(position) / (position**-6 / 4) - 1) < 0.1


def test_short_types_fail_at_once() -> None:
    float64, _, bfloat16, _ = FORMATS
    assert theirs(Binary(bfloat16)).first == 10
    assert 300 < theirs(Binary(float64)).first < 500


def test_ours() -> None:
    transformer = Transformer(machine().weights)
    assert first_error(transformer, family(300), 1000) is None
    assert first_error_in_batch(family(3000), 10_000) is None
    # Built for shorter traces, the gap is wider.
    assert our_gap(2**10) > 2.0**-24 > our_gap(2**13) > our_gap(2**20) > 2.0**-53
