"""Post machines in a sliding window: `rules`, `vocabulary`, `semantics` and `circuit`, in this order.

`turing` compiles any Turing machine to a Post machine.
"""

from functools import cache

from compiler.circuits import Form
from compiler.machines.machine import Machine
from compiler.machines.post.circuit import circuit
from compiler.machines.post.rules import PostMachine
from compiler.machines.post.semantics import continuation
from compiler.machines.post.turing import post_of
from compiler.machines.post.vocabulary import Token, Vocabulary
from compiler.machines.turing import Move
from compiler.machines.windows import SlidingWindow

__all__ = ["WINDOW", "in_window", "machine", "universal"]

WINDOW = 64
"""Tokens of the usual machine's window."""


@cache
def machine(post: PostMachine, window: int, form: Form = "stacked") -> Machine[Token]:
    """The machine of a Post machine in a window of so many tokens; the same object each time.

    Raises:
        ValueError: the window has no token.
    """
    return in_window("post", post, window, form)


def in_window(name: str, post: PostMachine, window: int, form: Form) -> Machine[Token]:
    """The same for a construction of this name, whose rules may flip coins."""
    if window < 1:
        raise ValueError(f"a window has at least one token, not {window}")
    tokens = Vocabulary(post)
    return Machine(
        name=f"{name}-{post.digest}-{window}",
        vocabulary=tokens,
        circuit=circuit(post, window),
        halting=frozenset({tokens.halt}),
        key=f"{post.digest} {window}",
        specification=lambda prompt: continuation(post, window, prompt),
        form=form,
        window=SlidingWindow(window),
    )


@cache
def universal() -> PostMachine:
    """That of the universal Turing machine U(15, 2): Neary and Woods, "Four small universal Turing machines", 2009."""
    table = "0RB1RA 1RC1RA 0LG0LE 0LF1LE 1RA1LD 1LD1LD 0LH1LG 1LI1LG 0RA1LJ 1LK--- 0RL1RN 0RM1RL 0LB1RL 0LC0RO 0RN1RN"
    delta: dict[tuple[int, int], tuple[int, Move, int]] = {}
    for state, row in enumerate(table.split()):
        for letter in (0, 1):
            write, move, target = tuple(row[3 * letter : 3 * letter + 3])
            if write != "-":
                delta[state, letter] = (int(write), 1 if move == "R" else -1, ord(target) - ord("A"))
    return post_of(delta, 15, 2)
