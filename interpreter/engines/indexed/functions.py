"""Numbers that are functions of one integer: a table in the place of the neurons that compute them.

A prompt that has been moved into the weights (`compiler.specialising`) is hundreds of neurons whose gates open at
successive integers. What they add up to is a function of one integer, piecewise linear. Which numbers are such
functions is found from the weights: where many neurons of a layer have gates that differ in their constant only, what
these gates have in common is a *base*, if it is an integer; sums, gates and products of functions of a base are
functions of it as well. They are computed here beforehand, as long as all is integers below 2**53, so that nothing that
they stand for could round; a sum of more than a few terms then is one load.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import llvmlite.ir as ir
import numpy as np
import numpy.typing as npt

from interpreter.engines.indexed.memory import Memory
from interpreter.engines.indexed.values import DOUBLE, WORD, Value, pattern, real, word

if TYPE_CHECKING:
    from interpreter.engines.indexed.code import Code

Array = npt.NDArray[np.float64]
LARGEST_TABLE = 2**12
"""Integers; beyond it neurons are evaluated one by one."""
EXACT_BELOW = 2.0**53
COLUMNS = 8
"""Functions in a table: one cache line has all of them for one integer."""
MOST_WORDS = 2**19
"""Of memory; beyond it there are no more tables."""


@dataclass(frozen=True)
class Function:
    """A function of an integer x: `values` from x = low on; before and after them linear, with these slopes."""

    low: int
    values: Array
    left: float = 0.0
    right: float = 0.0

    @property
    def high(self) -> int:
        """The last integer with a value of its own."""
        return self.low + len(self.values) - 1

    @property
    def flat(self) -> bool:
        """It is constant before and after its values."""
        return self.left == self.right == 0

    def over(self, low: int, high: int) -> Function:
        """The same, with values at least from `low` to `high`."""
        low, high = min(low, self.low), max(high, self.high)
        x = np.arange(low, high + 1, dtype=np.float64)
        values = self.values[np.clip(x - self.low, 0, len(self.values) - 1).astype(np.int64)]
        values = values + self.left * np.minimum(x - self.low, 0) + self.right * np.maximum(x - self.high, 0)
        return replace(self, low=low, values=values)

    def positive(self) -> Function | None:
        """The larger of it and 0; None if that changes too far out."""
        before = _steps(self.values[0], -self.left)
        after = _steps(self.values[-1], self.right)
        if before + after + len(self.values) > LARGEST_TABLE:
            return None
        wide = self.over(self.low - before, self.high + after)
        return Function(wide.low, np.maximum(wide.values, 0.0), min(self.left, 0.0), max(self.right, 0.0))

    def times(self, other: Function) -> Function | None:
        """The product; None if it is not linear far out."""
        if self.left * other.left or self.right * other.right:
            return None
        low, high = min(self.low, other.low), max(self.high, other.high)
        if high - low >= LARGEST_TABLE:
            return None
        a, b = self.over(low, high), other.over(low, high)
        left = self.left * b.values[0] + other.left * a.values[0]
        right = self.right * b.values[-1] + other.right * a.values[-1]
        return Function(low, a.values * b.values, float(left), float(right))


def _steps(value: float, slope: float) -> int:
    """How many steps of this slope it takes until the sign of the value is that of the slope."""
    return 0 if slope == 0 or value * slope > 0 else int(abs(value) // abs(slope)) + 1


@dataclass(eq=False)
class Base:
    """An integer of which others are functions: a sum of coefficients times operands.

    Attributes:
        low, high: the integers for which its tables have a row.
        columns: where the column is that has these values (as bytes).
        table: the first word of the latest table.
    """

    value: Value
    terms: dict[ir.Value, float]
    low: int = 0
    high: int = 0
    columns: dict[bytes, int] = field(default_factory=dict)
    table: int = 0


Known = tuple[Base, Function]
Term = tuple[float, Value]


@dataclass
class Functions:
    """What is known of operands of the code, by operand, and the tables that have been laid out in memory."""

    memory: Memory
    words: ir.Value
    bases: list[Base] = field(default_factory=list)
    known: dict[ir.Value, Known] = field(default_factory=dict)

    def add_base(self, x: Value, terms: list[Term]) -> None:
        """From here on functions of x, the sum of these terms, are known as such."""
        base = Base(x, {v.operand: c for c, v in terms})
        self.bases.append(base)
        self.known[x.operand] = base, Function(0, np.zeros(1), 1.0, 1.0)

    def learn(self, value: Value, known: Known | None) -> Value:
        """The value, of which this is known: with the bounds that the function has."""
        if known is None or value.constant is not None or not value.whole or value.doubtful:
            return value
        if max(-value.low, value.high) >= EXACT_BELOW:
            return value
        function = known[1]
        if function.flat:
            low, high = float(function.values.min()), float(function.values.max())
            value = replace(value, low=max(low, value.low), high=min(high, value.high))
        self.known[value.operand] = known
        return value

    def sum(self, terms: list[Term], rest: float) -> Known | None:
        """What a sum of coefficients times values, plus a number, is a function of; None if it is not of a base."""
        if not rest.is_integer() or not all(c.is_integer() for c, _ in terms):
            return None
        for base in self.bases:
            factor = _multiple(terms, base.terms)
            if factor is not None:
                return self._added(base, [], factor, rest)
        functions = [(c, self.known[v.operand]) for c, v in terms if v.operand in self.known]
        if len({id(base) for _, (base, _) in functions}) != 1:
            return None
        base = functions[0][1][0]
        factor = _multiple([(c, v) for c, v in terms if v.operand not in self.known], base.terms)
        return None if factor is None else self._added(base, [(c, f) for c, (_, f) in functions], factor, rest)

    def _added(self, base: Base, terms: list[tuple[float, Function]], factor: float, rest: float) -> Known | None:
        if factor:
            terms = [*terms, (factor, Function(0, np.zeros(1), 1.0, 1.0))]
        low, high = min(f.low for _, f in terms), max(f.high for _, f in terms)
        if high - low >= LARGEST_TABLE:
            return None
        values = np.full(high - low + 1, rest)
        left = right = size = 0.0
        for c, f in terms:
            added = c * f.over(low, high).values
            values += added
            size = max(size, float(np.abs(added).max()))
            left, right = left + c * f.left, right + c * f.right
        return (base, Function(low, values, left, right)) if size * len(terms) < EXACT_BELOW else None

    def opened(self, gate: ir.Value) -> Known | None:
        """What the larger of this operand and 0 is."""
        if gate not in self.known:
            return None
        base, function = self.known[gate]
        positive = function.positive()
        return None if positive is None else (base, positive)

    def product(self, a: ir.Value, b: ir.Value) -> Known | None:
        """What the product of two operands is, the first opened."""
        first, second = self.opened(a), self.known.get(b)
        if first is None or second is None or first[0] is not second[0]:
            return None
        product = first[1].times(second[1])
        return None if product is None else (first[0], product)

    def load(self, code: Code, known: Known) -> ir.Value | None:
        """The value of a flat function from a table; None if there is no room for that."""
        base, function = known
        place = self._column(base, function)
        if place is None:
            return None
        _, nearest = clamped(code, base.value.operand, base.low, base.high)
        row = code.b.mul(code.b.sub(nearest, word(base.low)), word(COLUMNS))
        return invariant(code, code.element(self.words, code.b.add(row, word(place))))

    def _column(self, base: Base, function: Function) -> int | None:
        """The word in which the values of a function begin, each so many words after the one before."""
        if not (base.columns and base.low <= function.low <= function.high <= base.high):
            wide = function.over(base.low, base.high)
            if len(wide.values) > LARGEST_TABLE:
                return None
            base.low, base.high, base.columns = wide.low, wide.high, {}
        values = function.over(base.low, base.high).values
        key = values.tobytes()
        if key not in base.columns:
            column = len(base.columns) % COLUMNS
            if column == 0:
                size = COLUMNS * len(values)
                if len(self.memory.initial) + size > MOST_WORDS:
                    return None
                base.table = self.memory.allocate(size, aligned=True)
            base.columns[key] = base.table + column
            end = base.table + COLUMNS * len(values)
            self.memory.initial[base.columns[key] : end : COLUMNS] = map(pattern, values.tolist())
        return base.columns[key]


def clamped(code: Code, x: ir.Value, low: int, high: int) -> tuple[ir.Value, ir.Value]:
    """The integer x, or the nearer of these bounds (NaN is the lower), as a float64 and as one of 64 bits."""
    at_least = code.b.select(code.compare(x, ">", real(low)), x, real(low))
    nearest = code.b.select(code.compare(at_least, "<", real(high)), at_least, real(high))
    return nearest, code.b.fptosi(nearest, WORD)


def invariant(code: Code, pointer: ir.Value) -> ir.Value:
    """A number of a table, to which nothing is ever written."""
    read = code.load(DOUBLE, pointer)
    read.set_metadata("invariant.load", code.function.module.add_metadata([]))
    return read


def _multiple(terms: list[Term], of: dict[ir.Value, float]) -> float | None:
    """The factor by which the terms are those of another sum; None if they are not, 0 if there are none."""
    if not terms:
        return 0.0
    if {v.operand for _, v in terms} != of.keys():
        return None
    factors = {c / of[v.operand] for c, v in terms}
    return factors.pop() if len(factors) == 1 else None
