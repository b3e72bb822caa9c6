"""Turing machines in the one-line format of the busy-beaver community (bbchallenge.org/method).

    1RB1LC_1RC1RB_1RD0LE_1LA1LD_1RZ0LA

One row a state, `_` between rows, states A, B, …; in a row one transition for each symbol read, 0 (the blank), 1, …:
the symbol to write, L or R, the next state. Z, and H, halt where no row has that name. `---` is a transition that
is not defined: a machine that comes to it halts there, the transition not counted as a step.

There may be any number of states and symbols: symbols from 10 on are written with more digits, states from the
27th on as AA, AB, …, like columns of a spreadsheet. A line may end before or after a `_`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from lark import Token, Tree

from compiler.front_ends.reading import Text, span_of
from compiler.language.syntax import Span
from compiler.machines.integers import integer

HALTING = ("Z", "H")
_HINT = "a transition is the symbol to write, L or R, and the next state, as in `1RB`; `---` is one that is not defined"


@dataclass(frozen=True)
class Transition:
    """move: 1 right, -1 left; target: number of the next state, None if it halts; name: of the next state."""

    write: int
    move: int
    target: int | None
    name: str


@dataclass(frozen=True)
class TuringMachine:
    """rows[s][a] is what state s does when it reads symbol a, None if that is not defined; spans[s][a] where it is."""

    rows: tuple[tuple[Transition | None, ...], ...]
    spans: tuple[tuple[Span, ...], ...] = field(compare=False)
    source: Text = field(compare=False)

    @property
    def states(self) -> int:
        """How many there are, the halting state not counted."""
        return len(self.rows)

    @property
    def symbols(self) -> int:
        """How many there are, the blank included."""
        return len(self.rows[0])


def state_name(number: int) -> str:
    """A, B, …, Z, AA, AB, …"""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def parse(text: str, filename: str = "<machine>") -> TuringMachine:
    """Raises SourceError: not in the format, a missing transition, an unknown state or symbol."""
    source = Text.of(text, filename)
    rows = [row for row in source.tree("turing", _HINT).children if isinstance(row, Tree)]
    entries = [[entry for entry in row.children if isinstance(entry, Tree)] for row in rows]
    symbols = max(len(row) for row in entries)
    if symbols == 0:
        raise source.error("there is no machine here", _HINT, Span(1, 1, 1, 1))
    for before, entry in (pair for row in entries for pair in pairwise(row)):
        if span_of(before).line != span_of(entry).line:
            hint = "a file has one machine; `_` stands between its states"
            raise source.error("there is no `_` between this line and the one before", hint, span_of(entry))
    for number, row in enumerate(entries):
        if len(row) < symbols:
            raise _missing(source, entries, number, symbols)
    names = {state_name(number): number for number in range(len(rows))}
    return TuringMachine(
        tuple(tuple(_transition(source, entry, names, symbols) for entry in row) for row in entries),
        tuple(tuple(span_of(entry) for entry in row) for row in entries),
        source,
    )


def _missing(source: Text, entries: list[list[Tree[Token]]], number: int, symbols: int) -> Exception:
    """The error for a row that is too short; it points after the last transition that is there."""
    before = [entry for row in entries[: number + 1] for entry in row]
    end = span_of(before[-1]) if before else Span(1, 1, 1, 1)
    state, there = state_name(number), len(entries[number])
    message = f"state {state} has no transition for symbol {there}; other states have {symbols} transitions"
    at = Span(end.end_line, end.end_column, end.end_line, end.end_column + 1)
    return source.error(message, "write `---` for a transition that is not defined", at)


def _transition(source: Text, entry: Tree[Token], names: dict[str, int], symbols: int) -> Transition | None:
    if entry.data == "undefined":
        return None
    write, move, state = (part for part in entry.children if isinstance(part, Token))
    if integer(write) >= symbols:
        message = f"this writes symbol {write}, and the machine has transitions for 0 to {symbols - 1} only"
        raise source.error(message, "give every state a transition for each symbol", span_of(write))
    if state not in names and state not in HALTING:
        halting = " or ".join(name for name in HALTING if name not in names)
        message = f"there is no state {state}: the machine has states A to {state_name(len(names) - 1)}"
        raise source.error(message, f"{halting} halts" if halting else "`---` halts", span_of(state))
    return Transition(int(write), 1 if move == "R" else -1, names.get(state), str(state))
