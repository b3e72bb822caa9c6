"""From tokens, or their text, to tokens: a machine on any engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

from compiler.machines.machine import Machine
from compiler.machines.tokens.prompt import TokenPrompt, prompt_of
from interpreter.engines import DEFAULT, create
from interpreter.engines.engine import Engine

Token = TypeVar("Token")


def decode(
    machine: Machine[Token],
    prompt: str | Iterable[Token],
    engine: str | Engine = DEFAULT,
    max_tokens: int | None = None,
) -> Iterator[Token]:
    """The tokens that follow a prompt, one by one as they are asked for; the last is one that halts.

    >>> from punchtape import Circuit, Machine, decode
    >>> circuit = Circuit("tick tock", ["tick", "tock"])
    >>> is_tick = circuit.feature("is tick", lambda token: int(token == "tick"))
    >>> circuit.logit(2 * is_tick - 1, lambda token: int(token == "tock"))
    >>> [*decode(Machine("tick tock", circuit.vocabulary, circuit, frozenset()), "tick", "dense", max_tokens=3)]
    ['tock', 'tick', 'tock']

    Args:
        prompt: tokens of the machine; or, if it is a `str`, a text that the machine's codec reads.
        engine: a name (see `interpreter.engines`), or an engine that was made for this machine, which saves making it.
        max_tokens: of the trace at most; if not given, until the machine halts.

    Raises:
        PromptError: the text is none that the codec reads, or a token is none of the machine's.
        UnknownEngine: there is no such engine, or it cannot do what this machine needs.
    """
    made = prompt_of(machine, "", prompt) if isinstance(prompt, str) else TokenPrompt(machine, "", tuple(prompt))
    decoder = create(engine, machine) if isinstance(engine, str) else engine
    return _tokens(machine, decoder, made, max_tokens)


def _tokens(machine: Machine[Token], engine: Engine, prompt: TokenPrompt, max_tokens: int | None) -> Iterator[Token]:
    """Engines look ahead in chunks that grow; they are asked for no more than a few times what was taken."""
    for chunk in engine.decode(prompt.numbers, max_tokens):
        for number in np.asarray(chunk).tolist():
            yield machine.vocabulary[number]
