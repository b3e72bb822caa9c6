"""A universal Lag system of our own: that of a Turing machine U which simulates every Turing machine over {0, 1}.

What U does is told in `proofs_check/coq/UniversalTuring.v`, where it is proved. Its tape is

    left stack [ program ] right stack

with the tops of both stacks at the outer ends. A 1 of the right stack is `ZERO ONE`, a 0 is `ZERO`; on the
left stack they are `ONE` and `ZERO`. The program has a section for each state q and symbol s, number 2q + s, after a
semicolon each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.turing import EDGE, END, Symbol, queue_of, system_of
from compiler.machines.turing import Configuration, Delta, Move

BLANK, ZERO, ONE, LEFT_ZERO, LEFT_ONE, PULL, SEMICOLON, BEGIN, FINISH, HERE = range(10)
"""The letters of U, in the order of `u_letter` in the proof, where these are called O, Z, A and B."""

_INNER = (ZERO, ONE, LEFT_ZERO, LEFT_ONE, PULL, SEMICOLON, BEGIN, FINISH)

_STATES = {
    "Seek": (1, {SEMICOLON: (HERE, 1, "ToEnd")}),
    "ToEnd": (1, {BLANK: (BLANK, -1, "AtEnd")}),
    "AtEnd": (0, {ZERO: (BLANK, -1, "Does"), ONE: (BLANK, -1, "Skips"), FINISH: (FINISH, -1, "Does")}),
    "Skips": (-1, {HERE: (SEMICOLON, 1, "Seek")}),
    "Does": (-1, {HERE: (SEMICOLON, 1, "Reads")}),
    "Reads": (
        0,
        {
            ZERO: (HERE, 1, "PushO"),
            ONE: (HERE, 1, "PushZ"),
            LEFT_ZERO: (HERE, -1, "LeftO"),
            LEFT_ONE: (HERE, -1, "LeftZ"),
            PULL: (HERE, -1, "ToLeft"),
            SEMICOLON: (SEMICOLON, -1, "Rewind"),
        },
    ),
    "PushO": (1, {BLANK: (ZERO, -1, "DoneO")}),
    "DoneO": (-1, {HERE: (ZERO, 1, "Reads")}),
    "PushZ": (1, {BLANK: (ONE, -1, "DoneZ")}),
    "DoneZ": (-1, {HERE: (ONE, 1, "Reads")}),
    "LeftO": (-1, {BLANK: (ZERO, 1, "DoneA")}),
    "DoneA": (1, {HERE: (LEFT_ZERO, 1, "Reads")}),
    "LeftZ": (-1, {BLANK: (ONE, 1, "DoneB")}),
    "DoneB": (1, {HERE: (LEFT_ONE, 1, "Reads")}),
    "ToLeft": (-1, {BLANK: (BLANK, 1, "AtLeft")}),
    "AtLeft": (0, {ZERO: (BLANK, 1, "CarryO"), ONE: (BLANK, 1, "CarryZ"), BEGIN: (BEGIN, 1, "CarryO")}),
    "CarryO": (1, {BLANK: (ZERO, -1, "DonePull"), HERE: (HERE, 1, "CarryO")}),
    "CarryZ": (1, {BLANK: (ZERO, 1, "ThenZ"), HERE: (HERE, 1, "CarryZ")}),
    "ThenZ": (0, {BLANK: (ONE, -1, "DonePull")}),
    "DonePull": (-1, {HERE: (PULL, 1, "Reads")}),
    "Rewind": (-1, {BEGIN: (BEGIN, 1, "Seek")}),
}
"""By state, in the order of `u_state`: which way it passes over letters as they are (0: it does not), and all else."""

STATES = {name: number for number, name in enumerate(_STATES)}


def delta() -> Delta:
    """What U does."""
    found: dict[tuple[int, int], tuple[int, Move, int]] = {}
    for name, (passes, rules) in _STATES.items():
        state = STATES[name]
        if passes:
            found |= {(state, letter): (letter, 1 if passes > 0 else -1, state) for letter in _INNER}
        for letter, (written, move, target) in rules.items():
            found[state, letter] = (written, 1 if move > 0 else -1, STATES[target])
    return found


def all_symbols() -> tuple[Symbol, ...]:
    """The symbols of the system, in the order in which the proof numbers them from 1."""
    cells = (Symbol(letter, None, shift) for shift, letter in product((False, True), range(10)))
    heads = (Symbol(x, q, shift) for shift, q, x in product((False, True), range(len(STATES)), range(10)))
    return (END, EDGE, EDGE._replace(shift=True), *cells, *heads)


@cache
def universal() -> LagSystem:
    """The Lag system of U, which has all symbols, also those that come in no rule."""
    system = system_of(delta(), len(STATES), 10)
    return LagSystem(system.rules, tuple(map(str, all_symbols())))


def program_of(simulated: Delta, states: int) -> list[int]:
    """The program for a Turing machine over {0, 1} with so many states, in letters of U."""
    letters: list[int] = []
    for case in product(range(states), (0, 1)):
        letters += [SEMICOLON]
        match simulated.get(case):
            case (written, 1, target):
                letters += [LEFT_ONE if written else LEFT_ZERO, *[ONE] * (2 * target)]
            case (written, _, target):
                letters += [*_code(written), PULL, *[ONE] * (2 * target)]
            case _:
                letters += [FINISH]
    return [*letters, SEMICOLON]


def universal_queue(simulated: Delta, states: int, at: Configuration) -> list[str]:
    """The prompt for a configuration of a Turing machine over {0, 1}, `u_prompt` in the proof."""
    left = [ONE if cell else ZERO for cell in reversed(at.cells[: at.at])]
    right = [letter for cell in reversed(at.cells[at.at :]) for letter in _code(cell)]
    tape = [*program_of(simulated, states), FINISH, *right, *[ONE] * (2 * at.state)]
    return queue_of([*left, BEGIN], STATES["Seek"], tape[0], tape[1:])


def simulated_stacks(tape: Sequence[int]) -> tuple[list[int], list[int]]:
    """The cells on the left stack and on the right one, from left to right, of a tape of U.

    On the right stack, what is pushed of a state is not looked at: there is nothing of it where U has halted.
    """
    begin, finish = tape.index(BEGIN), len(tape) - 1 - tape[::-1].index(FINISH)
    left = [int(letter == ONE) for letter in reversed(tape[:begin]) if letter != BLANK]
    right: list[int] = []
    for letter in tape[finish + 1 :]:
        if letter == ZERO:
            right.append(0)
        elif letter == ONE:
            right[-1] += 1
    return left, right[::-1]


def _code(cell: int) -> list[int]:
    return [ZERO, ONE] if cell else [ZERO]
