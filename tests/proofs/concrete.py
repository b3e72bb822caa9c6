"""Local states of the RAM as numbers, drawn one by one: the symbolic cases without anything symbolic.

The cases and contracts of `proofs_check.ram` ask a path for variables. This path answers with numbers. What the
heads bring is then a number, too, and the module's own feed-forward parts do the rest: polynomials, tables, intervals
and z3, which the proofs rest on, have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import torch
from hypothesis import reject

from compiler.machines.ram.rules import next_token
from compiler.machines.ram.vocabulary import Token
from interpreter.model.transformer import Layer, Transformer, positional_feature
from proofs_check.ram.cases import Case, Situation, situation
from proofs_check.ram.contract import HeadContract
from proofs_check.ram.steps import Ram
from proofs_check.symbolic.intervals import Ends
from proofs_check.symbolic.polynomials import Coefficient, Polynomial, constant
from proofs_check.symbolic.terms import Path, Term

Draw = Callable[[str, int, int], int]
FAR = {"n": 100}
"""How far above its least value a number is drawn that may be as large as it likes; 8 if it is not here."""


class ConcretePath(Path):
    """Every variable is a number from `draw`, kept in `values`; an assumption that fails rejects the example."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.values: dict[str, int] = {}
        self.floors = {}

    def variable(self, name: str, low: int | None = None, high: int | None = None) -> Term:
        if name not in self.values:
            least = -500 if low is None else max(low, -500)
            most = min(500 if high is None else high, least + FAR.get(name, 8) if high is None else high, 500)
            self.values[name] = self.draw(name, least, max(most, least))
        return Term(self, constant(self.values[name]))

    def assume(self, polynomial: Polynomial) -> None:
        if self.number(polynomial) < 0:
            reject()

    def decide(self, polynomial: Polynomial) -> bool:
        return self.number(polynomial) >= 0

    def certain(self, polynomial: Polynomial) -> bool:
        return self.decide(polynomial)

    def floor(self, dividend: Term, divisor: Term) -> Term:
        return Term(self, constant(self.number(dividend.polynomial) // self.number(divisor.polynomial)))

    def recorded(self, question: Callable[[], bool]) -> bool:
        return question()

    def interval(self, polynomial: Polynomial) -> Ends:
        return self.number(polynomial), self.number(polynomial)

    def witness(self, polynomial: Polynomial) -> dict[str, int] | None:
        return dict(self.values) if self.number(polynomial) < 0 else None

    @property
    def depth(self) -> int:
        return 0

    def within(self, run: Callable[[], None]) -> None:
        run()

    def pin(self, polynomial: Polynomial) -> None:
        pass

    def number(self, value: Term | Polynomial | Coefficient) -> Fraction:
        polynomial = value.polynomial if isinstance(value, Term) else value
        return Fraction(polynomial.at(self.values)) if isinstance(polynomial, Polynomial) else Fraction(polynomial)


@dataclass
class State:
    """A local state, and the residual stream there: before each layer, and at the end."""

    path: ConcretePath
    place: Situation
    streams: list[torch.Tensor]

    @property
    def expected(self) -> Token:
        """The specification's next token."""
        token = next_token(self.place.local)
        return Token(token.family, int(self.path.number(token.value)), int(self.path.number(token.flag)))


def state(ram: Ram, transformer: Transformer, case: Case, draw: Draw) -> State:
    """A random state of a case; what the heads bring is what the contract says, all else is the module's."""
    path = ConcretePath(draw)
    place = situation(ram.layout, case, path)
    next_token(place.local)  # asks for all that it depends on
    contract = HeadContract(ram.model, path, place)
    readback = ram.model.readback
    token = place.local.token
    number = [*ram.model.vocabulary].index(
        cast(Any, Token(token.family, int(path.number(token.value)), int(path.number(token.flag))))
    )
    position = torch.tensor([float(path.number(place.position))], dtype=torch.float64)
    features = torch.stack([positional_feature(i, position, 0) for i in range(5)], 1)
    x = transformer.embedding[torch.tensor([number])] + features @ transformer.positional
    streams = []
    for index, layer in enumerate(transformer.layers):
        streams.append(x)
        x = x.clone()
        for head in (h for h in readback.heads if h.layer == index):
            for output in head.outputs:
                for name, c in output.items():
                    x[0, readback.names.index(name)] += float(c * path.number(contract(name)))
        x = x + cast(Layer, layer).feed_forward(x)
    return State(path, place, [*streams, x])
