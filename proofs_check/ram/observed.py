"""The local states of a real run, taken from the specification as it runs, with their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from compiler.machines.ram import rules
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.rules import next_token
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import ENDS, Token
from proofs_check.ram.local import Local


@dataclass(frozen=True)
class Observed:
    """A local state, the token that follows, and the machine that it belongs to, which goes on when it is asked on.

    Attributes:
        position: of the last token. x_number: the operand x. start: position of the token before the first of the
            instruction. significant: for each sign, (position, group) of the latest group not all that sign.
    """

    local: Local
    follows: Token
    ram: Ram
    position: int
    significant: tuple[tuple[int, int], tuple[int, int]]


def states(layout: Layout, prompt: Sequence[Token], limit: int) -> Iterator[Observed]:
    """For each of the first `limit` tokens of a run: the local state before it, and the token that follows."""
    ram = Ram(layout)
    history: list[Token] = []
    significant = [(0, 0), (0, 0)]
    emitted = 0

    def take(token: Token) -> None:
        for sign in (0, 1):
            if token.family == "D" and token.value != sign * (layout.base - 1):
                significant[sign] = (len(history), token.value)
        history.append(token)
        ram.take(token)

    for token in prompt:
        take(token)
    for _ in range(limit):
        token = next_token(ram.local)
        before = [t.value for t in history[-3:-1][::-1]]
        shared = {f.name: getattr(ram.local, f.name) for f in fields(rules.Local)}
        local = Local(**shared, emitted=emitted, before=(before[0], before[1]))
        yield Observed(local, token, ram, len(history) - 1, (significant[0], significant[1]))
        if token.family in ("HALT", "FAULT"):
            return
        take(token)
        emitted = 0 if token.family in ENDS else emitted + 1
