"""Several small integers in one number, so that a row of a table stays within a cache line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import llvmlite.ir as ir

from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.values import Value, real

_BITS = 50
"""Of a packed number: it is a float64, and `MAGIC` is to work for it."""


@dataclass(frozen=True)
class Field:
    """Value number `index`, less `low`, in `bits` bits from bit `first` on."""

    index: int
    low: int
    first: int
    bits: int


@dataclass(frozen=True)
class Packing:
    """Which of some values stand in which number; a number with one field is the value as it is."""

    words: tuple[tuple[Field, ...], ...]

    @staticmethod
    def none(size: int) -> Packing:
        """Every value in a word of its own."""
        return Packing(tuple((Field(i, 0, 0, 0),) for i in range(size)))

    @staticmethod
    def of(alternatives: Sequence[Sequence[Value]]) -> Packing:
        """For values of which each is one of some alternatives: integers with known bounds share a number.

        alternatives[i]: all that value number i may be.
        """
        words: list[tuple[Field, ...]] = []
        shared: list[Field] = []
        used = 0
        for i, values in enumerate(alternatives):
            low, high = min(v.low for v in values), max(v.high for v in values)
            certain = all(v.whole and not v.doubtful for v in values) and high - low < 2**_BITS
            bits = int(high - low).bit_length() if certain else _BITS
            if not certain:
                words.append((Field(i, 0, 0, 0),))
                continue
            if used + bits > _BITS:
                words.append(tuple(shared))
                shared, used = [], 0
            shared.append(Field(i, int(low), used, bits))
            used += bits
        return Packing((*words, tuple(shared)) if shared else tuple(words))

    def pack(self, code: Code, values: Sequence[Value]) -> list[Value]:
        """The words of these values, one for each of `words`."""
        packed = []
        for fields in self.words:
            if len(fields) == 1:
                packed.append(values[fields[0].index])
                continue
            rest = -sum(f.low * 2.0**f.first for f in fields)
            terms = [(2.0**f.first, values[f.index]) for f in fields]
            packed.append(code.linear([*terms, (1.0, Value(real(rest), rest, rest, True))]))
        return packed

    def unpack(self, code: Code, packed: Sequence[ir.Value], count: int) -> list[ir.Value]:
        """So many values from the numbers; NaN, which means *not known*, gives NaNs."""
        found: dict[int, ir.Value] = {}
        for fields, word in zip(self.words, packed, strict=True):
            if len(fields) == 1:
                found[fields[0].index] = word
                continue
            # What is left of the number from each field on; the highest field is the rest.
            tails = [word if f.first == 0 else self._shifted(code, word, f.first) for f in fields]
            for f, tail, following in zip(fields, tails, [*tails[1:], None]):
                if following is not None:
                    tail = code.subtract(tail, code.multiply(following, real(2.0**f.bits)))
                found[f.index] = code.b.fadd(tail, real(f.low)) if f.low else tail
        return [found[i] for i in range(count)]

    @staticmethod
    def _shifted(code: Code, word: ir.Value, bits: int) -> ir.Value:
        return code.intrinsic("llvm.floor.f64", code.b.fmul(word, real(2.0**-bits)))
