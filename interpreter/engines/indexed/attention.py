"""The heads of a layer as code: sums, windows and registers; `lookup` has the hash tables.

| pattern             | kept                                   | cost a token                 |
|---------------------|----------------------------------------|------------------------------|
| Mean                | the sum of each value                  | an addition                  |
| Previous            | the last values                        | a load and a store           |
| At                  | values of the prompt and a window      | an index                     |
| Latest, no match    | the values of the latest eligible      | a selection                  |
| Latest              | values by key                          | a hash probe, and an insertion where eligible |
"""

from __future__ import annotations

from dataclasses import replace

from compiler.circuits.heads import Mean, Previous
from compiler.circuits.sparse import Row
from interpreter.engines.indexed.lookup import Index
from interpreter.engines.indexed.memory import WINDOW
from interpreter.engines.indexed.plan import AtHead, Copied, LatestHead, PlannedHead
from interpreter.engines.indexed.step import Step
from interpreter.engines.indexed.values import MAGIC, Value, literal

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
                results = [_mean(step, head, own) for own in step.carried(head.values)]
            case Previous():
                results = _previous(step, head)
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
        written += [(v.targets, result) for v, result in zip(head.values, results, strict=True)]
    step.add(written)


def _index_key(head: PlannedHead, kind: LatestHead) -> object:
    """Equal for heads that can share an index."""
    keys = tuple(k for _, k in kind.match)
    return keys, kind.own, kind.query_square is None, tuple(v.row for v in head.values)


def _mean(step: Step, head: PlannedHead, own: Value) -> Value:
    """The mean, as a sum and a division.

    The sum of integers below 2**53 is exact. A neuron that multiplies the mean by the number of positions
    is given the sum itself: what the weights mean, of which the dense engine's product is a rounding.
    """
    code, last = step.code, step.weights.max_tokens
    word = step.memory.allocate(1)
    before = code.load("double", "%words", word)
    name = code.emit(f"fadd double {before}, {own.name}")
    code.store("double", name, "%words", word)
    if own.doubtful:
        step.fail_unless(code.emit(f"fcmp ord double {name}, {name}"), f"head {head.name!r} averages an unknown value")
    low, high = min(own.low, own.low * last), max(own.high, own.high * last)
    total = Value(name, low, high, own.whole, ready=own.ready + 8)
    assert code.position_plus_one is not None
    mean = code.emit(f"fdiv double {name}, {code.position_plus_one.name}")
    return Value(mean, own.low, own.high, False, ready=own.ready + 20, total=total)


def _previous(step: Step, head: PlannedHead) -> list[Value]:
    """A window of one position; the first position sees itself."""
    code = step.code
    word = step.memory.allocate(len(head.values))
    results = []
    for i, own in enumerate(step.carried(head.values)):
        before = code.load("double", "%words", word + i)
        name = code.emit(f"select i1 %is_first, double {own.name}, double {before}")
        code.store("double", own.name, "%words", word + i)
        results.append(replace(own, name=name, ready=8, total=None))
    return results


def _register(step: Step, head: PlannedHead, kind: LatestHead) -> list[Value]:
    """The latest eligible position. Where there is none yet all scores but recency are equal: the current one."""
    code = step.code
    eligible = step.read(kind.own)
    if not eligible.is_flag:
        zero = code.emit(f"fcmp oeq double {eligible.name}, 0.0")
        one = code.emit(f"fcmp oeq double {eligible.name}, {literal(1.0)}")
        step.fail_unless(code.emit(f"or i1 {zero}, {one}"), f"head {head.name!r}: eligible is neither 0 nor 1")
    seen_word, word = step.memory.allocate(1), step.memory.allocate(len(head.values))
    here = code.emit(f"fcmp ogt double {eligible.name}, 0.0")
    seen = code.emit(f"icmp ne i64 {code.load('i64', '%words', seen_word)}, 0")
    code.store("i64", code.emit(f"zext i1 {code.emit(f'or i1 {seen}, {here}')} to i64"), "%words", seen_word)
    own_wins = code.emit(f"or i1 {here}, {code.emit(f'xor i1 {seen}, true')}")
    results = []
    for i, own in enumerate(step.carried(head.values)):
        before = code.load("double", "%words", word + i)
        name = code.emit(f"select i1 {own_wins}, double {own.name}, double {before}")
        code.store("double", name, "%words", word + i)
        results.append(replace(own, name=name, ready=max(own.ready, eligible.ready) + 4, total=None))
    return results


