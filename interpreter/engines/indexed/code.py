"""Writes LLVM code: straight-line float64 arithmetic with what is known of each value folded in.

`linear` and `gated` are the only arithmetic of a transformer's layers. A value that is not known (see
`Value.doubtful`) stays NaN through everything but a closed gate: `relu(gate) * value` is 0 for a gate
that is not positive, whatever the value is. So a NaN in a logit says that the logit depends on it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from interpreter.engines.indexed.values import Value, constant, literal, product_bounds, scaled

_CYCLES = 4
"""Of an addition or a multiplication, about."""

Term = tuple[float, Value]


@dataclass
class Code:
    """The text of one function, appended to line by line.

    position_plus_one: the value p + 1, by which a mean over all positions is multiplied to give the sum.
    """

    lines: list[str] = field(default_factory=list)
    position_plus_one: Value | None = None
    _names: int = 0
    _known: dict[object, Value] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------- lines

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
        """Appends an operation without a result."""
        self.lines.append(f"  {operation}")

    def block(self, label: str) -> None:
        """Begins a basic block."""
        self.lines.append(f"{label}:")

    def jump(self, label: str) -> None:
        """Ends the block with a jump."""
        self.do(f"br label %{label}")

    def branch(self, condition: str, then: str, otherwise: str, unlikely: bool = False) -> None:
        """Ends the block with a jump that depends on an `i1`; unlikely: that it holds is seldom."""
        hint = ", !prof !0" if unlikely else ""
        self.do(f"br i1 {condition}, label %{then}, label %{otherwise}{hint}")

    def load(self, kind: str, pointer: str, offset: int = 0, rare: str = "") -> str:
        """The name of a value of the LLVM type `kind`, read at a pointer; offset: in such values; rare: metadata."""
        return self.emit(f"load {kind}, ptr {self.at(pointer, offset)}, align 4{rare}")

    def store(self, kind: str, name: str, pointer: str, offset: int = 0) -> None:
        """Writes a value of the LLVM type `kind` at a pointer; offset: in values of that type."""
        self.do(f"store {kind} {name}, ptr {self.at(pointer, offset)}, align 4")

    def at(self, pointer: str, words: int) -> str:
        """The pointer moved on by some 8-byte words."""
        return self.emit(f"getelementptr inbounds i64, ptr {pointer}, i64 {words}") if words else pointer

    # -------------------------------------------------------------------------------------- arithmetic

    def linear(self, terms: Iterable[Term]) -> Value:
        """The sum of coefficient times value."""
        rest, coefficients, values = 0.0, dict[str, float](), dict[str, Value]()
        for c, v in terms:
            if v.constant is not None:
                rest += c * v.constant
            else:
                coefficients[v.name] = coefficients.get(v.name, 0.0) + c
                values[v.name] = v
        parts = [(c, values[name]) for name, c in coefficients.items() if c]
        if not parts:
            return constant(rest)
        if len(parts) == 1 and parts[0][0] == 1 and rest == 0:
            return parts[0][1]
        key = (frozenset((c, v.name) for c, v in parts), rest)
        if key not in self._known:
            self._known[key] = self._sum(parts, rest)
        return self._known[key]

    def _sum(self, parts: list[Term], rest: float) -> Value:
        low = high = rest
        for c, v in parts:
            below, above = scaled(c, v.low, v.high)
            low, high = low + below, high + above
        waiting = [(v.ready, i, c, v.name) for i, (c, v) in enumerate(parts)]
        if rest:
            waiting.append((0, -1, 1.0, literal(rest)))
        heapq.heapify(waiting)
        # What is there first is added first, so that the last to come has the shortest way.
        while len(waiting) > 1:
            _, i, c1, a = heapq.heappop(waiting)
            ready, _, c2, b = heapq.heappop(waiting)
            heapq.heappush(waiting, (ready + _CYCLES, i, *self._add(c1, a, c2, b)))
        ready, _, c, name = waiting[0]
        if c != 1:
            name, ready = self.emit(f"fmul contract double {name}, {literal(c)}"), ready + _CYCLES
        whole = rest.is_integer() and all(c.is_integer() and v.whole for c, v in parts)
        return Value(name, low, high, whole, any(v.doubtful for _, v in parts), ready)

    def _add(self, c1: float, a: str, c2: float, b: str) -> tuple[float, str]:
        """c1 a + c2 b as a coefficient and a name."""
        if c1 == c2:
            return c1, self.emit(f"fadd contract double {a}, {b}")
        if c1 == -c2:
            a, b = (a, b) if c1 > 0 else (b, a)
            return abs(c1), self.emit(f"fsub contract double {a}, {b}")
        if abs(c1) == 1:
            c1, a, c2, b = c2, b, c1, a
        product = self.emit(f"fmul contract double {a}, {literal(c1)}")
        if c2 == -1:
            return 1.0, self.emit(f"fsub contract double {product}, {b}")
        if c2 != 1:
            b = self.emit(f"fmul contract double {b}, {literal(c2)}")
        return 1.0, self.emit(f"fadd contract double {product}, {b}")

    def gated(self, gate: Value, value: Value) -> Value:
        """`max(gate, 0) * value`, and 0 for a gate that is not positive even if the value is not known."""
        if gate.high <= 0 or value.constant == 0:
            return constant(0.0)
        if gate.constant is not None:
            return self.linear([(gate.constant, value)])
        if value.total is not None and gate == self.position_plus_one:
            return value.total
        key = (gate.name, value.name)
        if key not in self._known:
            self._known[key] = self._gated(gate, value)
        return self._known[key]

    def _gated(self, gate: Value, value: Value) -> Value:
        low, high = product_bounds((max(gate.low, 0.0), gate.high), (value.low, value.high))
        result = Value(
            "", low, high, gate.whole and value.whole, gate.doubtful or value.doubtful,
            max(gate.ready, value.ready) + 2 * _CYCLES,
        )  # fmt: skip
        if value.constant is not None:
            opened = gate.name if gate.low >= 0 else self._relu(gate.name)
            return self.linear([(value.constant, replace(result, name=opened, low=max(gate.low, 0.0), high=gate.high))])
        if gate.is_flag:
            is_open = self.emit(f"fcmp ogt double {gate.name}, 0.0")
            return replace(result, name=self.emit(f"select i1 {is_open}, double {value.name}, double 0.0"))
        if value.doubtful:
            product = self.emit(f"fmul double {gate.name}, {value.name}")
            closed = self.emit(f"fcmp ole double {gate.name}, 0.0")
            return replace(result, name=self.emit(f"select i1 {closed}, double 0.0, double {product}"))
        opened = gate.name if gate.low >= 0 else self._relu(gate.name)
        return replace(result, name=self.emit(f"fmul contract double {opened}, {value.name}"))

    def _relu(self, name: str) -> str:
        """max(x, 0), and NaN for NaN."""
        below = self.emit(f"fcmp ogt double 0.0, {name}")
        return self.emit(f"select i1 {below}, double 0.0, double {name}")
