"""What a Lag system does, token by token, in plain Python: the specification of the transformer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.vocabulary import HALT, Token


def continuation(system: LagSystem, prompt: Iterable[Token]) -> Iterator[Token]:
    """The tokens that follow a prompt, a queue of two symbols or more; `halt`, if it is reached, included.

    A queue never gets shorter: each step appends at least as many symbols as it drops.
    """
    queue = deque(token.symbol for token in prompt)
    if len(queue) < 2:
        raise ValueError("a queue has at least two symbols")
    while (appended := system.table.get((queue[0], queue[1]))) is not None:
        *firsts, last = appended
        yield from (Token(symbol, more=True) for symbol in firsts)
        yield Token(last)
        queue.extend(appended)
        queue.popleft()
    yield HALT
