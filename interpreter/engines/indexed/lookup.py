"""Latest-match heads as a hash index.

A position k with key K(k) scores, for a query q at position p,

    -|q - K(k)|^2 - 1 + e(k) + r(k)   with   e = own + |K|^2   and recency 0 <= r < 1/2, growing with k,

up to what is the same for all k; a *default*, the first token, scores -1/2. (`own` is read off the key
tensor; in a machine without damage e is `eligible`.) The code checks, at every position, that e is 1 and
K whole, or e <= 0; and q whole, and its square right, at every lookup. Then

- an eligible position (e = 1) with K = q scores r >= 0; any other position at most -1 + r < -1/2. So the
  eligible positions with K = q beat the default, and it beats all others;
- of the eligible positions with K = q the latest wins. A later one with the same key scores higher than an
  earlier one for *every* query: the earlier can never win again and its entry is overwritten. Memory
  grows with the number of distinct keys, that is with the cells in use, not with the tokens;
- without an eligible match and without a default, the current position wins if its own key is q and its e
  is 0: no other scores more than -1 + r, and its r is the largest. Otherwise the nearest wrong key would
  win. No machine means that; the result is NaN, "not known", and if a logit turns out to depend on
  it the run stops with an error. (A closed gate, `relu(0) * value`, does not depend on its value.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import llvmlite.ir as ir

from interpreter.engines.indexed.memory import FULL, Table
from interpreter.engines.indexed.packing import Packing
from interpreter.engines.indexed.plan import LatestHead, PlannedHead
from interpreter.engines.indexed.probe import Rows, probe
from interpreter.engines.indexed.step import Step
from interpreter.engines.indexed.values import (
    BIT,
    DOUBLE,
    MAGIC,
    POINTER,
    WORD,
    Value,
    real,
    word,
)

_NAN = 0x7FF8000000000000
WHOLE_BELOW = 2.0**50
"""Up to here `MAGIC` works."""
FIRST_HAS_A_KEY = (
    "has a default, and the first position has a key of its own; make the key, `key_square` and `eligible` 0 there, "
    "with `when(1 - c.first, …)` or `relu(key - n * c.first)`"
)
UNFIT = (
    "a key is not whole, or `key_square` is not its squared length, or `eligible` is not 0 or 1; all keys that an "
    "eligible position offers are integers, and `key_square` the sum of their squares"
)
_CACHE_LINE = 8
"""Words."""


@dataclass
class Index:
    """The index of one key: what is known of the current position when queries are made.

    values: what the current position carries; coordinates, packing: how keys and values stand in a row, those of
    a long row packed (see `packing`); packed: the values so; own_key, own_is_0: for the lookups that nothing answers.
    """

    step: Step
    table: Table
    values: list[Value]
    coordinates: Packing
    packing: Packing
    packed: list[Value]
    own_key: list[Value]
    own_is_0: ir.Value
    default: int | None
    unknown: int
    scratch: int

    @staticmethod
    def filled(step: Step, head: PlannedHead, kind: LatestHead, queries: Sequence[LatestHead]) -> Index:
        """Writes the code that enters the current position if it is eligible; `queries` are the heads that look up."""
        code, memory = step.code, step.memory
        keys = [step.read(k) for _, k in kind.match]
        own = step.read(kind.own)
        square = code.linear([(1.0, code.squared(k)) for k in keys])
        eligible = code.linear([(1.0, own), (1.0, square)])
        is_1 = code.compare(eligible.operand, "==", real(1.0))
        is_0 = code.compare(eligible.operand, "==", real(0.0))
        below = code.compare(eligible.operand, "<=", real(0.0))
        values = step.carried(head.values)
        coordinates, packing = Packing.none(len(keys)), Packing.none(len(values))
        if len(keys) + len(values) > _CACHE_LINE:
            asked = zip(*([step.read(q) for q, _ in other.match] for other in queries), strict=True)
            coordinates = Packing.of([(k, *q) for k, q in zip(keys, asked, strict=True)])
            packing = Packing.of([(v,) for v in values])
        bits, whole = _integers(step, coordinates.pack(code, keys))
        usable = code.b.or_(below, code.b.and_(is_1, whole))
        step.fail_unless(usable, f"head {head.name!r}: {UNFIT}")
        # A score of |K|^2 + recency must be a float64: below this its last bit is worth half a step of recency.
        short = code.compare(square.operand, "<", real(2.0**52 / (2 * step.weights.max_tokens)))
        fits = code.b.or_(below, short)
        step.fail_unless(fits, f"head {head.name!r}: a key is so large that float64 loses recency")

        size = len(packing.words)
        index = Index(
            step, memory.table(len(coordinates.words), size), values, coordinates, packing,
            packing.pack(code, values), keys, is_0, None,
            memory.allocate(size, _NAN, aligned=True), memory.allocate(size),
        )  # fmt: skip
        step.only_if(is_1, lambda: index._insert(bits))
        if kind.query_square is not None:
            index.default = memory.allocate(size)
            origin = is_0
            for k in keys:
                origin = code.b.and_(origin, code.compare(k.operand, "==", real(0.0)))
            later = code.b.xor(step.start.is_first, ir.Constant(BIT, 1))
            step.fail_unless(code.b.or_(later, origin), f"head {head.name!r} {FIRST_HAS_A_KEY}")
            step.only_if(step.start.is_first, index._set_default)
        return index

    def look_up(self, head: PlannedHead, kind: LatestHead) -> list[Value]:
        """Writes the code that finds the values for the query of a head."""
        step, code = self.step, self.step.code
        query = [step.read(q) for q, _ in kind.match]
        bits, known = _integers(step, self.coordinates.pack(code, query))
        if kind.query_square is not None:
            square = code.linear([(1.0, code.squared(q)) for q in query])
            fits = code.compare(square.operand, "==", step.read(kind.query_square).operand)
            known = code.b.and_(known, fits)
        hit, miss, miss_end, found = map(code.label, ("hit", "miss", "end", "found"))
        row = self._probe(bits, hit, miss)
        code.begin(hit)
        hit_values = code.at(row, len(bits))
        code.b.branch(found)
        code.begin(miss)
        if self.default is not None:
            miss_values = code.at(step.start.words, self.default)
        else:
            miss_values = self._miss(query)
        code.b.branch(miss_end)
        code.begin(miss_end)
        code.b.branch(found)
        code.begin(found)
        place = code.b.phi(POINTER)
        place.add_incoming(hit_values, hit)
        place.add_incoming(miss_values, miss_end)
        place = code.b.select(known, place, code.at(step.start.words, self.unknown))
        ready = max(q.ready for q in query) + 40
        stored = [code.load(DOUBLE, place, i) for i in range(len(self.packing.words))]
        found_values = self.packing.unpack(code, stored, len(self.values))
        return [
            replace(v, operand=operand, doubtful=True, ready=ready, total=None)
            for v, operand in zip(self.values, found_values)
        ]

    def _miss(self, query: list[Value]) -> ir.Value:
        """Pointer to the current position's values if its own key is the query, else to NaNs."""
        code = self.step.code
        same = self.own_is_0
        for q, k in zip(query, self.own_key):
            same = code.b.and_(same, code.compare(q.operand, "==", k.operand))
        words = self.step.start.words
        self._store(words, self.scratch)
        scratch, unknown = code.at(words, self.scratch), code.at(words, self.unknown)
        return code.b.select(same, scratch, unknown)

    def _set_default(self) -> None:
        assert self.default is not None
        self._store(self.step.start.words, self.default)

    def _store(self, pointer: ir.Value, offset: int) -> None:
        for i, value in enumerate(self.packed):
            self.step.code.store(value.operand, pointer, offset + i)

    def _insert(self, bits: list[ir.Value]) -> None:
        code, words, table = self.step.code, self.step.start.words, self.table.word
        new, write = code.label("new"), code.label("write")
        row = self._probe(bits, write, new)
        code.begin(new)
        for i, bit in enumerate(bits):
            code.store(bit, row, i)
        count = code.b.add(code.load(WORD, words, table + Table.COUNT), word(1))
        code.store(count, words, table + Table.COUNT)
        limit = code.load(WORD, words, table + Table.LIMIT)
        full = code.b.zext(code.b.icmp_signed(">=", count, limit), WORD)
        before = code.load(WORD, words, FULL)
        code.store(code.b.or_(before, full), words, FULL)
        code.b.branch(write)
        code.begin(write)
        self._store(row, len(bits))

    def _probe(self, bits: list[ir.Value], found: ir.Block, missing: ir.Block) -> ir.Value:
        code, words, table = self.step.code, self.step.start.words, self.table.word
        pointer = code.pointer(words, table + Table.ADDRESS)
        shift = code.load(WORD, words, table + Table.SHIFT)
        mask = code.load(WORD, words, table + Table.MASK)
        return probe(code, Rows(pointer, shift, mask, self.table.log_row), bits, found, missing)


def _integers(step: Step, values: list[Value]) -> tuple[list[ir.Value], ir.Value]:
    """The values as 64-bit patterns, different for different integers, and whether they all are integers."""
    code, magic = step.code, real(MAGIC)
    bits, whole = [], ir.Constant(BIT, 1)
    for v in values:
        moved = code.b.fadd(v.operand, magic)
        bits.append(code.b.bitcast(moved, WORD))
        if v.whole and not v.doubtful and max(-v.low, v.high) < WHOLE_BELOW:
            continue
        back = code.compare(code.b.fsub(moved, magic), "==", v.operand)
        small = code.compare(code.intrinsic("llvm.fabs.f64", v.operand), "<", real(WHOLE_BELOW))
        whole = code.b.and_(whole, code.b.and_(back, small))
    return bits, whole
