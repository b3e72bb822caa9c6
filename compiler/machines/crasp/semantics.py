"""What a counter machine does, token by token, in plain Python: the specification of the transformer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.machines.crasp.program import CounterProgram
from compiler.machines.crasp.vocabulary import START, Token, Vocabulary


def continuation(program: CounterProgram, prompt: Iterable[Token]) -> Iterator[Token]:
    """The tokens that follow a prompt, the halting one included; none after a halting one.

    Raises:
        ValueError: `^` is not the first token, or not only that, or a counter is below 0.
    """
    vocabulary = Vocabulary(program)
    values = [0] * len(program.counters)
    tokens = list(prompt)
    if not tokens or tokens.index(START) if START in tokens else True:
        raise ValueError("a prompt begins with ^")
    if tokens.count(START) > 1:
        raise ValueError("a prompt has one ^")
    for token in tokens:
        if token.counter >= 0:
            values[token.counter] += token.change
    if min(values, default=0) < 0:
        raise ValueError("a counter of the prompt is below 0")
    at = tokens[-1].next
    while at >= 0:
        instruction = program.instructions[at]
        token = vocabulary.following(at, zero=instruction.kind == "dec" and values[instruction.counter] == 0)
        yield token
        if token.counter >= 0:
            values[token.counter] += token.change
        at = token.next
