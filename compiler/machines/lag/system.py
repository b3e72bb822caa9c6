"""Lag systems (Wang 1963), with a window of two, as in Schuurmans, Dai, Zanini 2024 (arXiv 2410.03170, section 3).

The state is a queue of symbols. A step looks at the first two, appends what the rule for them says, and drops the
first. Where there is no rule, or fewer than two symbols are left, the system halts.

A text has a rule a line, `aB gJ: vD` or, symbols of two characters run together as they are published, `aBgJ:vD`;
`#` begins a comment. Symbols hold no white space and no `:`.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


class LagError(ValueError):
    """A text that is no Lag system; the message names the line and says what to write instead."""


@dataclass(frozen=True)
class LagSystem:
    """`rules`: (first, second, what is appended: one or two symbols), in the order of the text, no window twice.

    others: symbols of which the rules need not speak.
    """

    rules: tuple[tuple[str, str, tuple[str, ...]], ...]
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: set[tuple[str, str]] = set()
        for first, second, appended in self.rules:
            if (first, second) in seen:
                raise LagError(f"two rules for the window {first} {second}: leave one out")
            if len(appended) not in (1, 2):
                raise LagError(f"the rule for {first} {second} appends {len(appended)} symbols: append one or two")
            seen.add((first, second))

    @cached_property
    def table(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """What each rule appends, by the two symbols that it reads."""
        return {(first, second): appended for first, second, appended in self.rules}

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """All symbols, in the order in which the rules have them first."""
        of_rules = (s for first, second, appended in self.rules for s in (first, second, *appended))
        return tuple(dict.fromkeys((*of_rules, *self.others)))

    @cached_property
    def digest(self) -> str:
        """A short name of the rules."""
        return hashlib.sha256(repr((self.rules, self.others) if self.others else self.rules).encode()).hexdigest()[:8]

    def run(self, queue: Iterable[str], max_steps: int) -> tuple[int, list[str]]:
        """How many steps it makes, at most so many, and the queue after them: the simulator."""
        symbols = deque(queue)
        for steps in range(max_steps):
            appended = self.table.get((symbols[0], symbols[1])) if len(symbols) >= 2 else None
            if appended is None:
                return steps, list(symbols)
            symbols.popleft()
            symbols.extend(appended)
        return max_steps, list(symbols)


def parse(text: str, filename: str = "<lag>") -> LagSystem:
    """The system of a text.

    Raises:
        LagError: a line that is no rule, two rules for one window, no rules at all.
    """
    rules = []
    for number, line in enumerate(text.split("\n"), 1):
        rule = line.partition("#")[0] if ":" not in line.partition("#")[2] else line
        if not rule.strip():
            continue
        window, colon, appended = rule.partition(":")
        first_second, out = split(window), split(appended)
        if not colon or len(first_second) != 2 or len(out) not in (1, 2):
            raise LagError(
                f"{filename}:{number}: error: this is no rule: {line.strip()!r}\n"
                "hint: write two symbols, a colon, and the one or two that are appended, as in `a b: c d`"
            )
        rules.append((first_second[0], first_second[1], tuple(out)))
    if not rules:
        raise LagError(f"{filename}: error: there are no rules here")
    try:
        return LagSystem(tuple(rules))
    except LagError as problem:
        raise LagError(f"{filename}: error: {problem}") from None


def split(text: str) -> list[str]:
    """The symbols of a text: what white space parts, or else every two characters."""
    words = text.split()
    if len(words) == 1 and len(words[0]) > 2 and len(words[0]) % 2 == 0:
        return [words[0][i : i + 2] for i in range(0, len(words[0]), 2)]
    return words
