"""A fragment: a stretch of tokens that was recorded once, with what must hold for it to be decoded in this way again.

A *state* is what the indexed engine keeps between two tokens. Of it a fragment sees the position (variable 0), the
words of sums, windows and registers (*slots*) and the columns of the current token's embedding, each a variable of its
own with the same number in all fragments; and what it finds in hash tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from interpreter.engines.specialised.knowledge import Variable
from interpreter.engines.specialised.polynomials import Polynomial, variable

POSITION = 0
"""The variable that is the position of the first token."""


@dataclass(frozen=True)
class Guard:
    """The fragment goes on only where the polynomial is 0, or else is at least 0; NaN is neither."""

    polynomial: Polynomial
    is_zero: bool

    @property
    def equated(self) -> int:
        """The one variable that it gives a value, or -1."""
        if not self.is_zero or len(self.polynomial.terms) != 1:
            return -1
        [monomial] = self.polynomial.terms
        return monomial[0] if len(monomial) == 1 else -1


@dataclass(eq=False)
class Row:
    """A row of a hash table; key: the words that it is found by.

    default: where the values are if there is no such row; None: the fragment then does not go on, or if the row is
    entered, makes it.
    """

    table: int
    key: tuple[Polynomial, ...]
    default: int | None
    entered: bool = False


@dataclass(frozen=True)
class Find:
    """From here on the address of the row is known."""

    row: Row


@dataclass(frozen=True)
class Load:
    """A variable takes the value of a word of a row, counted after the key; certain: it cannot be NaN."""

    variable: int
    row: Row
    word: int
    certain: bool


@dataclass(frozen=True)
class Known:
    """The fragment goes on only where the variable is not NaN."""

    variable: int


@dataclass(frozen=True)
class Whole:
    """The fragment goes on only where the variable is an integer."""

    variable: int


Operation = Guard | Find | Load | Known | Whole


@dataclass
class Token:
    """A token of which the family is known: number `first + (value - low) * flags + bit`."""

    first: int
    low: int
    high: int
    flags: int
    value: Polynomial
    bit: Polynomial

    @property
    def number(self) -> Polynomial:
        """As a polynomial."""
        return self.value.shifted(-self.low).scaled(self.flags).shifted(self.first) + self.bit


@dataclass
class Step:
    """From one token to the next: what is done in order, and what is then written.

    Attributes:
        operations: guards and loads.
        stores: (row, values of all its words).
        slots: those that change, by word.
        token: the next one.
    """

    operations: list[Operation] = field(default_factory=list)
    stores: list[tuple[Row, tuple[Polynomial, ...]]] = field(default_factory=list)
    slots: dict[int, Polynomial] = field(default_factory=dict)
    token: Token | None = None


@dataclass
class Fragment:
    """A recorded fragment.

    Attributes:
        entry: guards that are about the state alone; the steps hold only where they do.
        steps: one for each token.
        tokens: those of the run that was recorded.
        variables: by number.
        uses: the variables of the state that the steps read; asked: those that the entry asks for; given:
            the values that it gives to some of them.
    """

    entry: list[Guard]
    steps: list[Step]
    tokens: list[int]
    variables: list[Variable]
    uses: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)

    given: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for guard in self.entry:
            if guard.equated >= 0:
                [factor] = guard.polynomial.terms.values()
                # Of -0 and 0 it is 0.
                self.given[guard.equated] = 0.0 - guard.polynomial.constant / factor
        self.asked = {v for guard in self.entry for v in guard.polynomial.variables()}
        waiting = [v for step in self.steps for p in _read(step) for v in p.variables()]
        seen: set[int] = set()
        while waiting:
            v = waiting.pop()
            if v not in seen:
                seen.add(v)
                waiting += [
                    u for part in self.variables[v].definition if isinstance(part, Polynomial) for u in part.variables()
                ]
        self.uses = {v for v in seen if self.variables[v].definition[0] in ("position", "slot", "seen", "column")}


def _read(step: Step) -> Iterator[Polynomial]:
    for operation in step.operations:
        match operation:
            case Guard(polynomial):
                yield polynomial
            case Find(row):
                yield from row.key
            case Known(v) | Whole(v):
                yield variable(v)
    for row, words in step.stores:
        yield from (*row.key, *words)
    yield from step.slots.values()
    assert step.token is not None
    yield step.token.value
    yield step.token.bit
