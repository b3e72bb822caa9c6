"""The format `.tm` on Lag systems: each Turing machine becomes a system of its own, see `compiler.machines.lag.turing`.

So the program is in the weights here, and the prompt is the tape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import TuringMachine, parse
from compiler.front_ends.turing.queues import QueueOptions, delta_of, first_configuration, queue_report, split_at_head
from compiler.machines.lag import machine as lag_machine
from compiler.machines.lag.turing import queue_of, replayed, system_of
from compiler.machines.lag.vocabulary import Token
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt

__all__ = ["Options", "compile", "parse", "report_of_trace"]


Options = QueueOptions


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have.
    """
    options = options or Options()
    left, scanned, right = split_at_head(first_configuration(machine, options.input))
    delta, names = delta_of(machine)
    subject = lag_machine(system_of(delta, len(names), machine.symbols))
    queue = queue_of(left, 0, scanned, right)
    return TokenPrompt(
        subject,
        "lag",
        tuple(Token(symbol) for symbol in queue),
        machine.source.text,
        machine.source.filename,
        "tm",
        given_options(options),
    )


def report_of_trace(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Any], halted: bool
) -> str:
    """How it ended; lines `steps`, `score`, and `tape` if it is asked for.

    Of a run that was cut, this is about the last whole turn of the queue. The steps of one that goes on from a prompt
    are counted from there.
    """
    whole, begun = _appended(prompt.tokens, trace)
    delta, names = delta_of(machine)
    replay = replayed(delta, begun, whole, halted)
    return queue_report(names, machine.states, options, replay.configuration, replay.steps, halted)


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
