"""A circuit: token features, positional features, heads, gates and logits over named wires."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from compiler.circuits.expressions import ONE, Expression, Number, Wire, wire
from compiler.circuits.heads import At, Head, Latest, Mean, Offset, Previous

Token = TypeVar("Token")

POSITION = Wire("position")
SQUARE = Wire("position squared")
PARITY = Wire("parity")
FIRST = Wire("first")
POSITIONAL = (ONE, POSITION, SQUARE, PARITY, FIRST)
"""The positional encoding: 1, p, p*p, (-1)**p and whether p is 0, on a wire each. See `digit_wires` as well."""


def digit_count(radix: int, max_tokens: int) -> int:
    """How many digits in base `radix` the positions below `max_tokens` have; 0 for radix 0, which means none."""
    return next(count for count in range(max_tokens) if radix**count >= max_tokens) if radix else 0


def digit_wires(radix: int, max_tokens: int) -> tuple[Wire, ...]:
    """Wires for the digits of p, the lowest first: positions with small numbers instead of one large one."""
    return tuple(Wire(f"digit {i}") for i in range(digit_count(radix, max_tokens)))


MAX_TOKENS = 2**27
"""Recency, in steps of 2**-28, leaves float64 with 25 bits for the rest of a score."""


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
        max_tokens: the trace length up to which recency is told apart (a power of two). A shorter one takes fewer
            bits of a score; the default is for float64.
        radix: a power of two; the positional encoding then has the digits of p in this base as well. 0: it has not.
    """

    def __init__(self, name: str, vocabulary: Sequence[Token], max_tokens: int = MAX_TOKENS, radix: int = 0) -> None:
        if radix < 0 or radix == 1 or radix & (radix - 1):
            raise ValueError(f"radix {radix} is not a power of two from 2 on")
        self.name = name
        self.vocabulary = vocabulary
        self.max_tokens = max_tokens
        self.radix = radix
        self.positional = (*POSITIONAL, *digit_wires(radix, max_tokens))
        self.features: dict[Wire, Callable[[Token], Number]] = {}
        self.heads: list[Head] = []
        self.computed: list[Computed] = []
        self.logits: list[tuple[Expression, Callable[[Token], Number]]] = []
        self._names = {w.name for w in self.positional}

    one, position, square, parity, first = (Expression({w: 1}, {}) for w in POSITIONAL)

    @property
    def digits(self) -> list[Expression]:
        """The digits of the position, the lowest first."""
        return [Expression({w: 1}, {}) for w in self.positional[len(POSITIONAL) :]]

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
        """Values averaged over all positions up to the current one: one head, whose scores are all 0.

        `relu(self.position + 1, mean)` is their sum; `at` looks it up exactly although it is rounded.
        """
        return self._attend(Head(name, Mean(), values))

    def previous(self, name: str, **values: Expression) -> list[Expression]:
        """Values of the position before; its own at the first position. One head, with a gap of 1/2 `max_tokens`."""
        return self._attend(Head(name, Previous(), values))

    def offset(self, name: str, distance: int, **values: Expression) -> list[Expression]:
        """Values of the position `distance` before the current one; 0 where there is none. One head, see `Offset`.

        Raises:
            ValueError: the distance is negative.
        """
        if distance < 0:
            raise ValueError(f"head {name!r} looks {distance} positions back: attention is causal")
        return self._attend(Head(name, Offset(distance), values))

    def at(self, name: str, query: Expression, **values: Expression) -> list[Expression]:
        """Values of the position nearest to the number `query`, of 0 to the current one. One head.

        The query may be off by d < 1/2, and the gap is then 1 - 2d; halfway between two positions the softmax is of
        both, and no engine but the dense one goes on.
        """
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
        """Values of the latest eligible position whose keys match the queries. One head, its gap 1/2 `max_tokens`.

        Where none matches, the nearest wrong key wins, which only the dense engine follows: give `query_square`, and
        the first position answers; or let no logit depend on the values there. See `compiler.circuits.heads.Latest`.

        Args:
            eligible: 0 or 1 at every position.
            match: (query, key) for each coordinate, integers; empty: the latest eligible position, whatever the query.
            key_square: the sum of the squares of the keys; a wire of its own, made with `relu(key, key)`.
            query_square: the same of the queries. Of the first position, key, `key_square` and `eligible` must then be
                0.
        """
        zero = Expression({}, {})
        return self._attend(Head(name, Latest(tuple(match), eligible, key_square or zero, query_square), values))

    def alike(
        self,
        name: str,
        eligible: Expression,
        match: Sequence[tuple[Expression, Expression]] = (),
        within: int | None = None,
        /,
        **values: Expression,
    ) -> list[Expression]:
        """The mean of the values of the eligible positions whose keys match the queries; within so many, if given.

        Queries and keys are bits, and so their own squares. The first token is the default, if there is something to
        match. There is no recency, so that a few bits of precision do; see `compiler.circuits.heads.Latest`.
        """
        keys, queries = (sum((pair[i] for pair in match), Expression({}, {})) for i in (1, 0))
        pattern = Latest(tuple(match), eligible, keys, queries if match else None, False, within)
        return self._attend(Head(name, pattern, values))

    def logit(self, expression: Expression, readout: Callable[[Token], Number]) -> None:
        """Adds `expression * readout(token)` to the logit of every token: a weight for each wire and token."""
        self.logits.append((expression, readout))

    def _attend(self, head: Head) -> list[Expression]:
        self.heads.append(head)
        return [wire(self._new(f"{head.name}.{name}").name) for name in head.values]

    def _new(self, name: str) -> Wire:
        if name in self._names:
            raise ValueError(f"two wires of the {self.name} machine are called {name!r}")
        self._names.add(name)
        return Wire(name)
