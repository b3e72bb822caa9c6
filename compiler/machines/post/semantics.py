"""What a Post machine does, token by token, in plain Python: the specification of the transformer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from compiler.machines.post.rules import PostMachine
from compiler.machines.post.vocabulary import HALT, Token


def continuation(post: PostMachine, window: int, prompt: Iterable[Token]) -> Iterator[Token]:
    """The tokens that follow a prompt of a window of tokens or more; `halt`, if it is reached, included.

    The queue is the last `window` tokens, and the state is that of the last one.
    """
    queue = deque(prompt, maxlen=window)
    if len(queue) < window:
        raise ValueError(f"a prompt has at least as many tokens as the window: {window}, not {len(queue)}")
    while (does := post.table.get((queue[-1].state, queue[0].symbol))) is not None:
        token = Token(*does)
        yield token
        queue.append(token)
    yield HALT
