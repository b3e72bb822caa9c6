"""Tokens and prompts of any machine, for tests of one's own machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from compiler.machines.machine import Machine

Token = TypeVar("Token")


def tokens(machine: Machine[Token]) -> st.SearchStrategy[Token]:
    """Tokens of the machine that do not halt; the first of its vocabulary is the simplest."""
    return st.sampled_from([token for n, token in enumerate(machine.vocabulary) if n not in machine.halting])


def prompts(machine: Machine[Token], max_size: int = 20) -> st.SearchStrategy[Sequence[Token]]:
    """Prompts after which the specification prescribes a token; those of the machine, if it has any.

    They are drawn of all sequences of up to `max_size` tokens that the specification takes: it refuses one by a
    ValueError or a LookupError, or by saying nothing. A machine that takes few of them gives `prompts` of its own.

    Raises:
        ValueError: the machine has no specification and no prompts.
    """
    if hasattr(machine.prompts, "example"):
        return _typed(machine.prompts)
    if machine.prompts:
        return st.sampled_from([tuple(prompt) for prompt in machine.prompts])
    if machine.specification is None:
        raise ValueError(f"the {machine.name} machine has neither prompts nor a specification: give it one of them")
    return st.lists(tokens(machine), min_size=1, max_size=max_size).filter(lambda prompt: _is_taken(machine, prompt))


def _typed(strategy: Any) -> st.SearchStrategy[Any]:
    assert isinstance(strategy, st.SearchStrategy)
    return strategy


def _is_taken(machine: Machine[Any], prompt: Sequence[Any]) -> bool:
    assert machine.specification is not None
    try:
        if machine.window is not None:
            machine.window.begin([machine.numbers[token] for token in prompt])
        return next(iter(machine.specification(prompt)), None) is not None
    except (ValueError, LookupError):
        return False
