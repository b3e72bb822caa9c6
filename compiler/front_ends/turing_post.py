"""The format `.tm` on Post machines: `compiler.machines.post.turing` makes one for each Turing machine.

What uses at most s cells runs in a window of s tokens; a move to the left takes s tokens, one to the right takes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import TuringMachine, parse
from compiler.front_ends.turing.queues import QueueOptions, delta_of, first_configuration, queue_report, split_at_head
from compiler.machines.machine import PromptError
from compiler.machines.post import machine as post_machine
from compiler.machines.post.turing import FULL, configuration_of, is_step, post_of, queue_of
from compiler.machines.post.vocabulary import Token
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt
from compiler.machines.turing import Configuration

__all__ = ["Options", "compile", "outgrown", "parse", "report_of_trace"]


FIRST = 8
"""Tokens of the window that a run begins with if none is asked for."""


@dataclass(frozen=True)
class Options(QueueOptions):
    """window: how many tokens the transformer sees, which is how many cells the Turing machine may use.

    0: as many as a power of two has that is enough. A run begins with few and, where there is no room any more, begins
    again in a window twice as large; that is done outside the transformer.
    """

    window: int = 0

    def __post_init__(self) -> None:
        if self.window < 0:
            raise ValueError(
                f"option `window` is a number of tokens, or 0 for as many as are needed, not {self.window}"
            )


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have, or that the window has no room for.
    """
    options = options or Options()
    left, scanned, right = split_at_head(first_configuration(machine, options.input))
    window = options.window or FIRST
    while not options.window and window <= len(left) + len(right):
        window *= 2
    return _in_window(machine, options, window)


def _in_window(machine: TuringMachine, options: Options, window: int) -> TokenPrompt:
    delta, states, symbols = delta_of(machine)
    left, scanned, right = split_at_head(first_configuration(machine, options.input))
    try:
        state, queue = queue_of(left, 0, scanned, right, window)
    except ValueError as problem:
        raise PromptError(f"{problem}; choose a larger one with --set window=N") from None
    return TokenPrompt(
        post_machine(post_of(delta, states, symbols), window),
        "post",
        tuple(Token(symbol, state) for symbol in queue),
        machine.source.text,
        machine.source.filename,
        "tm",
        given_options(options),
    )


def report_of_trace(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Token], halted: bool
) -> str:
    """See `queue_report`; where there is no more room on the tape, that is said first."""
    window = len(prompt.tokens)
    tokens = [*prompt.tokens, *trace]
    while not tokens[-1].symbol or tokens[-1].state == FULL:
        tokens.pop()
    # In the middle of a turn the queue shows no configuration; the last one is at most a turn ago.
    shown = (_configuration(tokens[end - window : end]) for end in range(len(tokens), window - 1, -1))
    last = next(configuration for configuration in shown if configuration is not None)
    steps = sum(is_step(token.symbol, token.state) for token in tokens[window:])
    full = f"no room: the machine needs more than {window} cells; choose more with --set window=N"
    return queue_report(machine, options, last, steps, full if _is_full(trace) else None if halted else "")


def outgrown(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Token]
) -> TokenPrompt | None:
    """The same in a window twice as large, if there was no room, and no window was asked for."""
    return _in_window(machine, options, 2 * len(prompt.tokens)) if _is_full(trace) and not options.window else None


def _is_full(trace: Sequence[Token]) -> bool:
    return any(token.state == FULL for token in trace[-2:])


def _configuration(queue: Sequence[Token]) -> Configuration | None:
    return configuration_of(queue[-1].state, [token.symbol for token in queue])
