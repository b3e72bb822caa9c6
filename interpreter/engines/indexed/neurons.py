"""The neurons of a layer as code: one by one, or many at once where one look into a table does.

Two shapes are recognised, by the weights alone; both are what a constant becomes that was moved into the weights.

- Gates that have all but a constant in common: see `functions`.
- Gates `c + t x + b` that differ in the integers t and b only, where c and x are linear forms: a *family*. For each
  integer x that may matter, the table has the neuron whose gate opens first as c grows, `t x + b` for it (`first`) and
  for the next one (`second`). Where c + second <= 0, no other gate is open, and the sum of all neurons is
  relu(c + first) times what that neuron writes. An entry of a dictionary, `relu(1 - |x - k|^2)`, is such a neuron with
  t = 2 k and b = -k^2. Before and after the table the steepest line is the largest; there it is asked that no gate is
  open at all. Where none of that is so, and where c or x is not known, a loop evaluates the neurons.

Tables have integers below 2**53, and that x is one is checked where the bounds do not say so: where c is one as well,
no sum rounds, in whatever order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import llvmlite.ir as ir
import numpy as np
import numpy.typing as npt

from compiler.circuits.sparse import Row
from interpreter.engines.indexed.code import collected
from interpreter.engines.indexed.functions import LARGEST_TABLE, MOST_WORDS, Term, clamped, invariant
from interpreter.engines.indexed.plan import PlannedNeuron
from interpreter.engines.indexed.step import Step
from interpreter.engines.indexed.values import DOUBLE, WORD, Value, real, word

Array = npt.NDArray[np.float64]
MANY = 8
"""Gates with the same variable part, from which on this is worth a table."""
FAMILY = 4
"""Neurons of a family at least."""
_NEAR = 64
"""Neurons of a layer among which families are looked for; what is found then takes in all others."""
_SAFE = 2.0**50


def open_gates(step: Step, neurons: Sequence[PlannedNeuron]) -> list[tuple[Row, Value]]:
    """What the neurons of a layer write."""
    squares, others = _squares(neurons)
    gates = [_Gate.of(step, n) for n in others]
    _find_bases(step, [g for g in gates if g.factor is not None])
    functions = step.code.functions
    assert functions is not None
    candidates = [g for g in gates if g.factor is not None and g.terms and functions.sum(g.terms, g.rest) is None]
    written = [(n.targets, step.code.squared(step.read(n.gate))) for n in squares]
    families = []
    for family in _families(candidates):
        table = _Table.of(step, family)
        if table is not None:
            families.append(table)
    taken = {id(g) for table in families for g in table.gates}
    for gate in gates:
        if id(gate) not in taken:
            n = gate.neuron
            written.append((n.targets, step.code.gated(step.read(n.gate), step.read(n.up))))
    return written + [one for table in families for one in table.write(step)]


def _squares(neurons: Sequence[PlannedNeuron]) -> tuple[list[PlannedNeuron], list[PlannedNeuron]]:
    """One of each pair relu(x) x, relu(-x) (-x) that writes the same, x * x; and the neurons of no such pair."""
    found: dict[tuple[Row, Row], PlannedNeuron] = {}
    squares, paired = [], set[int]()
    for neuron in neurons:
        if neuron.gate != neuron.up:
            continue
        opposite = found.pop((tuple((j, -c) for j, c in neuron.gate), neuron.targets), None)
        if opposite is None:
            found[neuron.gate, neuron.targets] = neuron
        else:
            squares.append(neuron)
            paired |= {id(neuron), id(opposite)}
    return squares, [n for n in neurons if id(n) not in paired]


@dataclass(frozen=True, eq=False)
class _Gate:
    """A neuron; its gate is the sum of `terms` and `rest`; factor: what it multiplies, if that is a constant."""

    neuron: PlannedNeuron
    terms: list[Term]
    rest: float
    factor: float | None

    @staticmethod
    def of(step: Step, neuron: PlannedNeuron) -> _Gate:
        up, factor = collected((c, step.wires[j]) for j, c in neuron.up)
        gate, rest = collected((c, step.wires[j]) for j, c in neuron.gate)
        return _Gate(neuron, gate, rest, None if up else factor)


def _find_bases(step: Step, gates: Iterable[_Gate]) -> None:
    """Integers, not functions of others, that many gates compare with constants."""
    functions = step.code.functions
    assert functions is not None
    forms: dict[object, list[Term]] = {}
    found: Counter[object] = Counter()
    for gate in gates:
        if gate.terms:
            terms = _primitive(gate.terms)
            key: object = frozenset((c, v.operand) for c, v in terms)
            forms[key] = terms
            found[key] += 1
    for key, count in found.items():
        terms = forms[key]
        if count < MANY or functions.sum(terms, 0.0) is not None:
            continue
        x = step.code.linear(terms)
        if x.whole and not x.doubtful and max(-x.low, x.high) < _SAFE:
            functions.add_base(x, terms)


def _primitive(terms: list[Term]) -> list[Term]:
    """A multiple in which the least coefficient is 1."""
    least = min((c for c, _ in terms), key=abs)
    return [(c / least, v) for c, v in terms]


# --------------------------------------------------------------------------------------------- families


@dataclass(frozen=True)
class _Family:
    """Gates c + t x + b: `across` is x, `common` is c, and (t, b) is the line of each gate."""

    gates: list[_Gate]
    across: list[Term]
    common: list[Term]
    lines: Array


def _families(gates: list[_Gate]) -> list[_Family]:
    """Each gate is in one of them at most."""
    if len(gates) < FAMILY:
        return []
    values = {v.operand: v for g in gates for _, v in g.terms}
    columns = {operand: i for i, operand in enumerate(values)}
    matrix = np.zeros((len(gates), len(columns)))
    for i, gate in enumerate(gates):
        for c, v in gate.terms:
            matrix[i, columns[v.operand]] = c

    def terms(vector: Array) -> list[Term]:
        return [(float(c), v) for c, v in zip(vector, values.values()) if c]

    found = []
    left = set(range(len(gates)))
    for direction in _directions(matrix):
        pivot = int(np.flatnonzero(np.abs(direction) == 1)[0])
        groups = defaultdict(list)
        for i in sorted(left):
            t = matrix[i, pivot] * direction[pivot]
            groups[(matrix[i] - t * direction).tobytes()].append((i, t))
        for group in groups.values():
            if len({t for _, t in group}) < FAMILY:
                continue
            i, t = group[0]
            lines = np.array([(t, gates[i].rest) for i, t in group])
            common = matrix[i] - t * direction
            found.append(_Family([gates[i] for i, _ in group], terms(direction), terms(common), lines))
            left -= {i for i, _ in group}
    return found


def _directions(matrix: Array) -> list[Array]:
    """Vectors of integers, the least of them 1, by multiples of which many rows differ from those near them; the most
    frequent first."""
    found: Counter[tuple[float, ...]] = Counter()
    pairs = ((i, j) for j in range(len(matrix)) for i in range(max(0, j - _NEAR), j))
    for before, after in pairs:
        difference = matrix[after] - matrix[before]
        changed = np.flatnonzero(difference)
        if len(changed):
            vector = difference / difference[changed[np.argmin(np.abs(difference[changed]))]]
            found[tuple((vector + 0.0).tolist())] += 1
    enough = FAMILY * (FAMILY - 1) // 2
    vectors = [np.array(v) for v, count in found.most_common() if count >= enough]
    return [v for v in vectors if np.array_equal(v, np.round(v))]


@dataclass(frozen=True, eq=False)
class _Table:
    """The table of a family.

    Attributes:
        gates: of the family.
        x, common: see `_Family`.
        low, high: the integers x that it is for; a row more at each side is for all before and after.
        rows: (first, second, slope, what is written to each target) by x.
        targets: dimensions.
        lines: (t, b, what is written to each target) of each neuron.
    """

    gates: list[_Gate]
    x: Value
    common: Value
    low: int
    high: int
    rows: Array
    targets: tuple[int, ...]
    lines: Array

    @staticmethod
    def of(step: Step, family: _Family) -> _Table | None:
        """None if its numbers are not all integers that no sum rounds, or the table would be too large."""
        x, common = step.code.linear(family.across), step.code.linear(family.common)
        targets = tuple(sorted({j for g in family.gates for j, _ in g.neuron.targets}))
        written = np.zeros((len(family.gates), len(targets)))
        for row, gate in zip(written, family.gates):
            for j, c in gate.neuron.targets:
                assert gate.factor is not None
                row[targets.index(j)] = c * gate.factor
        lines = np.concatenate([family.lines, written], axis=1)
        interval = _interval(family.lines)
        if interval is None or not np.array_equal(lines, np.round(lines)):
            return None
        low, high = interval
        if (high - low + 3) * len(lines[0] + 1) + lines.size + len(step.memory.initial) > MOST_WORDS:
            return None
        numbers = np.arange(low - 1, high + 2, dtype=np.float64)
        heights = family.lines[:, :1] * numbers + family.lines[:, 1:]
        if max(np.abs(heights).max(), np.abs(lines).max()) >= _SAFE:
            return None
        best = heights.argmax(axis=0)
        rows = np.zeros((len(numbers), 3 + len(targets)))
        rows[:, 1], rows[:, 0] = np.partition(heights, -2, axis=0)[-2:]
        rows[:, 3:] = written[best]
        for end, steepest in ((0, family.lines[:, 0].min()), (-1, family.lines[:, 0].max())):
            if rows[end, 0] != heights[family.lines[:, 0] == steepest, end].max():
                return None
            rows[end, 1], rows[end, 2] = rows[end, 0], steepest
        return _Table(family.gates, x, common, low, high, rows, targets, lines)

    def write(self, step: Step) -> list[tuple[Row, Value]]:
        """The code; what is added to each target."""
        code, b = step.code, step.code.b
        x, c = self.x.operand, self.common.operand
        place = step.memory.numbers(self.rows.ravel().tolist())
        width = self.rows.shape[1]
        nearest, number = clamped(code, x, self.low - 1, self.high + 1)
        start = b.mul(b.sub(number, word(self.low - 1)), word(width))
        row = code.element(step.start.words, b.add(start, word(place)))
        first, second, slope, *writes = (invariant(code, code.at(row, i)) for i in range(width))
        outside = b.fmul(slope, b.fsub(x, nearest))
        alone = code.compare(b.fadd(c, b.fadd(second, outside)), "<=", real(0.0))
        # The sign of a sum is never rounded away, so that c may be any number.
        reach = _SAFE / float(np.abs(self.lines[:, 0]).max())
        if self.x.doubtful or max(-self.x.low, self.x.high) >= reach:
            size = code.intrinsic("llvm.fabs.f64", x)
            alone = b.and_(alone, code.compare(size, "<", real(reach)))
        if not self.x.whole:
            alone = b.and_(alone, code.compare(code.intrinsic("llvm.floor.f64", x), "==", x))
        looked_up, others, after = code.label("entry"), code.label("neurons"), code.label("looked.up")
        code.branch(b.not_(alone), others, looked_up, unlikely=True)
        code.begin(looked_up)
        top = b.fadd(c, b.fadd(first, outside))
        top = b.select(code.compare(top, ">", real(0.0)), top, real(0.0))
        products = [b.fmul(top, w) for w in writes]
        b.branch(after)
        code.begin(others)
        sums, last = self._loop(step, after)
        code.begin(after)
        found = []
        for product, total in zip(products, sums, strict=True):
            phi = b.phi(DOUBLE)
            phi.add_incoming(product, looked_up)
            phi.add_incoming(total, last)
            found.append(phi)
        return [(((j, 1.0),), self._value(i, phi)) for i, (j, phi) in enumerate(zip(self.targets, found))]

    def _loop(self, step: Step, after: ir.Block) -> tuple[list[ir.Value], ir.Block]:
        """All neurons one by one; the sums, and the block that they come from."""
        code, b = step.code, step.code.b
        width = self.lines.shape[1]
        place = step.memory.numbers(self.lines.ravel().tolist())
        # A number that LLVM does not know: it would write out every turn of this loop, which is hardly ever entered.
        count = code.load(WORD, step.start.words, step.memory.allocate(1, len(self.lines)))
        before, loop = code.b.block, code.label("neuron")
        b.branch(loop)
        code.begin(loop)
        i = b.phi(WORD)
        sums = [b.phi(DOUBLE) for _ in self.targets]
        row = code.element(step.start.words, b.add(b.mul(i, word(width)), word(place)))
        t, rest, *writes = (invariant(code, code.at(row, k)) for k in range(width))
        gate = b.fadd(b.fadd(self.common.operand, b.fmul(t, self.x.operand)), rest)
        opened = b.select(code.compare(real(0.0), ">", gate), real(0.0), gate)
        added = [b.fadd(total, b.fmul(opened, w)) for total, w in zip(sums, writes, strict=True)]
        following = b.add(i, word(1))
        for phi, at_first, later in ((i, word(0), following), *((s, real(0.0), a) for s, a in zip(sums, added))):
            phi.add_incoming(at_first, before)
            phi.add_incoming(later, loop)
        code.branch(b.icmp_signed("<", following, count), loop, after)
        return added, loop

    def _value(self, target: int, operand: ir.Value) -> Value:
        """Of the sum: with the bounds that come of those of the gates."""
        low = high = 0.0
        for t, rest, *writes in self.lines.tolist():
            top = max(0.0, rest + self.common.high + max(t * self.x.low, t * self.x.high))
            if writes[target]:
                low, high = low + min(0.0, writes[target] * top), high + max(0.0, writes[target] * top)
        doubtful = self.x.doubtful or self.common.doubtful
        whole = self.x.whole and self.common.whole
        return Value(operand, low, high, whole, doubtful, max(self.x.ready, self.common.ready) + 40)


def _interval(lines: Array) -> tuple[int, int] | None:
    """From which x to which one there can be a gate that is open alone: a guess, from where lines cross.

    If the lines touch a parabola, as those of a dictionary do, then they touch it in this interval.
    """
    hull = _upper(lines)
    crossings = [(b1 - b2) / (t2 - t1) for (t1, b1), (t2, b2) in zip(hull, hull[1:])]
    if len(crossings) < 2:
        return None
    between = (hull[-1][0] + hull[-2][0] - hull[1][0] - hull[0][0]) / 2
    scale = (crossings[-1] - crossings[0]) / between / 2
    low = crossings[0] - scale * (hull[1][0] - hull[0][0])
    high = crossings[-1] + scale * (hull[-1][0] - hull[-2][0])
    if not high - low < LARGEST_TABLE:
        return None
    return int(np.floor(low)) - 1, int(np.ceil(high)) + 1


def _upper(lines: Array) -> list[tuple[float, float]]:
    """The lines t x + b that are the largest of all somewhere, by t."""
    highest: dict[float, float] = {}
    for t, b in lines.tolist():
        highest[t] = max(b, highest.get(t, b))
    hull: list[tuple[float, float]] = []
    for t, b in sorted(highest.items()):
        while len(hull) > 1:
            (t1, b1), (t2, b2) = hull[-2:]
            if (b1 - b) * (t2 - t1) > (b1 - b2) * (t - t1):
                break
            hull.pop()
        hull.append((t, b))
    return hull
