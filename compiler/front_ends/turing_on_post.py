"""The format `.tm` on Post machines: `compiler.machines.post.turing` makes one for each Turing machine.

What uses at most s cells runs in a window of s tokens; a move to the left takes s tokens, one to the right takes one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import TuringMachine, parse
from compiler.front_ends.turing.queues import QueueOptions, delta_of, first_configuration, queue_report, split_at_head
from compiler.machines.machine import PromptError
from compiler.machines.post import machine as post_machine
from compiler.machines.post.turing import FULL, configuration_of, is_step, post_of, queue_of
from compiler.machines.post.vocabulary import Token
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt

__all__ = ["Options", "compile", "outgrown", "parse", "report_of_trace", "shortage"]


@dataclass(frozen=True)
class Options(QueueOptions):
    """window: how many tokens the transformer sees, which is how many cells the Turing machine may use.

    With `+` after the number, a run that has no more room begins again in a window twice as large: that is done outside
    the transformer.
    """

    window: str = "8+"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[1-9]\d{0,8}\+?", self.window):
            raise ValueError(
                f"option `window` is a number of tokens, with `+` after it if it may grow, not {self.window}"
            )

    @property
    def tokens(self) -> int:
        """Of the window that a run begins with."""
        return int(self.window.rstrip("+"))

    @property
    def grows(self) -> bool:
        """Whether a run may begin again in a larger one."""
        return self.window.endswith("+")

    def doubled(self) -> Options:
        """With a window twice as large."""
        return replace(self, window=f"{2 * self.tokens}+")


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have, or that the window has no room for.
    """
    return _prompt(machine, options or Options())


def _prompt(machine: TuringMachine, options: Options) -> TokenPrompt:
    left, scanned, right = split_at_head(first_configuration(machine, options.input))
    options, tokens = prompt_in_window(options, left, scanned, right)
    delta, names = delta_of(machine)
    return TokenPrompt(
        post_machine(post_of(delta, len(names), machine.symbols), options.tokens),
        "post",
        tokens,
        machine.source.text,
        machine.source.filename,
        "tm",
        given_options(options),
    )


def prompt_in_window(
    options: Options, left: Sequence[int], scanned: int, right: Sequence[int]
) -> tuple[Options, tuple[Token, ...]]:
    """The tokens of a configuration in state 0, and the options with a window that it fits into.

    Raises:
        PromptError: the window has no room for it, and may not grow.
    """
    while options.grows and options.tokens <= len(left) + len(right):
        options = options.doubled()
    try:
        state, queue = queue_of(left, 0, scanned, right, options.tokens)
    except ValueError as problem:
        raise PromptError(f"{problem}; choose a larger one with --set window=N") from None
    return options, tuple(Token(symbol, state) for symbol in queue)


def report_of_trace(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Token], halted: bool
) -> str:
    """See `queue_report`.

    Of a run that was cut in the middle of a turn, the configuration is that at its beginning.
    """
    return trace_report(delta_of(machine)[1], machine.states, options, prompt, trace, halted)


def trace_report(
    names: Sequence[str], defined: int, options: Options, prompt: TokenPrompt, trace: Sequence[Token], halted: bool
) -> str:
    """The report by the names of all states, of which the first `defined` have transitions."""
    window = options.tokens
    tokens = [*prompt.tokens, *trace]
    while not tokens[-1].symbol or tokens[-1].state == FULL:
        tokens.pop()
    # In the middle of a turn the queue shows no configuration; the last one was there at most a window ago.
    for end in range(len(tokens), window - 1, -1):
        last = configuration_of(tokens[end - 1].state, [token.symbol for token in tokens[end - window : end]])
        if last is not None:
            break
    else:
        raise PromptError("the prompt is in the middle of a turn of the queue, and the run was cut before its end")
    steps = sum(is_step(token.symbol, token.state) for token in tokens[len(prompt.tokens) : end])
    return queue_report(names, defined, options, last, steps, halted, _is_full(trace))


def shortage(options: Options, trace: Sequence[Token]) -> str:
    """What there was too little room for, if that is what a run ended for; else nothing."""
    full = f"no room: the machine needs more than {options.tokens} cells; choose more with --set window=N"
    return full if _is_full(trace) else ""


def outgrown(
    machine: TuringMachine, options: Options, prompt: TokenPrompt, trace: Sequence[Token]
) -> TokenPrompt | None:
    """The same in a window twice as large, if there was no room, and the window may grow."""
    larger = outgrown_by(options, trace)
    return None if larger is None else _prompt(machine, larger)


def outgrown_by(options: Options, trace: Sequence[Token]) -> Options | None:
    """The options for a window twice as large, if there was no room, and the window may grow."""
    return options.doubled() if options.grows and _is_full(trace) else None


def _is_full(trace: Sequence[Token]) -> bool:
    return any(token.state == FULL for token in trace[-2:])
