"""A `Term` is a polynomial that behaves like an int; comparing one asks the `Path` that it is on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from proofs_check.symbolic.intervals import Ends
from proofs_check.symbolic.polynomials import Coefficient, Polynomial, constant


class Dead(Exception):
    """The path's assumptions contradict each other: there is nothing to show on it."""


@dataclass(frozen=True)
class Floor:
    """`floor(dividend / divisor)`, the meaning of a variable that `Path.floor` made."""

    dividend: Polynomial
    divisor: Polynomial


class Path(Protocol):
    """What a proof asks of the path that it is on, whoever answers: a solver (`paths`), or one state (`points`).

    Attributes:
        floors: by the variables that `floor` made, what they stand for.
        count: how many variables have been named here so far.
    """

    floors: dict[str, Floor]
    count: int = 0

    # ------------------------------------------------------------------------------------- variables

    @abstractmethod
    def variable(self, name: str, low: int | None = None, high: int | None = None) -> Term:
        """An integer variable, `low <= variable <= high`; naming one again gives the same."""

    def fresh(self, low: int | None = None, high: int | None = None, name: str = "v") -> Term:
        """A variable with a name of its own."""
        self.count += 1
        return self.variable(f"{name}.{self.count}", low, high)

    def term(self, value: Polynomial | Coefficient) -> Term:
        """The polynomial or number as a term of this path."""
        return Term(self, value if isinstance(value, Polynomial) else constant(value))

    @abstractmethod
    def floor(self, dividend: Term, divisor: Term) -> Term:
        """`floor(dividend / divisor)`.

        Raises:
            NotProved: the divisor is not certainly positive.
        """

    # ----------------------------------------------------------------------------- conditions `p >= 0`

    @abstractmethod
    def assume(self, polynomial: Polynomial) -> None:
        """Goes on under the assumption that the polynomial is at least 0."""

    def assume_zero(self, polynomial: Polynomial) -> None:
        """Goes on under the assumption that the polynomial is 0."""
        self.assume(polynomial)
        self.assume(polynomial.scaled(-1))

    @abstractmethod
    def decide(self, polynomial: Polynomial) -> bool:
        """Whether the polynomial is at least 0 on this path; may fork."""

    @abstractmethod
    def certain(self, polynomial: Polynomial) -> bool:
        """Whether the polynomial is at least 0 everywhere on this path; never forks."""

    def certainly_zero(self, polynomial: Polynomial) -> bool:
        """Whether the polynomial is 0 in all states on the path, as far as can be told."""
        return self.certain(polynomial) and self.certain(polynomial.scaled(-1))

    @abstractmethod
    def interval(self, polynomial: Polynomial) -> Ends:
        """Bounds of the polynomial from the bounds of the variables alone; None is infinite."""

    @abstractmethod
    def witness(self, polynomial: Polynomial) -> dict[str, int] | None:
        """Values of the variables on this path where the polynomial is below 0; None if none are known."""

    # ------------------------------------------------------------------------------------ the way here

    @property
    @abstractmethod
    def depth(self) -> int:
        """How many decisions the path has come past."""

    @abstractmethod
    def recorded(self, question: Callable[[], bool]) -> bool:
        """The answer that the question had when a path first came here."""

    @abstractmethod
    def within(self, run: Callable[[], None]) -> None:
        """Runs a function on every path that goes on from here, then is back here. What it raises comes through."""

    @abstractmethod
    def pin(self, polynomial: Polynomial) -> None:
        """The polynomial is 0 on this path: a path may make use of that."""


class Term:
    """A symbolic integer (or rational, where a proof needs one): arithmetic is exact, comparisons fork the path."""

    __slots__ = ("path", "polynomial")

    def __init__(self, path: Path, polynomial: Polynomial) -> None:
        self.path = path
        self.polynomial = polynomial

    def _lift(self, other: Term | Coefficient) -> Polynomial:
        return other.polynomial if isinstance(other, Term) else constant(other)

    def __add__(self, other: Term | Coefficient) -> Term:
        return Term(self.path, self.polynomial + self._lift(other))

    __radd__ = __add__

    def __neg__(self) -> Term:
        return Term(self.path, self.polynomial.scaled(-1))

    def __sub__(self, other: Term | Coefficient) -> Term:
        return Term(self.path, self.polynomial - self._lift(other))

    def __rsub__(self, other: Term | Coefficient) -> Term:
        return -self + other

    def __mul__(self, other: Term | Coefficient) -> Term:
        return Term(self.path, self.polynomial * self._lift(other))

    __rmul__ = __mul__

    def __truediv__(self, divisor: int) -> Term:
        return Term(self.path, self.polynomial.scaled(Fraction(1, divisor)))

    def __floordiv__(self, divisor: Term | int) -> Term:
        return self.path.floor(self, divisor if isinstance(divisor, Term) else self.path.term(divisor))

    def __abs__(self) -> Term:
        return self if self >= 0 else -self

    def __ge__(self, other: Term | Coefficient) -> bool:
        return self.path.decide((self - other).polynomial)

    def __gt__(self, other: Term | Coefficient) -> bool:
        return not self <= other

    def __le__(self, other: Term | Coefficient) -> bool:
        return self.path.decide((-self + other).polynomial)

    def __lt__(self, other: Term | Coefficient) -> bool:
        return not self >= other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Term | int | Fraction):
            return NotImplemented
        difference = (self - other).polynomial
        if difference.constant is not None:
            return difference.constant == 0
        equal = self.path.decide(difference) and self.path.decide(difference.scaled(-1))
        if equal:
            self.path.pin(difference)
        return equal

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return self != 0

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.polynomial)
