"""Writes LLVM code for eight neighbouring positions at a time: a value is a vector of eight float64, a lane each.

No operation may be contracted or reordered: eight lanes compute what one position would, bit by bit.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

LANES = 8
VECTOR, MASK = f"<{LANES} x double>", f"<{LANES} x i1>"
SUFFIX = f"v{LANES}f64"
MAGIC = 1.5 * 2**52
"""Added to an integer below 2**51 in size, it leaves that in the low bits of the mantissa."""


def literal(x: float) -> str:
    """A float64 as LLVM writes it, without any rounding."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def lanes(numbers: Sequence[float]) -> str:
    """A constant vector."""
    return "<" + ", ".join(f"double {literal(x)}" for x in numbers) + ">"


def splat(x: float) -> str:
    """The same number in every lane."""
    return lanes([x] * LANES)


@dataclass
class Code:
    """The lines of a function, appended one by one."""

    lines: list[str] = field(default_factory=list)
    _names: int = 0

    def new(self, prefix: str) -> str:
        """A name that is not used yet, beginning with `prefix`."""
        self._names += 1
        return f"{prefix}{self._names}"

    def emit(self, operation: str) -> str:
        """Appends an operation; returns the name of its result."""
        name = "%" + self.new("v")
        self.lines.append(f"  {name} = {operation}")
        return name

    def do(self, operation: str) -> None:
        """Writes an instruction that has no result."""
        self.lines.append(f"  {operation}")

    def block(self, label: str) -> None:
        """Begins a basic block."""
        self.lines.append(f"{label}:")

    def branch(self, condition: str, then: str, otherwise: str) -> None:
        """Ends the block with a jump that depends on an `i1`."""
        self.do(f"br i1 {condition}, label %{then}, label %{otherwise}")

    # ------------------------------------------------------------------------------------------ memory

    def at(self, pointer: str, words: int | str) -> str:
        """The pointer moved on by some 8-byte words."""
        return self.emit(f"getelementptr double, ptr {pointer}, i64 {words}")

    def load(self, kind: str, pointer: str, words: int = 0) -> str:
        """The name of a value of the LLVM type `kind`, read so many words after a pointer."""
        return self.emit(f"load {kind}, ptr {self.at(pointer, words)}, align 8")

    def store(self, kind: str, value: str, pointer: str, words: int = 0) -> None:
        """Writes a value of the LLVM type `kind` so many words after a pointer."""
        self.do(f"store {kind} {value}, ptr {self.at(pointer, words)}, align 8")

    # ------------------------------------------------------------------------------------------ vectors

    def of(self, operation: str, a: str, b: str) -> str:
        """`fadd`, `fsub`, `fmul` or `fdiv`."""
        return self.emit(f"{operation} {VECTOR} {a}, {b}")

    def compare(self, how: str, a: str, b: str) -> str:
        """A mask: in which lanes the comparison `how` (of LLVM's `fcmp`) holds."""
        return self.emit(f"fcmp {how} {VECTOR} {a}, {b}")

    def select(self, mask: str, a: str, b: str) -> str:
        """In each lane `a` where the mask holds, else `b`."""
        return self.emit(f"select {MASK} {mask}, {VECTOR} {a}, {VECTOR} {b}")

    def mask(self, operation: str, a: str, b: str) -> str:
        """A mask made of two others."""
        return self.emit(f"{operation} {MASK} {a}, {b}")

    def inverted(self, mask: str) -> str:
        """The mask that holds where this one does not."""
        return self.mask("xor", mask, "<" + ", ".join(["i1 true"] * LANES) + ">")

    def call(self, function: str, *values: str) -> str:
        """An intrinsic such as `floor`, lane by lane."""
        arguments = ", ".join(f"{VECTOR} {value}" for value in values)
        return self.emit(f"call {VECTOR} @llvm.{function}.{SUFFIX}({arguments})")

    def everywhere(self, scalar: str, kind: str = "double") -> str:
        """The vector with a scalar in all lanes."""
        one = self.emit(f"insertelement <{LANES} x {kind}> poison, {kind} {scalar}, i64 0")
        zeros = ", ".join(["i32 0"] * LANES)
        whole = f"<{LANES} x {kind}>"
        return self.emit(f"shufflevector {whole} {one}, {whole} poison, <{LANES} x i32> <{zeros}>")

    def lane(self, vector: str, lane: int, kind: str = "double") -> str:
        """One number of a vector."""
        return self.emit(f"extractelement <{LANES} x {kind}> {vector}, i64 {lane}")

    def shuffle(self, a: str, b: str, order: Sequence[int]) -> str:
        """Lanes of a (0 to 7) and b (8 to 15) in this order."""
        wanted = ", ".join(f"i32 {i}" for i in order)
        return self.emit(f"shufflevector {VECTOR} {a}, {VECTOR} {b}, <{len(order)} x i32> <{wanted}>")

    def moved(self, vector: str, distance: int, before: str) -> str:
        """Lane i has what lane `i - distance` had; the first ones have the last lanes of `before`."""
        return self.shuffle(before, vector, range(LANES - distance, 2 * LANES - distance))

    def linear(self, constant: float, terms: Sequence[tuple[float, str]]) -> str:
        """The sum of coefficient times value, from left to right."""
        if not terms:
            return splat(constant)
        (coefficient, total), *rest = terms
        if coefficient != 1:
            total = self.of("fmul", total, splat(coefficient))
        for coefficient, value in rest:
            if abs(coefficient) != 1:
                value = self.of("fmul", value, splat(abs(coefficient)))
            total = self.of("fadd" if coefficient > 0 else "fsub", total, value)
        return self.of("fadd", total, splat(constant)) if constant else total

    def transposed(self, rows: Sequence[str]) -> list[str]:
        """Eight vectors, as the columns of a matrix of which eight others are the rows."""
        for half in (4, 2, 1):
            # Exchanges, in all pairs of rows `half` apart, the blocks of that size off the diagonal.
            pairs = [i for i in range(LANES) if not i & half]
            done = list(rows)
            for i in pairs:
                a, b = rows[i], rows[i + half]
                low = [j if not j & half else LANES + j - half for j in range(LANES)]
                high = [j + half if not j & half else LANES + j for j in range(LANES)]
                done[i], done[i + half] = self.shuffle(a, b, low), self.shuffle(a, b, high)
            rows = done
        return list(rows)
