"""What the machines with a queue have in common when they run Turing machines: the transitions, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from compiler.front_ends.turing.machine import TuringMachine, state_name
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.machines.turing import Configuration, Delta


@dataclass(frozen=True)
class QueueOptions:
    """input: the tape at first, as on the RAM (see `turing.tape`); tape: whether to print it at the end."""

    input: str = ""
    tape: Literal["no", "yes"] = "no"


def delta_of(machine: TuringMachine) -> tuple[Delta, list[str]]:
    """The transitions, and the name of each state; those in which it halts come last, and have no transitions."""
    names = [state_name(number) for number in range(machine.states)]
    delta: dict[tuple[int, int], tuple[int, Literal[-1, 1], int]] = {}
    for state, row in enumerate(machine.rows):
        for symbol, transition in enumerate(row):
            if transition is None:
                continue
            if transition.name not in names:
                names.append(transition.name)
            target = names.index(transition.name) if transition.target is None else transition.target
            delta[state, symbol] = transition.write, 1 if transition.move == 1 else -1, target
    return delta, names


def first_configuration(machine: TuringMachine, tape: str) -> Configuration:
    """State A on a given tape, see `turing.tape`; of the blank cells only those between others and the head.

    Raises:
        PromptError: a tape that the machine cannot have.
    """
    given = given_tape(machine, tape)
    first, last = min([0, *given]), max([0, *given])
    return Configuration(tuple(given.get(place, 0) for place in range(first, last + 1)), -first, 0)


def queue_report(
    names: Sequence[str],
    defined: int,
    options: QueueOptions,
    last: Configuration,
    steps: int,
    halted: bool,
    full: bool = False,
) -> str:
    """How it ended; lines `steps`, `score`, and `tape` if it is asked for. Of a run that was cut, `at` says where.

    names: of the states, of which the first `defined` have transitions, and the others halt; last: the configuration to
    which it has come; full: whether it ended for want of room, about which nothing is said here.
    """
    read = last.cells[last.at]
    rows = [("steps", f"{steps:,}"), ("score", f"{sum(map(bool, last.cells)):,}")]
    if not halted:
        rows.insert(0, ("at", f"{names[last.state]} {read}"))
    if options.tape == "yes":
        tape = {place: letter for place, letter in enumerate(last.cells) if letter}
        rows.append(("tape", run_lengths(tape, last.at if halted else None)))
    undefined = last.state < defined
    ended = f"undefined transition: state {names[last.state]} reads {read}"
    ended = ended if undefined else f"halted in state {names[last.state]}"
    return f"{ended}\n" * (halted and not full) + "".join(f"{name:<8}{value}\n" for name, value in rows)


def split_at_head(configuration: Configuration) -> tuple[Sequence[int], int, Sequence[int]]:
    """The cells to the left of the head, the one under it, and those to the right."""
    cells, at = configuration.cells, configuration.at
    return cells[:at], cells[at], cells[at + 1 :]
