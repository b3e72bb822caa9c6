"""Builds LLVM code: straight-line float64 arithmetic with what is known of each value folded in.

`linear` and `gated` are the only arithmetic of a transformer's layers. A value that is not known (see
`Value.doubtful`) stays NaN through everything but a closed gate: `relu(gate) * value` is 0 for a gate
that is not positive, whatever the value is. So a NaN in a logit says that the logit depends on it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace

import llvmlite.ir as ir

from interpreter.engines.indexed.functions import Functions, Term
from interpreter.engines.indexed.values import (
    DOUBLE,
    POINTER,
    WORD,
    Value,
    constant,
    product_bounds,
    real,
    scaled,
    word,
)

_CYCLES = 4
"""Of an addition or a multiplication, about."""
_LOADED = 16
"""Cycles from an integer to its row of a table."""
_FEW = 2
"""Terms of a sum that are as fast as a load."""
_CONTRACT = ("contract",)
"""A product and a sum may become one operation."""


class Code:
    """One function, built instruction by instruction.

    Attributes:
        function: that function.
        b: the builder, which adds instructions at the end of the present block.
        position_plus_one: the value p + 1, by which a mean over all positions is multiplied to give the sum.
        functions: of one integer, as far as they are known; see there.
    """

    def __init__(self, function: ir.Function) -> None:
        self.function = function
        self.b = ir.IRBuilder()
        self.position_plus_one: Value | None = None
        self.functions: Functions | None = None
        self._known: dict[object, Value] = {}

    # ----------------------------------------------------------------------------------------- blocks

    def label(self, name: str) -> ir.Block:
        """A block to jump to, which `begin` puts after the others; its name may get a number."""
        return ir.Block(self.function, name)

    def begin(self, label: ir.Block) -> None:
        """The block's instructions come next."""
        self.function.blocks.append(label)
        self.b.position_at_end(label)

    def branch(self, condition: ir.Value, then: ir.Block, otherwise: ir.Block, unlikely: bool = False) -> None:
        """Ends the block with a jump that depends on a bit; unlikely: that it is 1 is seldom."""
        jump = self.b.cbranch(condition, then, otherwise)
        if unlikely:
            jump.set_weights([1, 100_000])

    # ----------------------------------------------------------------------------------------- memory

    def at(self, pointer: ir.Value, words: int) -> ir.Value:
        """The pointer moved on by some 8-byte words."""
        return self.element(pointer, word(words)) if words else pointer

    def element(self, pointer: ir.Value, index: ir.Value, kind: ir.Type = WORD) -> ir.Value:
        """Pointer to an element of an array of this type."""
        return self.b.gep(pointer, [index], inbounds=True, source_etype=kind)

    def load(self, kind: ir.Type, pointer: ir.Value, offset: int = 0) -> ir.Value:
        """A value of this type, read so many words after a pointer."""
        return self.b.load(self.at(pointer, offset), align=4, typ=kind)

    def store(self, value: ir.Value, pointer: ir.Value, offset: int = 0) -> None:
        """Writes a value so many words after a pointer."""
        self.b.store(value, self.at(pointer, offset), align=4)

    def pointer(self, words: ir.Value, offset: int) -> ir.Value:
        """The pointer that a word holds."""
        return self.b.inttoptr(self.load(WORD, words, offset), POINTER)

    # ------------------------------------------------------------------------------------- operations

    def add(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """The sum, which may be contracted with a product."""
        return self.b.fadd(a, b, flags=_CONTRACT)

    def subtract(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """The difference, which may be contracted with a product."""
        return self.b.fsub(a, b, flags=_CONTRACT)

    def multiply(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """The product, which may be contracted with a sum."""
        return self.b.fmul(a, b, flags=_CONTRACT)

    def compare(self, a: ir.Value, how: str, b: ir.Value) -> ir.Value:
        """A bit; how: an operator of Python, or "ord": neither is NaN. All are false of NaN."""
        return self.b.fcmp_ordered(how, a, b)

    def intrinsic(self, name: str, *arguments: ir.Value, of: ir.Type = DOUBLE) -> ir.Value:
        """LLVM's function of this name, whose result has the type `of`."""
        functions = self.function.module.globals
        if name not in functions:
            ir.Function(self.function.module, ir.FunctionType(of, [a.type for a in arguments]), name)
        return self.b.call(functions[name], arguments)

    # -------------------------------------------------------------------------------------- arithmetic

    def linear(self, terms: Iterable[Term]) -> Value:
        """The sum of coefficient times value."""
        parts, rest = collected(terms)
        if not parts:
            return constant(rest)
        if len(parts) == 1 and parts[0][0] == 1 and rest == 0:
            return parts[0][1]
        key = (frozenset((c, v.operand) for c, v in parts), rest)
        if key not in self._known:
            self._known[key] = self._total(parts, rest)
        return self._known[key]

    def _total(self, parts: list[Term], rest: float) -> Value:
        """The sum, or where it is a function of one integer and has many terms, its value in a table."""
        if self.functions is None:
            return self._sum(parts, rest)
        known = self.functions.sum(parts, rest)
        if known is not None and known[1].flat and len(parts) > _FEW:
            read = self.functions.load(self, known)
            if read is not None:
                low, high = float(known[1].values.min()), float(known[1].values.max())
                return self.functions.learn(Value(read, low, high, True, ready=known[0].value.ready + _LOADED), known)
        return self.functions.learn(self._sum(parts, rest), known)

    def _sum(self, parts: list[Term], rest: float) -> Value:
        low = high = rest
        for c, v in parts:
            below, above = scaled(c, v.low, v.high)
            low, high = low + below, high + above
        waiting = [(v.ready, i, c, v.operand) for i, (c, v) in enumerate(parts)]
        if rest:
            waiting.append((0, -1, 1.0, real(rest)))
        heapq.heapify(waiting)
        # What is there first is added first, so that the last to come has the shortest way.
        while len(waiting) > 1:
            _, i, c1, a = heapq.heappop(waiting)
            ready, _, c2, b = heapq.heappop(waiting)
            heapq.heappush(waiting, (ready + _CYCLES, i, *self._add(c1, a, c2, b)))
        ready, _, c, operand = waiting[0]
        if c != 1:
            operand, ready = self.multiply(operand, real(c)), ready + _CYCLES
        whole = rest.is_integer() and all(c.is_integer() and v.whole for c, v in parts)
        return Value(operand, low, high, whole, any(v.doubtful for _, v in parts), ready)

    def _add(self, c1: float, a: ir.Value, c2: float, b: ir.Value) -> tuple[float, ir.Value]:
        """c1 a + c2 b as a coefficient and an operand."""
        if c1 == c2:
            return c1, self.add(a, b)
        if c1 == -c2:
            a, b = (a, b) if c1 > 0 else (b, a)
            return abs(c1), self.subtract(a, b)
        if abs(c1) == 1:
            c1, a, c2, b = c2, b, c1, a
        product = self.multiply(a, real(c1))
        if c2 == -1:
            return 1.0, self.subtract(product, b)
        if c2 != 1:
            b = self.multiply(b, real(c2))
        return 1.0, self.add(product, b)

    def gated(self, gate: Value, value: Value) -> Value:
        """`max(gate, 0) * value`, and 0 for a gate that is not positive even if the value is not known."""
        if gate.high <= 0 or value.constant == 0:
            return constant(0.0)
        if gate.constant is not None:
            return self.linear([(gate.constant, value)])
        if value.total is not None and gate == self.position_plus_one:
            return value.total
        key = (gate.operand, value.operand)
        if key not in self._known:
            product = self._gated(gate, value)
            if self.functions is not None:
                product = self.functions.learn(product, self.functions.product(gate.operand, value.operand))
            self._known[key] = product
        return self._known[key]

    def _gated(self, gate: Value, value: Value) -> Value:
        low, high = product_bounds((max(gate.low, 0.0), gate.high), (value.low, value.high))
        ready = max(gate.ready, value.ready) + 2 * _CYCLES
        whole, doubtful = gate.whole and value.whole, gate.doubtful or value.doubtful

        def result(operand: ir.Value) -> Value:
            return Value(operand, low, high, whole, doubtful, ready)

        if value.constant is not None:
            opened = replace(result(self._opened(gate)), low=max(gate.low, 0.0), high=gate.high)
            return self.linear([(value.constant, opened)])
        if gate.is_flag:
            is_open = self.compare(gate.operand, ">", real(0.0))
            return result(self.b.select(is_open, value.operand, real(0.0)))
        if value.doubtful:
            product = self.b.fmul(gate.operand, value.operand)
            closed = self.compare(gate.operand, "<=", real(0.0))
            return result(self.b.select(closed, real(0.0), product))
        return result(self.multiply(self._opened(gate), value.operand))

    def squared(self, x: Value) -> Value:
        """The value times itself."""
        if x.constant is not None:
            return constant(x.constant * x.constant)
        key = ("squared", x.operand)
        if key not in self._known:
            low, high = product_bounds((x.low, x.high), (x.low, x.high))
            low = 0.0 if x.low <= 0 <= x.high else min(x.low * x.low, x.high * x.high)
            product = self.multiply(x.operand, x.operand)
            self._known[key] = Value(product, low, high, x.whole, x.doubtful, x.ready + _CYCLES)
        return self._known[key]

    def _opened(self, gate: Value) -> ir.Value:
        if gate.low >= 0:
            return gate.operand
        opened = self._relu(gate.operand)
        if self.functions is not None:
            known = self.functions.opened(gate.operand)
            self.functions.learn(replace(gate, operand=opened, low=0.0), known)
        return opened

    def _relu(self, x: ir.Value) -> ir.Value:
        """max(x, 0), and NaN for NaN."""
        below = self.compare(real(0.0), ">", x)
        return self.b.select(below, real(0.0), x)


def collected(terms: Iterable[Term]) -> tuple[list[Term], float]:
    """A sum with each operand once, and its constant."""
    rest, coefficients, values = 0.0, dict[ir.Value, float](), dict[ir.Value, Value]()
    for c, v in terms:
        if v.constant is not None:
            rest += c * v.constant
        else:
            coefficients[v.operand] = coefficients.get(v.operand, 0.0) + c
            values[v.operand] = v
    return [(c, values[operand]) for operand, c in coefficients.items() if c], rest
