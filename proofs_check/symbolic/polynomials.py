"""Polynomials with rational coefficients over named integer variables; exponents may be negative."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

Monomial = tuple[tuple[str, int], ...]
"""Variables with their exponents, in alphabetical order; () is 1."""
Coefficient = int | Fraction


def simple(c: Coefficient) -> Coefficient:
    """An int where the fraction is one: much faster."""
    return c if type(c) is int or c.denominator != 1 else c.numerator


class Polynomial:
    """Immutable; `terms` has no zero coefficients."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, Coefficient]) -> None:
        self.terms = {m: simple(c) for m, c in terms.items() if c}
        self._hash: int | None = None

    @property
    def constant(self) -> Coefficient | None:
        """The value of a constant polynomial, else None."""
        if not self.terms:
            return 0
        return self.terms.get(()) if len(self.terms) == 1 else None

    @property
    def variables(self) -> set[str]:
        """Their names."""
        return {v for m in self.terms for v, _ in m}

    def __add__(self, other: Polynomial) -> Polynomial:
        if not other.terms:
            return self
        total = dict(self.terms)
        for m, c in other.terms.items():
            total[m] = total.get(m, 0) + c
        return Polynomial(total)

    def scaled(self, factor: Coefficient) -> Polynomial:
        """A multiple."""
        if factor == 1:
            return self
        return Polynomial({m: c * factor for m, c in self.terms.items()})

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + other.scaled(-1)

    def __mul__(self, other: Polynomial) -> Polynomial:
        if other.constant is not None:
            return self.scaled(other.constant)
        total: dict[Monomial, Coefficient] = {}
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                key = _times(m, n)
                total[key] = total.get(key, 0) + c * d
        return Polynomial(total)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __repr__(self) -> str:
        def show(m: Monomial) -> str:
            return "*".join(v if e == 1 else f"{v}**{e}" for v, e in m)

        terms = [f"{c}" if not m else show(m) if c == 1 else f"{c}*{show(m)}" for m, c in sorted(self.terms.items())]
        return " + ".join(terms) or "0"

    def at(self, values: Mapping[str, Coefficient]) -> Coefficient:
        """The value at a point."""
        total: Coefficient = 0
        for m, c in self.terms.items():
            for v, e in m:
                c = c * Fraction(values[v]) ** e
            total += c
        return simple(total)

    def with_values(self, values: Mapping[str, int]) -> Polynomial:
        """The polynomial with some variables replaced by numbers; as it is where one of them is a divisor."""
        if not values or not any(v in values for m in self.terms for v, _ in m):
            return self
        terms: dict[Monomial, Coefficient] = {}
        for m, c in self.terms.items():
            if any(v in values and e < 0 for v, e in m):
                return self
            for v, e in m:
                c = c * values[v] ** e if v in values else c
            key = tuple((v, e) for v, e in m if v not in values)
            terms[key] = terms.get(key, 0) + c
        return Polynomial(terms)

    @property
    def fixes(self) -> tuple[str, int] | None:
        """The variable, and its value, where the polynomial is 0; None if it is not linear in one variable alone."""
        [*names] = self.variables
        if len(names) != 1 or not set(self.terms) <= {(), ((names[0], 1),)}:
            return None
        value = Fraction(-self.terms.get((), 0)) / self.terms[((names[0], 1),)]
        return (names[0], int(value)) if value.denominator == 1 else None


def constant(value: Coefficient) -> Polynomial:
    """A polynomial without variables."""
    return Polynomial({(): value})


def variable(name: str, exponent: int = 1) -> Polynomial:
    """A power of one variable."""
    return Polynomial({((name, exponent),): 1})


def total(terms: Iterable[tuple[Polynomial, Coefficient]]) -> Polynomial:
    """The sum of the polynomials times their coefficients."""
    result: dict[Monomial, Coefficient] = {}
    for polynomial, factor in terms:
        for m, c in polynomial.terms.items():
            result[m] = result.get(m, 0) + c * factor
    return Polynomial(result)


def _times(m: Monomial, n: Monomial) -> Monomial:
    if not m or not n:
        return m or n
    exponents = dict(m)
    for v, e in n:
        exponents[v] = exponents.get(v, 0) + e
    return tuple(sorted((v, e) for v, e in exponents.items() if e))
