"""What the certificate says of the indexed engine, besides what it says of the transformer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isnan

import numpy as np

from compiler.circuits.circuit import POSITIONAL
from compiler.circuits.heads import Mean, Previous
from compiler.circuits.sparse import Row as PlannedRow
from compiler.circuits.weights import LayerWeights, Weights
from interpreter.engines.indexed.attention import NEAREST_BELOW
from interpreter.engines.indexed.function import generate
from interpreter.engines.indexed.memory import FAILED, HALTED, POSITION, PROMPT, STATUS, WINDOW, Table
from interpreter.engines.indexed.plan import AtHead, LatestHead, Plan, PlannedHead, plan
from proofs_check.indexed.exact import Exact, Row, row
from proofs_check.indexed.llvm import BUFFER, EMBEDDING, LOG, TABLES, WORDS, Fault, Function, Memory, Rounded
from proofs_check.lemma import Checked, Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.symbolic.polynomials import Coefficient, simple

Form = dict[tuple[int, int], Coefficient]
"""A score as a bilinear form: coefficients of (dimension of the query's stream, dimension of the key's)."""
ROWS_LOG = 12
"""The tables are given 2**12 rows at once: growing them is not evaluated."""


@dataclass(frozen=True)
class Trace:
    """A prompt and tokens that follow it, as numbers."""

    prompt: int
    tokens: Sequence[int]


def engine_claims(weights: Weights, halting: frozenset[int], traces: Iterable[Trace], tokens: int) -> Iterator[Claim]:
    """weights: `unrolled`; traces: on which the code is evaluated; tokens: to which the theorem reaches in float64."""
    yield Claim(
        Lemma(
            "indexed engine: rows",
            "the rows that the indexed engine compiles are those of the tensors, and each head's score is the form "
            "that its tables stand for; what is left out reaches no logit",
            "every head and neuron, as rational numbers",
            "all weights",
        ),
        lambda: _rows(weights),
    )
    yield Claim(
        Lemma(
            "indexed engine: limits",
            "the indexed engine is not stopped by its own limits on positions; beyond them, and where a key is too "
            "large or none, it stops with a message instead of emitting a token",
            "the limits compared with N; that it stops is in the generated code",
            "all traces of at most N tokens, or as many as it keeps positions for",
        ),
        lambda: _limits(tokens),
    )
    yield Claim(
        Lemma(
            "indexed engine: code",
            "the generated code has the streams of the tensors after every layer, and the same next token, at every "
            "position of the traces that were drawn; no operation rounds",
            "the LLVM code evaluated beside the tensors in exact arithmetic; that LLVM translates it, and that a table "
            "grows, is trusted",
            "drawn traces, not all states",
        ),
        lambda: _code(weights, halting, traces),
    )


# ----------------------------------------------------------------------------------------------- rows


def _rows(weights: Weights) -> str:
    planned = plan(weights)
    after = live(weights, planned)
    heads = neurons = 0
    for i, (layer, own) in enumerate(zip(weights.layers, planned.layers, strict=True)):
        wanted = [
            (row(layer.gate[n]), row(layer.up[n]), _among(row(layer.down[:, n]), after[i + 1][0]))
            for n in range(len(layer.gate))
        ]
        wanted = [three for three in wanted if three[2]]
        found = [(_exact(n.gate), _exact(n.up), _exact(n.targets)) for n in own.neurons]
        for n, (a, b) in enumerate(zip(wanted, found)):
            _equal(f"neuron {n} of the plan of layer {i}", a, b)
        _equal(f"the number of neurons of layer {i}", len(wanted), len(found))
        neurons += len(found)
        by_name = {head.name: head for head in own.heads}
        for h, name in enumerate(layer.head_names):
            _head(weights, layer, h, by_name.pop(name, None), after[i + 1][1], f"head {name} of layer {i}")
            heads += 1
        _equal(f"more heads than layer {i} has", [], [*by_name])
    _embedding(weights, planned, after[0][1])
    return f"{heads} heads, {neurons} neurons"


def live(weights: Weights, planned: Plan) -> list[tuple[set[int], set[int]]]:
    """The dimensions that reach a logit: after the neurons, and after the heads, of each layer; first as embedded.

    Entry i + 1 is about layer i; both sets of entry 0 are about the embedding. What a head's score reads counts as far
    as its table does: a head that finds the position before, say, is served without any score.
    """
    reached = {int(j) for j in np.flatnonzero((weights.unembedding != 0).any(0))}
    found: list[tuple[set[int], set[int]]] = []
    for layer, own in zip(reversed(weights.layers), reversed(planned.layers), strict=True):
        after_neurons = set(reached)
        for n in range(len(layer.gate)):
            if any(j in reached for j, _ in row(layer.down[:, n])):
                reached |= {j for tensor in (layer.gate, layer.up) for j, _ in row(tensor[n])}
        after_heads = set(reached)
        for h in range(len(layer.query)):
            for v, o in zip(layer.value[h], layer.output[h].T):
                if any(j in after_heads for j, _ in row(o)):
                    reached |= {j for j, _ in row(v)}
        for head in own.heads:
            match head.kind:
                case AtHead(query):
                    reached |= {j for j, _ in query}
                case LatestHead(match, key, square):
                    reached |= {j for pair in match for line in pair for j, _ in line}
                    reached |= {j for line in (key, square or ()) for j, _ in line}
        found.append((after_neurons, after_heads))
    return [(reached, reached), *reversed(found)]


def _head(
    weights: Weights, layer: LayerWeights, h: int, planned: PlannedHead | None, reached: set[int], where: str
) -> None:
    pairs = zip(layer.value[h], layer.output[h].T)
    wanted = [(row(v), _among(row(o), reached)) for v, o in pairs if v.any()]
    wanted = [(v, o) for v, o in wanted if o]
    found = planned.values if planned else ()
    _equal(f"values of {where}", wanted, [(_exact(v.row), _exact(v.targets)) for v in found])
    if planned is None:
        return
    score: Form = {}
    for q, k in zip(layer.query[h], layer.key[h]):
        _product(score, row(q), row(k), 1)
    _equal(f"score of {where}", _form(score), _form(_score(weights, planned)))


def _score(weights: Weights, planned: PlannedHead) -> Form:
    """What the tables of a head stand for: see `interpreter.engines.indexed.lookup`, and `attention` for the others."""
    one, position, square, parity, first = (row(f) for f in weights.positional[: len(POSITIONAL)])
    recency = _times(position, Fraction(1, 2 * weights.max_tokens))
    score: Form = {}
    match planned.kind:
        case Mean():
            return score
        case Previous():
            _product(score, parity, parity, -1)
            _product(score, one, recency, 1)
        case AtHead(query):
            # 2 x k - k**2 = x**2 - (x - k)**2: the nearest wins.
            _product(score, _exact(query), position, 2)
            _product(score, one, square, -1)
        case LatestHead(match, own, query_square):
            # Up to the query's own |q|**2: -|q - K|**2 - 1 + e + recency with e = own + |K|**2; the first has
            # -|q|**2 - 1/2.
            for q, k in match:
                _product(score, _exact(q), _exact(k), 2)
            for part, factor in ((_exact(own), 1), (one, -1), (recency, 1)):
                _product(score, one, part, factor)
            if query_square is not None:
                _product(score, _exact(query_square), one, -1)
                _product(score, _exact(query_square), first, 1)
                _product(score, one, first, Fraction(1, 2))
    scale = 1024 * 2 * weights.max_tokens
    return {at: c * scale for at, c in score.items()}


def _embedding(weights: Weights, planned: Plan, reached: set[int]) -> None:
    wanted = [j for j in sorted(reached) if weights.embedding[:, j].any()]
    _equal("dimensions of the embedding", wanted, [*planned.embedded])
    for i, feature in enumerate(weights.positional):
        _equal(f"positional feature {i}", _among(row(feature), reached), _exact(planned.positional[i]))


def _exact(planned: PlannedRow) -> Row:
    return tuple((j, simple(Fraction(c))) for j, c in planned)


def _among(terms: Row, reached: set[int]) -> Row:
    return tuple((j, c) for j, c in terms if j in reached)


def _times(terms: Row, factor: Fraction) -> Row:
    return tuple((j, c * factor) for j, c in terms)


def _product(score: Form, query: Row, key: Row, factor: Coefficient) -> None:
    for i, a in query:
        for j, b in key:
            score[i, j] = score.get((i, j), 0) + a * b * factor


def _form(score: Form) -> Form:
    return {at: simple(Fraction(c)) for at, c in sorted(score.items()) if c}


def _equal(what: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise Refuted(Counterexample(what, {}, f"{wanted}", f"{found}"))


def _limits(tokens: int) -> str:
    kept = min(WINDOW, NEAREST_BELOW)
    return f"up to {min(tokens, kept):,} tokens; N = {tokens:,}, and positions are kept for {kept:,} tokens"


# ----------------------------------------------------------------------------------------------- code


def _code(weights: Weights, halting: frozenset[int], traces: Iterable[Trace]) -> Checked:
    evaluation = _Evaluation(weights, halting)
    runs = 0
    for trace in traces:
        evaluation.run(trace)
        runs += 1
    if not runs:
        raise NotProved("no traces to evaluate the code on")
    used = len(evaluation.active)
    neurons = sum(len(layer.neurons) for layer in plan(weights).layers)
    return Checked(
        f"{evaluation.positions:,} positions of {runs} drawn traces; {used} of {neurons} neurons were on somewhere; "
        f"{evaluation.compared:,} numbers compared, {evaluation.unknown:,} others not known where no token needs them"
    )


class _Evaluation:
    """The generated code on traces, each with fresh memory, beside the tensors."""

    def __init__(self, weights: Weights, halting: frozenset[int]) -> None:
        self.weights, self.halting = weights, halting
        self.program = generate(weights, halting)
        self.live = [neurons for neurons, _ in live(weights, plan(weights))]
        self.active: set[tuple[int, int]] = set()
        self.positions = self.compared = self.unknown = 0

    def run(self, trace: Trace) -> None:
        memory = Memory(self.weights.embedding)
        function = Function(self.program.text, "run", memory)
        self._set_up(memory, trace)
        exact = Exact(self.weights)
        for i, token in enumerate(trace.tokens):
            memory.store(BUFFER + 4 * i, token)
            streams, expected = exact.feed(token)
            where = f"position {i}, after token number {token}"
            try:
                function(WORDS, EMBEDDING, LOG, BUFFER, i, i + 1, trace.prompt)
            except (Rounded, Fault) as problem:
                raise NotProved(f"{where}: {problem}") from problem
            status = int(memory.load("i64", WORDS + 8 * STATUS))
            if status >= FAILED:
                raise Refuted(Counterexample(where, {}, "a token", self.program.failures[status - FAILED]))
            self._compare(streams, function.values, where)
            self.active |= exact.active
            self.positions += 1
            if i + 1 >= trace.prompt:
                found = int(memory.load("i32", BUFFER + 4 * (i + 1)))
                ended = status == HALTED
                if found != expected or ended != (expected in self.halting):
                    raise Refuted(Counterexample(where, {}, f"token number {expected}", f"token number {found}"))
                if ended:
                    return

    def _set_up(self, memory: Memory, trace: Trace) -> None:
        """As `interpreter.engines.indexed.engine` does, but that tables have room from the beginning."""
        for i, word in enumerate(self.program.memory.initial):
            memory.store(WORDS + 8 * i, word)
        memory.store(WORDS + 8 * PROMPT, trace.prompt)
        memory.store(WORDS + 8 * POSITION, 0)
        place = TABLES
        for history in self.program.memory.histories:
            memory.store(WORDS + 8 * history.word, place)
            place += 2**34
        for table in self.program.memory.tables:
            words = (place, 64 - ROWS_LOG, (1 << ROWS_LOG) - 1, 0, 1 << (ROWS_LOG - 1))
            order = (Table.ADDRESS, Table.SHIFT, Table.MASK, Table.COUNT, Table.LIMIT)
            for offset, word in zip(order, words, strict=True):
                memory.store(WORDS + 8 * (table.word + offset), word)
            place += 2**34

    def _compare(self, streams: Sequence[Sequence[Coefficient]], values: dict[str, object], where: str) -> None:
        for layer, (stream, names) in enumerate(zip(streams, self.program.streams, strict=True)):
            for j in self.live[layer]:
                found = values.get(names[j]) if names[j].startswith("%") else _literal(names[j])
                if not isinstance(found, int | float):
                    raise Refuted(Counterexample(where, {}, f"dimension {j} after layer {layer}", "never computed"))
                if isnan(found):
                    self.unknown += 1
                elif found != stream[j] and found != float(stream[j]):
                    place = f"{where}: {self.weights.wires[j].name!r} after layer {layer}"
                    raise Refuted(Counterexample(place, {}, f"{stream[j]}", f"{found}"))
                else:
                    self.compared += 1


def _literal(text: str) -> float:
    return float(np.array(int(text, 16), dtype=np.uint64).view(np.float64)) if "x" in text else float(text)
