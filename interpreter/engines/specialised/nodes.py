"""Nodes of the network evaluated in one step of a recording: polynomials, and the guards that they need.

A gate that is not decided becomes a flag, a variable that is 0 or 1, where what it lets through is a constant; else a
guard decides it as in the run that is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.circuits.circuit import digit_count
from compiler.circuits.heads import Mean, Offset, Previous
from interpreter.engines.indexed.attention import NEAREST_BELOW
from interpreter.engines.indexed.plan import AtHead
from interpreter.engines.specialised.fragment import POSITION
from interpreter.engines.specialised.knowledge import Stop, Variable
from interpreter.engines.specialised.network import Column, Feature, Found, Head, Neuron, Node, Test, Wire
from interpreter.engines.specialised.polynomials import Monomial, Polynomial, combined, number, variable
from interpreter.engines.specialised.remembered import Question, Result

if TYPE_CHECKING:
    from interpreter.engines.specialised.recorder import Recorder

FAR = 3.0
"""A distance between positions that is at least this is not made a constant."""


class Nodes:
    """Each node is evaluated once, when it is first asked for."""

    def __init__(self, recorder: Recorder) -> None:
        self.r = recorder
        self.remembered = recorder.remembered
        self._memo: dict[Node, tuple[int, Polynomial]] = {}
        self._constants: dict[Node, float] = {}
        # Of nodes that were constants when they were first asked for: what they have asked for.
        self._leaves: dict[Node, tuple[Node, ...]] = {}
        self._registers: dict[Head, tuple[list[Polynomial], Polynomial]] = {}

    def read(self, node: Node) -> Polynomial:
        """The value of a node in this step, with what is known by now put in."""
        known = self.r.known
        memo = self._memo.get(node)
        if memo is None:
            found = self._first(node)
        else:
            version, found = memo
            if version == known.version or not found.terms:
                return found
        if found.terms:
            found = known.resolved(found)
        if not found.terms:
            self._constants[node] = found.constant
        self._memo[node] = (known.version, found)
        return found

    def _first(self, node: Node) -> Polynomial:
        tree, constants = self.remembered.trees.get(node), self._constants
        varied = self.remembered.varied.get(node)
        if varied is not None and varied in self._memo and varied not in constants:
            tree = None
        while type(tree) is Question:
            leaf = tree.leaf
            if leaf not in constants and self.read(leaf).terms:
                self.remembered.varied[node] = leaf
                break
            tree = tree.answers.get(constants[leaf])
        if type(tree) is Result:
            self._leaves[node] = tree.leaves
            return tree.value
        match node:
            case Wire():
                found, asked = self._wire(node), self._asked([term for _, term in node.terms])
            case Neuron():
                found, asked = self._neuron(node), self._asked_if(node)
            case Test():
                found, asked = self._test(node), self._asked_if(node)
            case _:
                found = self.r.known.resolved(self._leaf(node))
                if not found.terms:
                    self._leaves[node] = (node,)
                return found
        if asked is not None and not found.terms:
            self._leaves[node] = self.remembered.keep(node, asked, self.read, found)
        return found

    def _asked(self, nodes: list[Node]) -> list[Node] | None:
        """What the nodes have asked for; None if one of them was not a constant."""
        asked: list[Node] = []
        for node in nodes:
            leaves = self._leaves.get(node)
            if leaves is None:
                return None
            asked += leaves
        return asked

    def _asked_if(self, node: Neuron | Test) -> list[Node] | None:
        """The same of a gate and, if it is open, of what it lets through."""
        asked = self._asked([node.gate])
        if asked is None:
            return None
        gate = self.read(node.gate).constant
        if gate <= 0:
            return asked
        if _mean_read(node.up) is not None or (isinstance(node, Test) and not gate.is_integer()):
            return None
        return self._asked([node.gate, node.up] if node.up.terms else [node.gate])

    def _wire(self, node: Wire) -> Polynomial:
        """The sum, in one go: most of the time goes here."""
        constant = node.constant
        terms: dict[Monomial, float] = {}
        constants = self._constants
        for c, term in node.terms:
            if term in constants:
                constant += c * constants[term]
                continue
            p = self.read(term)
            constant += c * p.constant
            for m, a in p.terms.items():
                terms[m] = terms.get(m, 0.0) + c * a
        return Polynomial(constant, {m: c for m, c in terms.items() if c} if terms else terms)

    def _leaf(self, node: Node) -> Polynomial:
        match node:
            case Column():
                return self._column(node.j)
            case Feature():
                return self._feature(node.i, self.r.position)
            case Found():
                return self._found(node.head, node.i)
        raise AssertionError(node)

    def _column(self, j: int) -> Polynomial:
        if self.r.token is None:
            return self.state(self.r.state.of_column[j])
        return self.r.columns.column(self.r.token, j, self.r.known)

    def _feature(self, i: int, position: Polynomial) -> Polynomial:
        if i == 0:
            return number(1.0)
        if i == 1:
            return position
        if i == 2:
            return position * position
        if i > 4:
            return self._digit(i - 5, position)
        if not position.terms:
            return number(float(position.constant == 0) if i == 4 else 1.0 - 2.0 * (position.constant % 2))
        if i == 4 and self.r.known.bounds(position)[0] >= 1:
            return number(0.0)
        raise Stop

    def state(self, v: int) -> Polynomial:
        """A variable of the state. A flag is the same whenever the run comes by, a sum until it turns out otherwise."""
        known = self.r.known.variables[v]
        steady = v in self.r.state.sums and v not in self.r.wild
        if (steady or (known.low >= -1 and known.high <= 1)) and v not in self.r.known.solved:
            self.r.require_zero(variable(v).shifted(-known.value))
        return self.r.known.resolved(variable(v))

    def _digit(self, i: int, position: Polynomial) -> Polynomial:
        radix = self.r.weights.radix
        bits = radix.bit_length() - 1
        value = float((int(self.r.known.value(position)) >> (i * bits)) & (radix - 1))
        if not position.terms:
            return number(value)
        assert i < digit_count(radix, self.r.weights.max_tokens)
        return self.r.known.new(Variable(value, 0.0, float(radix - 1), True, ("digit", position, i * bits, radix - 1)))

    def _neuron(self, node: Neuron) -> Polynomial:
        gate = self.read(node.gate)
        low, high = self.r.known.bounds(gate)
        if high <= 0:
            return number(0.0)
        mean = _mean_read(node.up)
        if mean is not None:
            if not _is_position_plus_one(node.gate):
                raise Stop
            return self.total(mean.head, mean.i)
        if gate.terms and self.r.known.value(gate) > 0 and self.tame(gate):
            # A distance between positions, or a flag.
            gate = self.settled(gate)
            low, high = self.r.known.bounds(gate)
        up = self._let_through(node.up, gate, low, high)
        gate = self.r.known.resolved(gate)
        low, high = self.r.known.bounds(gate)
        if high <= 0:
            return number(0.0)
        if up is not None and not up.terms:
            return self._opened(gate, low, high).scaled(up.constant) if up.constant else number(0.0)
        if up is not None and not gate.terms:
            return up.scaled(gate.constant)
        if self.r.known.value(gate) <= 0:
            self.r.require(gate.scaled(-1.0))
            return number(0.0)
        assert up is not None
        if self.r.known.is_whole(gate) and high <= 1:
            self.r.require(gate.shifted(-1.0))
            return self.read(node.up)
        self.r.require(gate)
        return self._product(gate, up)

    def _let_through(self, up: Wire, gate: Polynomial, low: float, high: float) -> Polynomial | None:
        """What a gate multiplies; None where the gate is closed and this is not even there."""
        if not up.terms:
            return number(up.constant)
        if low >= 0 or self.r.known.value(gate) > 0:
            return self.read(up)
        if high > 1:
            return None
        try:
            return self.read(up)
        except Stop:
            return None

    def _opened(self, gate: Polynomial, low: float, high: float) -> Polynomial:
        """max(gate, 0)."""
        if low >= 0:
            return gate
        if self.r.known.value(gate) <= 0 and self.tame(gate):
            self.r.require(gate.scaled(-1.0))
            return number(0.0)
        if self.r.known.is_whole(gate):
            if high <= 1:
                return self.r.known.flag(gate)
            value = max(self.r.known.value(gate), 0.0)
            return self.r.known.new(Variable(value, 0.0, high, True, ("positive", gate)))
        if self.r.known.value(gate) <= 0:
            self.r.require(gate.scaled(-1.0))
            return number(0.0)
        self.r.require(gate)
        return gate

    def settled(self, p: Polynomial) -> Polynomial:
        """A tame number, which becomes a constant; but of a long distance between positions only that it is long."""
        p = self.r.known.resolved(p)
        registers = p.variables() - {POSITION}
        is_distance = registers and registers <= self.r.state.positions and all(len(m) == 1 for m in p.terms)
        if is_distance and self.r.known.is_whole(p) and self.r.known.value(p) >= FAR:
            self.r.require(p.shifted(-FAR))
            return self.r.known.resolved(p)
        return number(self.r.concrete(p))

    def tame(self, p: Polynomial) -> bool:
        """Whether all of its variables are flags or positions: numbers that hardly ever change from run to run."""
        return all(v in self.r.known.solved or self.is_tame(v) for v in p.variables())

    def is_tame(self, v: int) -> bool:
        """Whether the variable is a flag or a position."""
        known = self.r.known.variables[v]
        return v == POSITION or v in self.r.state.positions or (known.low >= 0 and known.high <= 1)

    def _product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        for one, other in ((a, b), (b, a)):
            if self.tame(one):
                one = self.settled(one)
                if not one.terms:
                    return self.r.known.resolved(other).scaled(one.constant)
        a, b = self.r.known.resolved(a), self.r.known.resolved(b)
        if len(a.terms) * len(b.terms) > 16 or any(len(m) > 2 for p in (a, b) for m in p.terms):
            raise Stop
        return a * b

    def _test(self, node: Test) -> Polynomial:
        gate = self.read(node.gate)
        if not self.r.known.is_whole(gate):
            return self.read(node.neurons[0]) - self.read(node.neurons[1])
        low, high = self.r.known.bounds(gate)
        if high <= 0:
            return number(0.0)
        if low >= 1:
            return self.read(node.up)
        if not node.up.terms:
            return self.r.known.flag(gate).scaled(node.up.constant)
        if self.r.known.value(gate) <= 0:
            self.r.require(gate.scaled(-1.0))
            return number(0.0)
        up = self.read(node.up)
        gate = self.r.known.resolved(gate)
        if not up.terms:
            return self.r.known.flag(gate).scaled(up.constant) if up.constant else number(0.0)
        self.r.require(gate.shifted(-1.0))
        return self.read(node.up)

    # --------------------------------------------------------------------------------------------- heads

    def total(self, head: Head, i: int) -> Polynomial:
        """The sum of a value over all positions."""
        word = self.r.state.kept[head.name].word
        assert word is not None
        return self.r.slot(word + i) + self.read(head.values[i])

    def _found(self, head: Head, i: int) -> Polynomial:
        kind = head.planned.kind
        if isinstance(kind, Mean | Offset):
            raise Stop
        if isinstance(kind, Previous):
            word = self.r.state.kept[head.name].word
            assert word is not None
            return self.r.slot(word + i)
        if isinstance(kind, AtHead):
            return self.at(head, i)
        if not kind.match:
            found = self.register(head)[0][i]
            return self.r.slot(self._word(head) + i) if found is self.r.slots[self._word(head) + i] else found
        return self.r.lookups.found(head, i)

    def _word(self, head: Head) -> int:
        word = self.r.state.kept[head.name].word
        assert word is not None
        return word

    def register(self, head: Head) -> tuple[list[Polynomial], Polynomial]:
        """The values of the latest eligible position, the current one included; and whether there is one.

        Where there is none, the current position wins.
        """
        if head not in self._registers:
            self._registers[head] = self._register(head)
        return self._registers[head]

    def _register(self, head: Head) -> tuple[list[Polynomial], Polynomial]:
        place = self.r.state.kept[head.name]
        assert place.word is not None and place.seen is not None and head.own is not None
        own, seen = self.read(head.own), self.r.slot(place.seen)
        value = self.r.known.value(own)
        if value not in (0.0, 1.0):
            raise Stop
        self.r.require_zero(own.shifted(-value))
        if value or not self.r.concrete(seen):
            return [self.read(v) for v in head.values], number(value)
        return [self.r.slots[place.word + i] for i in range(len(head.values))], number(1.0)

    def query(self, head: Head) -> Polynomial:
        """What position an At head asks for: a constant, if it is to read what is in the prompt."""
        assert head.query is not None
        asked = self.read(head.query)
        if asked.terms and any(made is None for made in head.positional):
            return number(self.r.concrete(asked))
        return asked

    def at(self, head: Head, i: int) -> Polynomial:
        """Value number i of what an At head finds: in the prompt, or what a position says of itself."""
        asked = self.query(head)
        positional = head.positional[i]
        if not asked.terms:
            place = max(nearest(asked.constant), 0)
            if place < len(self.r.prompt):
                return number(self._carried(head, i, place))
            if positional is None or place >= NEAREST_BELOW:
                raise Stop
            self.r.require(self.r.position.shifted(float(-place)))
            return combined((c, self._feature(f, number(float(place)))) for f, c in positional.items())
        assert positional is not None
        self.within(asked)
        return combined((c, self._feature(f, asked)) for f, c in positional.items())

    def _carried(self, head: Head, i: int, place: int) -> float:
        """What a position of the prompt carries."""
        token = self.r.prompt[place]
        key = (head, i, token, place)
        known = self.remembered.carried.get(key)
        if known is not None:
            return known
        at, positional = number(float(place)), head.positional[i]
        if positional is not None:
            total = sum(c * self._feature(f, at).constant for f, c in positional.items())
        else:
            total = 0.0
            for j, c in head.planned.values[i].row:
                if j not in self.r.state.fixed:
                    raise Stop
                for feature, targets in enumerate(self.r.state.plan.positional):
                    for target, a in targets:
                        if target == j:
                            total += c * a * self._feature(feature, at).constant
                total += c * float(self.r.weights.embedding[token, j])
        self.remembered.carried[key] = total
        return total

    def within(self, asked: Polynomial) -> None:
        """A number is that of a position from here on, and one that the indexed engine looks up."""
        if not self.r.known.is_whole(asked):
            raise Stop
        self.r.require(asked)
        self.r.require(self.r.position - asked)
        self.r.require(asked.scaled(-1.0).shifted(float(NEAREST_BELOW - 1)))


def nearest(x: float) -> int:
    """The position nearest to x. Raises Stop if there is none in particular, as the indexed engine does."""
    nearest = round(x)
    if abs(x - nearest) >= 0.499 or abs(x) >= 2.0**50:
        raise Stop
    return nearest


def _is_position_plus_one(gate: Wire) -> bool:
    """Whether a wire is that by which a mean over all positions is multiplied to give the sum."""
    constant = 0.0
    node: Node = gate
    while isinstance(node, Wire):
        if len(node.terms) != 1 or node.terms[0][0] != 1:
            return False
        constant += node.constant
        node = node.terms[0][1]
    return isinstance(node, Feature) and node.i == 1 and constant == 1


def _mean_read(up: Wire) -> Found | None:
    """The mean that a wire is, if it is one and nothing else."""
    if len(up.terms) != 1 or up.constant or up.terms[0][0] != 1:
        return None
    [(_, node)] = up.terms
    if isinstance(node, Wire):
        return _mean_read(node)
    if isinstance(node, Found) and isinstance(node.head.planned.kind, Mean):
        return node
    return None
