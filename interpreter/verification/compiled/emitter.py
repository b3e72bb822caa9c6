"""Writes the code of a graph's nodes, each when it is first read.

An entry that nobody knows (see `interpreter.verification.transformer`) is NaN. It spreads through sums by itself, and
a neuron is 0 where its gate is not above 0 or its up is 0, whatever the other is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import POSITIONAL
from compiler.circuits.weights import Array
from interpreter.verification.compiled.graph import Embedded, Feature, Found, Gated, Graph, Linear, Nearest, Share
from interpreter.verification.compiled.layout import Layout
from interpreter.verification.compiled.lookups import gather
from interpreter.verification.compiled.program import FULL
from interpreter.verification.compiled.vectors import LANES, MASK, VECTOR, Code, lanes, splat


@dataclass
class Emitter:
    """The code of a program so far, and what else goes into it: see `program.Program`.

    Attributes:
        token_bits: of a token's number in memory.
        needed: the nodes that the program is to compute.
        write_scan: writes the code of a scan, and gives the nodes that it finds their names.
        functions: the text of other functions.
        names: of the vectors of nodes; done: scans that have been written.
    """

    graph: Graph
    layout: Layout
    token_bits: int
    needed: set[int]
    write_scan: Callable[[Emitter, int], None]
    code: Code = field(default_factory=Code)
    words: int = FULL + 1
    tables: dict[int, npt.NDArray[Any]] = field(default_factory=dict)
    histories: dict[int, int] = field(default_factory=dict)
    matches: dict[int, int] = field(default_factory=dict)
    slots: dict[Found, int] = field(default_factory=dict)
    area: int = 0
    failures: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        code = self.code
        code.block("step")
        self.position = code.of("fadd", code.everywhere(code.emit("sitofp i64 %p to double")), lanes(range(LANES)))
        self.is_first = code.emit("icmp eq i64 %p, 0")
        self.tokens = [self.token(code.emit(f"add i64 %p, {lane}")) for lane in range(LANES)]

    def take_words(self, number: int) -> int:
        """The first of some new words."""
        self.words += number
        return self.words - number

    def take_area(self, vectors: int) -> int:
        """The first of some new vectors of the area `found`."""
        self.area += vectors
        return self.area - vectors

    def token(self, position: str) -> str:
        """The number of the token there, of the last one after the end."""
        code, kind = self.code, f"i{self.token_bits}"
        inside = code.emit(f"call i64 @llvm.smin.i64(i64 {position}, i64 %last)")
        place = code.emit(f"getelementptr {kind}, ptr %tokens, i64 {inside}")
        return code.emit(f"zext {kind} {code.emit(f'load {kind}, ptr {place}')} to i64")

    # ------------------------------------------------------------------------------------------ nodes

    def value(self, number: int) -> str:
        """The name of a node's vector; writes the code where it is not there yet."""
        waiting = [number]  # not by recursion: a machine may have thousands of layers
        while waiting:
            at = waiting[-1]
            node = self.graph.nodes[at]
            reads = () if isinstance(node, Found) else self.graph.reads(node)
            missing = [i for i in reads if i not in self.names]
            if at not in self.names and not missing:
                self.names[at] = self._value(at)
            if at in self.names:
                waiting.pop()
            else:
                waiting += reversed(missing)
        return self.names[number]

    def _value(self, number: int) -> str:
        code, graph = self.code, self.graph
        match node := graph.nodes[number]:
            case Embedded(column):
                return self._embedded[column]
            case Feature(feature, of):
                return self._feature(feature, self.position if of is None else self.value(of))
            case Linear(constant, terms):
                return code.linear(constant, [(c, self.value(i)) for i, c in terms])
            case Gated(gate, up):
                return self._gated(gate, up)
            case Nearest(query):
                asked = code.call("minnum", code.call("maxnum", self.value(query), splat(0)), self.position)
                return code.call("rint", asked)
            case Share(total):
                return code.of("fdiv", self.value(total), code.of("fadd", self.position, splat(1)))
            case Found(scan, _):
                self.write_scan(self, scan)
                slot = self.slots[node]
                return code.load(VECTOR, "%found", LANES * slot)

    @cached_property
    def _embedded(self) -> dict[int, str]:
        """The columns of the embedding that are needed."""
        nodes = (self.graph.nodes[i] for i in sorted(self.needed))
        columns = [node.column for node in nodes if isinstance(node, Embedded)]
        return dict(zip(columns, self.rows(self.graph.embedding[:, columns], self.tokens)))

    def rows(self, table: Array, tokens: Sequence[str]) -> list[str]:
        """The columns of the rows of these tokens."""
        height, width = table.shape
        if not width:
            return []
        padded = np.zeros((height, -(-width // LANES) * LANES))
        padded[:, :width] = table
        word = self.take_words(1)
        with np.errstate(over="ignore"):
            small = padded.astype(np.float32)
        self.tables[word] = small if np.array_equal(small, padded) else padded
        base = self.code.load("ptr", "%words", word)
        rows = [self.code.at(base, self.code.emit(f"mul i64 {token}, {padded.shape[1]}")) for token in tokens]
        return gather(self.code, rows, width)

    def _feature(self, feature: int, x: str) -> str:
        """See `interpreter.model.positional`."""
        code = self.code

        def modulo(y: str, m: float) -> str:
            whole = code.call("floor", code.of("fmul", y, splat(1 / m)))
            return code.of("fsub", y, code.of("fmul", whole, splat(m)))

        match feature:
            case 0:
                return splat(1)
            case 1:
                return x
            case 2:
                return code.of("fmul", x, x)
            case 3:
                return code.of("fsub", splat(1), code.of("fmul", modulo(x, 2), splat(2)))
            case 4:
                return code.select(code.compare("oeq", x, splat(0)), splat(1), splat(0))
        radix = float(self.graph.radix)
        digit = code.call("floor", code.of("fmul", x, splat(radix ** -(feature - len(POSITIONAL)))))
        return modulo(digit, radix)

    def _gated(self, gate: int, up: int) -> str:
        code, zero = self.code, splat(0)
        opened, value = self.value(gate), self.value(up)
        if not (self.graph.doubtful[gate] or self.graph.doubtful[up]):
            opened = code.select(code.compare("ogt", opened, zero), opened, zero)
            return opened if value == splat(1) else code.of("fmul", opened, value)
        closed = code.mask("or", code.compare("ole", opened, zero), code.compare("oeq", value, zero))
        return code.select(closed, zero, code.of("fmul", opened, value))

    # ------------------------------------------------------------------------------------------ guards

    def fail_where(self, wrong: str, reason: str) -> None:
        """Notes that something does not hold at the first of these positions."""
        code = self.code
        cold, after = code.new("fails"), code.new("holds")
        code.branch(code.emit(f"call i1 @llvm.vector.reduce.or.v{LANES}i1({MASK} {wrong})"), cold, after)
        code.block(cold)
        bits = code.emit(f"bitcast {MASK} {wrong} to i{LANES}")
        code.do(f"call void @fail(ptr %words, i64 %p, i64 %end, i{LANES} {bits}, i64 {len(self.failures)})")
        code.do(f"br label %{after}")
        code.block(after)
        self.failures.append(reason)

    def known(self, name: str, nodes: Iterable[int]) -> list[str]:
        """The values of what attention reads, which must not be unknown."""
        values = []
        for node in nodes:
            values.append(value := self.value(node))
            if self.graph.doubtful[node]:
                self.fail_where(self.code.compare("uno", value, value), f"{name} reads what is not known there")
        return values
