"""What a Lag system does, token by token, in plain Python: the specification of the transformer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.vocabulary import HALT, Token


def continuation(system: LagSystem, prompt: Iterable[Token]) -> Iterator[Token]:
    """The tokens that follow a prompt, a queue of two symbols or more; `halt`, if it is reached, included.

    A queue never gets shorter: each step appends at least as many symbols as it drops. A prompt whose last token is
    `x+` is that of a run cut within a step, of which the second symbol comes first.
    """
    tokens = list(prompt)
    if len(tokens) < 2:
        raise ValueError("a queue has at least two symbols")
    queue = deque(token.symbol for token in tokens)
    if tokens[-1].more:
        appended = system.table.get((queue[0], queue[1]))
        if appended is None or len(appended) != 2:
            raise ValueError("no step from this queue appends two symbols")
        yield Token(appended[1])
        queue.append(appended[1])
        queue.popleft()
    while (appended := system.table.get((queue[0], queue[1]))) is not None:
        *firsts, last = appended
        yield from (Token(symbol, more=True) for symbol in firsts)
        yield Token(last)
        queue.extend(appended)
        queue.popleft()
    yield HALT
