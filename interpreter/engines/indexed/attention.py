"""The heads of a layer as code: sums, windows and registers; `lookup` has the hash tables.

| pattern             | kept                                   | cost a token                 |
|---------------------|----------------------------------------|------------------------------|
| Mean                | the sum of each value                  | an addition                  |
| Previous            | the last values                        | a load and a store           |
| At, Offset          | values of the prompt and a window      | an index                     |
| Latest, no match    | the values of the latest eligible      | a selection                  |
| Latest              | values by key                          | a hash probe, and an insertion where eligible |
"""

from __future__ import annotations

from dataclasses import replace

import llvmlite.ir as ir

from compiler.circuits.heads import Mean, Offset, Previous
from compiler.circuits.sparse import Row
from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.lookup import Index
from interpreter.engines.indexed.memory import WINDOW
from interpreter.engines.indexed.plan import AtHead, Copied, LatestHead, PlannedHead
from interpreter.engines.indexed.step import Kept, Step
from interpreter.engines.indexed.values import BIT, DOUBLE, MAGIC, TOKEN, WORD, Value, pattern, real, word

NEAREST_BELOW = 2**26
"""Scores of positions k near a query q below this, `2 q k - k*k`, are float64 numbers without rounding."""


def attend(step: Step, heads: tuple[PlannedHead, ...]) -> None:
    """All heads of a layer."""
    written: list[tuple[Row, Value]] = []
    indexes: dict[object, Index] = {}
    asked = _Positions(step)
    for head in heads:
        match head.kind:
            case Mean():
                results = _means(step, head)
            case Previous():
                results = _previous(step, head)
            case Offset(distance):
                results = asked.before(head, distance)
            case AtHead(query):
                results = asked.at(head, query)
            case LatestHead(match=()):
                results = _register(step, head, head.kind)
            case LatestHead():
                # Heads that differ in their queries only share one index.
                same = _index_key(head, head.kind)
                if same not in indexes:
                    matching = [(h, h.kind) for h in heads if isinstance(h.kind, LatestHead)]
                    queries = [kind for h, kind in matching if _index_key(h, kind) == same]
                    indexes[same] = Index.filled(step, head, head.kind, queries)
                results = indexes[same].look_up(head, head.kind)
                step.kept[head.name] = Kept(None, tuple(indexes[same].values), index=indexes[same])
        written += [(v.targets, result) for v, result in zip(head.values, results, strict=True)]
    step.add(written)


def _index_key(head: PlannedHead, kind: LatestHead) -> object:
    """Equal for heads that can share an index."""
    keys = tuple(k for _, k in kind.match)
    return keys, kind.own, kind.query_square is None, tuple(v.row for v in head.values)


def _means(step: Step, head: PlannedHead) -> list[Value]:
    place = step.memory.allocate(len(head.values))
    results = [_mean(step, head, own, place + i) for i, own in enumerate(step.carried(head.values))]
    step.kept[head.name] = Kept(place, tuple(mean.total for mean in results if mean.total is not None))
    return results


def _mean(step: Step, head: PlannedHead, own: Value, place: int) -> Value:
    """The mean, as a sum and a division.

    The sum of integers below 2**53 is exact. A neuron that multiplies the mean by the number of positions
    is given the sum itself: what the weights mean, of which the dense engine's product is a rounding.
    """
    code, words, last = step.code, step.start.words, step.weights.max_tokens
    before = code.load(DOUBLE, words, place)
    added = code.b.fadd(before, own.operand)
    code.store(added, words, place)
    if own.doubtful:
        step.fail_unless(code.compare(added, "ord", added), f"head {head.name!r} averages an unknown value")
    low, high = min(own.low, own.low * last), max(own.high, own.high * last)
    total = Value(added, low, high, own.whole, ready=own.ready + 8)
    assert code.position_plus_one is not None
    mean = code.b.fdiv(added, code.position_plus_one.operand)
    return Value(mean, own.low, own.high, False, ready=own.ready + 20, total=total)


