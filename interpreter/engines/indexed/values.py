"""Numbers of a token step as the code generator sees them: LLVM's value, and what is known of it."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import llvmlite.ir as ir

DOUBLE, BIT, TOKEN, WORD, POINTER = ir.DoubleType(), ir.IntType(1), ir.IntType(32), ir.IntType(64), ir.PointerType()
"""LLVM's types of all values here: numbers of wires, conditions, token numbers, integers, addresses."""

MAGIC = 1.5 * 2**52
"""Added to a float64 below 2**51 in size it leaves the nearest integer in the low bits of the mantissa."""


@dataclass(frozen=True)
class Value:
    """A float64 of the generated code.

    Attributes:
        operand: what LLVM's operations take, an instruction or a constant.
        low, high: bounds.
        whole: it is an integer.
        doubtful: it may be NaN, which stands for *not known*: it comes from a lookup that no entry answers. Bounds and
            `whole` then speak of the number that NaN stands for.
        ready: about how many cycles after the step began it is there, which decides the order of sums.
        total: for a mean over all positions, the sum.
    """

    operand: ir.Value
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    doubtful: bool = False
    ready: int = 0
    total: Value | None = None

    @property
    def constant(self) -> float | None:
        """The number that it always is, or None."""
        return self.low if self.low == self.high else None

    @property
    def is_flag(self) -> bool:
        """0 or 1 for certain."""
        return self.whole and not self.doubtful and self.low >= 0 and self.high <= 1


def real(x: float) -> ir.Constant:
    """A float64 as LLVM has it, without any rounding."""
    return ir.Constant(DOUBLE, float(x))


def word(n: int) -> ir.Constant:
    """An integer of 64 bits."""
    return ir.Constant(WORD, n)


def pattern(x: float) -> int:
    """The bits of a float64, as an unsigned integer."""
    return int(struct.unpack("<Q", struct.pack("<d", x))[0])


def constant(x: float) -> Value:
    """A number that is known when the code is made."""
    return Value(real(x), x, x, x.is_integer())


def scaled(factor: float, low: float, high: float) -> tuple[float, float]:
    """Bounds of the factor, which is not 0, times a number within these bounds."""
    return (factor * low, factor * high) if factor > 0 else (factor * high, factor * low)


def product_bounds(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The least and the largest product of numbers between these bounds; 0 times infinity is 0."""
    corners = [0.0 if x == 0 or y == 0 else x * y for x in a for y in b]
    return min(corners), max(corners)
