"""The format `.tm` on multi-tape Turing machines that summarise, see `compiler.machines.turingformer.turing`.

So the program is in the weights here, and the prompt is the tape, as a summary.
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

__all__ = ["Options", "compile", "parse", "report_of_trace"]


@dataclass(frozen=True)
class Options:
    """input: the tape at first, as on the RAM (see `turing.tape`); tape: whether to print it at the end; bits: of a
    position, even: a context has fewer than 2**bits tokens. More bits are more layers."""

    input: str = ""
    tape: Literal["no", "yes"] = "no"
    bits: int = 12

    def __post_init__(self) -> None:
        if self.bits < 4 or self.bits % 2 or self.bits > 24:
            raise ValueError(f"option `bits` is an even number from 4 to 24, not {self.bits}")


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have, or for which there are too few bits.
    """
    options = options or Options()
    tokens = summary_of(given_tape(machine, options.input))
    if 4 * len(tokens) >= 2**options.bits:
        raise PromptError(f"the tape is too long for positions of {options.bits} bits; give more with --set bits=N")
    return TokenPrompt(
        turingformer(two_tapes(rules_of(machine)), options.bits),
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
    replay = Replay()
    replay.begin(prompt.tokens)
    for token in (*prompt.tokens, *trace):
        replay.take(token)
    tape = {place: symbol for place, symbol in replay.cells.items() if symbol}
    rows = [("steps", f"{replay.steps:,}"), ("score", f"{len(tape):,}")]
    said = ""
    if replay.state is not None:
        rows.insert(0, ("at", f"{state_name(replay.state)} {replay.cells.get(replay.place, 0)}"))
    else:
        state, read = replay.last
        transition = machine.rows[state][read]
        undefined = f"undefined transition: state {state_name(state)} reads {read}\n"
        said = undefined if transition is None else f"halted in state {transition.name}\n"
    if options.tape == "yes":
        rows.append(("tape", run_lengths(tape, replay.place if halted else None)))
    return said + "".join(f"{name:<8}{value}\n" for name, value in rows)
