"""Fills the holes of the tables at random: programs that end, whatever is drawn.

    from hypothesis import given
    from interpreter.strategies.ordinary import ordinary_programs

    @given(ordinary_programs(max_statements=8))
    def test_mine(source): ...

A program imports what it uses, defines up to three functions, generators or classes, and goes on with statements that
use them. Loops have at most four rounds and stand in at most one other; functions call earlier ones only, and not in
loops, but for recursion that counts down. So a program of ten statements makes some thousand steps, and it ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from interpreter.strategies.drawing import Drawing
from interpreter.strategies.ordinary.tables import DEFINED, tables

HOLE = re.compile(r"\$(new_|old_|0)?([A-Za-z]\w*)(?:\[([a-z]):(\w+)\])?")
ERRORS = ("Exception", "ValueError", "KeyError", "IndexError", "TypeError", "ZeroDivisionError", "LookupError")
IMPORTS = {
    **{f"{module}.": f"import {module}" for module in
       ("bisect", "copy", "functools", "heapq", "itertools", "math", "string")},
    "Counter(": "from collections import Counter",
    "namedtuple(": "from collections import namedtuple",
    "@dataclass": "from dataclasses import dataclass",
}  # fmt: skip
"""By what a program says that uses it."""
DEFINING = 2
"""Statements that a definition may have in its blocks."""
PARTS = ("block", "risk", "simple", "jump", "error")
"""Holes for what is no expression."""


@dataclass
class Scope:
    """kinds: of the variables; old: those that may be assigned; loops: around this place; inside: a function."""

    kinds: dict[str, str] = field(default_factory=dict)
    old: frozenset[str] = frozenset()
    loops: int = 0
    inside: bool = False

    def named(self, kind: str, old: bool = False) -> list[str]:
        """The variables of a kind; with `old`, those that may be assigned."""
        return [name for name, other in self.kinds.items() if other == kind and (not old or name in self.old)]

    def add(self, made: dict[str, str]) -> None:
        """Takes in new variables."""
        self.kinds.update(made)
        self.old |= made.keys()

    def body(self, made: dict[str, str], of_function: bool) -> Scope:
        """The scope of a block, or of a function's body: what is made in it is not seen outside."""
        old = frozenset() if of_function else self.old
        loops = 0 if of_function else self.loops
        return Scope({**self.kinds, **made}, old | made.keys(), loops, self.inside or of_function)

    def binding(self, name: str, kind: str) -> Scope:
        """The scope of an expression in which one more name is bound."""
        return replace(self, kinds={**self.kinds, name: kind}, old=self.old - {name})


