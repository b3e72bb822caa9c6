"""Probabilistic Turing machines: the one-line format with two alternatives, `1RB/0LA`, where a coin is flipped.

They run in a window, like Turing machines on Post machines (`turing_on_post`), and are sampled: `--seed` says how the
coins fall.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from compiler.front_ends.options import given_options
from compiler.front_ends.reading import Text
from compiler.front_ends.turing.machine import TuringMachine
from compiler.front_ends.turing.machine import parse as parse_turing
from compiler.front_ends.turing.queues import delta_of, first_configuration, split_at_head
from compiler.front_ends.turing_on_post import Options, outgrown_by, prompt_in_window, shortage, trace_report
from compiler.language.syntax import Span
from compiler.machines.coin import machine as coin_machine
from compiler.machines.coin.rules import coin_of
from compiler.machines.post.vocabulary import Token
from compiler.machines.ram.isa import Layout
from compiler.machines.tokens.prompt import TokenPrompt

__all__ = ["Options", "compile", "outgrown", "parse", "report_of_trace", "shortage"]

_PAIR = re.compile(r"(\d+[LR][A-Z]+|---)/(\d+[LR][A-Z]+|---)")


@dataclass(frozen=True)
class CoinTuring:
    """One Turing machine for heads and one for tails, alike where no coin is flipped; text, filename: of the source."""

    heads: TuringMachine
    tails: TuringMachine
    text: str
    filename: str


def parse(text: str, filename: str = "<machine>") -> CoinTuring:
    """Raises SourceError: not in the format; an alternative to a transition that is not defined."""
    for pair in _PAIR.finditer(text):
        if "---" in pair.groups():
            line, column = text.count("\n", 0, pair.start()) + 1, pair.start() - text.rfind("\n", 0, pair.start())
            hint = "let it go to Z, which halts"
            span = Span(line, column, line, column + len(pair[0]))
            raise Text.of(text, filename).error("one alternative is not defined", hint, span)
    # What is left out is blank, so that lines and columns stay.
    heads = _PAIR.sub(lambda pair: pair[1] + " " * (len(pair[0]) - len(pair[1])), text)
    tails = _PAIR.sub(lambda pair: " " * (len(pair[0]) - len(pair[2])) + pair[2], text)
    return CoinTuring(parse_turing(heads, filename), parse_turing(tails, filename), text, filename)


def compile(machine: CoinTuring, options: Options | None = None, layout: Layout | None = None) -> TokenPrompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have, or that the window has no room for.
    """
    return _prompt(machine, options or Options())


def _prompt(machine: CoinTuring, options: Options) -> TokenPrompt:
    left, scanned, right = split_at_head(first_configuration(machine.heads, options.input))
    options, tokens = prompt_in_window(options, left, scanned, right)
    (heads, names), (tails, others) = delta_of(machine.heads), delta_of(machine.tails)
    names = list(dict.fromkeys((*names, *others)))
    halts = {others.index(name): names.index(name) for name in others}
    tails = {case: (write, move, halts[target]) for case, (write, move, target) in tails.items()}
    return TokenPrompt(
        coin_machine(coin_of(heads, tails, len(names), machine.heads.symbols), options.tokens),
        "coin",
        tokens,
        machine.text,
        machine.filename,
        "coin",
        given_options(options),
    )


def report_of_trace(
    machine: CoinTuring, options: Options, prompt: TokenPrompt, trace: Sequence[Token], halted: bool
) -> str:
    """See `turing_on_post.report_of_trace`."""
    names = list(dict.fromkeys((*delta_of(machine.heads)[1], *delta_of(machine.tails)[1])))
    return trace_report(names, machine.heads.states, options, prompt, trace, halted)


def outgrown(machine: CoinTuring, options: Options, prompt: TokenPrompt, trace: Sequence[Token]) -> TokenPrompt | None:
    """The same in a window twice as large, if there was no room, and the window may grow."""
    larger = outgrown_by(options, trace)
    return None if larger is None else _prompt(machine, larger)
