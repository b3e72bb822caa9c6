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

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
    return _tape_of(symbols) if _begins(symbols[0], symbols[1]) else None


def halted_configuration(queue: Sequence[str]) -> Configuration:
    """The configuration of a queue for which no rule is left."""
    return _tape_of([_read(text) for text in queue])


@dataclass(frozen=True)
class Replay:
    """What a trace says of the Turing machine.

    steps: that it has made; configuration: the one that was come to last, at the beginning of a turn of the queue or
    where the machine halted.
    """

    steps: int
    configuration: Configuration


def replayed(delta: Delta, queue: Iterable[str], trace: Iterable[Iterable[str]], halted: bool) -> Replay:
    """Follows the queue. trace: what each step of the Lag system appends; halted: whether no rule is left after it.

    A step of the Turing machine is the rule by which the cell that the head leaves is written. It decides nothing:
    which symbols are appended, the trace says.
    """
    symbols = deque(_read(text) for text in queue)
    steps = steps_then = 0
    turn = list(symbols)
    for appended in trace:
        a, b = symbols[0], symbols[1]
        written, towards = (b, 1) if a.shift else (a, -1)
        if written.state is not None and delta[written.state, written.letter][1] == towards:
            steps += 1
        symbols.extend(map(_read, appended))
        symbols.popleft()
        if _begins(symbols[0], symbols[1]):
            steps_then, turn = steps, list(symbols)
    return Replay(steps, _tape_of(list(symbols))) if halted else Replay(steps_then, _tape_of(turn))


def _begins(a: Symbol, b: Symbol) -> bool:
    """Whether a turn of the queue begins with this window."""
    return a == EDGE or (a == END and b == Symbol(-1, shift=True))


def _tape_of(symbols: list[Symbol]) -> Configuration:
    """The configuration of any queue with one head; in the second sort of turn its first symbol is written already."""
    symbols = symbols[1:] if symbols[0].shift else symbols
    begin = next(i for i, symbol in enumerate(symbols) if symbol.letter == EDGE.letter)
    cells = [symbol for symbol in (*symbols[begin:], *symbols[:begin]) if symbol.letter >= 0]
    at = next(i for i, symbol in enumerate(cells) if symbol.state is not None)
    state = cells[at].state
    assert state is not None
    return Configuration(tuple(symbol.letter for symbol in cells), at, state)


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
