"""Whether two sets of stacked weights compute the same function of the tokens, in exact arithmetic.

What a wire carries is written as a sum of *words*, read back from the tensors and multiplied out:

    a feature of the position | a function of the token | relu(g) times a word | what a head with scores s copies of
    a word

where g and s are such sums themselves. Words are the same if they are equal, so that it does not matter over which
wires a sum came about, and neither do the identities relu(relu(g)) = relu(g) and relu(c) = c for a constant c > 0.
Logits are such sums, along the directions of the unembedding's columns: if all are equal, so are the logits. The
converse does not hold: where sums differ, nothing is proved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from compiler.circuits import Weights
from proofs_check.lemma import NotProved
from proofs_check.tensors import Attention, Linear, Readback

Word = int
Sum = Mapping[Word, Fraction]
Columns = npt.NDArray[np.float64]

LARGEST = 1_000_000
"""Denominators of the coefficients between columns of embeddings; a wrong guess is found out."""


def same_logits(left: Weights, right: Weights) -> str:
    """Raises NotProved where the two are not shown to have the same logits after all tokens.

    `left.sums` are shown as well: each is the sum of what wires of `right` carry.
    """
    known = _Words(_Columns(_basis(right.embedding, left.embedding)))
    streams = [dict(known.stream(Readback(weights))) for weights in (left, right)]
    directions: list[Columns] = []
    for column in (*right.unembedding.T, *left.unembedding.T):
        if column.any() and not any(_factor(column, d) for d in directions):
            directions.append(column)
    logits = [_read_out(weights, stream, directions) for weights, stream in zip((left, right), streams)]
    for direction, (one, other) in enumerate(zip(*logits)):
        if one != other:
            raise NotProved(f"direction {direction} of the logits is not shown to be the same")
    for wire, meaning in left.sums.items():
        total: dict[Word, Fraction] = defaultdict(Fraction)
        for part, c in meaning.wires.items():
            _add(total, streams[1][part.name], Fraction(c))
        if {w: c for w, c in total.items() if c} != streams[0][wire.name]:
            raise NotProved(f"{wire.name!r} is not shown to carry {meaning}")
    words = len(known.numbers)
    return f"{len(logits[0])} directions of logits, {len(left.sums)} are sums of others, {words} words in all"


def _basis(*tables: Columns) -> Columns:
    """Columns of the embeddings, the constant 1 first, of which all others are combinations in one way only."""
    whole = np.concatenate([np.ones((len(tables[0]), 1)), *(t[:, (t != 0).any(0)] for t in tables)], 1)
    chosen: list[int] = []
    span = np.zeros((len(whole), 0))
    for j, column in enumerate((whole / np.abs(whole).max(0)).T):
        rest = column - span @ (span.T @ column)
        rest -= span @ (span.T @ rest)  # once more, for what rounding has left
        length = float(np.linalg.norm(rest))
        if length > 1e-7 * float(np.linalg.norm(column)):
            chosen.append(j)
            span = np.concatenate([span, rest[:, None] / length], 1)
    return np.ascontiguousarray(whole[:, chosen])


class _Columns:
    """Functions of the token as combinations of those in `basis`, (vocabulary, k)."""

    def __init__(self, basis: Columns) -> None:
        self.basis, self.scale = basis, np.abs(basis).max(0)
        self.inverse = np.linalg.pinv(basis / self.scale)

    def combination(self, name: str, column: Columns) -> dict[int, Fraction]:
        guess = (self.inverse @ column) / self.scale
        # What is left of the column after a first guess makes the second one exact to the last digits.
        guess += (self.inverse @ (column - self.basis @ guess)) / self.scale
        coefficients = [Fraction(float(c)).limit_denominator(LARGEST) for c in guess]
        # In whole numbers, where nothing rounds.
        common = lcm(*(c.denominator for c in coefficients))
        if not np.array_equal(self.basis @ np.array([float(c * common) for c in coefficients]), common * column):
            raise NotProved(f"the column of {name!r} is no combination of the others")
        return {i: c for i, c in enumerate(coefficients) if c}


def _factor(column: Columns, direction: Columns) -> Fraction | None:
    """What the direction has to be multiplied by to give the column, if that is so exactly."""
    at = int(np.flatnonzero(direction)[0])
    factor = Fraction(float(column[at])) / Fraction(float(direction[at]))
    exact = np.array_equal(factor.denominator * column, factor.numerator * direction)
    return factor if factor and exact else None


def _read_out(weights: Weights, stream: Mapping[str, Sum], directions: list[Columns]) -> list[Sum]:
    """What is added to the logits along each direction; every column is a multiple of one."""
    sums: list[dict[Word, Fraction]] = [defaultdict(Fraction) for _ in directions]
    for wire, column in zip(weights.wires, weights.unembedding.T):
        if column.any():
            i, factor = next((i, f) for i, d in enumerate(directions) if (f := _factor(column, d)))
            _add(sums[i], stream[wire.name], factor)
    return [{w: c for w, c in total.items() if c} for total in sums]


class _Words:
    """All words, numbered. `tokens`: the functions of the token that are words, the first of them is 1."""

    def __init__(self, tokens: _Columns) -> None:
        self.tokens = tokens
        self.numbers: dict[Hashable, Word] = {}
        self.constant = self._word("position", 0)
        self.gates: dict[Word, Hashable] = {}

    def _word(self, *key: Hashable) -> Word:
        return self.numbers.setdefault(key, len(self.numbers))

    def stream(self, readback: Readback) -> Iterator[tuple[str, Sum]]:
        """Every wire after the last layer, as a sum of words."""
        wires: dict[str, dict[Word, Fraction]] = {name: defaultdict(Fraction) for name in readback.names}
        for name, column in zip(readback.names, readback.weights.embedding.T):
            if column.any():
                _add(wires[name], self._token_function(name, column), Fraction(1))
        for feature, row in enumerate(readback.weights.positional):
            word = {self._word("position", feature): Fraction(1)}
            for name, c in readback.linear(row).items():
                _add(wires[name], word, c)
        for layer in range(len(readback.weights.layers)):
            heads = [h for h in readback.heads if h.layer == layer]
            written = [part for head in heads for part in self._copies(head, wires)]
            for word_sum, output in written:
                for name, c in output.items():
                    _add(wires[name], word_sum, c)
            fed = [
                (self._gated(_form(n.gate, wires), _form(n.up, wires)), n.down)
                for n in readback.neurons
                if n.layer == layer
            ]
            for word_sum, output in fed:
                for name, c in output.items():
                    _add(wires[name], word_sum, c)
        yield from ((name, {w: c for w, c in total.items() if c}) for name, total in wires.items())

    def _token_function(self, name: str, column: Columns) -> Sum:
        found = self.tokens.combination(name, column)
        return {self._word("token", i) if i else self.constant: c for i, c in found.items()}

    def _copies(self, head: Attention, wires: Mapping[str, Mapping[Word, Fraction]]) -> Iterator[tuple[Sum, Linear]]:
        pairs = [(_form(q, wires), _form(k, wires)) for q, k in head.pairs]
        scores = tuple((frozenset(q.items()), frozenset(k.items())) for q, k in pairs if q and k), head.offset
        for value, output in zip(head.values, head.outputs):
            copied: dict[Word, Fraction] = defaultdict(Fraction)
            for word, c in _form(value, wires).items():
                # The weights of a softmax add up to 1: a constant stays what it is, but where all biases are -inf.
                copied[word if word == self.constant and not head.biases else self._word("head", scores, word)] += c
            yield copied, output

    def _gated(self, gate: Sum, up: Sum) -> Sum:
        factor = Fraction(1)
        if len(gate) == 1:
            [(word, c)] = gate.items()
            if c > 0 and word == self.constant:
                return {w: c * u for w, u in up.items()}
            if c > 0 and word in self.gates:
                gate_key, factor = self.gates[word], c
            else:
                gate_key = frozenset(gate.items())
        else:
            gate_key = frozenset(gate.items())
        gated = {}
        for word, c in up.items():
            number = self._word("relu", gate_key, word)
            if word == self.constant:
                self.gates[number] = gate_key
            gated[number] = factor * c
        return gated


def _form(form: Linear, wires: Mapping[str, Mapping[Word, Fraction]]) -> Sum:
    total: dict[Word, Fraction] = defaultdict(Fraction)
    for name, c in form.items():
        _add(total, wires[name], c)
    return {w: c for w, c in total.items() if c}


def _add(total: dict[Word, Fraction], summand: Mapping[Word, Fraction], factor: Fraction) -> None:
    for word, c in summand.items():
        total[word] += factor * c
