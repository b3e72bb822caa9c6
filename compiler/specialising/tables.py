"""Functions of integers as neurons: what takes the place of a head that looks things up in a prompt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import isqrt

from compiler.circuits.expressions import ONE, Expression, Neuron, Number, Wire
from compiler.circuits.weights import Array

ONE_STAGE = 64
"""Up to so many steps an integer is made exact digit by digit with one digit; beyond, with two."""
_ONE = Expression({ONE: 1}, {})


@dataclass
class Tables:
    """Wires that neurons set, as they are added.

    Attributes:
        taken: wires that there are already, whose names no new wire can have.
        computed: see `Graph.computed`; bounds: what is known of the sums of `matches`, of which one is not 0 at most.
    """

    taken: Collection[Wire] = ()
    computed: dict[Wire, dict[Neuron, Number]] = field(default_factory=dict)
    bounds: dict[Wire, tuple[float, float]] = field(default_factory=dict)

    def new(self, name: str) -> Wire:
        """A wire of this name, or of one that begins with it."""
        wire = Wire(name)
        while wire in self.taken or wire in self.computed:
            wire = Wire(f"{wire.name}, again")
        return wire

    def exact(self, name: str, x: Expression, low: int, high: int) -> Expression:
        """The integer nearest to x, exactly, where x is off by at most 1/4; `low` or `high` where it is beyond.

        A threshold k takes two neurons, one after the other: u = relu(4 (x - k) + 2) is 0, exactly, below k,
        and at least 1 from k on, so that relu(1 - u) is 1 or 0, exactly. Of many
        integers a first digit is taken, then a second.
        """
        size = high - low
        step = 1 if size <= ONE_STAGE else isqrt(size) + 1
        found = self._stage(name, x, low, size // step, step)
        if step == 1:
            return found
        return found + self._stage(f"{name}, low digit", x - found, 0, step - 1, 1)

    def _stage(self, name: str, x: Expression, low: int, count: int, step: int) -> Expression:
        """`low`, plus `step` for each of `count` thresholds `low + step`, `low + 2 step`, … that x has come to."""
        if not count:
            return low * _ONE
        below: dict[Neuron, Number] = {}
        for k in range(1, count + 1):
            over = self.new(f"{name} from {low + k * step} on")
            self.computed[over] = {Neuron(4 * x - (4 * (low + k * step) - 2), _ONE): 1}
            below[Neuron(1 - Expression({over: 1}, {}), _ONE)] = -step
        wire = self.new(f"{name} exactly")
        self.computed[wire] = below
        return (low + step * count) * _ONE + Expression({wire: 1}, {})

    def function(self, x: Expression, low: int, columns: Mapping[Wire, Array]) -> dict[Wire, Expression]:
        """For each wire, the function of the integer x whose values from `low` on are in its column, constant beyond.

        One neuron for each integer at which a slope changes: all of it is integers, and so exact.
        """
        made = {}
        for wire, column in columns.items():
            slopes = [0.0, *(column[1:] - column[:-1]).tolist(), 0.0]
            sums: dict[Neuron, Number] = {
                Neuron(x - (low + k), _ONE): after - before
                for k, (before, after) in enumerate(zip(slopes, slopes[1:]))
                if after != before
            }
            first = float(column[0])
            made[wire] = first * _ONE
            if sums:
                self.computed[wire] = sums
                made[wire] += Expression({wire: 1}, {})
        return made

    def squares(self, name: str, coordinates: list[Expression]) -> Expression:
        """The sum of the squares of some expressions, on a wire of its own."""
        sums: dict[Neuron, Number] = {}
        for x in coordinates:
            for side in (x, -x):
                sums[Neuron(side, side)] = sums.get(Neuron(side, side), 0) + 1
        wire = self.new(name)
        self.computed[wire] = sums
        return Expression({wire: 1}, {})

    def matches(
        self,
        missing: Expression,
        query: list[Expression],
        square: Expression,
        entries: Mapping[tuple[float, ...], Mapping[Wire, float]],
    ) -> dict[Wire, Expression]:
        """For each wire, what the entry adds to it whose key is the query, where the flag `missing` is 1; else 0.

        relu(missing - |query - key|^2) is 1 if both are so, and 0 otherwise, all being integers: one neuron an entry.
        """
        sums: dict[Wire, dict[Neuron, Number]] = {}
        for key, added in entries.items():
            products = sum((2 * k * q for k, q in zip(key, query)), Expression({}, {}))
            neuron = Neuron(missing - square + products - sum(k * k for k in key), _ONE)
            for wire, value in added.items():
                if value:
                    sums.setdefault(wire, {})[neuron] = value
        for wire, neurons in sums.items():
            self.computed[wire] = neurons
            values = [0.0, *map(float, neurons.values())]
            self.bounds[wire] = (min(values), max(values))
        return {wire: Expression({wire: 1}, {}) for wire in sums}
