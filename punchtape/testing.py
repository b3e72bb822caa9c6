"""Tests of one's own machine: all engines against its specification, with the smallest prompt on which they differ.

They need the extra `test`, which brings Hypothesis.

>>> from punchtape import Circuit, Machine
>>> from punchtape.testing import Disagreement, check_machine
>>> circuit = Circuit("tick tock", ["tick", "tock"], max_tokens=2**10)
>>> is_tick = circuit.feature("is tick", lambda token: int(token == "tick"))
>>> circuit.logit(2 * is_tick - 1, lambda token: int(token == "tock"))
>>> def same(prompt):
...     while True:
...         yield prompt[-1]
>>> wrong = Machine("tick tock", circuit.vocabulary, circuit, frozenset(), specification=same)
>>> try:
...     check_machine(wrong, engines=["dense"])
... except Disagreement as found:
...     print(found)
after the prompt  tick
the specification of tick tock prescribes  tick
dense emits  tock
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compiler.machines.machine import Machine
from interpreter.engines.agreement import ENGINES, Agreement, Disagreement
from punchtape.strategies import prompts as prompts_of

__all__ = ["ENGINES", "Agreement", "Disagreement", "check_machine"]


def check_machine(
    machine: Machine[Any],
    prompts: Any = None,
    tokens: int = 100,
    max_examples: int = 50,
    engines: Iterable[str] = ENGINES,
) -> None:
    """Compares specification, dense engine, indexed engine and batch verification, token by token, on drawn prompts.

    Args:
        prompts: a Hypothesis strategy for prompts; if not given, `punchtape.strategies.prompts(machine)`.
        tokens: of each trace at most.
        max_examples: prompts that are drawn.
        engines: some of `ENGINES`.

    Raises:
        Disagreement: an engine says something else; the prompt in it is the smallest that Hypothesis found.
        ValueError: the machine has no specification, or no prompts can be drawn.
        UnknownEngine, NotIndexable: an engine cannot do what this machine needs; leave it out of `engines`.
    """
    from hypothesis import HealthCheck, given, settings

    agreement = Agreement(machine, engines)

    @settings(
        max_examples=max_examples, deadline=None, database=None,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )  # fmt: skip
    @given(prompts_of(machine) if prompts is None else prompts)
    def all_agree(prompt: Any) -> None:
        agreement.check(prompt, tokens)

    all_agree()
