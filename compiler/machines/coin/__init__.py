"""Post machines that flip coins: where a case has two rules, both tokens have the same logit, and decoding samples.

After Nowak, Svete, Butoi, Cotterell, "On the representational capacity of neural language models with chain-of-thought
reasoning" (ACL 2024, arXiv 2406.14197): probabilistic Turing machines, whose randomness is the sampling of the next
token. Everything but the rules is that of `compiler.machines.post`: tokens, window, circuit, and the compiler.
"""

from functools import cache

from compiler.circuits import Form
from compiler.machines.coin.rules import CoinMachine, coin_of
from compiler.machines.machine import Machine
from compiler.machines.post import in_window
from compiler.machines.post.vocabulary import Token

__all__ = ["WINDOW", "machine", "walk"]

WINDOW = 16
"""Tokens of the usual machine's window."""


@cache
def machine(coin: CoinMachine, window: int, form: Form = "stacked") -> Machine[Token]:
    """The machine in a window of so many tokens; the same object each time.

    Its specification is what greedy decoding does: of two tokens with the same logit, the one with the lower number.

    Raises:
        ValueError: the window has no token.
    """
    return in_window("coin", coin, window, form)


@cache
def walk() -> CoinMachine:
    """A random walk that writes a 1 wherever it comes, and halts where it comes to a 1 for the second time."""
    return coin_of({(0, 0): (1, 1, 1), (1, 0): (1, 1, 1)}, {(0, 0): (1, -1, 1), (1, 0): (1, -1, 1)}, 2, 2)
