"""The types of values: what the checker finds out about every expression.

A type is known completely at compile time and is the same for every run of an expression. `True` and
`False` are a type of their own, but an operator that wants a number takes them as 1 and 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One of the classes below; types are equal if they are built alike."""


@dataclass(frozen=True)
class Integer(Kind):
    """The type `int`."""

    def __str__(self) -> str:
        return "an integer"


@dataclass(frozen=True)
class Boolean(Kind):
    """The type `bool`."""

    def __str__(self) -> str:
        return "a boolean"


@dataclass(frozen=True)
class String(Kind):
    """The type `str`."""

    def __str__(self) -> str:
        return "a string"


@dataclass(frozen=True)
class ListOf(Kind):
    """A list whose items all have the type `element`.

    growable: whether `append` is called anywhere in the program on a list that may be this one. Two
    lists between which an assignment, an argument, a result or an item may pass always agree on it. The
    operators and slices that make a new list (`+`, `*`, `[a:b]`, a comprehension) do not carry it over:
    their result's flag depends on what is done with the result. `pop` alone does not set it.
    """

    element: Kind
    growable: bool

    def __str__(self) -> str:
        return f"a list of {_plural(self.element)}"


@dataclass(frozen=True)
class TupleOf(Kind):
    """Several results at once: never stored, only unpacked or returned at once. Items are not tuples."""

    items: tuple[Kind, ...]

    def __str__(self) -> str:
        return f"a tuple of {len(self.items)}"


@dataclass(frozen=True)
class Nothing(Kind):
    """The result of a function that returns no value."""

    def __str__(self) -> str:
        return "nothing"


INTEGER = Integer()
BOOLEAN = Boolean()
STRING = String()
NOTHING = Nothing()


def is_number(kind: Kind) -> bool:
    """Whether arithmetic takes it: integers, and booleans as 0 and 1."""
    return isinstance(kind, Integer | Boolean)


def _plural(kind: Kind) -> str:
    match kind:
        case ListOf():
            return f"lists of {_plural(kind.element)}"
        case _:
            return str(kind).removeprefix("an ").removeprefix("a ") + "s"
