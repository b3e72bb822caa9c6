"""The prompt codec: `^`, then the first values of the counters in unary, `x x x y y`.

A prompt is a multiset of tokens: all orders that begin with `^` are continued alike. That is all that attention without
positions can see, and so the prompt of the universal machine holds a program as numbers of tokens, too.

A *snapshot* of a run is the values before its last step, and the token of that step, which says what is next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits import Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.crasp.program import CounterProgram
from compiler.machines.crasp.universal import DoesNotFit, encoded, universal
from compiler.machines.crasp.vocabulary import Token, Vocabulary
from compiler.machines.machine import Machine, PromptError

LONGEST = 2**22
"""Tokens of a prompt: some seconds of the indexed engine."""


@dataclass(frozen=True)
class Prompt:
    """A program with first values of its counters, or with a snapshot of a run that is to go on.

    program: of the source; values: of its counters, first or before the last step; interpreted: whether the program is
    in the prompt, for the universal machine, instead of in the weights; last: the token of the last step of a run, by
    its text; machine_values: of the universal machine's counters, in a snapshot of its run; source_steps: so far, in a
    snapshot; source, filename: what the program was compiled from. form: of the weights; positions: how long the
    engines let a trace become, since these weights tell no positions apart.

    Raises:
        PromptError: a value is below 0, they are too large to write in unary, or the program does not fit.
    """

    program: CounterProgram
    values: tuple[int, ...]
    interpreted: bool = False
    last: str = ""
    machine_values: tuple[int, ...] = ()
    source_steps: int = 0
    source: str = ""
    filename: str = ""
    form: Form = "stacked"
    positions: int = MAX_TOKENS

    def __post_init__(self) -> None:
        counts = self.counts
        if len(counts) != len(self.in_weights.counters) or min(counts, default=0) < 0:
            raise PromptError("every counter has a first value, of 0 or more")
        if sum(counts) > LONGEST:
            raise PromptError(
                f"first values are written in unary, and these take {sum(counts):,} tokens, more than {LONGEST:,}; "
                "the RAM has numbers: --machine ram"
            )
        if self.last and self.last not in self._texts:
            raise PromptError(f"this counter machine has no token {self.last!r}")

    @property
    def _texts(self) -> set[str]:
        return {token.text for token in Vocabulary(self.in_weights)}

    @cached_property
    def in_weights(self) -> CounterProgram:
        """The program that the weights have: this one, or the universal one."""
        return universal() if self.interpreted else self.program

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many tokens of each counter of the machine the prompt has."""
        if not self.interpreted:
            return self.values
        if self.machine_values:
            return self.machine_values
        try:
            return tuple(encoded(self.program, self.values))
        except DoesNotFit as problem:
            raise PromptError(f"{problem}; leave universal=yes out") from None

    @property
    def machine(self) -> Machine[Any]:
        """The machine for this program and form of the weights."""
        from compiler.machines.crasp import machine

        return machine(self.in_weights, self.positions, self.form)

    @property
    def construction(self) -> str:
        """Its machine folder."""
        return "crasp"

    def in_form(self, form: Form) -> Prompt:
        """The same prompt for weights of this form: the same tokens."""
        return replace(self, form=form)

    def telling_apart(self, positions: int) -> Prompt:
        """The same prompt for traces of up to so many tokens: the same tokens."""
        return replace(self, positions=positions)

    @property
    def input_text(self) -> str:
        """There is none: the first values are part of the program."""
        return ""

    @property
    def reads_input(self) -> bool:
        """No: first values are an option of the format."""
        return False

    def with_input(self, text: str) -> Prompt:
        """The same prompt: what the input says is in the first values already."""
        return self

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """`^`, the counters in unary, and the last step of a snapshot."""
        vocabulary = Vocabulary(self.in_weights)
        names = [name for name, count in zip(self.in_weights.counters, self.counts) for _ in range(count)]
        return tuple(vocabulary[vocabulary.number(text)] for text in ("^", *names, *([self.last] if self.last else [])))

    @cached_property
    def numbers(self) -> npt.NDArray[np.int32]:
        """The numbers of `tokens`."""
        vocabulary = self.machine.vocabulary
        first = np.repeat(np.arange(1, 1 + len(self.counts), dtype=np.int32), self.counts)
        last = [vocabulary.number(self.last)] if self.last else []  # type: ignore[attr-defined]
        return np.concatenate([np.zeros(1, np.int32), first, np.array(last, dtype=np.int32)])