class _Positions:
    """What the At heads of a layer ask of positions.

    A value that the token embedding and the position alone determine is computed again from the token
    there; tokens (and values that depend on more) are kept for the positions of the prompt and for the
    latest `WINDOW` ones. To ask for an older one is an error.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self._rounded: dict[str, str] = {}
        self._slots: dict[str, str] = {}
        self._features: dict[str, list[Value]] = {}
        self._rows: dict[str, str] = {}
        self.positional = {targets[0][0]: i for i, targets in enumerate(step.plan.positional) if targets}
        self.fixed = (set(self.positional) | set(step.plan.embedded)) - step.plan.written

    def at(self, head: PlannedHead, query: Row) -> list[Value]:
        position = self._nearest(head, query)
        kept = [i for i, v in enumerate(head.values) if any(j not in self.fixed for j, _ in v.row)]
        results = {i: v for i, v in zip(kept, self._kept(head, position, [head.values[i] for i in kept]))}
        for i, value in enumerate(head.values):
            if i not in results:
                results[i] = self.step.code.linear([(c, self._feature(position, j, head)) for j, c in value.row])
        return [results[i] for i in range(len(head.values))]

    def _nearest(self, head: PlannedHead, query: Row) -> str:
        """The position nearest to the query, of 0 to p; halfway between two, the softmax would be of both."""
        code = self.step.code
        terms = [(c, self.step.wires[j]) for j, c in query]
        offset = sum(c * v.constant for c, v in terms if v.constant is not None)
        moving = code.linear([(c, v) for c, v in terms if v.constant is None or not float(offset).is_integer()])
        if moving.name not in self._rounded:
            self._rounded[moving.name] = self._round(moving, head)
        number = self._rounded[moving.name]
        if float(offset).is_integer():
            number = code.emit(f"add i64 {number}, {int(offset)}")
        number = code.emit(f"call i64 @llvm.smin.i64(i64 {number}, i64 %p)")
        return code.emit(f"call i64 @llvm.smax.i64(i64 {number}, i64 0)")

    def _round(self, x: Value, head: PlannedHead) -> str:
        code = self.step.code
        magic = literal(MAGIC)
        moved = code.emit(f"fadd double {x.name}, {magic}")
        if not (x.whole and not x.doubtful and max(-x.low, x.high) < 2**50):
            nearest = code.emit(f"fsub double {moved}, {magic}")
            off = code.emit(f"call double @llvm.fabs.f64(double {code.emit(f'fsub double {x.name}, {nearest}')})")
            near = code.emit(f"fcmp olt double {off}, {literal(0.499)}")
            size = code.emit(f"call double @llvm.fabs.f64(double {x.name})")
            small = code.emit(f"fcmp olt double {size}, {literal(2.0**50)}")
            self.step.fail_unless(
                code.emit(f"and i1 {near}, {small}"), f"head {head.name!r} asks for no position in particular"
            )
        bits = code.emit(f"bitcast double {moved} to i64")
        number = code.emit(f"sub i64 {bits}, {int(literal(MAGIC), 16)}")
        self.step.fail_unless(
            code.emit(f"icmp slt i64 {number}, {NEAREST_BELOW}"),
            f"head {head.name!r} asks for a position so late that float64 does not tell it from the next",
        )
        return number

    def _slot(self, position: str, head: PlannedHead) -> str:
        """Where in the arrays kept by position it is."""
        if position not in self._slots:
            code = self.step.code
            after = code.emit(f"sub i64 {position}, %prompt")
            age = code.emit(f"sub i64 %p, {position}")
            in_prompt = code.emit(f"icmp slt i64 {after}, 0")
            recent = code.emit(f"icmp slt i64 {age}, {WINDOW}")
            self.step.fail_unless(
                code.emit(f"or i1 {in_prompt}, {recent}"),
                f"head {head.name!r} asks for a position after the prompt that is older than {WINDOW} tokens",
            )
            self._slots[position] = slot(self.step, position)
        return self._slots[position]

    def _feature(self, position: str, j: int, head: PlannedHead) -> Value:
        """Dimension j of the embedding at a position."""
        if j in self.positional:
            if position not in self._features:
                self._features[position] = self.step.positional(position)
            feature = self._features[position][self.positional[j]]
            return replace(feature, ready=feature.ready + 35)
        if position not in self._rows:
            pointer = self.step.code.emit(f"getelementptr inbounds i32, ptr %log, i64 {self._slot(position, head)}")
            self._rows[position] = self.step.embedding_row(self.step.code.load("i32", pointer))
        return self.step.embedded(self._rows[position], j, ready=50)

    def _kept(self, head: PlannedHead, position: str, values: list[Copied]) -> list[Value]:
        """Values that depend on more than the token: kept in an array of their own."""
        if not values:
            return []
        code = self.step.code
        history = self.step.memory.history(len(values))
        address = code.emit(f"inttoptr i64 {code.load('i64', '%words', history.word)} to ptr")
        own = self.step.carried(tuple(values))
        pointers = []
        for place in ("%slot", self._slot(position, head)):
            start = code.emit(f"mul i64 {place}, {history.size}")
            pointers.append(code.emit(f"getelementptr inbounds i64, ptr {address}, i64 {start}"))
        for i, value in enumerate(own):
            code.store("double", value.name, pointers[0], i)
        return [
            replace(value, name=code.load("double", pointers[1], i), ready=50, total=None)
            for i, value in enumerate(own)
        ]


def slot(step: Step, position: str) -> str:
    """Positions of the prompt each have a slot, the ones after it take turns in `WINDOW` more."""
    code = step.code
    after = code.emit(f"sub i64 {position}, %prompt")
    turn = code.emit(f"and i64 {after}, {WINDOW - 1}")
    late = code.emit(f"add i64 {turn}, %prompt")
    in_prompt = code.emit(f"icmp slt i64 {after}, 0")
    return code.emit(f"select i1 {in_prompt}, i64 {position}, i64 {late}")
