"""Every Turing machine in a Post machine, which simulates it in a window of s tokens if it uses at most s cells.

The circle
----------
The tape stands in a circle of s + 1 cells, of which s are the queue and one, the cell under the head, is in the state:
the state is (q, x), and the queue has the cells to the right of the head in order, then those to its left. Cells that
were neither given nor written to hold `_`, which is read as a blank; they lie between the right end of the tape and its
left end. As long as one `_` is left, circle and tape are alike.

The steps
---------
The rule of the Turing machine for state q and symbol x writes b and goes on in state r.

*To the right.* (q, x) takes the next cell c off, appends b and goes to (r, c): one token.

*To the left.* (q, x) takes c off, appends b with a mark, `b*`, and goes to (<r, c), a *turn*: c is carried in the
state. In a turn, (<r, y) takes the next cell c off, appends y and goes to (<r, c): every cell is appended one place
later than it was taken off. When `b*` comes to the front, s tokens have been appended: y is the cell to the left of b,
and the queue is b* and then the cells to its right, in order. So (<r, y) before a marked symbol *is* (r, y) before an
unmarked one, and does what (r, y) does, at once. A move to the left costs s tokens.

*Room.* Let x be `_`: the head has come to a cell for the first time, and it may be the last one. It came from the left,
and its right neighbour, the first symbol of the queue, is no `_`; or it came from the right, and its left neighbour,
which was appended just before the mark came, is no `_`. In both cases a step from here would use a cell too many, and
the machine goes to the state `full` instead, which has no rules. For the second case a turn carries `_` as `_!` where
the cell before it is none.

Proof that it simulates
-----------------------
*Used* are the cells that were given, and those from which a step was made. Let C be a configuration of the Turing
machine with at most s cells used. Its *image* is the state (q, x) and the queue w, the other cells of the circle from
the head to the right; or the state (<q, x) and w with its first symbol marked. By the rules above, one token (right) or
s tokens (left: one that marks, s - 1 that carry, each before an unmarked symbol) lead from either image of C to an
image of the next configuration, unless x is the only `_`, so that the step would use one cell more than s. The marked
symbol is taken off by the next rule that marks or moves, and is never carried, so there is one at most. Where the
Turing machine has no rule, neither has the image. By induction over the steps, the Post machine passes through images
of all configurations in order, halts if and when the Turing machine halts, and comes to `full` if and only if the
Turing machine uses more than s cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from compiler.machines.post.rules import PostMachine
from compiler.machines.turing import Configuration, Delta

NEW, LAST = "_", "_!"
"""A cell that was neither given nor written to; in a turn, one whose left neighbour was."""
FULL = "full"
MARK = "*"


class State(NamedTuple):
    """turns: in a turn; turing: the Turing machine's state; carried: the cell under the head, or carried in a turn."""

    turns: bool
    turing: int
    carried: str

    def __str__(self) -> str:
        return f"{'<' * self.turns}q{self.turing}.{self.carried}"


def post_of(delta: Delta, states: int, letters: int) -> PostMachine:
    """The Post machine of a Turing machine with so many states and letters; letter 0 is blank, state 0 the first."""
    rules = tuple(
        (str(state), read, *does)
        for state in _states(states, letters)
        for read in (*_cells(letters), *(map(_marked, range(letters)) if state.turns else ()))
        if (does := _rule(delta, state, read))
    )
    first = (str(State(False, 0, str(letter))) for letter in range(letters))
    return PostMachine(rules, tuple(first), _cells(letters))


def queue_of(left: Sequence[int], state: int, scanned: int, right: Sequence[int], window: int) -> tuple[str, list[str]]:
    """State and queue of a configuration; left: the given cells from the left end up to the head.

    Raises:
        ValueError: more cells are given than the window has tokens.
    """
    free = window - len(left) - len(right)
    if free < 1:
        raise ValueError(
            f"{len(left) + 1 + len(right)} cells are given, and a window of {window} has room for {window}"
        )
    return str(State(False, state, str(scanned))), [*map(str, right), *[NEW] * free, *map(str, left)]


def configuration_of(state: str, queue: Sequence[str]) -> Configuration | None:
    """The configuration whose image these are; None in the middle of a turn, or if the machine is full."""
    if state == FULL or state.startswith("<") != queue[0].endswith(MARK):
        return None
    turing, _, scanned = state.lstrip("<").partition(".")
    cells = [queue[0].removesuffix(MARK), *queue[1:]]
    new = [place for place, cell in enumerate(cells) if cell == NEW]
    # Where the head stands on the last new cell, all others are to one side of it: that which it came from.
    right = cells[: new[0]] if new else cells * state.startswith("<")
    left = cells[new[-1] + 1 :] if new else cells[len(right) :]
    here = "0" if scanned in (NEW, LAST) else scanned
    return Configuration((*map(int, left), int(here), *map(int, right)), len(left), int(turing[1:]))


def is_step(symbol: str, state: str) -> bool:
    """Whether a token is a step of the Turing machine; the others carry a cell around, or say that there is no room."""
    return state != FULL and (symbol.endswith(MARK) or not state.startswith("<"))


def _states(states: int, letters: int) -> Iterator[State]:
    for turing in range(states):
        yield from (State(False, turing, carried) for carried in _cells(letters))
        yield from (State(True, turing, carried) for carried in (*_cells(letters), LAST))


def _cells(letters: int) -> tuple[str, ...]:
    return (*map(str, range(letters)), NEW)


def _marked(letter: int) -> str:
    return f"{letter}{MARK}"


def _rule(delta: Delta, state: State, read: str) -> tuple[str, str] | None:
    """What is appended and the next state; None where the Turing machine halts."""
    turns, turing, carried = state
    cell = NEW if carried == LAST else carried
    if turns and not read.endswith(MARK):
        return cell, str(State(True, turing, LAST if read == NEW != cell else read))
    does = delta.get((turing, 0 if cell == NEW else int(cell)))
    if does is None:
        return None
    if carried == LAST or (not turns and carried == NEW != read):
        return NEW, FULL
    written, move, target = does
    after = read.removesuffix(MARK)
    if move == 1:
        return str(written), str(State(False, target, after))
    return _marked(written), str(State(True, target, LAST if after == NEW else after))
