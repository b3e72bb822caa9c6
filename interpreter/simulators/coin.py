"""The exact distribution of what a probabilistic Turing machine comes to: all coins at once, in rational numbers."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from compiler.front_ends.coin import CoinTuring

Outcome = tuple[str, int, int]
"""The state in which it halts (empty if it has not yet), steps, and symbols that are not blank."""


def distribution(machine: CoinTuring, max_steps: int) -> dict[Outcome, Fraction]:
    """Of a run from a blank tape of at most so many steps; what has not halted then is one outcome, `("", 0, 0)`.

    A transition that is not defined halts as well, in the state that has none.
    """
    now: Counter[tuple[int, int, tuple[tuple[int, int], ...]]] = Counter({(0, 0, ()): Fraction(1)})
    ended: Counter[Outcome] = Counter()
    for steps in range(max_steps + 1):
        following: Counter[tuple[int, int, tuple[tuple[int, int], ...]]] = Counter()
        for (state, head, tape), chance in now.items():
            cells = dict(tape)
            read = cells.get(head, 0)
            for half in (machine.heads, machine.tails):
                transition = half.rows[state][read]
                if transition is None:
                    ended[f"undefined {state}", steps, len(tape)] += chance / 2  # type: ignore[assignment]
                    continue
                written = {**cells, head: transition.write}
                kept = tuple(sorted((place, letter) for place, letter in written.items() if letter))
                if transition.target is None:
                    ended[transition.name, steps + 1, len(kept)] += chance / 2  # type: ignore[assignment]
                else:
                    following[transition.target, head + transition.move, kept] += chance / 2  # type: ignore[assignment]
        now = following
    found: dict[Outcome, Fraction] = {
        outcome: Fraction(chance) for outcome, chance in ended.items() if outcome[1] <= max_steps
    }
    rest = 1 - sum(found.values(), Fraction(0))
    return found | ({("", 0, 0): rest} if rest else {})
