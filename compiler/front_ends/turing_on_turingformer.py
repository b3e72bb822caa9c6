"""The format `.tm` on multi-tape Turing machines that summarise, see `compiler.machines.turingformer.turing`.

So the program is in the weights here, and the prompt is the tape, as a summary. With `universal=yes` the prompt has
both, for the one universal machine (`compiler.machines.turingformer.universal`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import TuringMachine, parse, state_name
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.machines.machine import PromptError
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt
from compiler.machines.turingformer import machine as turingformer
from compiler.machines.turingformer.turing import Move, Replay, Rules, summary_of, two_tapes
from compiler.machines.turingformer.universal import Interpretation, encoded, universal

__all__ = ["Options", "compile", "parse", "report_of_trace"]


@dataclass(frozen=True)
class Options:
    """input: the tape at first, as on the RAM (see `turing.tape`); tape: whether to print it at the end; bits: of a
    position, even: a context has fewer than 2**bits tokens. More bits are more layers. universal: whether the program
    is in the prompt, not in the weights."""

    input: str = ""
    tape: Literal["no", "yes"] = "no"
    bits: int = 16
    universal: Literal["no", "yes"] = "no"

    def __post_init__(self) -> None:
        if self.bits < 4 or self.bits % 2 or self.bits > 24:
            raise ValueError(f"option `bits` is an even number from 4 to 24, not {self.bits}")


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have, or for which there are too few bits.
    """
    options = options or Options()
    rules, tape = rules_of(machine), given_tape(machine, options.input)
    interpreted = options.universal == "yes"
    tokens = encoded(rules, tape) if interpreted else summary_of(tape)
    if 4 * len(tokens) >= 2**options.bits:
        what = "the machine and its tape are" if interpreted else "the tape is"
        raise PromptError(f"{what} too long for positions of {options.bits} bits; give more with --set bits=N")
    return TokenPrompt(
        turingformer(universal() if interpreted else two_tapes(rules), options.bits),
        "turingformer",
        tokens,
        machine.source.text,
        machine.source.filename,
        "tm",
        given_options(options),
    )


def rules_of(machine: TuringMachine) -> Rules:
    """The transitions."""
    rules: dict[tuple[int, int], tuple[int, Move, int | None] | None] = {}
    for state, row in enumerate(machine.rows):
        for symbol, t in enumerate(row):
            rules[state, symbol] = None if t is None else (t.write, 1 if t.move == 1 else -1, t.target)
    return rules


def report_of_trace(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Any], halted: bool
) -> str:
    """How it ended; lines `steps`, `score`, and `tape` if it is asked for.

    The steps of a run that goes on from a prompt are counted from there.
    """
    ended = _interpreted if options.universal == "yes" else _replayed
    run = ended(machine, prompt.tokens, trace)
    rows = [("steps", f"{run.steps:,}"), ("score", f"{len(run.tape):,}")]
    said = ""
    if run.halted:
        undefined = f"undefined transition: state {state_name(run.state)} reads {run.read}\n"
        transition = machine.rows[run.state][run.read]
        said = undefined if transition is None else f"halted in state {transition.name}\n"
    else:
        rows.insert(0, ("at", f"{state_name(run.state)} {run.read}"))
    if options.tape == "yes":
        rows.append(("tape", run_lengths(run.tape, run.place if halted else None)))
    return said + "".join(f"{name:<8}{value}\n" for name, value in rows)


@dataclass(frozen=True)
class _Run:
    """How a run ended.

    tape: the cells that are not 0; place: of the head; state, read: where it stands, and where it has halted, those of
    the transition that it halted with, defined or not.
    """

    steps: int
    tape: dict[int, int]
    place: int
    halted: bool
    state: int
    read: int


def _replayed(machine: TuringMachine, prompt: Sequence[Any], trace: Sequence[Any]) -> _Run:
    replay = Replay()
    replay.begin(prompt)
    for token in (*prompt, *trace):
        replay.take(token)
    tape = {place: symbol for place, symbol in replay.cells.items() if symbol}
    if replay.state is None:
        return _Run(replay.steps, tape, replay.place, True, *replay.last)
    return _Run(replay.steps, tape, replay.place, False, replay.state, replay.cells.get(replay.place, 0))


def _interpreted(machine: TuringMachine, prompt: Sequence[Any], trace: Sequence[Any]) -> _Run:
    run = Interpretation.of(rules_of(machine), prompt)
    for token in trace:
        run.take(token)
    tape, place, (state, read) = run.configuration()
    if state == machine.states:  # a transition to the state that halts; the latest one, if it is part of the trace
        halting = ((q, a) for q, row in enumerate(machine.rows) for a, t in enumerate(row) if t and t.target is None)
        state, read = run.last or next(halting)
    return _Run(run.steps, tape, place, run.halted, state, read)
