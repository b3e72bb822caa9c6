"""Every Turing machine in a Lag system, which simulates it step by step; the proof: `proofs_check/coq/TuringToLag.v`.

The queue holds the tape from left to right, the state beside the symbol under the head. A rule sees a symbol and its
neighbour on the right, so a move to the left is direct: the symbol before the head sees it come. For a move to the
right the rule writes not the first symbol of the window anew but the second, which shifts all of the tape by one
place. Turns of the queue alternate, told apart by a mark on every symbol:

    gather   [ c1 … cn ]       windows ([ c1) … (cn ]): each writes its first symbol; moves to the left
    shift    ] [' d1' … dn'    windows (] [') … (dn' [): each writes its second symbol; moves to the right

`[` and `]` are the ends of the tape, beyond which all is blank. A step of the Turing machine takes one or two turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from compiler.machines.lag.system import LagSystem
from compiler.machines.turing import Configuration, Delta, Move


class Symbol(NamedTuple):
    """A symbol of the queue.

    letter: of the cell; -1 for the left end and -2 for the right end. state: of the head, if it is at this cell.
    shift: whether it was written in a turn of the first sort, and so is to be read in one of the second.
    """

    letter: int
    state: int | None = None
    shift: bool = False

    def __str__(self) -> str:
        if self.letter < 0:
            return ("[" if self.letter == -1 else "]") + "'" * self.shift
        return ("" if self.state is None else f"q{self.state}.") + str(self.letter) + "'" * self.shift


EDGE, END = Symbol(-1), Symbol(-2)


def system_of(delta: Delta, states: int, letters: int) -> LagSystem:
    """The Lag system of a Turing machine with so many states and letters; letter 0 is the blank, state 0 the first."""
    rules = tuple(
        (str(a), str(b), tuple(map(str, appended)))
        for a, b in _windows(states, letters)
        if (appended := _rule(delta, a, b))
    )
    first = (EDGE, END, *map(Symbol, range(letters)), *(Symbol(letter, 0) for letter in range(letters)))
    return LagSystem(rules, tuple(map(str, first)))


def queue_of(left: Sequence[int], state: int, scanned: int, right: Iterable[int]) -> list[str]:
    """The queue of a configuration. left: the cells from the left end of the tape up to the head."""
    tape = (*map(Symbol, left), Symbol(scanned, state), *map(Symbol, right))
    return list(map(str, (EDGE, *tape, END)))


def configuration_of(queue: Sequence[str]) -> Configuration | None:
    """The configuration of a queue at the beginning of a turn, either sort; None in the middle of one."""
    symbols = [_read(text) for text in queue]
    if symbols[0] == EDGE and symbols[-1] == END:
        tape = symbols[1:-1]
    elif symbols[0] == END and symbols[1] == Symbol(-1, shift=True):
        tape = symbols[2:]
    else:
        return None
    at = next(i for i, symbol in enumerate(tape) if symbol.state is not None)
    state = tape[at].state
    assert state is not None
    return Configuration(tuple(symbol.letter for symbol in tape), at, state)


def _read(text: str) -> Symbol:
    shift, text = text.endswith("'"), text.removesuffix("'")
    if text in "[]":
        return Symbol(-1 if text == "[" else -2, None, shift)
    state, _, letter = text.rpartition(".")
    return Symbol(int(letter), int(state[1:]) if state else None, shift)


def _windows(states: int, letters: int) -> Iterator[tuple[Symbol, Symbol]]:
    """All pairs of symbols that can stand side by side at the front of a queue."""
    for shift in (False, True):
        cells = [Symbol(letter, None, shift) for letter in range(letters)]
        heads = [Symbol(letter, state, shift) for state in range(states) for letter in range(letters)]
        edge = Symbol(-1, None, shift)
        yield from ((edge, b) for b in (*cells, *heads))
        yield from ((a, b) for a in cells for b in (*cells, *heads))
        yield from ((a, b) for a in heads for b in cells)
        yield from ((a, EDGE if shift else END) for a in (*cells, *heads))
    yield END, Symbol(-1, None, True)


def _rule(delta: Delta, a: Symbol, b: Symbol) -> tuple[Symbol, ...] | None:
    """What a window appends; None where the Turing machine halts."""
    head = a if a.state is not None else b
    does = None
    if head.state is not None:
        does = delta.get((head.state, head.letter))
        if does is None:
            return None
    if a == END:
        return (EDGE,)
    if a.shift:
        return _shift(a, b, does)
    return _gather(a, b, does)


def _gather(a: Symbol, b: Symbol, does: tuple[int, Move, int] | None) -> tuple[Symbol, ...]:
    """The first symbol anew; a head that moves to the left goes to it from the second, or from it to where it was."""
    if does is None or does[1] == 1:
        return (a._replace(shift=True),)
    written, _, state = does
    if a.state is not None:
        return (Symbol(written, None, True),)
    arrived = Symbol(max(a.letter, 0), state, True)
    return (a._replace(shift=True), arrived) if a == EDGE else (arrived,)


def _shift(a: Symbol, b: Symbol, does: tuple[int, Move, int] | None) -> tuple[Symbol, ...]:
    """The second symbol anew; a head that moves to the right goes to it from the first, or from it to where it was."""
    same = END if b == EDGE else b._replace(shift=False)
    if does is None or does[1] == -1:
        return (same,)
    written, _, state = does
    if b.state is not None:
        return (Symbol(written),)
    return (Symbol(0, state), END) if b == EDGE else (Symbol(b.letter, state),)
