"""Kinds that are not known yet, and making two of them one (Robinson 1965, with union-find)."""

from __future__ import annotations

from compiler.language.kinds import BOOLEAN, INTEGER, STRING, Boolean, Integer, Kind, ListOf, String, TupleOf
from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

MAX_LISTS = 50
"""How deep lists of lists may be nested."""


class Unknown:
    """A type to be found out: `bound` is what it turned out to be, since source line `line`."""

    def __init__(self) -> None:
        self.bound: Term | None = None
        self.line = 0


class Growth:
    """Whether a class of lists grows; classes that become one share it."""

    def __init__(self) -> None:
        self.parent: Growth | None = None
        self.grows = False

    def root(self) -> Growth:
        """The representative of those that were found to be the same."""
        growth = self
        while growth.parent is not None:
            growth = growth.parent
        return growth


class ListTerm:
    """A list: the term of its elements, and whether it grows."""

    def __init__(self, element: Term, growth: Growth | None = None) -> None:
        self.element = element
        self.growth = growth or Growth()


class TupleTerm:
    """A tuple: the terms of its items."""

    def __init__(self, items: tuple[Term, ...]) -> None:
        self.items = items


Atom = Integer | Boolean | String
Term = Unknown | Atom | ListTerm | TupleTerm


def known(term: Term) -> Atom | ListTerm | TupleTerm | None:
    """What a term turned out to be so far; None if nothing is known about it."""
    found = _last(term)
    return None if isinstance(found, Unknown) else found


def same(left: Term, right: Term) -> bool:
    """Whether two terms are already one."""
    return _last(left) is _last(right)


def unify(expected: Term, found: Term, span: Span, subject: str) -> None:
    """Makes both one type; `subject` at `span` is `found`, by what was read before it is `expected`.

    Raises Refusal if they clash.
    """
    if not _unified(expected, found, span.line):
        raise _clash(expected, found, span, subject)


def unify_elements(expected: ListTerm, found: ListTerm, span: Span, subject: str) -> None:
    """Like `unify`, for lists that stay two: their items have one type, but each grows on its own."""
    if not _unified(expected.element, found.element, span.line):
        raise _clash(expected, found, span, subject)


def resolve(term: Term) -> Kind:
    """The type; what nothing in the program decides is an integer. Lists are not `too_deep`."""
    match known(term):
        case None:
            return INTEGER
        case ListTerm() as items:
            return ListOf(resolve(items.element), items.growth.root().grows)
        case TupleTerm() as several:
            return TupleOf(tuple(resolve(item) for item in several.items))
        case atom:
            return atom


def too_deep(term: Term) -> bool:
    """Whether lists are nested more than MAX_LISTS deep."""
    depth = 0
    while isinstance(found := known(term), ListTerm) and depth <= MAX_LISTS:
        term = found.element
        depth += 1
    return depth > MAX_LISTS


def describe(term: Term) -> str:
    """A type for messages, as far as it is known: "a list of integers"."""
    match known(term):
        case None:
            return "of a type not yet known"
        case ListTerm() as items if known(items.element) is None or too_deep(term):
            return "a list"
        case _:
            return str(resolve(term))


def clash_hint(expected: Term, found: Term) -> str:
    """What to write where two types do not fit."""
    kinds = {known(expected), known(found)}
    if kinds == {INTEGER, BOOLEAN}:
        return "write `int(…)` around the boolean to use it as a number"
    if kinds == {INTEGER, STRING}:
        return "write `int(…)` or `str(…)` to convert"
    return "use one type of value for it, or another name"


def _clash(expected: Term, found: Term, span: Span, subject: str) -> Refusal:
    line = _line(expected)
    since = f" (line {line})" if line and line != span.line else ""
    return Refusal(
        f"{subject} is {describe(found)} here, but {describe(expected)} before{since}",
        clash_hint(expected, found),
        span,
    )


def _line(term: Term) -> int:
    """The line that decided what a term is, 0 if none is known."""
    line = 0
    while isinstance(term, Unknown) and term.bound is not None:
        line = term.line
        term = term.bound
    return line


def _last(term: Term) -> Term:
    while isinstance(term, Unknown) and term.bound is not None:
        term = term.bound
    return term


def _unified(left: Term, right: Term, line: int) -> bool:
    left, right = _last(left), _last(right)
    while isinstance(left, ListTerm) and isinstance(right, ListTerm):
        if left is right:
            return True
        one, other = left.growth.root(), right.growth.root()
        if one is not other:
            other.parent = one
            one.grows |= other.grows
        left, right = _last(left.element), _last(right.element)
    if left is right:
        return True
    if isinstance(right, Unknown):
        left, right = right, left
    if isinstance(left, Unknown):
        if _occurs(left, right):
            return False
        left.bound, left.line = right, line
        return True
    if isinstance(left, TupleTerm) and isinstance(right, TupleTerm):
        return len(left.items) == len(right.items) and all(
            _unified(one, other, line) for one, other in zip(left.items, right.items, strict=True)
        )
    return left == right


def _occurs(unknown: Unknown, term: Term) -> bool:
    term = _last(term)
    while isinstance(term, ListTerm):
        term = _last(term.element)
    return term is unknown
