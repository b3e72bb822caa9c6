"""Post machines: automata with a queue, as in Li and Wang, NeurIPS 2025 (arXiv 2506.12027).

A step takes the first symbol off the queue; the state and this symbol say which symbol is appended, and which state is
next. So the queue never changes its length. Where there is no rule, the machine halts.

A text has a rule a line, `q a: b r`: in state q, the symbol a is taken off, b is appended, and the next state is r;
`#` begins a comment. Names of states and symbols hold no white space and no `:`.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar


class PostError(ValueError):
    """A text that is no Post machine; the message names the line and says what to write instead."""


@dataclass(frozen=True)
class PostMachine:
    """`rules`: (state, symbol taken off, symbol appended, next state), in the order of the text.

    other_states, other_symbols: those of which the rules need not speak.
    """

    rules: tuple[tuple[str, str, str, str], ...]
    other_states: tuple[str, ...] = ()
    other_symbols: tuple[str, ...] = ()

    most: ClassVar[int] = 1
    """Rules that a state and a symbol may have."""

    def __post_init__(self) -> None:
        for (state, read), does in self.outcomes.items():
            if len(does) > self.most:
                raise PostError(f"{len(does)} rules for state {state} and symbol {read}: there may be {self.most}")

    @cached_property
    def outcomes(self) -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
        """All (symbol appended, next state) by (state, symbol taken off)."""
        found: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        for state, read, write, target in self.rules:
            found[state, read] = (*found.get((state, read), ()), (write, target))
        return found

    @cached_property
    def table(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """(symbol appended, next state) by (state, symbol taken off)."""
        return {(state, read): (write, target) for state, read, write, target in self.rules}

    @cached_property
    def states(self) -> tuple[str, ...]:
        """All states, in the order in which the rules have them first."""
        of_rules = (q for state, _, _, target in self.rules for q in (state, target))
        return tuple(dict.fromkeys((*of_rules, *self.other_states)))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """All symbols, in the order in which the rules have them first."""
        of_rules = (a for _, read, write, _ in self.rules for a in (read, write))
        return tuple(dict.fromkeys((*of_rules, *self.other_symbols)))

    @cached_property
    def digest(self) -> str:
        """A short name of the rules."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:8]

    def run(self, state: str, queue: Iterable[str], max_steps: int) -> tuple[int, str, list[str]]:
        """How many steps it makes, at most so many, and state and queue after them: the simulator."""
        symbols = deque(queue)
        for steps in range(max_steps):
            does = self.table.get((state, symbols[0]))
            if does is None:
                return steps, state, list(symbols)
            written, state = does
            symbols.popleft()
            symbols.append(written)
        return max_steps, state, list(symbols)


def parse(text: str, filename: str = "<post>") -> PostMachine:
    """The machine of a text.

    Raises:
        PostError: a line that is no rule, two rules for one case, no rules at all.
    """
    rules = []
    for number, line in enumerate(text.split("\n"), 1):
        rule = line.partition("#")[0]
        if not rule.strip():
            continue
        case, colon, does = rule.partition(":")
        match case.split(), does.split():
            case [state, read], [write, target] if colon:
                rules.append((state, read, write, target))
            case _:
                raise PostError(
                    f"{filename}:{number}: error: this is no rule: {line.strip()!r}\n"
                    "hint: write the state, the symbol taken off, a colon, the symbol appended and the next state, "
                    "as in `q a: b r`"
                )
    if not rules:
        raise PostError(f"{filename}: error: there are no rules here")
    return PostMachine(tuple(rules))
