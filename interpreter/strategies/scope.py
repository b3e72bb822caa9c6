"""What random programs are made of: pieces of text, the functions that they may call, and scopes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from compiler.language.kinds import BOOLEAN, INTEGER, STRING, Kind, ListOf

MAX_DIGITS = 40
"""Decimal digits of an integer in a variable."""

MAX_LENGTH = 12
"""Length of a string or list in a variable."""

ATOM, POWER, UNARY, TERM, SUM, SHIFT, AND, XOR, OR = 13, 12, 11, 10, 9, 8, 7, 6, 5
COMPARISON, NOT, LOGICAL_AND, LOGICAL_OR, CONDITIONAL = 4, 3, 2, 1, 0
"""How tightly the outermost operator of an expression binds."""


@dataclass(frozen=True)
class Piece:
    """Text of an expression; `size` bounds the digits of an integer, or the length of a string or list."""

    text: str
    level: int = ATOM
    size: int = 1

    def inside(self, level: int) -> str:
        """The text as an operand that must bind at least so tightly."""
        return self.text if self.level >= level else f"({self.text})"


@dataclass(frozen=True)
class Function:
    """A function that may be called: `cost` bounds how many calls one call of it leads to.

    `small` are the parameters that count down to the end of a recursion; the last `defaults` of the
    arguments may be left out.
    """

    name: str
    parameters: tuple[Kind, ...]
    results: tuple[Kind, ...]
    cost: int = 1
    appends: bool = False
    small: frozenset[int] = frozenset()
    defaults: int = 0


@dataclass
class Scope:
    """What an expression may use, where it stands.

    repeats: how often this place is reached at most; frozen: whether lists may not grow here, because one
    of them is being gone over; risky: whether the expression may end the run in an error.
    """

    variables: dict[str, Kind] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    repeats: int = 1
    frozen: bool = False
    risky: bool = True

    def named(self, kind: Kind) -> list[str]:
        """The variables of this type."""
        return [name for name, other in self.variables.items() if other == kind]

    def inner(self, repeats: int = 1, frozen: bool = False) -> Scope:
        """The scope of a block: what it adds is not seen outside."""
        return replace(
            self, variables=dict(self.variables), repeats=self.repeats * repeats, frozen=self.frozen or frozen
        )


MAX_REPEATS = 300
"""How often a place in a program may be reached."""

ELEMENTS = (INTEGER, BOOLEAN, STRING)
LISTS = tuple(ListOf(kind, False) for kind in ELEMENTS)
NESTED = ListOf(ListOf(INTEGER, False), False)
KINDS: tuple[Kind, ...] = (*ELEMENTS, *LISTS, NESTED)
