"""The residual stream of a machine with a weight changed, computed from that of the machine as it is.

On one path of a proof, only what the change reaches is computed again. Most changes reach nothing on most paths: the
neuron is off, or the wire that the weight multiplies is 0, or nobody reads what it writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from compiler.circuits.weights import Weights
from proofs_check.lemma import NotProved
from proofs_check.ram.contract import HeadContract
from proofs_check.ram.keys import MEMORY
from proofs_check.symbolic.polynomials import Coefficient, Polynomial
from proofs_check.symbolic.stream import Ends, Group, Model, Stream
from proofs_check.tensors import Linear, Readback


def loosened(original: Model, changed: Model) -> Ends:
    """The wires whose ranges are not within those of the original machine, and their ranges."""
    return {
        name: (low, high, unit)
        for name, (low, high, unit) in changed.ends.items()
        if low < original.ends[name][0] or high > original.ends[name][1] or unit < original.ends[name][2]
    }


def hull(ends: Ends, others: Iterable[Ends]) -> Ends:
    """The least ranges that contain all of these."""
    found = dict(ends)
    for other in others:
        for name, (low, high, unit) in other.items():
            known = found.get(name, (low, high, unit))
            found[name] = min(low, known[0]), max(high, known[1]), min(unit, known[2])
    return found


@dataclass(frozen=True)
class Edit:
    """One weight of a neuron is more by `delta`; part: gate, up or down; wire: that the weight reads or writes."""

    layer: int
    neuron: int
    part: str
    wire: str
    delta: Coefficient

    def has_no_effect(self, base: Stream) -> bool:
        """Whether it is clear at once that the neuron adds what it did, on this path. Never forks it."""
        ceiling = base.ceilings.get((self.layer, self.neuron))
        if self.part != "gate" and ceiling is not None:
            return True
        if self.part == "down":
            return False
        value = base.known(self.wire, 2 * self.layer + 1)
        if value is None or value.constant == 0:
            return value is not None
        if self.part == "up" or ceiling is None:
            return False
        _, most = base.path.interval(value.scaled(self.delta))
        return most is not None and ceiling + most <= 0


@dataclass(frozen=True)
class TokenEdit:
    """Something is another at tokens of a family alone.

    flag: of these tokens, None for both; brought: whether heads bring it from elsewhere.
    """

    family: str
    flag: int | None
    brought: bool

    def has_no_effect(self, base: Stream) -> bool:
        """Whether it is clear at once that nothing on this path reads it."""
        if base.token.family == self.family and self.flag in (None, base.token.flag):
            return False
        # The contract reads features of the program text.
        return not (self.brought and self.family in ("OP", "N"))


class Change:
    """A machine whose weights are not quite those of another.

    wires: those that have other writers, or whose heads bring something else; reached: all wires downstream of these;
    edit: the change itself, if that tells quickly where it has no effect; elsewhere: the lemmas that look at more
    than wires, and find it changed: for these, equal wires do not mean equal proofs.
    """

    def __init__(self, original: Model, weights: Weights, loosened: Ends, edit: Edit | TokenEdit | None = None) -> None:
        self.edit = edit
        old, new = original.readback, Readback(weights, original.readback)
        tables = old.weights.embedding, weights.embedding
        different = () if tables[0] is tables[1] else (tables[0] != tables[1]).any(0).nonzero()[0]
        features = frozenset(old.names[i] for i in different)
        self.model = Model(
            new,
            original.vocabulary,
            {key: table for key, table in original.tables.items() if key[2] not in features},
            {**original.ends, **loosened},
            frozenset(loosened),
        )
        neurons = (n for pair in zip(old.neurons, new.neurons, strict=True) if pair[0] != pair[1] for n in pair)
        here = frozenset({name for n in neurons for name in n.down} | features)
        here |= loosened.keys() & self.model.outputs.keys()
        read = downstream(self.model, here) | downstream(original, here)
        self.wires = here | self._brought_otherwise(original, read)
        self.brought_looser = frozenset(loosened.keys() & self.model.outputs.keys())
        self.elsewhere = frozenset(self._elsewhere(old, new))
        self.reached = downstream(self.model, self.wires) | downstream(original, self.wires)

    def _elsewhere(self, old: Readback, new: Readback) -> Iterator[str]:
        for a, b in zip(old.heads, new.heads, strict=True):
            if a.pairs != b.pairs:
                yield from ("queries", "keys")
            if (a.values, a.outputs) != (b.values, b.outputs) and a.name in MEMORY:
                yield "keys"
        if (old.weights.unembedding != new.weights.unembedding).any():
            yield "step"

    def has_no_effect(self, base: Stream) -> bool:
        """Whether it is clear at once that all values are what they were, on this path."""
        if self.edit is None or any(name in self.brought_looser for name, _ in base.wires):
            return False
        return not base.bounded & self.brought_looser and self.edit.has_no_effect(base)

    def _brought_otherwise(self, original: Model, changed: frozenset[str]) -> set[str]:
        """The wires to which heads bring other forms, or forms of wires that may have changed."""
        before = original.brought
        try:
            after: dict[str, Linear] = dict(self.model.brought)
        except NotProved:
            return set(self.model.outputs)
        return {
            name
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name) or changed & after[name].keys()
        }


def downstream(model: Model, wires: frozenset[str]) -> frozenset[str]:
    """The wires themselves, and all that neurons compute from them."""
    found, todo = set(wires), list(wires)
    while todo:
        new = model.computed_from.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return frozenset(found)


class ChangedStream(Stream):
    """The stream of the changed machine, on a path of the original one."""

    def __init__(self, change: Change, base: Stream) -> None:
        contract = cast(HeadContract, base.contract).about(change.model)
        super().__init__(change.model, base.path, base.token, base.position, contract, base.havoc)
        self.change, self.base = change, base
        self.was = dict(base.wires)
        self.looser = bool(base.bounded & change.model.loosened)  # a range that the base has used holds no more
        self.wires = {key: value for key, value in self.was.items() if key[0] not in change.reached}

    @property
    def signature(self) -> frozenset[object] | None:
        """The wires that have other writers, as far as the base has read them; None if all have the same value.

        Streams of one path with the same signature are the same; where more than these wires counts, it names the
        change. Asking for it may fork the path.
        """
        found: dict[tuple[str, int], Polynomial] = {}
        same = True
        for (name, time), before in self.was.items():
            if name in self.change.wires:
                for at in self._read_at(name, time):
                    found[name, at] = self.wire(name, at)
                    same = same and found[name, at] == before
        if same:
            return None
        all_read = self.change.wires == {name for name, _ in found}
        return frozenset(found.items()) | frozenset(() if all_read and not self.model.loosened else (self.change,))

    def _read_at(self, name: str, time: int) -> set[int]:
        """A wire that was complete may have one more writer now."""
        complete = time == self.base.model.complete[name]
        return {time, max(time, self.model.complete[name])} if complete else {time}

    def _part(self, name: str, number: int, group: Group, time: int) -> Polynomial:
        if name not in self.change.wires:
            known = self.base.parts.get((name, number))
            if known is not None and self._as_before(group, time):
                return known
        return super()._part(name, number, group, time)

    def _as_before(self, group: Group, time: int) -> bool:
        """Whether everything that a group of neurons reads has the value that it had."""
        read = group[0][0]
        for name in {*read.gate, *read.up} & self.change.reached:
            key = (name, min(time, self.base.model.complete[name]))
            if key in self.was:
                if self.wire(name, time) != self.was[key]:
                    return False
            elif name in self.model.loosened:
                return False
        return True
