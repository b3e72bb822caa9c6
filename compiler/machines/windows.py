"""Windows: what a loop outside the transformer shows it of a trace, by the numbers of its tokens.

This is work that is done outside the transformer, all of it: three rules. None of them decides a token.

| window   | what is seen                                          | what the loop looks at                  |
|----------|-------------------------------------------------------|-----------------------------------------|
| sliding  | the latest tokens, always as many                     | nothing                                 |
| queue    | the first two symbols of a queue, and the last token  | whether a token ends a step             |
| summary  | all from the beginning of the latest summary on       | where a summary begins, and where it ends |

`punchtape export --to huggingface` copies this file: it imports nothing of this project.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Context(Protocol):
    """What the transformer sees of one trace."""

    def seen(self) -> Sequence[int]:
        """The tokens that the transformer sees now; the next token is decoded after the last of them."""
        ...

    def append(self, token: int) -> bool:
        """The trace goes on with this token.

        Returns whether what is seen now is what was seen before and this token. An engine then goes on from there;
        otherwise it begins anew, which is always right.
        """
        ...

    def kept(self) -> Sequence[int]:
        """What of the trace can still be seen, now or later: the prompt with which a run that is cut goes on."""
        ...


class Window(Protocol):
    """A loop that shows the transformer less than the whole trace.

    Positions are counted within the window.
    """

    @property
    def size(self) -> int:
        """How many tokens it shows at most."""
        ...

    def begin(self, prompt: Iterable[int]) -> Context:
        """The context after a prompt; raises ValueError if the prompt is too short."""
        ...


def stretches(window: Window, prompt: Iterable[int], following: Iterable[int]) -> Iterator[tuple[list[int], int]]:
    """A trace in stretches, in each of which all that was seen is seen still.

    Yields the tokens that are seen at the end of each, and the index of the last one that was seen at its beginning.
    From this index on, there is a token after each: in the trace, but for the last of all.
    """
    context = window.begin(prompt)
    seen = [*context.seen()]
    first = len(seen) - 1
    for token in following:
        if context.append(token):
            seen.append(token)
            continue
        yield seen, first
        seen = [*context.seen()]
        first = len(seen) - 1
    yield seen, first


@dataclass(frozen=True)
class SlidingWindow:
    """The last `size` tokens, as in standard decoding with a sliding window: the oldest goes for each new one.

    Where heads look at fixed offsets within it and no position is read, it hides nothing (`compiler.machines.sliding`).
    """

    size: int

    def begin(self, prompt: Iterable[int]) -> SlidingContext:
        """Raises ValueError: fewer tokens than the window has."""
        return SlidingContext(self.size, prompt)


class SlidingContext:
    """The window on one trace."""

    def __init__(self, size: int, prompt: Iterable[int]) -> None:
        self._seen = deque(map(int, prompt), maxlen=size)
        if len(self._seen) < size:
            raise ValueError(f"a prompt has at least as many tokens as the window: {size}, not {len(self._seen)}")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return tuple(self._seen)

    def kept(self) -> tuple[int, ...]:
        """The same."""
        return self.seen()

    def append(self, token: int) -> bool:
        """The newest token; the oldest one is seen no more."""
        self._seen.append(token)
        return False


@dataclass(frozen=True)
class QueueWindow:
    """The *generalised autoregressive decoding* of Schuurmans, Dai, Zanini 2024: tokens are appended to the end of the
    trace, and the window moves on through it, at its own pace.

    It has three places: the first two symbols of the queue, and the last token of the trace, which says whether the
    step appends another symbol. more: the numbers of the tokens that say so; after any other, the first symbol goes.
    """

    more: frozenset[int]
    size: int = 3

    def begin(self, prompt: Iterable[int]) -> QueueContext:
        """Raises ValueError: fewer than two symbols."""
        return QueueContext(self.more, prompt)


class QueueContext:
    """The window on one trace. `queue` is all that is kept of it."""

    def __init__(self, more: frozenset[int], prompt: Iterable[int]) -> None:
        self._more = more
        self.queue = deque(map(int, prompt))
        if len(self.queue) < 2:
            raise ValueError("a queue has at least two symbols")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return self.queue[0], self.queue[1], self.queue[-1]

    def kept(self) -> tuple[int, ...]:
        """The queue."""
        return tuple(self.queue)

    def append(self, token: int) -> bool:
        """The queue gains a symbol, and loses its first one at the end of a rule."""
        self.queue.append(token)
        if token not in self._more:
            self.queue.popleft()
        return False


@dataclass(frozen=True)
class SummaryWindow:
    """From the beginning of the latest whole summary on: where one has ended, what is before its beginning is dropped.

    The summary is the transformer's own. begins, ends: the numbers of the tokens before and after one; size: tokens
    that positions tell apart.
    """

    begins: int
    ends: int
    size: int

    def begin(self, prompt: Iterable[int]) -> SummaryContext:
        """Raises ValueError: no tokens."""
        return SummaryContext(self, prompt)


class SummaryContext:
    """The window on one trace."""

    def __init__(self, window: SummaryWindow, prompt: Iterable[int]) -> None:
        self._window = window
        self._seen = [*map(int, prompt)]
        if not self._seen:
            raise ValueError("a prompt has at least one token")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return tuple(self._seen)

    def append(self, token: int) -> bool:
        """One more; the end of a summary is the end of all before it."""
        self._seen.append(token)
        if token != self._window.ends:
            return True
        start = len(self._seen) - 1 - self._seen[::-1].index(self._window.begins)
        del self._seen[:start]
        return start == 0

    def kept(self) -> tuple[int, ...]:
        """What a run needs to go on."""
        return tuple(self._seen)


KINDS: dict[str, type[SlidingWindow | QueueWindow | SummaryWindow]] = {
    "last": SlidingWindow,
    "queue": QueueWindow,
    "summary": SummaryWindow,
}
"""By the name that files have for them."""


def plain(window: Window) -> dict[str, object] | None:
    """A window as JSON can have it; None for one that follows rules of its own."""
    for kind, made in KINDS.items():
        if isinstance(window, made):
            return {"kind": kind} | {k: sorted(v) if isinstance(v, frozenset) else v for k, v in vars(window).items()}
    return None


def of_plain(written: dict[str, object]) -> Window:
    """The window that `plain` wrote."""
    rest = {k: frozenset(v) if isinstance(v, list) else v for k, v in written.items() if k != "kind"}
    made: type[Window] = KINDS[str(written["kind"])]
    return made(**rest)