class Writer(Drawing):
    """Writes one program; see `ordinary_programs`."""

    def __init__(self, draw: st.DrawFn, budget: int, depth: int) -> None:
        super().__init__(draw)
        self.budget = budget
        """How many statements may still be written."""
        self.depth = depth
        self.tables = tables()
        self.offered: dict[str, list[str]] = {}
        self.does: list[str] = []
        self.errors = list(ERRORS)

    def one_of(self, *options: Sequence[str]) -> str:
        """One item of all the options."""
        number = self.between(0, sum(map(len, options)) - 1)
        for option in options:
            if number < len(option):
                return option[number]
            number -= len(option)
        raise AssertionError("there is no such item")

    # -------------------------------------------------------------------------------------------- expressions

    def expression(self, kind: str, scope: Scope, depth: int) -> str:
        """An expression of a kind, nested at most so deep."""
        if depth <= 0 or self.chance(30):
            return self.leaf(kind, scope)
        if kind in self.tables.risky and self.chance(2):
            return self.fill(self.one_of(self.tables.risky[kind]), scope, depth)
        offered = [] if scope.inside and scope.loops else self.offered.get(kind, [])
        return self.fill(self.one_of(self.tables.expressions.get(kind, ()), offered * 5), scope, depth)

    def leaf(self, kind: str, scope: Scope) -> str:
        """A variable of the kind, or its simplest expressions."""
        simple = self.tables.leaves.get(kind) or self.offered[kind][:1]
        return self.fill(self.one_of(simple, scope.named(kind) * 4), scope, 0)

    # --------------------------------------------------------------------------------------------- statements

    def block(self, scope: Scope) -> str:
        """Up to three statements."""
        lines = [self.statement(scope) for _ in range(self.draw(st.integers(1, 3))) if self.budget > 0]
        return "\n".join(lines or ["pass"])

    def statement(self, scope: Scope) -> str:
        """A statement that fits where the scope is."""
        self.budget -= 1
        if self.chance(4):
            return self.one_statement(scope, self.tables.statements["risky"])
        tables: list[Sequence[str]] = [self.tables.statements["simple"]]
        if not (scope.inside and scope.loops):
            tables += [self.does * 6]
        if self.budget > 1:
            tables += [self.tables.statements["branches"] * 2]
            if scope.loops < (1 if scope.inside else 2):
                tables += [self.tables.statements["loops"] * 2]
        if scope.loops:
            tables += [self.tables.statements["in loops"]]
        return self.one_statement(scope, *tables)

    def one_statement(self, scope: Scope, *tables: Sequence[str]) -> str:
        """One of the tables; where it would change a variable that is not there, one is made."""
        text = self.one_of(*tables)
        missing = [kind for way, kind, *_ in HOLE.findall(text) if way == "old_" and not scope.named(kind, old=True)]
        return self.fill(f"$new_{missing[0]} = $0{missing[0]}" if missing else text, scope, self.depth)

    def fill(self, text: str, scope: Scope, depth: int, defines: bool = False) -> str:
        """The text with its holes filled. What it makes is in the scope afterwards, unless the text has blocks.

        defines: what follows its first line is the body of a function.
        """
        here, filled, end, own = scope, "", 0, ""
        made: dict[str, str] = {}
        for hole in HOLE.finditer(text):
            before, between, end = text[: hole.start()], text[end : hole.start()], hole.end()
            filled += between
            way, kind, bound, bound_kind = hole.groups()
            if here is scope and (kind in PARTS or defines and "\n" in before):
                here, made = scope.body(made, defines), {}
            elif here is not scope and "\n" in between:
                here.add(made)
            if way == "new_":
                made[self.fresh(kind.lower())] = kind
                filled += [*made][-1]
            elif way == "old_":
                filled += self.one_of(here.named(kind, old=True))
            elif kind == "own":
                own = own or self.fresh("k")
                filled += own
            elif kind in PARTS:
                around = replace(here, loops=here.loops + loops_around(before))
                filled += self.part(kind, around).replace("\n", "\n" + " " * indentation(before.rpartition("\n")[2]))
            else:
                around = here.binding(bound, bound_kind) if bound else here
                filled += self.leaf(kind, around) if way == "0" else self.expression(kind, around, depth - 1)
        if here is scope:
            scope.add(made)
        return filled + text[end:]

    def part(self, kind: str, scope: Scope) -> str:
        """What fills one of the holes in PARTS."""
        match kind:
            case "block":
                return self.block(scope)
            case "risk":
                return self.one_statement(scope, self.tables.statements["risky"])
            case "simple":
                return self.one_statement(scope, self.tables.statements["simple"])
            case "jump":
                return self.one_of(("break", "continue"))
            case _:
                return self.one_of(self.errors)

    # ------------------------------------------------------------------------------------------------ program

    def definition(self, scope: Scope) -> list[str]:
        """Something new, and a use of it."""
        what = self.draw(st.sampled_from(DEFINED))
        definition = self.draw(st.sampled_from(self.tables.definitions[what]))
        name = self.fresh("C" if what == "class" else "F")
        lines = [self.fill(definition.text.replace("$name", name), scope, self.depth, defines=True)]
        offers = {
            kind.replace("$name", name): [offer.replace("$name", name) for offer in texts]
            for kind, texts in definition.offers.items()
        }
        for kind, texts in offers.items():
            self.offered.setdefault(kind, []).extend(texts)
        does = [do.replace("$name", name) for do in definition.does]
        self.does += does
        self.errors += [error.replace("$name", name) for error in definition.errors]
        shown = [
            f"print({offer})" for kind, texts in offers.items() if kind in self.tables.expressions for offer in texts
        ]
        if does or shown:
            lines.append(self.one_statement(scope, does, shown))
        return lines

    def program(self) -> str:
        """The whole text."""
        scope, lines = Scope(), []
        statements = self.budget
        for _ in range(self.draw(st.integers(0, 2))):
            lines.append(self.statement(scope))
        for _ in range(self.draw(st.integers(0, 3))):
            self.budget = DEFINING
            lines += self.definition(scope)
        self.budget = statements
        while self.budget > 0:
            lines.append(self.statement(scope))
        shown = [name for name, kind in scope.kinds.items() if kind in self.tables.expressions]
        lines.append(f"print({', '.join(shown)})")
        text = "\n".join(lines) + "\n"
        return "".join(line + "\n" for use, line in IMPORTS.items() if use in text) + text


def indentation(line: str) -> int:
    """Spaces at the start of the line."""
    return len(line) - len(line.lstrip(" "))


def loops_around(before: str) -> int:
    """How many loops a hole that follows this text stands in."""
    *lines, last = before.split("\n")
    indent, loops = indentation(last), 0
    for line in reversed(lines):
        if indentation(line) < indent:
            indent = indentation(line)
            loops += line.lstrip().startswith(("for ", "while "))
    return loops


@st.composite
def ordinary_programs(draw: st.DrawFn, max_statements: int = 8, depth: int = 2) -> str:
    """Text of a program.

    max_statements: how many it has, besides some at its start and in its functions; depth: of its expressions.
    """
    return Writer(draw, max_statements, depth).program()
