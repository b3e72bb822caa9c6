"""The rules of a Post machine that flips coins: one or two for each case."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from compiler.machines.post.rules import PostMachine
from compiler.machines.post.turing import post_of
from compiler.machines.turing import Delta


class CoinMachine(PostMachine):
    """A Post machine of which a state and a symbol may have two rules; each is taken with probability one half."""

    most = 2

    @cached_property
    def table(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """Of two rules, the one whose token has the lower number, as greedy decoding has it."""

        def number(does: tuple[str, str]) -> tuple[int, int]:
            return self.states.index(does[1]), self.symbols.index(does[0])

        return {case: min(does, key=number) for case, does in self.outcomes.items()}


def coin_of(heads: Delta, tails: Delta, states: int, letters: int) -> CoinMachine:
    """That of a probabilistic Turing machine: for a state and a letter it makes the one or the other transition.

    heads, tails: with the same keys; where both are alike, no coin is flipped.

    Raises:
        ValueError: one of them halts where the other goes on.
    """
    if heads.keys() != tails.keys():
        raise ValueError("one alternative halts where the other goes on; let it go on to a state that halts")
    one, other = post_of(heads, states, letters), post_of(tails, states, letters)
    return CoinMachine(tuple(dict.fromkeys((*one.rules, *other.rules))), one.other_states, one.other_symbols)
