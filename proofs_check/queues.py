"""The specifications of the machines with a queue, as local as they are: the next token from two or three tokens.

Each repeats `compiler.machines.lag.semantics` and `post.semantics` in another form, so that `offsets` can enumerate.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from compiler.machines.lag.vocabulary import HALT as LAG_HALT
from compiler.machines.lag.vocabulary import Token as LagToken
from compiler.machines.lag.vocabulary import Vocabulary as LagVocabulary
from compiler.machines.machine import Machine
from compiler.machines.post.vocabulary import HALT as POST_HALT
from compiler.machines.post.vocabulary import Token as PostToken
from compiler.machines.post.vocabulary import Vocabulary as PostVocabulary
from proofs_check.offsets import Local


def local_specification(machine: Machine[Any]) -> Local | None:
    """Of a machine that this package knows, and that has one; None for others."""
    vocabulary, window = machine.vocabulary, machine.window
    if window is None:
        return None
    if isinstance(vocabulary, PostVocabulary):
        return _post(vocabulary, window.size)
    if isinstance(vocabulary, LagVocabulary):
        return _lag(vocabulary, window.size)
    return None


def _post(vocabulary: PostVocabulary, window: int) -> Local:
    """The state of the newest token and the symbol of the oldest."""

    def next_token(state: str, symbol: str) -> list[PostToken]:
        if not state or not symbol:
            return []
        return [PostToken(*does) for does in vocabulary.post.outcomes.get((state, symbol), ())] or [POST_HALT]

    newest, oldest, sampled = attrgetter("state"), attrgetter("symbol"), vocabulary.post.most > 1
    if window > 1:
        domain = f"every pair of a newest and an oldest token of a window of {window}, `halt` apart"
        return Local({0: newest, window - 1: oldest}, next_token, window, domain, sampled)
    domain = "every token but `halt`"
    return Local({0: lambda t: t}, lambda t: next_token(t.state, t.symbol), 1, domain, sampled)


def _lag(vocabulary: LagVocabulary, window: int) -> Local:
    """The first two symbols of the queue, and whether the last token has begun to append two."""
    table = vocabulary.system.table

    def next_token(more: bool, second: str, first: str) -> list[LagToken]:
        if not first or not second:
            return []
        appended = table.get((first, second), ())
        if more:
            return [LagToken(appended[1])] if len(appended) == 2 else []
        return [LagToken(appended[0], more=len(appended) == 2) if appended else LAG_HALT]

    keys = {0: attrgetter("more"), 1: attrgetter("symbol"), 2: attrgetter("symbol")}
    domain = "every two first symbols of a queue, before and after the first of two symbols is appended"
    return Local(keys, next_token, window, domain)
