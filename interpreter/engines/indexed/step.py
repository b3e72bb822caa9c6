"""One token step as code: everything that the transformer does between a token and the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compiler.circuits.circuit import digit_count
from compiler.circuits.sparse import Row
from compiler.circuits.weights import Weights
from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.memory import Memory
from interpreter.engines.indexed.plan import Copied, Plan
from interpreter.engines.indexed.values import Value, constant


@dataclass
class Step:
    """What the parts of the generator share.

    code, memory: what they write; wires[j]: residual dimension j as far as the code has come; position,
    parity, is_first, token: names of the current position and so on, integers; failures: a message for
    each way in which the code can stop, see `fail_unless`.
    """

    weights: Weights
    plan: Plan
    code: Code
    memory: Memory
    wires: list[Value]
    failures: list[str]

    @staticmethod
    def begin(weights: Weights, plan: Plan) -> Step:
        """With the wires that the embedding of %token at %p sets."""
        code = Code()
        step = Step(weights, plan, code, Memory(), [constant(0.0)] * weights.width, [])
        features = step.positional("%p")
        code.position_plus_one = code.linear([(1.0, features[0]), (1.0, features[1])])
        embedding = step.embedding_row("%token")
        terms: dict[int, list[tuple[float, Value]]] = {j: [(1.0, step.embedded(embedding, j))] for j in plan.embedded}
        for feature, targets in zip(features, plan.positional, strict=True):
            for j, c in targets:
                terms.setdefault(j, []).append((c, feature))
        for j, t in terms.items():
            step.wires[j] = code.linear(t)
        return step

    # ----------------------------------------------------------------------------- the embedding layer

    def positional(self, position: str) -> list[Value]:
        """The positional features of a position, in the order of `Weights.positional`."""
        code, last = self.code, float(self.weights.max_tokens)
        radix = self.weights.radix
        p = code.emit(f"sitofp i64 {position} to double")
        square = code.emit(f"fmul double {p}, {p}")
        odd = code.emit(f"and i64 {position}, 1")
        parity = code.emit(f"sub i64 1, {code.emit(f'shl i64 {odd}, 1')}")
        first = code.emit(f"icmp eq i64 {position}, 0")
        return [
            constant(1.0),
            Value(p, 0.0, last, True, ready=5),
            Value(square, 0.0, last * last, True, ready=9),
            Value(code.emit(f"sitofp i64 {parity} to double"), -1.0, 1.0, True, ready=7),
            Value(code.emit(f"uitofp i1 {first} to double"), 0.0, 1.0, True, ready=7),
            *(self._digit(position, i, radix) for i in range(digit_count(radix, self.weights.max_tokens))),
        ]

    def _digit(self, position: str, i: int, radix: int) -> Value:
        bits = radix.bit_length() - 1
        shifted = self.code.emit(f"lshr i64 {position}, {i * bits}")
        digit = self.code.emit(f"and i64 {shifted}, {radix - 1}")
        return Value(self.code.emit(f"sitofp i64 {digit} to double"), 0.0, float(radix - 1), True, ready=7)

    def embedding_row(self, token: str) -> str:
        """Pointer to the embedding of a token (an i32)."""
        number = self.code.emit(f"zext i32 {token} to i64")
        start = self.code.emit(f"mul i64 {number}, {self.weights.width}")
        return self.code.emit(f"getelementptr inbounds double, ptr %embedding, i64 {start}")

    def embedded(self, embedding: str, j: int, ready: int = 10) -> Value:
        """Wire `j` of the embedding of the token at hand; ready: see `Value`."""
        column = self.weights.embedding[:, j]
        whole = bool((column == np.round(column)).all())
        name = self.code.load("double", embedding, j, ", !invariant.load !1")
        return Value(name, float(column.min()), float(column.max()), whole, ready=ready)

    # ------------------------------------------------------------------------------------ linear parts

    def read(self, row: Row) -> Value:
        """A linear form of the wires as they are now."""
        return self.code.linear([(c, self.wires[j]) for j, c in row])

    def add(self, written: list[tuple[Row, Value]]) -> None:
        """Adds values to the wires, all at once: heads and neurons of a layer do not see each other."""
        terms: dict[int, list[tuple[float, Value]]] = {}
        for targets, value in written:
            for j, c in targets:
                terms.setdefault(j, []).append((c, value))
        for j, t in terms.items():
            self.wires[j] = self.code.linear([(1.0, self.wires[j]), *t])

    def carried(self, values: tuple[Copied, ...]) -> list[Value]:
        """The values of a head at the current position."""
        return [self.read(v.row) for v in values]

    # --------------------------------------------------------------------------------------- branching

    def fail_unless(self, condition: str, message: str) -> None:
        """Stops the run, before the token of this step is emitted, where the condition (an i1) is false."""
        go_on = self.code.new("go")
        self.code.branch(condition, go_on, f"fail{len(self.failures)}")
        self.failures.append(message)
        self.code.block(go_on)

    def only_if(self, condition: str, write: Callable[[], None]) -> None:
        """Code without results that runs where the condition holds."""
        then, after = self.code.new("then"), self.code.new("after")
        self.code.branch(condition, then, after)
        self.code.block(then)
        write()
        self.code.jump(after)
        self.code.block(after)
