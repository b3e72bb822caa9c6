"""Symbolic execution agrees with running the same function on every point of a small domain."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs_check.lemma import NotProved
from proofs_check.symbolic.paths import Exploration, explore
from proofs_check.symbolic.polynomials import Polynomial, constant, variable
from proofs_check.symbolic.stream import _starts
from proofs_check.symbolic.tables import evaluate, pieces
from proofs_check.symbolic.terms import Path, Term


def clipped(x: Term, y: Term) -> Term:
    """Piecewise in two variables, with a product."""
    if x > y:
        return x * y - 3
    return abs(x - 2) if x + y >= 4 else y - x


def admits(path: Exploration, values: Mapping[str, int]) -> bool:
    """Whether the state lies on the path, by what the solver was told; variables not named may be anything."""
    solver, questions = path.questions.solver, path.questions
    known = {m: u for m, u in questions._unknowns.items() if {v for v, _ in m} <= values.keys()}
    return solver.possible(*(u == int(Polynomial({m: 1}).at(values)) for m, u in known.items()))


def test_every_point_lies_on_exactly_one_path_and_has_its_value() -> None:
    covered: list[tuple[int, int]] = []

    def one(path: Exploration) -> None:
        x, y = path.variable("x", 0, 5), path.variable("y", 0, 5)
        value = clipped(x, y).polynomial
        for a, b in product(range(6), repeat=2):
            if admits(path, {"x": a, "y": b}):
                covered.append((a, b))
                assert value.at({"x": a, "y": b}) == clipped(a, b)  # type: ignore[arg-type]

    explore(one)
    assert sorted(covered) == sorted(product(range(6), repeat=2))


def test_what_is_recorded_is_the_same_in_every_run_that_comes_past() -> None:
    """Where a run comes again to a question, the solver knows decisions that followed; the answer must not change."""
    seen: list[tuple[bool, bool, bool]] = []

    def one(path: Path) -> None:
        x, y = path.variable("x", 0, 1), path.variable("y", 0, 1)
        early = path.recorded(lambda: path.certain((x - 1).polynomial))
        if early:
            bool(y >= 1)
        seen.append((early, bool(x >= 1), bool(y >= 1)))

    explore(one)
    assert sorted(seen) == [(False, *flags) for flags in product((False, True), repeat=2)]


def test_within_a_path_other_paths_go_on_and_leave_no_trace() -> None:
    """A nested run sees every point of the outer path; what it declares and assumes is gone after it."""
    seen: list[tuple[bool, bool, bool]] = []

    def outer(path: Path) -> None:
        x = path.variable("x", 0, 9)
        large = x >= 5

        def inner() -> None:
            y = path.variable("y", 0, 9)
            path.assume((y - x).polynomial)
            seen.append((large, bool(x >= 7), bool(y >= 5)))

        path.within(inner)
        assert not path.certain((x - 7).polynomial)
        assert path.certain((x - 5).polynomial) is large
        with pytest.raises(NotProved):
            path.within(fail)
        assert path.variable("y", -3, -3).polynomial is not None and path.certain((-3 - path.variable("y")).polynomial)

    def fail() -> None:
        raise NotProved("comes through")

    assert explore(outer) == 2
    assert sorted(seen) == [(False, False, False), (False, False, True), (True, False, True), (True, True, True)]


def test_within_is_run_once_where_several_paths_come_past() -> None:
    """A later run comes past with a decision ahead that the solver has not heard of; nothing may be left after."""
    ran: list[int] = []
    seen: list[tuple[bool, bool]] = []

    def outer(path: Path) -> None:
        x = path.variable("x", 0, 9)
        path.within(lambda: ran.append(1) if x < 4 else ran.append(0))
        seen.append((bool(x >= 2), bool(x >= 6)))

    explore(outer)
    assert sorted(ran) == [0, 1]
    assert sorted(seen) == [(False, False), (True, False), (True, True)]


def test_a_quotient_is_a_floor_and_a_group_where_that_is_certain() -> None:
    def one(path: Path) -> None:
        r, x, d = path.variable("r", 0, 9), path.variable("x", 0, 9), path.variable("d", 1, 9)
        path.assume((d - 1 - r).polynomial)
        quotient = (10 * r + x) // d
        assert path.certain(quotient.polynomial) and path.certain((9 - quotient).polynomial)

    explore(one, quotients=10)


def test_a_divisor_that_may_be_zero_is_not_accepted() -> None:
    with pytest.raises(NotProved):
        explore(lambda path: path.variable("x", 0, 9).__floordiv__(path.variable("d", 0, 9)) and None)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.integers(-5, 5))
def test_pieces_reproduce_every_table(values: list[int], low: int) -> None:
    found = pieces([Fraction(v) for v in values], low)
    assert [evaluate(found, low + i) for i in range(len(values))] == values


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=4, unique=True), st.data())
def test_a_start_leads_to_the_right_piece(corners: list[int], data: st.DataObject) -> None:
    corners = sorted(corners)
    weights = [data.draw(st.integers(-3, 3)) for _ in corners]
    for z in range(-6, 7):
        exact = sum(w * max(z - c, 0) for w, c in zip(weights, corners))
        piece = max((i for i, start in _starts(list(corners), True) if z >= start), default=-1)
        assert sum(w * (z - c) for w, c in zip(weights[: piece + 1], corners)) == exact


@given(st.integers(-5, 5), st.integers(1, 5))
def test_polynomials_compute(x: int, n: int) -> None:
    p = (variable("x") + constant(2)) * (variable("x") - variable("n", -1).scaled(3))
    assert p.at({"x": x, "n": n}) == (x + 2) * (x - Fraction(3, n))
    assert variable("n") * variable("n", -1) == constant(1)
    assert Polynomial({}).constant == 0
