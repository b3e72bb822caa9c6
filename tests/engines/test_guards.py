"""What a fragment assumes of the numbers that it finds: each assumption is wrong once in a run of these machines.

They count, next(0), next(1), …, each token with a bit that says whether a number that is looked up is at least 4. Once
that number is not there, or not known, or not whole, after fragments that read it have been recorded and compiled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from compiler.circuits import Circuit, step
from compiler.circuits.expressions import Expression
from compiler.machines.machine import Machine
from interpreter.engines.indexed import memory
from interpreter.engines.indexed.memory import Table
from interpreter.engines.specialised import SpecialisedEngine
from interpreter.engines.specialised.engine import Run
from tests.engines.test_specialised import EAGER, assert_like_indexed

COUNT = 300
"""Values of tokens: more than half of the rows that a table has at first."""
ODD = 100
"""The one at which something is not as it was."""
PIECE = 10
"""Tokens after which a table is looked at."""


class Token(NamedTuple):
    family: str
    value: int = 0
    bit: int = 0


VOCABULARY = (
    Token("first"),
    *(Token(family, v) for family in ("seed", "row") for v in range(COUNT)),
    *(Token("next", v, bit) for v in range(COUNT) for bit in range(2)),
)


class Counter(Circuit[Token]):
    """Wires of the current token: a flag for each family, its value, the number that it carries.

    odd: the number that tokens with the value `ODD` carry; the others carry integers below 10.
    """

    def __init__(self, odd: float = 7 * ODD % 10) -> None:
        super().__init__("counter", VOCABULARY, max_tokens=2**16)
        self.is_seed, self.is_row, self.is_next = (
            self.feature(f"is {name}", lambda t, name=name: int(t.family == name))  # type: ignore[misc]
            for name in ("seed", "row", "next")
        )
        self.value = self.feature("value", lambda t: t.value)
        self.value_square = self.feature("value squared", lambda t: t.value**2)
        self.number = self.feature("number", lambda t: odd if t.value == ODD else 7 * t.value % 10)

    def looked_up(self, name: str, eligible: Expression, number: Expression, ahead: int = 1) -> Expression:
        """The number of the latest eligible token whose value is that of the current one, or so much more."""
        (found,) = self.latest(name, eligible, [(self.value + ahead, self.value)], self.value_square, number=number)
        return found

    def machine(self, shown: Expression) -> Machine[Token]:
        """That which counts, and shows whether this number is at least 4."""
        self.logit(1000 * self.one, lambda t: int(t.family == "next"))
        self.logit(2 * self.value + 2, lambda t: t.value if t.family == "next" else 0)
        self.logit(-1 * self.one, lambda t: t.value**2 if t.family == "next" else 0)
        self.logit(2 * self.wire("large", step(shown - 3)) - 1, lambda t: t.bit)
        return Machine("counter", VOCABULARY, self, frozenset())


def prompt(*tokens: Token) -> npt.NDArray[np.int32]:
    """These tokens between the first and next(0)."""
    return np.array([VOCABULARY.index(t) for t in (Token("first"), *tokens, Token("next"))], dtype=np.int32)


SEEDS = [Token("seed", v) for v in reversed(range(COUNT))]
ROWS = [Token("row", v) for v in reversed(range(COUNT))]
ALL_BUT_ONE = [t for t in SEEDS if t.value != ODD]


def test_a_row_that_is_not_there() -> None:
    c = Counter()
    assert_like_indexed(c.machine(c.looked_up("seeds", c.is_seed, c.number)), prompt(*ALL_BUT_ONE), COUNT)


def test_a_number_in_a_row_that_is_not_known() -> None:
    """A row has what its token looked up, and one looked up what is not there."""
    c = Counter()
    found = c.looked_up("rows", c.is_row, c.looked_up("seeds", c.is_seed, c.number))
    assert_like_indexed(c.machine(found), prompt(*ALL_BUT_ONE, *ROWS), COUNT)


def test_a_number_of_the_state_that_is_not_known() -> None:
    """The number that the token before looked up."""
    c = Counter()
    (before,) = c.previous("before", number=c.looked_up("seeds", c.is_seed, c.number))
    assert_like_indexed(c.machine(before), prompt(*ALL_BUT_ONE), COUNT)


def test_a_number_that_is_not_whole() -> None:
    """`step` of 3/4 is 3/4, not a flag."""
    c = Counter(odd=3.75)
    assert_like_indexed(c.machine(c.looked_up("seeds", c.is_seed, c.number)), prompt(*SEEDS), COUNT)


def test_no_table_is_more_than_half_full() -> None:
    """Each token makes a row. In a table that is full, what is not there would be looked for without end."""
    c = Counter()
    machine = c.machine(c.looked_up("next", c.is_next, c.number, ahead=0))
    engine = SpecialisedEngine(machine, keep=False, policy=EAGER)
    rows = 0
    for _ in range(2):
        run = engine.begin(prompt())
        assert isinstance(run, Run)
        buffer = np.zeros(PIECE + 1, dtype=np.int32)
        buffer[0] = prompt()[-1]
        for _ in range(COUNT // PIECE):
            done, status = run.advance(buffer, PIECE, PIECE)
            assert (done, status) == (PIECE, memory.RETURNED)
            buffer[0] = buffer[done]
            for table in run.state.native.memory.tables:
                rows = int(run.state.words[table.word + Table.COUNT])
                assert rows < run.state.words[table.word + Table.LIMIT]
    assert rows > COUNT - 2 * PIECE
    assert engine.statistics.cold < COUNT
