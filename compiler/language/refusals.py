"""What Python has and this language has not: how to say so, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from compiler.language.syntax import Span


class Refusal(Exception):
    """Something is outside the language; the parser makes a `SourceError` with the source line of it."""

    def __init__(self, message: str, hint: str, span: Span) -> None:
        super().__init__(message, hint, span)
        self.message = message
        self.hint = hint
        self.span = span


class Consequence(Refusal):
    """What is wrong here may be only because something else was refused, so that nobody is told."""


@dataclass
class Report:
    """Collects what is refused, so that a pass over the program goes on after it."""

    refusals: list[Refusal] = field(default_factory=list)
    places: set[Span] = field(default_factory=set)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Notes a Refusal inside, and goes on after the block."""
        try:
            yield
        except Refusal as refusal:
            self.add(refusal)

    def add(self, refusal: Refusal) -> None:
        """Notes a refusal, unless it only follows from one that is noted."""
        if not isinstance(refusal, Consequence):
            self.refusals.append(refusal)
            self.places.add(refusal.span)


@dataclass(frozen=True)
class Advice:
    """What is wrong, and what to write instead."""

    message: str
    hint: str = ""


WORDS = {
    "None": Advice("`None` is not in the language", "use a value that cannot occur otherwise, such as -1"),
    "as": Advice("`as` is not in the language"),
    "async": Advice("there are no coroutines in the language", "write an ordinary function"),
    "await": Advice("there are no coroutines in the language", "call an ordinary function"),
    "class": Advice("there are no classes in the language", "keep the fields in lists and write functions"),
    "del": Advice("`del` is not in the language", "use `pop`, or leave the variable alone"),
    "except": Advice("exceptions cannot be caught in the language", "test for the condition with `if` first"),
    "finally": Advice("exceptions cannot be caught in the language", "test for the condition with `if` first"),
    "from": Advice("there are no imports in the language", "write what you need in the program itself"),
    "import": Advice("there are no imports in the language", "write what you need in the program itself"),
    "is": Advice("`is` is not in the language", "compare values with `==` or `!=`"),
    "lambda": Advice("there are no lambdas in the language", "write a `def` at the top level of the program"),
    "nonlocal": Advice("`nonlocal` is not in the language", "use `global`, or a parameter and a result"),
    "raise": Advice("`raise` is not in the language", "write `assert condition, message`"),
    "try": Advice("exceptions cannot be caught in the language", "test for the condition with `if` first"),
    "with": Advice("`with` is not in the language", "leave it out: there are no files or locks here"),
    "yield": Advice("there are no generators in the language", "append the values to a list and return it"),
}

OPERATORS = {
    "/": Advice("`/` makes a float, which this language does not have", "write `//` for floor division"),
    "/=": Advice("`/=` makes a float, which this language does not have", "write `//=` for floor division"),
    "@": Advice("there are no decorators and no `@` operator in the language", "call functions by name"),
    "@=": Advice("there is no `@=` in the language"),
    ":=": Advice("there is no `:=` in the language", "assign with `=` in a line of its own"),
    "->": Advice("there are no annotations in the language", "leave it out: types are inferred"),
    "...": Advice("there is no `...` in the language", "write `pass`"),
    "{": Advice("there are no dictionaries and no sets in the language", "use lists: one of keys and one of values"),
    "}": Advice("this `}` closes nothing"),
    "<>": Advice("`<>` is not an operator", "write `!=`"),
}

BUILTINS = {
    "all": Advice("`all` is not in the language", "write a loop, or a chain of `and`"),
    "any": Advice("`any` is not in the language", "write a loop, or a chain of `or`"),
    "bin": Advice("`bin` is not in the language", "collect the digits with `% 2` and `// 2`"),
    "dict": Advice("there are no dictionaries in the language", "use lists: one of keys and one of values"),
    "enumerate": Advice("`enumerate` is not in the language", "write `for i in range(len(a))` and `a[i]`"),
    "exit": Advice("`exit` is not in the language", "let the program reach its end, or return from a function"),
    "float": Advice("there are no floats in the language", "use integers, scaled if need be"),
    "filter": Advice("`filter` is not in the language", "write `[x for x in a if …]`"),
    "isinstance": Advice("`isinstance` is not in the language", "the type of every variable is known beforehand"),
    "list": Advice(
        "`list` is only in `list(map(int, input().split()))`", "write `[x for x in …]`, or `a[:]` for a copy"
    ),
    "map": Advice("`map` is only in `list(map(int, input().split()))`", "write `[f(x) for x in a]`"),
    "open": Advice("there are no files in the language", "read with `input()`"),
    "range": Advice("`range` is only what a `for` goes over", "write `[i for i in range(…)]` for a list"),
    "repr": Advice("`repr` is not in the language", "use `str` or an f-string"),
    "reversed": Advice("`reversed` is not in the language", "write `a[::-1]`"),
    "round": Advice("there are no floats in the language", "use `//` on integers"),
    "set": Advice("there are no sets in the language", "use a list and `in`"),
    "sorted": Advice("`sorted` is not in the language", "write the sorting function"),
    "tuple": Advice("there are no tuples as values in the language", "use a list"),
    "type": Advice("`type` is not in the language", "the type of every variable is known beforehand"),
    "zip": Advice("`zip` is not in the language", "write `for i in range(len(a))`, `a[i]` and `b[i]`"),
}

METHODS = {
    "split": Advice("`split` is only in `list(map(int, input().split()))`", "go through the string with a loop"),
    "sort": Advice("lists have no `sort` in the language", "write the sorting function"),
    "extend": Advice("lists have no `extend` in the language", "append the items in a loop, or write `a = a + b`"),
    "insert": Advice("lists have no `insert` in the language", "write `a = a[:i] + [x] + a[i:]`"),
    "remove": Advice("lists have no `remove` in the language", "use `pop(i)`"),
    "reverse": Advice("lists have no `reverse` in the language", "write `a = a[::-1]`"),
    "copy": Advice("lists have no `copy` in the language", "write `a[:]`"),
    "clear": Advice("lists have no `clear` in the language", "assign a new list, or `pop` in a loop"),
    "join": Advice("strings have no methods in the language", "add the parts with `+` in a loop"),
    "format": Advice("strings have no methods in the language", "write an f-string"),
}


def method_advice(method: str) -> Advice:
    """What to say of a method that is not in the language."""
    return METHODS.get(
        method,
        Advice(f"there is no method `{method}` in the language", "the only methods are `append` and `pop` of lists"),
    )
