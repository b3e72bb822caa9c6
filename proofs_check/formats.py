"""The floating-point formats that certificates speak about."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Format:
    """precision: bits of the significand, the hidden one included; largest: bound on finite values (power of two);
    vanishes: for x <= -vanishes, exp(x) rounds to 0, computed in this format or in float32."""

    name: str
    precision: int
    largest: Fraction
    vanishes: Fraction

    @property
    def roundoff(self) -> Fraction:
        """u: a single operation has a relative error of at most u."""
        return Fraction(1, 2**self.precision)


FORMATS = (
    Format("float64", 53, Fraction(2**1023), Fraction(7452, 10)),
    Format("float32", 24, Fraction(2**127), Fraction(104)),
    Format("bfloat16", 8, Fraction(2**127), Fraction(104)),
    Format("float16", 11, Fraction(2**15), Fraction(104)),
)
FLOAT64 = FORMATS[0]
