"""The format `.tm` on Lag systems: `compiler.machines.lag.turing` makes a system for each machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import TuringMachine, parse
from compiler.front_ends.turing.queues import QueueOptions, delta_of, first_configuration, queue_report, split_at_head
from compiler.machines.lag import machine as lag_machine
from compiler.machines.lag.turing import configuration_of, queue_of, system_of
from compiler.machines.lag.vocabulary import Token
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt

__all__ = ["Options", "compile", "parse", "report_of_trace"]

Options = QueueOptions


def compile(machine: TuringMachine, options: QueueOptions | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have.
    """
    options = options or QueueOptions()
    delta, states, symbols = delta_of(machine)
    left, scanned, right = split_at_head(first_configuration(machine, options.input))
    return TokenPrompt(
        lag_machine(system_of(delta, states, symbols)),
        "lag",
        tuple(map(Token, queue_of(left, 0, scanned, right))),
        machine.source.text,
        machine.source.filename,
        "tm",
        given_options(options),
    )


def report_of_trace(
    machine: TuringMachine, options: QueueOptions, prompt: TokenPrompt, trace: Sequence[Token], halted: bool
) -> str:
    """See `queue_report`. The queue shows a configuration at the beginning of each turn; a step always changes it."""
    queue = deque(token.symbol for token in prompt.tokens)
    last, steps = configuration_of(list(queue)), 0
    assert last is not None
    for token in trace:
        if not token.symbol:
            break
        queue.append(token.symbol)
        if token.more:
            continue
        queue.popleft()
        if queue[0] in ("[", "]") and (now := configuration_of(list(queue))) not in (None, last):
            last, steps = now, steps + 1
    return queue_report(machine, options, last, steps, None if halted else "")