def _previous(step: Step, head: PlannedHead) -> list[Value]:
    """A window of one position; the first position sees itself."""
    code, words = step.code, step.start.words
    place = step.memory.allocate(len(head.values))
    results = []
    for i, own in enumerate(step.carried(head.values)):
        before = code.load(DOUBLE, words, place + i)
        found = code.b.select(step.start.is_first, own.operand, before)
        code.store(own.operand, words, place + i)
        results.append(replace(own, operand=found, ready=8, total=None))
    step.kept[head.name] = Kept(place, tuple(results))
    return results


def _register(step: Step, head: PlannedHead, kind: LatestHead) -> list[Value]:
    """The latest eligible position. Where there is none yet all scores but recency are equal: the current one."""
    code, b, words = step.code, step.code.b, step.start.words
    eligible = step.read(kind.own)
    if not eligible.is_flag:
        zero = code.compare(eligible.operand, "==", real(0.0))
        one = code.compare(eligible.operand, "==", real(1.0))
        step.fail_unless(b.or_(zero, one), f"head {head.name!r}: eligible is neither 0 nor 1")
    seen_place, place = step.memory.allocate(1), step.memory.allocate(len(head.values))
    here = code.compare(eligible.operand, ">", real(0.0))
    seen = b.icmp_signed("!=", code.load(WORD, words, seen_place), word(0))
    code.store(b.zext(b.or_(seen, here), WORD), words, seen_place)
    own_wins = b.or_(here, b.xor(seen, ir.Constant(BIT, 1)))
    results = []
    for i, own in enumerate(step.carried(head.values)):
        before = code.load(DOUBLE, words, place + i)
        found = b.select(own_wins, own.operand, before)
        code.store(found, words, place + i)
        results.append(replace(own, operand=found, ready=max(own.ready, eligible.ready) + 4, total=None))
    step.kept[head.name] = Kept(place, tuple(results), seen_place)
    return results


