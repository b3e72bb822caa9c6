"""What operators and built-in functions ask of the types of their operands.

An operator such as `+` means different things for integers, strings and lists. Where the types of its
operands are not known when it is read, its rule waits; rules that still wait when the program has been
read are tried again until nothing changes, then the oldest of them takes its default: integers, or a
list of them.

All methods raise Refusal for types that do not fit, at once or when they are known.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from compiler.language.kinds import BOOLEAN, INTEGER, STRING, Boolean, Integer, String
from compiler.language.refusals import Refusal
from compiler.language.syntax import Span
from compiler.language.unification import (
    ListTerm,
    Term,
    TupleTerm,
    Unknown,
    clash_hint,
    describe,
    known,
    same,
    unify,
    unify_elements,
)


@dataclass(frozen=True)
class Waiting:
    """`attempt` applies a rule and says whether it could; `default` decides what it waits for.

    certain: whether the default is as good as known (only lists and strings can be gone over), so that it
    is taken before those that are guesses (what is added are mostly integers); collecting: what catches a Refusal.
    """

    attempt: Callable[[], bool]
    default: Callable[[], None]
    certain: bool
    collecting: Callable[[], AbstractContextManager[None]]


class Operators:
    """collecting: what catches the Refusals of rules that are made now, and then have to wait."""

    def __init__(self) -> None:
        self.collecting: Callable[[], AbstractContextManager[None]] = nullcontext
        self._waiting: list[Waiting] = []

    def settle(self) -> None:
        """Applies all rules that wait."""
        while self._waiting:
            left = [rule for rule in self._waiting if not _applied(rule)]
            if len(left) == len(self._waiting):
                next((rule for rule in left if rule.certain), left[0]).default()
            self._waiting = left

    def _apply(self, attempt: Callable[[], bool], default: Callable[[], None], certain: bool = False) -> None:
        if not attempt():
            self._waiting.append(Waiting(attempt, default, certain, self.collecting))

    def number(self, term: Term, span: Span, subject: str, hint: str = "") -> None:
        """An integer, or a boolean in its place."""

        def then(found: Term) -> None:
            if not _is_number(found):
                raise Refusal(f"{subject} is {describe(term)}, but a number is needed", hint, span)

        self.when_known(term, span, then)

    def when_known(self, term: Term, span: Span, then: Callable[[Term], None]) -> None:
        """Does something with a term as soon as it is known, at the latest when `settle` is called."""

        def attempt() -> bool:
            found = known(term)
            if found is not None:
                then(found)
            return found is not None

        self._apply(attempt, lambda: unify(INTEGER, term, span, "this"))

    def scalar(self, term: Term, span: Span, subject: str) -> None:
        """A number or a string."""

        def then(found: Term) -> None:
            if not isinstance(found, Integer | Boolean | String):
                raise Refusal(
                    f"{subject} is {describe(term)}, but a number or a string is needed",
                    "an f-string takes lists as well",
                    span,
                )

        self.when_known(term, span, then)

    def string(self, term: Term, span: Span, subject: str) -> None:
        """The term is a string; subject: what it is, for the message.

        Raises:
            Refusal: it is something else.
        """
        if known(term) in (None, STRING):
            unify(STRING, term, span, subject)
        else:
            raise Refusal(f"{subject} is {describe(term)}, but a string is needed", "write `str(…)` around it", span)

    def as_list(self, term: Term, span: Span, subject: str, hint: str = "") -> ListTerm:
        """A list; it is made one if nothing is known of it."""
        if known(term) is None:
            unify(ListTerm(Unknown()), term, span, subject)
        found = known(term)
        if not isinstance(found, ListTerm):
            raise Refusal(f"{subject} is {describe(term)}, but a list is needed", hint, span)
        return found

    def list_or_string(
        self, term: Term, span: Span, subject: str, then: Callable[[ListTerm | String], None], item: Term = INTEGER
    ) -> None:
        """Calls `then` as soon as the type is known; if that of its items is its own, it is a string."""

        def attempt() -> bool:
            found = known(term)
            if found is not None and not isinstance(found, ListTerm | String):
                raise Refusal(f"{subject} is {describe(term)}, but a list or a string is needed", "", span)
            if found is not None:
                then(found)
            return found is not None

        def default() -> None:
            unify(STRING if same(item, term) else ListTerm(Unknown()), term, span, subject)

        self._apply(attempt, default, certain=True)

    def item(self, sequence: Term, span: Span) -> Term:
        """What indexing and iteration give: an item, or a string of one character."""
        result = Unknown()

        def then(found: ListTerm | String) -> None:
            unify(STRING if isinstance(found, String) else found.element, result, span, "the item")

        self.list_or_string(sequence, span, "this", then, result)
        return result

    def fresh_copy(self, sequence: Term, span: Span) -> Term:
        """What a slice gives: a string, or another list of the same items."""
        result = Unknown()

        def then(found: ListTerm | String) -> None:
            unify(_copy(found), result, span, "the slice")

        self.list_or_string(sequence, span, "this", then)
        return result

    def unpack(self, value: Term, targets: tuple[Term, ...], subjects: tuple[str, ...], span: Span) -> None:
        """Assigns the parts of a tuple, or the items of a list, to targets."""

        def attempt() -> bool:
            match known(value):
                case None:
                    return False
                case TupleTerm() as several:
                    if len(several.items) != len(targets):
                        raise Refusal(
                            f"{len(several.items)} values for {len(targets)} targets",
                            "write one target for each value",
                            span,
                        )
                    for target, item, subject in zip(targets, several.items, subjects, strict=True):
                        unify(target, item, span, subject)
                case ListTerm() as items:
                    for target, subject in zip(targets, subjects, strict=True):
                        unify(target, items.element, span, subject)
                case _:
                    raise Refusal(
                        f"this is {describe(value)}, which cannot be unpacked",
                        "unpack a list, or the results of a function",
                        span,
                    )
            return True

        self._apply(attempt, lambda: unify(ListTerm(Unknown()), value, span, "this"), certain=True)

    def binary(self, operator: str, left: Term, right: Term, span: Span) -> Term:
        """The type of `left operator right`.

        Raises:
            Refusal: the operator has no meaning for these types.
        """
        match operator:
            case "+":
                return self._add(left, right, span)
            case "*":
                return self._multiply(left, right, span)
            case "&" | "|" | "^":
                return self._bitwise(operator, left, right, span)
            case _:
                for term, side in ((left, "left"), (right, "right")):
                    self.number(term, span, f"the {side} side of `{operator}`")
                return INTEGER

    def _add(self, left: Term, right: Term, span: Span) -> Term:
        result = Unknown()

        def attempt() -> bool:
            one, other = known(left), known(right)
            decisive = one or other or known(result)
            if decisive is None:
                return False
            if one and other and not _addable(one, other):
                raise Refusal(f"`+` between {describe(left)} and {describe(right)}", clash_hint(left, right), span)
            if _is_number(decisive):
                self.number(left, span, "the left side of `+`")
                self.number(right, span, "the right side of `+`")
                unify(INTEGER, result, span, "the sum")
            elif isinstance(decisive, ListTerm):
                one, other = self.as_list(left, span, "this"), self.as_list(right, span, "this")
                unify_elements(one, other, span, "the right side of `+`")
                unify(ListTerm(one.element), result, span, "the sum")
            else:
                unify(STRING, left, span, "the left side of `+`")
                unify(STRING, right, span, "the right side of `+`")
                unify(STRING, result, span, "the sum")
            return True

        self._apply(attempt, lambda: unify(INTEGER, left, span, "the left side of `+`"))
        return result

    def _multiply(self, left: Term, right: Term, span: Span) -> Term:
        result = Unknown()

        def attempt() -> bool:
            one, other, product = known(left), known(right), known(result)
            if one is None and other is None and product is None:
                return False
            if (one is None or other is None) and isinstance(product, ListTerm | String):
                unify(_copy(product), left if one is None else right, span, "this side of `*`")
                one, other = known(left), known(right)
            if isinstance(one, ListTerm | String):
                self.number(right, span, "the right side of `*`", "a list or a string is multiplied by a number")
                unify(_copy(one), result, span, "the product")
            elif isinstance(other, ListTerm | String):
                self.number(left, span, "the left side of `*`", "a list or a string is multiplied by a number")
                unify(_copy(other), result, span, "the product")
            elif one is None or other is None:
                return False
            else:
                unify(INTEGER, result, span, "the product")
            return True

        def default() -> None:
            unify(INTEGER, left if known(left) is None else right, span, "this side of `*`")

        self._apply(attempt, default)
        return result

    def _bitwise(self, operator: str, left: Term, right: Term, span: Span) -> Term:
        result = Unknown()
        self.number(left, span, f"the left side of `{operator}`")
        self.number(right, span, f"the right side of `{operator}`")

        def attempt() -> bool:
            sides = [known(left), known(right)]
            if INTEGER not in sides and None in sides:
                return False
            unify(BOOLEAN if INTEGER not in sides else INTEGER, result, span, f"the result of `{operator}`")
            return True

        self._apply(attempt, lambda: unify(INTEGER, left if known(left) is None else right, span, "this"))
        return result

    def comparison(self, operator: str, left: Term, right: Term, span: Span) -> None:
        """Checks the types of `left operator right`, whose own is `bool`.

        Raises:
            Refusal: the two cannot be compared so.
        """
        match operator:
            case "==" | "!=":
                self._equality(operator, left, right, span)
            case "in" | "not in":
                self._membership(operator, left, right, span)
            case _:
                hint = "strings and lists are compared with `==` and `!=` only; for characters compare `ord(c)`"
                self.number(left, span, f"the left side of `{operator}`", hint)
                self.number(right, span, f"the right side of `{operator}`", hint)

    def _equality(self, operator: str, left: Term, right: Term, span: Span) -> None:
        def attempt() -> bool:
            for side, opposite in ((left, right), (right, left)):
                decisive = known(opposite)
                if known(side) is None and isinstance(decisive, ListTerm | String):
                    unify(ListTerm(Unknown()) if isinstance(decisive, ListTerm) else STRING, side, span, "this side")
            one, other = known(left), known(right)
            if one is None or other is None:
                return False
            if isinstance(one, ListTerm) and isinstance(other, ListTerm):
                unify_elements(one, other, span, f"the right side of `{operator}`")
                fits = True
            else:
                fits = one == other or (_is_number(one) and _is_number(other))
            if not fits:
                raise Refusal(
                    f"`{operator}` between {describe(left)} and {describe(right)}", clash_hint(left, right), span
                )
            return True

        self._apply(attempt, lambda: unify(INTEGER, left if known(left) is None else right, span, "this side"))

    def _membership(self, operator: str, left: Term, right: Term, span: Span) -> None:
        def then(found: ListTerm | String) -> None:
            if isinstance(found, String):
                self.string(left, span, f"the left side of `{operator}`")
            else:
                self._equality("==", left, found.element, span)

        if known(right) is None and same(left, right):
            # No list has items of its own kind.
            unify(STRING, right, span, f"the right side of `{operator}`")
        self.list_or_string(right, span, f"the right side of `{operator}`", then)


def _applied(rule: Waiting) -> bool:
    """Whether a rule need not be tried again: it is kept, or its Refusal was caught."""
    with rule.collecting():
        return rule.attempt()
    return True


def _is_number(found: object) -> bool:
    return isinstance(found, Integer | Boolean)


def _addable(one: object, other: object) -> bool:
    return (_is_number(one) and _is_number(other)) or type(one) is type(other)


def _copy(sequence: ListTerm | String) -> Term:
    """The type of another list of the same items, or a string."""
    return ListTerm(sequence.element) if isinstance(sequence, ListTerm) else STRING
