"""The residual stream at one position, as polynomials: the transformer's own arithmetic, read from the tensors.

Wires are evaluated when they are asked for. The outputs of heads come from a `Contract`: what the head lemmas and
the invariant say about the position that the head looks at. Everything else is computed from the weights.

Time is counted in half layers: 0 is the embedding, layer l (from 0) attends at time 2l + 1 and runs its
feed-forward part at time 2l + 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from proofs_check.lemma import NotProved
from proofs_check.ranges import ranges
from proofs_check.symbolic.polynomials import Coefficient, Polynomial, constant, simple, total
from proofs_check.symbolic.tables import Piece, evaluate, pieces
from proofs_check.symbolic.terms import Path, Term
from proofs_check.tensors import Linear, Neuron, Readback
from proofs_check.unembedding import FamilyToken, Readout, take_apart

Contract = Callable[[str], Term | int]
"""By the wire that a head writes: its value at this position."""

Group = tuple[tuple[Neuron, Coefficient, Coefficient], ...]
"""Neurons of one wire with the same gate up to a constant and the same value: (neuron, constant, coefficient)."""

End = tuple[Coefficient, Coefficient, Coefficient]
Ends = Mapping[str, End]
"""By wire: the least and the largest value, and what all values are a multiple of; 0: they may be any reals."""

UNBOUNDED = 2**60
"""A trace length beyond all limits: ranges that hold for it hold for every trace that anyone can write down."""


@dataclass
class Model:
    """What is computed once for a machine: who writes each wire when, its range, and the token features.

    tables: see `table`; given: the ends of the ranges, if they are known; loosened: wires with other ranges than
    a path may know of, see `mutation.changed`.
    """

    readback: Readback
    vocabulary: tuple[FamilyToken, ...]
    tables: dict[tuple[str, int, str], tuple[Piece, ...]] = field(default_factory=dict)
    given: Ends | None = None
    loosened: frozenset[str] = frozenset()

    @cached_property
    def groups(self) -> dict[str, list[tuple[int, Group]]]:
        """For each wire, (time, group) of the neurons that write it."""
        found: dict[str, dict[tuple[int, object, object], list[tuple[Neuron, Coefficient, Coefficient]]]] = {}
        for n in self.readback.neurons:
            base = frozenset((w, c) for w, c in n.gate.items() if w != "one")
            shift = simple(n.gate.get("one", Fraction(0)))
            for name, c in n.down.items():
                key = (2 * n.layer + 2, base, frozenset(n.up.items()))
                found.setdefault(name, {}).setdefault(key, []).append((n, shift, simple(c)))
        return {name: [(key[0], tuple(g)) for key, g in by.items()] for name, by in found.items()}

    @cached_property
    def outputs(self) -> dict[str, list[tuple[int, Coefficient]]]:
        """For each wire, (time, coefficient) of the heads that write it."""
        found: dict[str, list[tuple[int, Coefficient]]] = {}
        for h in self.readback.heads:
            for form in h.outputs:
                for name, c in form.items():
                    found.setdefault(name, []).append((2 * h.layer + 1, simple(c)))
        return found

    @cached_property
    def brought(self) -> Mapping[str, Linear]:
        """By the wire that a head writes, the value that it brings there.

        Raises:
            NotProved: a head scales what it brings, or two write the same wire.
        """
        found: dict[str, Linear] = {}
        for h in self.readback.heads:
            for value, output in zip(h.values, h.outputs):
                for name, c in output.items():
                    if c != 1 or name in found:
                        raise NotProved(f"{name!r} is not just what {h} brings")
                    found[name] = value
        return found

    @cached_property
    def positional(self) -> dict[str, Linear]:
        """For each wire, how it depends on (1, p, p*p, (-1)**p, [p = 0])."""
        features = ("1", "p", "p*p", "(-1)**p", "first")
        found: dict[str, dict[str, Fraction]] = {}
        for feature, row in zip(features, self.readback.weights.positional):
            for name, c in self.readback.linear(row).items():
                found.setdefault(name, {})[feature] = c
        return dict(found)

    @cached_property
    def ends(self) -> Ends:
        """At every position of every trace."""
        if self.given is not None:
            return self.given
        found = ranges(self.readback, UNBOUNDED)
        return {
            name: (simple(r.low), simple(r.high), 0 if name in found.real else simple(r.unit))
            for name, r in found.wires.items()
        }

    @cached_property
    def gates(self) -> Mapping[tuple[int, int], tuple[tuple[str, Coefficient], ...]]:
        """By layer and index of a neuron, its gate without the constant; wires that are complete early come first."""
        found = {}
        for n in self.readback.neurons:
            terms = [(name, simple(c)) for name, c in n.gate.items() if name != "one"]
            found[n.layer, n.index] = tuple(sorted(terms, key=lambda term: self.complete[term[0]]))
        return found

    @cached_property
    def written(self) -> dict[str, int]:
        """The time at which a wire is first written to, after the embedding."""
        times = {name: 10**6 for name in self.readback.names}
        for writers in (self.outputs, self.groups):
            for name, parts in writers.items():
                times[name] = min([times[name], *(t for t, _ in parts)])
        return times

    @cached_property
    def readout(self) -> Readout:
        """The logits, taken apart by families."""
        return take_apart(self.readback, self.vocabulary)

    @cached_property
    def complete(self) -> dict[str, int]:
        """The time from which a wire has all that is ever written to it."""
        times = {name: 0 for name in self.readback.names}
        for name, writers in self.outputs.items():
            times[name] = max(t for t, _ in writers)
        for name, groups in self.groups.items():
            times[name] = max([times[name], *(t for t, _ in groups)])
        return times

    def of_token(self, form: Linear, layer: int) -> tuple[npt.NDArray[np.float64], Linear]:
        """What a linear form is before the attention of a layer, by the token (a column) and by positional wires.

        Raises:
            NotProved: it reads a wire to which something writes before that layer: then more counts than the token.
        """
        column = np.zeros(len(self.vocabulary))
        positional: dict[str, Fraction] = {}
        for name, c in form.items():
            if self.written[name] <= 2 * layer:
                raise NotProved(f"{name!r} holds more than a feature of the token before layer {layer}")
            column += self.readback.weights.embedding[:, self._index[name]] * float(c)
            for feature, own in self.positional.get(name, {}).items():
                positional[feature] = positional.get(feature, Fraction(0)) + own * c
        return column + float(positional.pop("1", 0)), {name: c for name, c in positional.items() if c}

    @cached_property
    def _rows(self) -> dict[str, dict[int, dict[int, int]]]:
        """Token numbers by family, flag and value."""
        rows: dict[str, dict[int, dict[int, int]]] = {}
        for number, t in enumerate(self.vocabulary):
            rows.setdefault(t.family, {}).setdefault(t.flag, {})[t.value] = number
        return rows

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.readback.names)}

    def table(self, family: str, flag: int, name: str) -> tuple[Piece, ...]:
        """The embedding's column of a wire, over the values of a family."""
        key = (family, flag, name)
        if key not in self.tables:
            by_value = self._rows[family][flag]
            low = min(by_value)
            column = self.readback.weights.embedding[:, self._index[name]]
            self.tables[key] = pieces([Fraction(float(column[by_value[v]])) for v in sorted(by_value)], low)
        return self.tables[key]

    @cached_property
    def family_of_token(self) -> npt.NDArray[np.str_]:
        """By the number of the token, shape (vocabulary,)."""
        return np.array([t.family for t in self.vocabulary])

    @property
    def families(self) -> tuple[str, ...]:
        """In the order of the vocabulary."""
        return tuple(self._rows)

    def values(self, family: str) -> tuple[int, int, int]:
        """Lowest and highest value of a family, and its number of flags."""
        by_flag = self._rows[family]
        return min(by_flag[0]), max(by_flag[0]), len(by_flag)


