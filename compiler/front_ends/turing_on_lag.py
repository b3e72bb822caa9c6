"""The format `.tm` on Lag systems: each Turing machine becomes a system of its own, see `compiler.machines.lag.turing`.

So the program is in the weights here, and the prompt is the tape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import TuringMachine, parse, state_name
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.machines.lag import machine as lag_machine
from compiler.machines.lag.turing import Delta, queue_of, replayed, system_of
from compiler.machines.lag.vocabulary import Token
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt

__all__ = ["Options", "compile", "parse", "report_of_trace"]


@dataclass(frozen=True)
class Options:
    """input: the tape at first, as on the RAM (see `turing.tape`); tape: whether to print it at the end."""

    input: str = ""
    tape: Literal["no", "yes"] = "no"


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have.
    """
    options = options or Options()
    tape = given_tape(machine, options.input)
    left = [tape.get(place, 0) for place in range(min(tape, default=0), 0)]
    right = [tape.get(place, 0) for place in range(1, max(tape, default=0) + 1)]
    delta, names = _delta(machine)
    subject = lag_machine(system_of(delta, len(names), machine.symbols))
    queue = queue_of(left, 0, tape.get(0, 0), right)
    return TokenPrompt(
        subject,
        "lag",
        tuple(Token(symbol) for symbol in queue),
        machine.source.text,
        machine.source.filename,
        "tm",
        given_options(options),
    )


def _delta(machine: TuringMachine) -> tuple[Delta, list[str]]:
    """The transitions, and the name of each state; those in which it halts have none."""
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


def report_of_trace(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Any], halted: bool
) -> str:
    """How it ended; lines `steps`, `score`, and `tape` if it is asked for.

    Of a run that was cut, this is about the last whole turn of the queue. The steps of one that goes on from a prompt
    are counted from there.
    """
    delta, names = _delta(machine)
    whole, begun = _appended(prompt.tokens, trace)
    replay = replayed(delta, begun, whole, halted)
    last = replay.configuration
    read = last.cells[last.at]
    rows = [("steps", f"{replay.steps:,}"), ("score", f"{sum(cell != 0 for cell in last.cells):,}")]
    said = ""
    if not halted:
        rows.insert(0, ("at", f"{names[last.state]} {read}"))
    elif last.state < machine.states:
        said = f"undefined transition: state {names[last.state]} reads {read}\n"
    else:
        said = f"halted in state {names[last.state]}\n"
    if options.tape == "yes":
        tape = {place: cell for place, cell in enumerate(last.cells) if cell}
        rows.append(("tape", run_lengths(tape, last.at if halted else None)))
    return said + "".join(f"{name:<8}{value}\n" for name, value in rows)


def _appended(prompt: Sequence[Token], trace: Sequence[Token]) -> tuple[Iterator[list[str]], list[str]]:
    """What each whole step of the trace appends, and the queue before it. A prompt may end within a step."""
    *before, last = prompt
    pending = [last.symbol] if last.more else []

    def steps() -> Iterator[list[str]]:
        appended = pending
        for token in trace:
            if token.symbol:
                appended = [*appended, token.symbol]
                if not token.more:
                    yield appended
                    appended = []

    return steps(), [token.symbol for token in (before if last.more else prompt)]
