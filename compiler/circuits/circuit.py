"""A circuit: token features, positional features, heads, gates and logits over named wires."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from compiler.circuits.expressions import ONE, Expression, Number, Wire, wire
from compiler.circuits.heads import At, Head, Latest, Mean, Previous

Token = TypeVar("Token")

POSITION = Wire("position")
SQUARE = Wire("position squared")
PARITY = Wire("parity")
FIRST = Wire("first")
POSITIONAL = (ONE, POSITION, SQUARE, PARITY, FIRST)
"""The positional encoding: 1, p, p*p, (-1)**p and whether p is 0, on a wire each."""


@dataclass(frozen=True)
class Computed:
    """A wire whose value is a sum of neurons (an expression without a linear part)."""

    wire: Wire
    neurons: Expression


class Circuit(Generic[Token]):
    """Collects a machine's description; `compiler.circuits.weights.build` makes tensors of it.

    Args:
        name: of the machine.
        vocabulary: the tokens, in the order of their numbers.
        max_tokens: the trace length up to which recency is told apart in float64 (a power of two).
    """

    def __init__(self, name: str, vocabulary: Sequence[Token], max_tokens: int = 2**27) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.max_tokens = max_tokens
        self.features: dict[Wire, Callable[[Token], Number]] = {}
        self.heads: list[Head] = []
        self.computed: list[Computed] = []
        self.logits: list[tuple[Expression, Callable[[Token], Number]]] = []
        self._names = {w.name for w in POSITIONAL}

    one, position, square, parity, first = (Expression({w: 1}, {}) for w in POSITIONAL)

    def feature(self, name: str, function: Callable[[Token], Number]) -> Expression:
        """A wire that the token embedding sets to `function(token)`."""
        self.features[self._new(name)] = function
        return wire(name)

    def wire(self, name: str, expression: Expression) -> Expression:
        """The expression with its neurons gathered on a wire of this name; a linear one is returned as it is."""
        if expression.is_linear:
            return expression
        target = self._new(name)
        self.computed.append(Computed(target, Expression({}, expression.neurons)))
        return Expression(expression.wires, {}) + Expression({target: 1}, {})

    def mean(self, name: str, **values: Expression) -> list[Expression]:
        return self._attend(Head(name, Mean(), values))

    def previous(self, name: str, **values: Expression) -> list[Expression]:
        return self._attend(Head(name, Previous(), values))

    def at(self, name: str, query: Expression, **values: Expression) -> list[Expression]:
        return self._attend(Head(name, At(query), values))

    def latest(
        self,
        name: str,
        eligible: Expression,
        match: Sequence[tuple[Expression, Expression]] = (),
        key_square: Expression | None = None,
        query_square: Expression | None = None,
        **values: Expression,
    ) -> list[Expression]:
        zero = Expression({}, {})
        return self._attend(Head(name, Latest(tuple(match), eligible, key_square or zero, query_square), values))

    def logit(self, expression: Expression, readout: Callable[[Token], Number]) -> None:
        """Adds `expression * readout(token)` to the logit of every token."""
        self.logits.append((expression, readout))

    def _attend(self, head: Head) -> list[Expression]:
        self.heads.append(head)
        return [wire(self._new(f"{head.name}.{name}").name) for name in head.values]

    def _new(self, name: str) -> Wire:
        if name in self._names:
            raise ValueError(f"two wires of the {self.name} machine are called {name!r}")
        self._names.add(name)
        return Wire(name)