@dataclass(frozen=True)
class SymbolicToken:
    """A token with a symbolic value; its flag is known."""

    family: str
    value: Term | int
    flag: int


class Stream:
    """The wires at one position.

    position: p as a term (its last use may be anything from 0 on); havoc: wires whose value is taken from here
    instead of from the weights, to show that the result does not depend on them.
    """

    def __init__(
        self, model: Model, path: Path, token: SymbolicToken, position: Term, contract: Contract,
        havoc: Callable[[str], Term | int | None] = lambda name: None,
    ) -> None:  # fmt: skip
        self.model, self.path, self.token, self.position = model, path, token, position
        self.contract, self.havoc = contract, havoc
        self.bounded: set[str] = set()  # wires of which only the model's range was used
        self.ceilings: dict[tuple[int, int], Coefficient] = {}  # of gates that are never positive here
        self.wires: dict[tuple[str, int], Polynomial] = {}
        self.parts: dict[tuple[str, int], Polynomial] = {}

    def wire(self, name: str, time: int) -> Polynomial:
        """The value of a wire after time `time`."""
        time = min(time, self.model.complete[name])
        key = (name, time)
        if key not in self.wires:
            replaced = self.havoc(name)
            self.wires[key] = _poly(replaced) if replaced is not None else self._sum(name, time)
        return self.wires[key]

    @property
    def evaluated(self) -> list[tuple[tuple[str, int], Polynomial]]:
        """((wire, time), value) of what has been asked for so far, without the token features."""
        return [(key, w) for key, w in self.wires.items() if self.model.complete[key[0]] > 0]

    def form(self, form: Linear, time: int) -> Polynomial:
        """A linear form of wires after time `time`."""
        return total((self.wire(name, time), simple(c)) for name, c in form.items())

    def _sum(self, name: str, time: int) -> Polynomial:
        parts = [self._embedding(name)]
        for when, c in self.model.outputs.get(name, []):
            if when <= time:
                parts.append((_poly(self.contract(name)), c))
        for i, (when, group) in enumerate(self.model.groups.get(name, [])):
            if when <= time:
                parts.append((self._part(name, i, group, when - 1), 1))
        return total(parts)

    def _part(self, name: str, number: int, group: Group, time: int) -> Polynomial:
        """What the group of neurons with this number adds to a wire."""
        key = (name, number)
        if key not in self.parts:
            self.parts[key] = self._group(group, time)
        return self.parts[key]

    def _embedding(self, name: str) -> tuple[Polynomial, Coefficient]:
        value = evaluate(self.model.table(self.token.family, self.token.flag, name), self.token.value)
        result = _poly(value)
        for feature, c in self.model.positional.get(name, {}).items():
            result = result + self._positional(feature).scaled(simple(c))
        return result, 1

    def _positional(self, feature: str) -> Polynomial:
        p = self.position
        match feature:
            case "1":
                return constant(1)
            case "p":
                return p.polynomial
            case "p*p":
                return (p * p).polynomial
            case "first":
                return constant(int(p == 0))
        return self.path.variable("parity", -1, 1).polynomial

    def _group(self, group: Group, time: int) -> Polynomial:
        """`sum of c * relu(z + shift) * value` for integers z: one piece of a piecewise linear function of z."""
        highest = max(shift for _, shift, _ in group)
        z = self._gate(group[0][0], highest, time)
        if not isinstance(z, Polynomial):
            self._off(group, z - highest)
            return constant(0)
        corners = sorted({-shift for _, shift, _ in group})
        integral = all(isinstance(c, int) for c in [*z.terms.values(), *corners])
        integral = integral and all(e > 0 for m in z.terms for _, e in m)
        if z.constant is None:
            value = self.form(group[0][0].up, time)
            if value.constant == 0:
                return value
        piece: list[Coefficient] = []
        for i, start in reversed(_starts(corners, integral)):
            low, _ = self.path.interval(z)
            if (low is not None and low >= corners[i]) or self.path.decide(z - constant(start)):
                piece = corners[: i + 1]
                break
        self._off([part for part in group if -part[1] not in piece], self.path.interval(z)[1])
        if not piece:
            return constant(0)
        slope = total((z + constant(shift), c) for _, shift, c in group if -shift in piece)
        if len(group) == 1 and slope.constant is None:
            # A flag made by one neuron is a number for the solver as well, so that its products stay linear.
            slope = next((flag for flag in (constant(0), constant(1)) if self._is(slope, flag)), slope)
        if slope.constant == 0:
            return slope
        return slope * self.form(group[0][0].up, time)

    def _is(self, slope: Polynomial, flag: Polynomial) -> bool:
        return self.path.recorded(lambda: self.path.certainly_zero(slope - flag))

    def _off(self, neurons: Sequence[tuple[Neuron, Coefficient, Coefficient]], most: Coefficient | None) -> None:
        """These neurons are not active on this path; `most` bounds their common gate."""
        for neuron, shift, _ in neurons:
            self.ceilings[neuron.layer, neuron.index] = 0 if most is None else min(0, most + shift)

    def _gate(self, neuron: Neuron, highest: Coefficient, time: int) -> Polynomial | Coefficient:
        """The gate without its constant; a bound of the largest gate as soon as no neuron can be active."""
        known = constant(0)
        forms = self.model.gates[neuron.layer, neuron.index]
        ahead = [self._high(name, c, time) for name, c in forms]
        rest: Coefficient = highest + sum(h for h in ahead if h is not None)
        unclear = ahead.count(None)
        for (name, c), most in zip(forms, ahead):
            if not unclear:
                _, high = self.path.interval(known)
                if high is not None and high + rest <= 0:
                    return high + rest
            if most is None:
                unclear -= 1
            else:
                rest -= most
            known = known + self.wire(name, time).scaled(c)
        _, high = self.path.interval(known)
        return high + highest if high is not None and high + highest <= 0 else known

    def known(self, name: str, time: int) -> Polynomial | None:
        """The value of a wire after time `time` if it is there already, or plain from the token; never forks."""
        found = self.wires.get((name, min(time, self.model.complete[name])))
        if found is not None or self.havoc(name) is not None or self.model.written[name] <= time:
            return found
        if name in self.model.positional:
            return constant(1) if dict(self.model.positional[name]) == {"1": 1} else None
        [*parts] = self.model.table(self.token.family, self.token.flag, name)
        return constant(parts[0].a) if len(parts) == 1 and parts[0].degree == 0 else None

    def _high(self, name: str, c: Coefficient, time: int) -> Coefficient | None:
        """The largest that c times the wire can be; None if that is not known without evaluating it."""
        if self.model.complete[name] > time or self.havoc(name) is not None:
            return None
        known = self.wires.get((name, self.model.complete[name]))
        if known is not None:
            low, high = self.path.interval(known)
            end = high if c > 0 else low
            return None if end is None else c * end
        self.bounded.add(name)
        low, high, _ = self.model.ends[name]
        return c * (high if c > 0 else low)


def _starts(corners: list[Coefficient], integral: bool) -> list[tuple[int, Coefficient]]:
    """(i, start): the function is on piece i from `start` on, until a later start; below all of them it is 0.

    A corner belongs to the pieces on both its sides. So an integral function need not enter a piece before one
    after its corner, and can pass over one between two adjacent integers.
    """
    found: list[tuple[int, Coefficient]] = []
    for i, corner in enumerate(corners):
        after = i == 0 or (bool(found) and found[-1][0] == i - 1)
        if integral and after and i + 1 < len(corners) and corners[i + 1] - corner <= 1:
            continue
        found.append((i, corner + 1 if integral and after else corner))
    return found


def _poly(value: Term | Coefficient) -> Polynomial:
    return value.polynomial if isinstance(value, Term) else constant(value)
