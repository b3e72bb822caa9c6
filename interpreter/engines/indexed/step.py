"""One token step as code: everything that the transformer does between a token and the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import llvmlite.ir as ir
import numpy as np

from compiler.circuits.circuit import digit_count
from compiler.circuits.sparse import Row
from compiler.circuits.weights import Weights
from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.functions import Functions
from interpreter.engines.indexed.memory import Memory
from interpreter.engines.indexed.plan import Copied, Plan
from interpreter.engines.indexed.values import DOUBLE, WORD, Value, constant, word


@dataclass(frozen=True)
class Start:
    """What is there when a step begins.

    Attributes:
        words, embedding, log: pointers to the memory, to the embedding and to the tokens by slot.
        prompt: how many positions the prompt has.
        position, is_first, slot, token: of the current position.
    """

    words: ir.Value
    embedding: ir.Value
    log: ir.Value
    prompt: ir.Value
    position: ir.Value
    is_first: ir.Value
    slot: ir.Value
    token: ir.Value


@dataclass(frozen=True)
class Kept:
    """Where the memory has what a head needs of the positions so far.

    Attributes:
        word: the first of the words with its values, one each; of heads that share a hash table, None.
        seen: the word that says whether a register has a value.
        values: what is known of each.
        index: the hash table.
    """

    word: int | None
    values: tuple[Value, ...]
    seen: int | None = None
    index: Any = None


@dataclass
class Step:
    """What the parts of the generator share.

    Attributes:
        code, memory: what they write.
        start: what the step begins with.
        wires: `wires[j]` is residual dimension j as far as the code has come.
        failures: for each way in which the code can stop, where it then goes on, and a message; see `fail_unless`.
        kept: by the name of a head, where it keeps what it needs; of an At head nothing.
    """

    weights: Weights
    plan: Plan
    code: Code
    memory: Memory
    start: Start
    wires: list[Value]
    failures: list[tuple[ir.Block, str]] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)

    @staticmethod
    def begin(weights: Weights, plan: Plan, code: Code, start: Start) -> Step:
        """With the wires that the embedding of the token at the position sets."""
        step = Step(weights, plan, code, Memory(), start, [constant(0.0)] * weights.width)
        code.functions = Functions(step.memory, start.words)
        features = step.positional(start.position)
        code.position_plus_one = code.linear([(1.0, features[0]), (1.0, features[1])])
        embedding = step.embedding_row(start.token)
        terms: dict[int, list[tuple[float, Value]]] = {j: [(1.0, step.embedded(embedding, j))] for j in plan.embedded}
        for feature, targets in zip(features, plan.positional, strict=True):
            for j, c in targets:
                terms.setdefault(j, []).append((c, feature))
        for j, t in terms.items():
            step.wires[j] = code.linear(t)
        return step

    # ----------------------------------------------------------------------------- the embedding layer

    def positional(self, position: ir.Value) -> list[Value]:
        """The positional features of a position, in the order of `Weights.positional`."""
        b, last = self.code.b, float(self.weights.max_tokens)
        radix = self.weights.radix
        p = b.sitofp(position, DOUBLE)
        square = b.fmul(p, p)
        odd = b.and_(position, word(1))
        parity = b.sub(word(1), b.shl(odd, word(1)))
        first = b.icmp_signed("==", position, word(0))
        return [
            constant(1.0),
            Value(p, 0.0, last, True, ready=5),
            Value(square, 0.0, last * last, True, ready=9),
            Value(b.sitofp(parity, DOUBLE), -1.0, 1.0, True, ready=7),
            Value(b.uitofp(first, DOUBLE), 0.0, 1.0, True, ready=7),
            *(self._digit(position, i, radix) for i in range(digit_count(radix, self.weights.max_tokens))),
        ]

    def _digit(self, position: ir.Value, i: int, radix: int) -> Value:
        b, bits = self.code.b, radix.bit_length() - 1
        digit = b.and_(b.lshr(position, word(i * bits)), word(radix - 1))
        return Value(b.sitofp(digit, DOUBLE), 0.0, float(radix - 1), True, ready=7)

    def embedding_row(self, token: ir.Value) -> ir.Value:
        """Pointer to the embedding of a token."""
        number = self.code.b.zext(token, WORD)
        start = self.code.b.mul(number, word(self.weights.width))
        return self.code.element(self.start.embedding, start, DOUBLE)

    def embedded(self, embedding: ir.Value, j: int, ready: int = 10) -> Value:
        """Wire j of the embedding of the token at hand; ready: see `Value`."""
        column = self.weights.embedding[:, j]
        whole = bool((column == np.round(column)).all())
        read = self.code.load(DOUBLE, embedding, j)
        read.set_metadata("invariant.load", self.code.function.module.add_metadata([]))
        return Value(read, float(column.min()), float(column.max()), whole, ready=ready)

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

    def fail_unless(self, condition: ir.Value, message: str) -> None:
        """Stops the run, before the token of this step is emitted, where the condition (a bit) is 0."""
        go_on, fail = self.code.label("go"), self.code.label("fail")
        self.code.branch(condition, go_on, fail)
        self.failures.append((fail, message))
        self.code.begin(go_on)

    def only_if(self, condition: ir.Value, write: Callable[[], None]) -> None:
        """Code without results that runs where the condition holds."""
        then, after = self.code.label("then"), self.code.label("after")
        self.code.branch(condition, then, after)
        self.code.begin(then)
        write()
        self.code.b.branch(after)
        self.code.begin(after)
