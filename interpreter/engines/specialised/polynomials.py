"""Polynomials over the numbers that a fragment does not know: what remains of a wire once the rest is a constant.

Coefficients are float64. All that is done with them is exact, as it is in the indexed engine: integers and halves below
2**53. A variable is a small integer that its `Knowledge` gives out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Monomial = tuple[int, ...]
"""Variables, in order, each as often as it occurs."""


class Polynomial:
    """A constant, and monomials with coefficients that are not 0; immutable.

    Attributes:
        bounds: what `Knowledge` has found out, and with which facts.
    """

    __slots__ = ("_key", "bounds", "constant", "terms")

    def __init__(self, constant: float, terms: dict[Monomial, float]) -> None:
        self.constant = constant
        self.terms = terms
        self._key: tuple[frozenset[tuple[Monomial, float]], float] | None = None
        self.bounds: tuple[object, float, float] | None = None

    @property
    def key(self) -> tuple[frozenset[tuple[Monomial, float]], float]:
        """Equal for equal polynomials."""
        if self._key is None:
            self._key = (frozenset(self.terms.items()), self.constant)
        return self._key

    def variables(self) -> set[int]:
        """Those that occur."""
        return {v for monomial in self.terms for v in monomial}

    def __add__(self, other: Polynomial) -> Polynomial:
        return combined(((1.0, self), (1.0, other)))

    def __sub__(self, other: Polynomial) -> Polynomial:
        return combined(((1.0, self), (-1.0, other)))

    def shifted(self, by: float) -> Polynomial:
        """The sum with a number."""
        return Polynomial(self.constant + by, self.terms)

    def scaled(self, by: float) -> Polynomial:
        """The product with a number."""
        return Polynomial(self.constant * by, {m: c * by for m, c in self.terms.items()} if by else {})

    def __mul__(self, other: Polynomial) -> Polynomial:
        if not self.terms:
            return other.scaled(self.constant)
        if not other.terms:
            return self.scaled(other.constant)
        terms: dict[Monomial, float] = {}
        for m1, c1 in [((), self.constant), *self.terms.items()]:
            if c1:
                for m2, c2 in [((), other.constant), *other.terms.items()]:
                    if c2:
                        m = tuple(sorted(m1 + m2))
                        terms[m] = terms.get(m, 0.0) + c1 * c2
        constant = terms.pop((), 0.0)
        return Polynomial(constant, {m: c for m, c in terms.items() if c})

    def put(self, v: int, other: Polynomial) -> Polynomial:
        """With a polynomial in the place of a variable."""
        hit = [m for m in self.terms if v in m]
        if not hit:
            return self
        parts = [(1.0, Polynomial(self.constant, {m: c for m, c in self.terms.items() if v not in m}))]
        for m in hit:
            product = number(self.terms[m])
            for u in m:
                product = product * (other if u == v else variable(u))
            parts.append((1.0, product))
        return combined(parts)

    def at(self, values: Mapping[int, float] | list[float]) -> float:
        """Its value where the variables have these."""
        total = self.constant
        for monomial, c in self.terms.items():
            for v in monomial:
                c *= values[v]
            total += c
        return total

    def __repr__(self) -> str:
        parts = [f"{c:+g}{''.join(f'·v{v}' for v in m)}" for m, c in self.terms.items()]
        return " ".join([f"{self.constant:g}", *parts])


def number(x: float) -> Polynomial:
    """A constant."""
    return Polynomial(float(x), {})


def variable(v: int) -> Polynomial:
    """A variable."""
    return Polynomial(0.0, {(v,): 1.0})


def combined(parts: Iterable[tuple[float, Polynomial]]) -> Polynomial:
    """The sum of coefficient times polynomial."""
    constant = 0.0
    terms: dict[Monomial, float] = {}
    for c, p in parts:
        constant += c * p.constant
        for m, a in p.terms.items():
            terms[m] = terms.get(m, 0.0) + c * a
    return Polynomial(constant, {m: c for m, c in terms.items() if c})
