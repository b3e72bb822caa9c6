"""A looped block as sparse rows, which is what `sharing` rewrites: from tensors, and back to tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from compiler.circuits import sparse
from compiler.circuits.circuit import POSITIONAL
from compiler.circuits.expressions import ONE, Expression, Wire
from compiler.circuits.heads import At, Latest, Mean, Pattern, Previous
from compiler.circuits.unrolled import passes_needed
from compiler.circuits.weights import Array, LayerWeights, Weights, score, score_scale

Row = dict[int, float]
"""Coefficients that are not 0, by wire."""
Reader = tuple[str, int, int]
"""Whose row it is: ("gate", n, 0), ("up", n, 0), ("value", h, i), ("query", h, i) or ("key", h, i);
("logit", i, 0) is what the unembedding reads along its direction i, which costs nothing."""
Writer = tuple[str, int, int]
"""("neuron", n, 0) or ("head", h, i)."""

FINEST = 2.0**-12
"""Factors between rows are multiples of this, so that no coefficient is rounded."""


class Net:
    """A block as sparse rows. Wires are numbers; `mix[w]` says of which columns of the embedding wire w is made,
    `constant[w]` what the positional encoding adds to it."""

    def __init__(self, weights: Weights) -> None:
        [block] = weights.layers
        self.original, self.block = weights, block
        index = {w: i for i, w in enumerate(weights.wires)}
        self.names = [w.name for w in weights.wires]
        self.positional = set(np.flatnonzero(weights.positional.any(0)).tolist())
        self.meaning: dict[int, Row] = {j: {j: 1.0} for j in range(len(self.names))}
        self.one = index[ONE]
        self.mix: dict[int, Row] = {int(j): {int(j): 1.0} for j in np.flatnonzero((weights.embedding != 0).any(0))}
        self.constant: Row = {}
        self.rows: dict[Reader, Row] = {}
        self.writes: dict[int, dict[Writer, float]] = defaultdict(dict)
        self.neurons: list[int] = list(range(len(block.gate)))
        self.values: list[list[int]] = []
        for n in range(len(block.gate)):
            self.rows["gate", n, 0], self.rows["up", n, 0] = _row(block.gate[n]), _row(block.up[n])
            self._written(("neuron", n, 0), block.down[:, n])
        for h in range(len(block.query)):
            for i in np.flatnonzero(block.query[h].any(1) | block.key[h].any(1)).tolist():
                self.rows["query", h, i], self.rows["key", h, i] = _row(block.query[h, i]), _row(block.key[h, i])
            self.values.append(np.flatnonzero(block.output[h].any(0)).tolist())
            for i in self.values[h]:
                self.rows["value", h, i] = _row(block.value[h, i])
                self._written(("head", h, i), block.output[h, :, i])
        self.directions = self._read_out(weights.unembedding)
        self.fixed = set(self._fixed())

    def _read_out(self, unembedding: Array) -> list[Array]:
        """Columns that are multiples of one another are a row: what is added to the logits along that direction."""
        directions: list[Array] = []
        for j in np.flatnonzero((unembedding != 0).any(0)).tolist():
            column = unembedding[:, j]
            for i, direction in enumerate(directions):
                at = int(np.flatnonzero(direction)[0])
                factor = float(column[at] / direction[at])
                if is_exact(factor) and np.array_equal(column, factor * direction):
                    self.rows["logit", i, 0][j] = factor
                    break
            else:
                self.rows["logit", len(directions), 0] = {j: 1.0}
                directions.append(column)
        return directions

    def _written(self, writer: Writer, column: Array) -> None:
        for j in np.flatnonzero(column).tolist():
            self.writes[j][writer] = float(column[j])

    def _fixed(self) -> Iterator[Reader]:
        """Rows that stay as they are: those that make a head's pattern, and those that read a mean, or a mean times
        the number of positions (`proofs_check.sums` is about these)."""
        means = set()
        for h, pattern in enumerate(self.block.patterns):
            match pattern:
                case Mean():
                    means |= {j for j, by in self.writes.items() if any(w[:2] == ("head", h) for w in by)}
                case Previous():
                    yield from ((kind, h, i) for kind in ("query", "key") for i in range(2))
                case At():
                    yield from (("key", h, 0), ("key", h, 1), ("query", h, 1))
                case Latest(match=match, query_square=square):
                    last = len(match) + (square is not None)
                    yield "query", h, last
                    if square is not None:
                        yield "key", h, last - 1
        counting = [n for n in self.neurons if means & (self.rows["gate", n, 0].keys() | self.rows["up", n, 0].keys())]
        yield from ((kind, n, 0) for n in counting for kind in ("gate", "up"))
        counts = {j for j, by in self.writes.items() if any(("neuron", n, 0) in by for n in counting)}
        yield from (k for k, row in self.rows.items() if counts & row.keys())

    # ------------------------------------------------------------------------------------------ changes

    def new_neuron(self, gate: Row, up: Row) -> int:
        """Adds a neuron that writes nothing yet; returns its number."""
        n = 1 + max(self.neurons, default=-1)
        self.neurons.append(n)
        self.rows["gate", n, 0], self.rows["up", n, 0] = gate, up
        return n

    def new_wire(self) -> int:
        """Adds a wire that nothing writes yet; returns its number."""
        self.names.append(f"shared {len(self.names) - len(self.original.wires) + 1}")
        return len(self.names) - 1

    def remove_neuron(self, n: int) -> None:
        """Takes a neuron away, and what it writes."""
        del self.rows["gate", n, 0], self.rows["up", n, 0]
        self.neurons.remove(n)
        for by in self.writes.values():
            by.pop(("neuron", n, 0), None)

    def drop_unread(self) -> None:
        """Takes away wires that nothing reads, and heads' values and neurons that write nothing."""
        while True:
            read = {j for row in self.rows.values() for j in row} | self.positional
            unread = [j for j in range(len(self.names)) if j not in read and (self.writes.get(j) or j in self.constant)]
            for j in unread:
                self.writes[j] = {}
                self.constant.pop(j, None)
            writing = {w for by in self.writes.values() for w in by}
            idle = [n for n in self.neurons if ("neuron", n, 0) not in writing]
            for n in idle:
                self.remove_neuron(n)
            for h, values in enumerate(self.values):
                for i in [i for i in values if ("head", h, i) not in writing]:
                    values.remove(i)
                    del self.rows["value", h, i]
            if not unread and not idle:
                return

    # ------------------------------------------------------------------------------------------- tensors

    def weights(self) -> Weights:
        """As tensors; wires that nothing reads or writes are left out."""
        read = {j for row in self.rows.values() for j in row} | self.positional
        wires = sorted(read)
        place = {j: i for i, j in enumerate(wires)}
        width, old = len(wires), len(self.original.wires)

        def dense(row: Row) -> Array:
            vector = np.zeros(width)
            vector[[place[j] for j in row]] = list(row.values())
            return vector

        embedding = np.zeros((len(self.original.embedding), width))
        for j, mix in self.mix.items():
            if j in place:
                columns = [*mix]
                embedding[:, place[j]] = self.original.embedding[:, columns] @ np.array([mix[c] for c in columns])
        positional = np.zeros((len(self.original.positional), width))
        kept = [j for j in wires if j < old]
        positional[:, [place[j] for j in kept]] = self.original.positional[:, kept]
        for j, c in self.constant.items():
            if j in place:
                positional[POSITIONAL.index(ONE), place[j]] += c
        unembedding = np.zeros((len(embedding), width), order="F")
        for i, direction in enumerate(self.directions):
            for j, c in self.rows["logit", i, 0].items():
                unembedding[:, place[j]] += c * direction
        block = self._block(width, place, dense)
        return replace(
            self.original,
            embedding=embedding,
            positional=positional,
            layers=(block,),
            unembedding=unembedding,
            wires=tuple(Wire(self.names[j]) for j in wires),
            sums={Wire(self.names[j]): self._form(self.meaning[j]) for j in wires if j >= old and j in self.meaning},
            passes=passes_needed(block),
        )

    def _block(self, width: int, place: dict[int, int], dense: Callable[[Row], Array]) -> LayerWeights:
        block, heads = self.block, len(self.block.query)
        size = max(map(len, self.values), default=0)
        query, key = (np.zeros((heads, block.query.shape[1], width)) for _ in range(2))
        value, output = np.zeros((heads, size, width)), np.zeros((heads, width, size))
        down = np.zeros((width, len(self.neurons)))
        for k, row in self.rows.items():
            if k[0] in ("query", "key"):
                (query if k[0] == "query" else key)[k[1], k[2]] = dense(row)
        for h, values in enumerate(self.values):
            for i, name in enumerate(values):
                value[h, i] = dense(self.rows["value", h, name])
        order = {("neuron", n, 0): i for i, n in enumerate(self.neurons)}
        for j, by in self.writes.items():
            for w, c in by.items():
                if w[0] == "neuron":
                    down[place[j], order[w]] = c
                else:
                    output[w[1], place[j], self.values[w[1]].index(w[2])] = c
        return LayerWeights(
            query=query,
            key=key,
            value=value,
            output=output,
            gate=np.array([dense(self.rows["gate", n, 0]) for n in self.neurons]).reshape(-1, width),
            up=np.array([dense(self.rows["up", n, 0]) for n in self.neurons]).reshape(-1, width),
            down=down,
            patterns=tuple(self._pattern(h, pattern) for h, pattern in enumerate(block.patterns)),
            head_names=block.head_names,
            relative=block.relative,
        )

    def _form(self, row: Row) -> Expression:
        return Expression({Wire(self.names[j]): c for j, c in row.items()}, {})

    def _pattern(self, h: int, pattern: Pattern) -> Pattern:
        """What the head declares, in the wires that there are now."""

        def form(kind: str, i: int) -> Expression:
            return self._form(self.rows[kind, h, i])

        scale = float(score_scale(self.original.max_tokens, pattern))
        match pattern:
            case At():
                return At(form("query", 0) / (2 * scale))
            case Latest(match=match, query_square=square):
                pairs = tuple((form("query", i) / (2 * scale), form("key", i)) for i in range(len(match)))
                none = Expression({}, {})
                bare = Latest((), none, none, square, pattern.recent)
                no_key = score(bare, self.original.max_tokens)[-1][1]
                eligible = form("key", len(match) + (square is not None)) - no_key
                query_square = None if square is None else form("query", len(match)) / -scale
                return Latest(pairs, eligible, none, query_square, pattern.recent, pattern.within)
        return pattern


def _row(vector: Array) -> Row:
    return dict(sparse.row(vector))


def is_exact(x: float) -> bool:
    """Whether a factor is a multiple of `FINEST`, so that no coefficient that it makes is rounded."""
    return (x / FINEST).is_integer()
