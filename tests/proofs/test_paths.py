"""The symbolic engine against exact evaluation, on random bounds, polynomials and programs.

An interval, a sign or a dead path that leaves out a point that exists would make a false lemma look proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.lemma import NotProved
from proofs_check.symbolic import intervals
from proofs_check.symbolic.paths import Exploration, explore
from proofs_check.symbolic.points import Point
from proofs_check.symbolic.polynomials import Polynomial
from proofs_check.symbolic.terms import Dead, Path, Term

NAMES = ("a", "b", "c")
Box = Mapping[str, tuple[int, int]]
Bounds = tuple[int | None, int | None]
ends = st.none() | st.integers(-4, 4)
boxes = st.fixed_dictionaries(
    {name: st.tuples(st.integers(-3, 3), st.integers(0, 3)).map(lambda t: (t[0], t[0] + t[1])) for name in NAMES}
)
fractions = st.fractions(min_value=-3, max_value=3, max_denominator=4)
exponents = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 4), max_size=3)
monomials = exponents.map(lambda d: tuple(sorted(d.items())))
polynomials = st.dictionaries(monomials, fractions, max_size=4).map(Polynomial)


def values_between(low: int | None, high: int | None) -> range:
    """Infinite ends cut off where all signs and sizes have been seen."""
    return range(
        min(-7, 0 if high is None else high) if low is None else low,
        (max(7, 0 if low is None else low) if high is None else high) + 1,
    )


@given(polynomials, st.fixed_dictionaries({name: st.tuples(ends, ends) for name in NAMES}))
def test_an_interval_leaves_no_value_out(polynomial: Polynomial, bounds: dict[str, Bounds]) -> None:
    bounds = {n: (a, b) if a is None or b is None or a <= b else (b, a) for n, (a, b) in bounds.items()}
    low, high = intervals.of_polynomial(polynomial, {n: intervals.interval(*b) for n, b in bounds.items()})
    names = sorted(polynomial.variables)
    for point in product(*(values_between(*bounds[n]) for n in names)):
        assert low <= polynomial.at(dict(zip(names, point))) <= high


def test_a_square_after_a_factor_that_may_be_negative_has_its_sign() -> None:
    square = Polynomial({(("a", 1), ("b", 2)): 1})
    assert intervals.of_polynomial(square, {"a": (-2, 3), "b": (-1, 4)}) == (-32, 48)
    assert intervals.of_polynomial(square, {"a": intervals.ALL, "b": (1, 1)}) == intervals.ALL


# ---------------------------------------------------------------------------------------- random programs


LEAVES = st.tuples(st.sampled_from(NAMES)) | st.tuples(st.integers(-3, 3))
KINDS = ("+", "-", "*", "abs", "floor", "floor by a term", "less", "equal", "within", "assume")
trees = st.recursive(
    LEAVES, lambda inner: st.tuples(st.sampled_from(KINDS), st.integers(1, 4), inner, inner, inner), max_leaves=9
)
"""A program as a tuple, which can be printed and pasted: its kind, a number that some have, three programs."""


def run(tree: Any, path: Path, v: Mapping[str, Term]) -> Term:
    """The value of a program, on numbers or on terms."""
    if len(tree) == 1:
        return v[tree[0]] if isinstance(tree[0], str) else path.term(tree[0])
    kind, number, *parts = tree
    x, y, z = (lambda part=part: run(part, path, v) for part in parts)
    match kind:
        case "+":
            return x() + y()
        case "-":
            return x() - y()
        case "*":
            return x() * y()
        case "abs":
            return abs(x())
        case "floor":
            return x() // number
        case "floor by a term":
            return x() // (abs(y()) + 1)
        case "less":
            return z() if x() < y() else y() - z()
        case "equal":
            return z() * x() if x() == y() else z()
        case "within":
            path.within(lambda: x() < y() and None)  # beside the path, which it forks
        case "assume":
            path.assume((x() + number).polynomial)
    return z()


def declared(path: Path, box: Box) -> dict[str, Term]:
    return {name: path.variable(name, *box[name]) for name in NAMES}


def points(box: Box) -> list[dict[str, int]]:
    ranges = (range(low, high + 1) for low, high in box.values())
    return [dict(zip(box, values)) for values in product(*ranges)]


def at_a_point(program: Any, box: Box, values: dict[str, int]) -> Any:
    """The value in exact arithmetic, which no solver and no interval has part in; None: an assumption fails there."""
    point = Point(lambda point, name, low, high: values[name])
    try:
        return point.value(run(program, point, declared(point, box)))
    except Dead:
        return None


def with_quotients(path: Path, values: Mapping[str, int]) -> dict[str, int] | None:
    """The values with those of the quotients; None: a divisor is not positive, as it is only elsewhere."""
    known = dict(values)
    for name, floor in path.floors.items():
        divisor = Fraction(floor.divisor.at(known))
        if divisor < 1:
            return None
        known[name] = int(Fraction(floor.dividend.at(known)) // divisor)
    return known


def admits(path: Exploration, values: Mapping[str, int]) -> bool:
    """Whether the state lies on the path: the variables have these values, and quotients and products follow."""
    known = with_quotients(path, values)
    if known is None:
        return False
    questions = path.questions
    formulas = []
    for m, unknown in questions._unknowns.items():
        if {v for v, _ in m} <= known.keys():
            formulas.append(unknown == int(Polynomial({m: 1}).at(known)))
    return questions.solver.possible(*formulas)


@settings(max_examples=60, deadline=None)
@given(trees, boxes)
def test_every_point_of_a_random_program_lies_on_one_path_with_its_value(program: Any, box: Box) -> None:
    """A point on no path is one that an interval, a sign or a dead path has left out."""
    expected = {tuple(p.values()): at_a_point(program, box, p) for p in points(box)}
    found: dict[tuple[int, ...], list[object]] = {at: [] for at in expected}

    def one(path: Exploration) -> None:
        value = run(program, path, declared(path, box)).polynomial
        low, high = path.interval(value)
        not_negative, not_positive = path.certain(value), path.certain(value.scaled(-1))
        for p in points(box):
            if not admits(path, p):
                continue
            known = with_quotients(path, p)
            assert known is not None
            at = value.at(known)
            found[tuple(p.values())].append(at)
            assert (low is None or low <= at) and (high is None or at <= high)
            assert (at >= 0 or not not_negative) and (at <= 0 or not not_positive)

    try:
        explore(one, limit=400)
    except NotProved as reason:
        assert "more than" in str(reason) or "may be 0" in str(reason), reason
        return
    for at, value in expected.items():
        assert found[at] == ([] if value is None else [value])
