"""What a Turing machine does inside a block of cells, from where its head enters to where it leaves.

A block of k cells holds one of m**k contents. What happens inside depends on the state, the place of the head and the
content only, so it is worked out here, once, and a run has only to look at contents (Marxen and Buntrock, "Attacking
the Busy Beaver 5", 1990, call this a macro machine).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from compiler.front_ends.turing.machine import TuringMachine

Content = tuple[int, ...]
"""The symbols of a block from left to right."""


class Exit(Enum):
    """How a stay in a block ends."""

    LEFT = "the head leaves to the left"
    RIGHT = "the head leaves to the right"
    HALT = "a transition into a halting state"
    UNDEFINED = "a transition that is not defined"
    LOOP = "never: the same state, place and content come again"


@dataclass(frozen=True)
class Stay:
    """state, place, content: when it ends, or when the loop begins; steps: up to there; loop: steps once around.

    place is -1 or k where the head has left the block. Of a step that halts, or would be undefined, state is that
    before it and read the symbol read.
    """

    exit: Exit
    state: int
    place: int
    content: Content
    steps: int
    read: int = 0
    loop: int = 0


def stay(machine: TuringMachine, state: int, place: int, content: Content) -> Stay:
    """What happens from this state, place in the block (0 is leftmost) and content on."""
    cells = list(content)
    seen: dict[tuple[int, int, Content], int] = {}
    steps = 0
    while 0 <= place < len(cells):
        now = (state, place, tuple(cells))
        if now in seen:
            return Stay(Exit.LOOP, *now, seen[now], loop=steps - seen[now])
        seen[now] = steps
        read = cells[place]
        transition = machine.rows[state][read]
        if transition is None:
            return Stay(Exit.UNDEFINED, *now, steps, read)
        cells[place] = transition.write
        place += transition.move
        steps += 1
        if transition.target is None:
            return Stay(Exit.HALT, state, place, tuple(cells), steps, read)
        state = transition.target
    return Stay(Exit.LEFT if place < 0 else Exit.RIGHT, state, place, tuple(cells), steps)


def contents(symbols: int, cells: int) -> list[Content]:
    """All contents of a block, by their numbers: digits in base `symbols`, the leftmost cell the highest."""
    return [tuple(number // symbols**i % symbols for i in reversed(range(cells))) for number in range(symbols**cells)]


def number(symbols: int, content: Content) -> int:
    """The content of a block as a number: its symbols are digits in base `symbols`, the leftmost counts most."""
    value = 0
    for symbol in content:
        value = value * symbols + symbol
    return value