class _Positions:
    """What the At and Offset heads of a layer ask of positions.

    A value that the token embedding and the position alone determine is computed again from the token
    there; tokens (and values that depend on more) are kept for the positions of the prompt and for the
    latest `WINDOW` ones. To ask for an older one is an error.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self._rounded: dict[ir.Value, ir.Value] = {}
        self._distances: dict[int, ir.Value] = {}
        self._not_negative: dict[ir.Value, ir.Value] = {}
        self._slots: dict[ir.Value, ir.Value] = {}
        self._features: dict[ir.Value, list[Value]] = {}
        self._rows: dict[ir.Value, ir.Value] = {}
        self.positional = {targets[0][0]: i for i, targets in enumerate(step.plan.positional) if targets}
        self.fixed = (set(self.positional) | set(step.plan.embedded)) - step.plan.written

    def at(self, head: PlannedHead, query: Row) -> list[Value]:
        """The values of the position that the head asks for."""
        return self._values(head, self._nearest(head, query))

    def before(self, head: PlannedHead, distance: int) -> list[Value]:
        """The values `distance` positions before this one; 0 where there is none."""
        if distance not in self._distances:
            self._distances[distance] = self.step.code.b.sub(self.step.start.position, word(distance))
        position = self._distances[distance]
        b = self.step.code.b
        there = b.icmp_signed(">=", position, word(0))
        found = self._values(head, self._clamped(position))
        return [
            replace(
                value,
                operand=b.select(there, value.operand, real(0.0)),
                low=min(value.low, 0.0),
                high=max(value.high, 0.0),
                ready=value.ready + 4,
                total=None,
            )
            for value in found
        ]

    def _values(self, head: PlannedHead, position: ir.Value) -> list[Value]:
        kept = [i for i, v in enumerate(head.values) if any(j not in self.fixed for j, _ in v.row)]
        results = {i: v for i, v in zip(kept, self._kept(head, position, [head.values[i] for i in kept]))}
        for i, value in enumerate(head.values):
            if i not in results:
                results[i] = self.step.code.linear([(c, self._feature(position, j, head)) for j, c in value.row])
        return [results[i] for i in range(len(head.values))]

    def _nearest(self, head: PlannedHead, query: Row) -> ir.Value:
        """The position nearest to the query, of 0 to p; halfway between two, the softmax would be of both."""
        code = self.step.code
        terms = [(c, self.step.wires[j]) for j, c in query]
        offset = sum(c * v.constant for c, v in terms if v.constant is not None)
        moving = code.linear([(c, v) for c, v in terms if v.constant is None or not float(offset).is_integer()])
        if moving.operand not in self._rounded:
            self._rounded[moving.operand] = self._round(moving, head)
        number = self._rounded[moving.operand]
        if float(offset).is_integer():
            number = code.b.add(number, word(int(offset)))
        return self._clamped(code.intrinsic("llvm.smin.i64", number, self.step.start.position, of=WORD))

    def _clamped(self, number: ir.Value) -> ir.Value:
        if number not in self._not_negative:
            self._not_negative[number] = self.step.code.intrinsic("llvm.smax.i64", number, word(0), of=WORD)
        return self._not_negative[number]

    def _round(self, x: Value, head: PlannedHead) -> ir.Value:
        code, magic = self.step.code, real(MAGIC)
        moved = code.b.fadd(x.operand, magic)
        if not (x.whole and not x.doubtful and max(-x.low, x.high) < 2**50):
            nearest = code.b.fsub(moved, magic)
            off = code.intrinsic("llvm.fabs.f64", code.b.fsub(x.operand, nearest))
            near = code.compare(off, "<", real(0.499))
            size = code.intrinsic("llvm.fabs.f64", x.operand)
            small = code.compare(size, "<", real(2.0**50))
            self.step.fail_unless(code.b.and_(near, small), f"head {head.name!r} asks for no position in particular")
        number = code.b.sub(code.b.bitcast(moved, WORD), word(pattern(MAGIC)))
        self.step.fail_unless(
            code.b.icmp_signed("<", number, word(NEAREST_BELOW)),
            f"head {head.name!r} asks for a position so late that float64 does not tell it from the next",
        )
        return number

    def _slot(self, position: ir.Value, head: PlannedHead) -> ir.Value:
        """Where in the arrays kept by position it is."""
        if position not in self._slots:
            b, start = self.step.code.b, self.step.start
            after = b.sub(position, start.prompt)
            age = b.sub(start.position, position)
            in_prompt = b.icmp_signed("<", after, word(0))
            recent = b.icmp_signed("<", age, word(WINDOW))
            self.step.fail_unless(
                b.or_(in_prompt, recent),
                f"head {head.name!r} asks for a position after the prompt that is older than {WINDOW} tokens",
            )
            self._slots[position] = slot(self.step.code, position, start.prompt)
        return self._slots[position]

    def _feature(self, position: ir.Value, j: int, head: PlannedHead) -> Value:
        """Dimension j of the embedding at a position."""
        if j in self.positional:
            if position not in self._features:
                self._features[position] = self.step.positional(position)
            feature = self._features[position][self.positional[j]]
            return replace(feature, ready=feature.ready + 35)
        if position not in self._rows:
            pointer = self.step.code.element(self.step.start.log, self._slot(position, head), TOKEN)
            self._rows[position] = self.step.embedding_row(self.step.code.load(TOKEN, pointer))
        return self.step.embedded(self._rows[position], j, ready=50)

    def _kept(self, head: PlannedHead, position: ir.Value, values: list[Copied]) -> list[Value]:
        """Values that depend on more than the token: kept in an array of their own."""
        if not values:
            return []
        code = self.step.code
        history = self.step.memory.history(len(values))
        address = code.pointer(self.step.start.words, history.word)
        own = self.step.carried(tuple(values))
        pointers = []
        for place in (self.step.start.slot, self._slot(position, head)):
            pointers.append(code.element(address, code.b.mul(place, word(history.size))))
        for i, value in enumerate(own):
            code.store(value.operand, pointers[0], i)
        return [
            replace(value, operand=code.load(DOUBLE, pointers[1], i), ready=50, total=None)
            for i, value in enumerate(own)
        ]


def slot(code: Code, position: ir.Value, prompt: ir.Value) -> ir.Value:
    """Positions of the prompt each have a slot, the ones after it take turns in `WINDOW` more."""
    b = code.b
    after = b.sub(position, prompt)
    late = b.add(b.and_(after, word(WINDOW - 1)), prompt)
    in_prompt = b.icmp_signed("<", after, word(0))
    return b.select(in_prompt, position, late)
