"""What the machines with a queue have in common when they run Turing machines: the transitions, and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from compiler.front_ends.turing.code import ending_text
from compiler.front_ends.turing.machine import HALTING, TuringMachine
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.machines.turing import Configuration, Delta


@dataclass(frozen=True)
class QueueOptions:
    """input: the tape at first, as on the RAM (see `turing.tape`); tape: whether to print it at the end."""

    input: str = ""
    tape: Literal["no", "yes"] = "no"


def delta_of(machine: TuringMachine) -> tuple[Delta, int, int]:
    """Transitions, and the numbers of states and of symbols; the halting states come after the others."""
    delta: dict[tuple[int, int], tuple[int, Literal[-1, 1], int]] = {}
    for state, row in enumerate(machine.rows):
        for symbol, t in enumerate(row):
            if t is not None:
                target = machine.states + HALTING.index(t.name) if t.target is None else t.target
                delta[state, symbol] = (t.write, 1 if t.move == 1 else -1, target)
    return delta, machine.states + len(HALTING), machine.symbols


def first_configuration(machine: TuringMachine, tape: str) -> Configuration:
    """State A on a given tape, see `turing.tape`; of the blank cells only those between others and the head.

    Raises:
        PromptError: a tape that the machine cannot have.
    """
    given = given_tape(machine, tape)
    first, last = min([0, *given]), max([0, *given])
    return Configuration(tuple(given.get(place, 0) for place in range(first, last + 1)), -first, 0)


def queue_report(
    machine: TuringMachine, options: QueueOptions, last: Configuration, steps: int, ended: str | None = None
) -> str:
    """How it ended; lines `steps`, `score`, and `tape` if it is asked for.

    last: the configuration to which it has come; ended: how, if not as the machine's transitions say; empty for a run
    that was cut, of which `at` says the state.
    """
    rows = [("steps", f"{steps:,}"), ("score", f"{sum(map(bool, last.cells)):,}")]
    if options.tape == "yes":
        tape: Mapping[int, int] = {place: letter for place, letter in enumerate(last.cells) if letter}
        rows.append(("tape", run_lengths(tape, last.at)))
    if ended is None:
        ended = _ending(machine, last)
    return f"{ended}\n" * bool(ended) + "".join(f"{name:<8}{value}\n" for name, value in rows)


def _ending(machine: TuringMachine, last: Configuration) -> str:
    if last.state < machine.states:
        return ending_text(last.state, last.cells[last.at], None)
    return f"halted in state {HALTING[last.state - machine.states]}"


def split_at_head(configuration: Configuration) -> tuple[Sequence[int], int, Sequence[int]]:
    """The cells to the left of the head, the one under it, and those to the right."""
    cells, at = configuration.cells, configuration.at
    return cells[:at], cells[at], cells[at + 1 :]
