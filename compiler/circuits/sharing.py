"""A looped block written with fewer non-zero weights: the same function of the tokens, in exact arithmetic.

Depth costs a looped block nothing, so that what several rows compute can be computed once, on a wire of its own. The
rewritings, each an identity over the reals whatever the wires carry:

- neurons with the same gate that write to the same wires are one: relu(g) u + relu(g) v = relu(g) (u + v);
- neurons with the same gate share it: relu(g) v = relu(relu(g)) v, and relu(g) is a wire;
- a sum of wires that several rows read becomes a wire. Its summands' writers write it as well (*direct*: heads and
  neurons by one more weight each, token features by the embedding, constants by the positional encoding), or a neuron
  with gate 1 copies it (*copied*). What nobody reads any more goes away.

The search is greedy: of all sums that two rows have in common up to a factor, the one that saves most, until none
saves anything. `proofs_check.equivalence` reads both sets of tensors back and compares what they compute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from compiler.circuits.circuit import Circuit
from compiler.circuits.net import Net, Reader, Row, Writer, is_exact
from compiler.circuits.weights import Form, TokenTables, Weights, build

Terms = tuple[tuple[int, float], ...]
"""A sum: wires with their coefficients."""


def in_form(circuit: Circuit[Any], tables: TokenTables | None = None, form: Form = "stacked") -> Weights:
    """The weights of a circuit as they are used: `build`, and of the looped form what `shared` makes of it."""
    weights = build(circuit, tables, form)
    return shared(weights) if form == "looped" else weights


MOST = 500
"""Coordinates of queries and keys; of more, what is worth sharing takes minutes to find."""


def shared(weights: Weights) -> Weights:
    """The same looped machine with fewer non-zero weights besides the token embedding and unembedding.

    One with more than `MOST` coordinates of queries and keys stays as it is.
    """
    net = _Sharing(weights)
    if sum(kind in ("query", "key") for kind, *_ in net.rows) > MOST:
        return weights
    net.merge_neurons()
    net.share_gates()
    net.share_sums()
    net.drop_unread()
    return net.weights()


@dataclass(frozen=True)
class _Sum:
    """A sum of wires worth having: `terms`, the rows that contain it with their factor, and how it is written."""

    gain: int
    terms: Terms
    rows: tuple[tuple[Reader, float], ...]
    direct: bool


class _Sharing(Net):
    """The rewritings."""

    def merge_neurons(self) -> None:
        """Neurons with the same gate and the same targets, up to a factor."""
        alike: dict[object, list[tuple[int, float]]] = defaultdict(list)
        targets: dict[int, Row] = defaultdict(dict)
        for j, by in self.writes.items():
            for writer, c in by.items():
                if writer[0] == "neuron":
                    targets[writer[1]][j] = c
        for n, down in targets.items():
            factor = down[min(down)]
            ratios = frozenset((j, c / factor) for j, c in down.items())
            if ("gate", n, 0) not in self.fixed:
                alike[frozenset(self.rows["gate", n, 0].items()), ratios].append((n, factor))
        for (kept, factor), *rest in alike.values():
            for n, other in rest:
                if not is_exact(other / factor):
                    continue
                up = self.rows["up", kept, 0]
                for j, c in self.rows["up", n, 0].items():
                    up[j] = up.get(j, 0.0) + c * other / factor
                self.rows["up", kept, 0] = {j: c for j, c in up.items() if c}
                self.remove_neuron(n)

    def share_gates(self) -> None:
        """A gate that several neurons have becomes a wire, if that saves weights."""
        same: dict[frozenset[tuple[int, float]], list[int]] = defaultdict(list)
        for n in self.neurons:
            if ("gate", n, 0) not in self.fixed:
                same[frozenset(self.rows["gate", n, 0].items())].append(n)
        for gate, neurons in same.items():
            plain = [n for n in neurons if self.rows["up", n, 0] == {self.one: 1.0}]
            there = [
                (n, j) for n in plain for j, by in self.writes.items()
                if by == {("neuron", n, 0): 1.0} and j not in self.mix and j not in self.constant
            ]  # fmt: skip
            cost = 0 if there else 1 if plain else len(gate) + 2
            if (len(gate) - 1) * (len(neurons) - bool(plain)) <= cost:
                continue
            if there:
                source, wire = there[0]
            else:
                source = plain[0] if plain else self.new_neuron(dict(gate), {self.one: 1.0})
                wire = self.new_wire()
            self.writes[wire]["neuron", source, 0] = 1.0
            for n in neurons:
                if n != source:
                    self.rows["gate", n, 0] = {wire: 1.0}

    # ---------------------------------------------------------------------------------------------- sums

    def share_sums(self) -> None:
        candidates: dict[Terms, None] = {}
        changed = {k for k, row in self.rows.items() if self._open(k) and len(row) > 1}
        while True:
            readers = self._readers()
            for k in sorted(changed, key=repr):
                candidates |= dict.fromkeys(self._sums_of(k, readers))
            best = max((s for terms in candidates if (s := self._worth(terms, readers))), key=_order, default=None)
            if best is None:
                return
            changed = {k for k, _ in best.rows}
            changed |= self._materialise(best)
            stale = [terms for terms in candidates if not all(j in readers for j, _ in terms)]
            for terms in stale:
                del candidates[terms]

    def _open(self, reader: Reader) -> bool:
        return reader not in self.fixed

    def _readers(self) -> dict[int, set[Reader]]:
        readers: dict[int, set[Reader]] = defaultdict(set)
        for k, row in self.rows.items():
            for j in row:
                readers[j].add(k)
        return readers

    def _sums_of(self, k: Reader, readers: dict[int, set[Reader]]) -> Iterator[Terms]:
        """What this row has in common with others; the whole row; the part of it that token features make."""
        row = self.rows.get(k, {})
        common: dict[Reader, int] = defaultdict(int)
        for j in row:
            for other in readers[j]:
                common[other] += 1
        for other, count in common.items():
            if count > 1 and other != k and self._open(other):
                by_ratio: dict[float, list[int]] = defaultdict(list)
                for j in row:
                    if j in self.rows[other]:
                        by_ratio[self.rows[other][j] / row[j]].append(j)
                yield from (_normal(row, wires) for wires in by_ratio.values() if len(wires) > 1)
        tokens = [j for j in row if j in self.mix and not self.writes[j]]
        for wires in ([*row], tokens, [*tokens, self.one] if self.one in row else []):
            if len(wires) > 1:
                yield _normal(row, wires)

    def _worth(self, terms: Terms, readers: dict[int, set[Reader]]) -> _Sum | None:
        """What the sum on a wire of its own saves, where it does."""
        first, scale = terms[0]
        rows = []
        for k in set.intersection(*(readers.get(j, set()) for j, _ in terms)):
            factor = self.rows[k][first] / scale
            if self._open(k) and is_exact(factor) and all(self.rows[k][j] == factor * c for j, c in terms):
                rows.append((k, factor))
        saved = (len(terms) - 1) * sum(k[0] != "logit" for k, _ in rows)
        if not rows:
            return None
        holders = {k for k, _ in rows}
        freed = sum(self._cost_of(j) for j, _ in terms if readers[j] <= holders and self._droppable(j))
        direct = saved - self._direct_cost(terms) + freed
        copied = saved - len(terms) - 2
        gain = max(direct, copied)
        return _Sum(gain, terms, tuple(sorted(rows, key=repr)), direct >= copied) if gain > 0 else None

    def _droppable(self, j: int) -> bool:
        return j not in self.positional

    def _cost_of(self, j: int) -> int:
        """Weights that go away with wire j."""
        values = (self.rows["value", w[1], w[2]] for w in self._own_values(j))
        return len(self.writes[j]) + (j in self.constant) + sum(map(len, values))

    def _own_values(self, j: int) -> list[Writer]:
        """Heads' values that write to this wire only."""
        return [w for w in self.writes[j] if w[0] == "head" and sum(w in by for by in self.writes.values()) == 1]

    def _direct_cost(self, terms: Terms) -> int:
        wires = [j for j, _ in terms]
        if any(j in self.positional and j != self.one for j in wires):
            return 10**9
        writers = {w for j in wires for w in self.writes[j]}
        cost = len(writers) + any(j == self.one or j in self.constant for j in wires)
        return cost - sum(len(values) - 2 for values in self._joint_values(writers).values())

    def _joint_values(self, writers: set[Writer]) -> dict[int, list[Writer]]:
        """By head, several values that are token features: one new value can take their place."""
        by_head: dict[int, list[Writer]] = defaultdict(list)
        for w in writers:
            if w[0] == "head" and all(j in self.mix and not self.writes[j] for j in self.rows["value", w[1], w[2]]):
                by_head[w[1]].append(w)
        return {h: values for h, values in by_head.items() if len(values) > 1}

    def _materialise(self, found: _Sum) -> set[Reader]:
        """Gives the sum a wire; returns the rows that are new."""
        wire, new = self.new_wire(), set()
        if all(j in self.meaning for j, _ in found.terms):
            self.meaning[wire] = _combined((self.meaning[j], c) for j, c in found.terms)
        if found.direct:
            new = self._write_directly(wire, found.terms)
        else:
            n = self.new_neuron({self.one: 1.0}, dict(found.terms))
            self.fixed.add(("up", n, 0))
            self.writes[wire]["neuron", n, 0] = 1.0
        for k, factor in found.rows:
            for j, _ in found.terms:
                del self.rows[k][j]
            self.rows[k][wire] = factor
        self.drop_unread()
        return new

    def _write_directly(self, wire: int, terms: Terms) -> set[Reader]:
        by: dict[Writer, float] = defaultdict(float)
        mix: Row = defaultdict(float)
        for j, c in terms:
            for writer, own in self.writes[j].items():
                by[writer] += c * own
            for column, own in self.mix.get(j, {}).items():
                mix[column] += c * own
            constant = c * (1.0 if j == self.one else self.constant.get(j, 0.0))
            if constant:
                self.constant[wire] = self.constant.get(wire, 0.0) + constant
        new: set[Reader] = set()
        for h, values in self._joint_values(set(by)).items():
            feature, i = self.new_wire(), 1 + max(self.values[h])
            combined: Row = defaultdict(float)
            for w in values:
                factor = by.pop(w)
                for j, c in self.rows["value", h, w[2]].items():
                    for column, own in self.mix[j].items():
                        combined[column] += factor * c * own
            self.mix[feature] = self.meaning[feature] = dict(combined)
            self.rows["value", h, i] = {feature: 1.0}
            self.values[h].append(i)
            by["head", h, i] = 1.0
            new.add(("value", h, i))
        self.writes[wire] = {w: c for w, c in by.items() if c}
        if mix:
            self.mix[wire] = dict(mix)
        return new


def _combined(parts: Iterable[tuple[Row, float]]) -> Row:
    total: Row = defaultdict(float)
    for row, factor in parts:
        for j, c in row.items():
            total[j] += factor * c
    return {j: c for j, c in total.items() if c}


def _normal(row: Row, wires: list[int]) -> Terms:
    """The part of a row on these wires, divided by its smallest coefficient if that costs no rounding."""
    least = min(abs(row[j]) for j in wires)
    wires = sorted(wires)
    if not all(is_exact(row[j] / least) for j in wires):
        least = 1.0
    sign = 1.0 if row[wires[0]] > 0 else -1.0
    return tuple((j, sign * row[j] / least) for j in wires)


def _order(found: _Sum) -> tuple[int, int, Terms]:
    """What to do first: what saves most; of these the shortest sum, then whichever, but always the same."""
    return found.gain, -len(found.terms), found.terms
