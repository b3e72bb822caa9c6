"""Recording: the next tokens of a run evaluated with polynomials in the place of what is not constant.

Everything is evaluated on demand. A wire on which nothing depends in this step is never looked at; of a neuron whose
gate is closed only the gate is. What must be known to go on (which gate is open, which position a head finds) is taken
from the run that is recorded, and becomes a guard.
"""

from __future__ import annotations

from compiler.circuits.heads import Mean, Previous
from compiler.circuits.weights import Weights
from interpreter.engines.indexed.function import generate
from interpreter.engines.indexed.plan import AtHead
from interpreter.engines.specialised.choice import Families, choose
from interpreter.engines.specialised.fragment import POSITION, Fragment, Guard, Known, Step, Token
from interpreter.engines.specialised.knowledge import Knowledge, Stop
from interpreter.engines.specialised.live import Live
from interpreter.engines.specialised.lookups import Lookups
from interpreter.engines.specialised.network import Node, network
from interpreter.engines.specialised.nodes import Nodes
from interpreter.engines.specialised.polynomials import Polynomial, variable
from interpreter.engines.specialised.remembered import Remembered
from interpreter.engines.specialised.state import StateVariables
from interpreter.engines.specialised.tokens import Columns


class Parts:
    """What recorders need of a transformer."""

    def __init__(self, weights: Weights, halting: frozenset[int]) -> None:
        program = generate(weights, halting)
        self.network = network(weights, program.plan)
        self.state = StateVariables(weights, program.plan, self.network, dict(program.kept))
        self.families = Families(program.groups, self.network, halting)
        self.columns = Columns(weights.embedding)
        self.remembered = Remembered()


class Recorder:
    """Evaluates step after step; `lookups` and `choice` have the heads with keys and the argmax."""

    def __init__(self, parts: Parts, live: Live, prompt: list[int], wild: set[int]) -> None:
        self.state, self.network, self.columns, self.families = (
            parts.state,
            parts.network,
            parts.columns,
            parts.families,
        )
        self.live, self.prompt, self.wild = live, prompt, wild
        self.remembered = parts.remembered
        self.lookups = Lookups(self)
        self.weights = parts.state.weights
        self.done = 0
        self.token: Token | None = None
        self.known = Knowledge()
        self.step = Step()
        self.entry: list[Guard] = []
        self.slots: dict[int, Polynomial] = {}
        self.nodes = Nodes(self)
        self._checked: set[int] = set()
        self.steps: list[Step] = []
        self.tokens: list[int] = []

    def begin(self, token: int, position: int) -> None:
        """From the state as it is."""
        self.known = self.state.begin(self.live, token, position)
        self.slots = {word: variable(v) for v, word in self.state.slots.items()}

    @property
    def position(self) -> Polynomial:
        """Of the current token."""
        return variable(POSITION).shifted(float(self.done))

    def read(self, node: Node) -> Polynomial:
        """The value of a node in this step, with what is known by now put in."""
        return self.nodes.read(node)

    # --------------------------------------------------------------------------------------------- guards

    def _is_entry(self, p: Polynomial) -> bool:
        """Whether it is about the state in which the fragment begins."""
        states = self.state.size
        return self.done == 0 and all(v < states for v in p.variables())

    def guard(self, p: Polynomial, is_zero: bool) -> None:
        """From here on p is 0, or at least 0, as it is in the run that is recorded."""
        made = Guard(p, is_zero)
        if self._is_entry(p):
            self.entry.append(made)
        else:
            self.step.operations.append(made)
        if is_zero:
            self.known.assume_zero(p)
        else:
            self.known.assume(p)

    def slot(self, word: int) -> Polynomial:
        """The word before this step. What NaN stands for is not known: from here on it is none."""
        found = self.slots[word]
        if self.done == 0 and len(found.terms) == 1:
            found = self.nodes.state(self.state.of_word[word])
        for v in found.variables() & self.state.uncertain - self._checked:
            self._checked.add(v)
            self.step.operations.append(Known(v))
        return found

    def require(self, p: Polynomial) -> None:
        """p >= 0 from here on. Raises Stop if it is not so."""
        p = self.known.resolved(p)
        low, _ = self.known.bounds(p)
        if low >= 0:
            return
        if self.known.value(p) < 0:
            raise Stop
        self.guard(p, False)

    def require_more(self, p: Polynomial) -> None:
        """p > 0 from here on, for an integer or half of one."""
        if self.known.is_whole(p):
            self.require(p.shifted(-1.0))
        elif self.known.is_whole(p.scaled(2.0)):
            self.require(p.shifted(-0.5))
        else:
            raise Stop

    def require_zero(self, p: Polynomial) -> None:
        """p = 0 from here on."""
        p = self.known.resolved(p)
        if self.known.bounds(p) == (0.0, 0.0):
            return
        if self.known.value(p) != 0:
            raise Stop
        self.guard(p, True)

    def concrete(self, p: Polynomial) -> float:
        """The value of p, which from here on is a constant."""
        p = self.known.resolved(p)
        for v in sorted(p.variables()):
            if v != POSITION and v not in self.state.positions and v not in self.known.solved:
                self.require_zero(variable(v).shifted(-self.known.values[v]))
        p = self.known.resolved(p)
        if p.terms:
            if p.variables() == {POSITION}:
                raise Stop
            self.require_zero(p.shifted(-self.known.value(p)))
            p = self.known.resolved(p)
        return self.known.value(p)

    # --------------------------------------------------------------------------------------------- steps

    def next(self) -> bool:
        """Records a step; False if it is not one that a fragment can take, and then nothing has changed."""
        self.nodes = Nodes(self)
        self.step = Step()
        kept = len(self.entry)
        try:
            token, chosen = choose(self)
            self._update()
        except Stop:
            del self.entry[kept:]
            return False
        self.step.token = token
        self.steps.append(self.step)
        self.tokens.append(chosen)
        self.slots.update(self.step.slots)
        self.token = token
        self.done += 1
        return True

    def _update(self) -> None:
        """What the current token changes for those to come, and what is checked at every token."""
        slots: dict[int, Polynomial] = {}
        for head in self.network.heads:
            kind, place = head.planned.kind, self.state.kept.get(head.name)
            if isinstance(kind, AtHead):
                asked = self.nodes.query(head)
                if asked.terms:
                    self.nodes.within(asked)
                else:
                    self.nodes.at(head, 0)
                continue
            if place is None or place.word is None:
                continue
            if isinstance(kind, Mean):
                values = [self.nodes.total(head, i) for i in range(len(head.values))]
            elif isinstance(kind, Previous):
                values = [self.nodes.read(v) for v in head.values]
            else:
                values, seen = self.nodes.register(head)
                assert place.seen is not None
                slots[place.seen] = seen
            slots |= {place.word + i: v for i, v in enumerate(values)}
        self.lookups.update()
        for word, v in slots.items():
            v = self.known.resolved(v)
            if v.key != self.slots[word].key:
                self.step.slots[word] = v

    def reached(self) -> list[float]:
        """The values of the variables of the state that has been reached."""
        values = [0.0] * self.state.size
        values[POSITION] = self.known.value(self.position)
        for v, word in self.state.slots.items():
            values[v] = self.known.value(self.slots[word])
        row = self.weights.embedding[self.tokens[-1]]
        for v, j in self.state.columns.items():
            values[v] = float(row[j])
        return values

    def fragment(self) -> Fragment:
        """What has been recorded."""
        return Fragment(self.entry, self.steps, self.tokens, self.known.variables)
