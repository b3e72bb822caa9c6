"""Post machines in a sliding window: `rules`, `vocabulary`, `semantics`, `circuit` and `window`, in this order.

`turing` compiles any Turing machine to a Post machine.
"""

from functools import cache

from compiler.circuits import Form
from compiler.machines.machine import Machine
from compiler.machines.post.circuit import circuit
from compiler.machines.post.rules import PostMachine
from compiler.machines.post.semantics import continuation
from compiler.machines.post.vocabulary import Token, Vocabulary
from compiler.machines.post.window import SlidingWindow

__all__ = ["machine"]


@cache
def machine(post: PostMachine, window: int, form: Form = "stacked") -> Machine[Token]:
    """The machine of a Post machine in a window of so many tokens; the same object each time.

    Raises:
        ValueError: the window has no token.
    """
    if window < 1:
        raise ValueError(f"a window has at least one token, not {window}")
    tokens = Vocabulary(post)
    return Machine(
        name=f"post-{post.digest}-{window}",
        vocabulary=tokens,
        circuit=circuit(post, window),
        halting=frozenset({tokens.halt}),
        key=f"{post.digest} {window}",
        specification=lambda prompt: continuation(post, window, prompt),
        form=form,
        window=SlidingWindow(window),
    )
