"""A machine that a prompt has been moved into, and how its tokens are those of the machine that it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits import Weights
from compiler.machines.machine import Machine, Prompt
from compiler.machines.specialised.machine import FixedMachine, fixed_machine

Tokens = npt.NDArray[np.int32]


class NotSpecialisable(ValueError):
    """These weights, or this prompt, cannot be specialised; the message says what stands in the way."""


@dataclass(frozen=True)
class Specialised:
    """A transformer that a prompt has been moved into.

    Attributes:
        weights: its weights.
        prompt: the prompt that it was made for, without input.
        length: how many tokens of it are gone, and stand at the first position.
        tokens: of each token of the transformer, its number in the vocabulary of the prompt's machine; the first one
            stands for the prompt.
    """

    weights: Weights
    prompt: Prompt
    length: int
    tokens: tuple[int, ...]

    @cached_property
    def machine(self) -> FixedMachine:
        """The machine that engines take; its tokens are those of the original, its prompts begin with `tokens[0]`."""
        original: Machine[Any] = self.prompt.machine
        vocabulary = [original.vocabulary[number] for number in self.tokens]
        halting = frozenset(i for i, number in enumerate(self.tokens) if number in original.halting)
        specification = original.specification
        if specification is None:
            return fixed_machine(self.weights, vocabulary, halting)
        before = [original.vocabulary[number] for number in self.prompt.numbers[: self.length]]

        def after(tokens: Iterable[Any]) -> Iterator[Any]:
            first, *rest = tokens
            return specification([*before, *rest])

        return fixed_machine(self.weights, vocabulary, halting, after)

    @cached_property
    def _place(self) -> npt.NDArray[np.int32]:
        place = np.full(len(self.prompt.machine.vocabulary), -1, dtype=np.int32)
        place[list(self.tokens)] = np.arange(len(self.tokens))
        return place

    def shortened(self, numbers: Tokens) -> Tokens:
        """The prompt of this transformer for one of the original.

        Raises:
            NotSpecialisable: it begins with another program, or has a token that is not left.
        """
        if (
            not np.array_equal(numbers[: self.length], self.prompt.numbers[: self.length])
            or len(numbers) <= self.length
        ):
            raise NotSpecialisable("the prompt is not one of the program that these weights were specialised to")
        return self.translated(np.concatenate([[self.tokens[0]], numbers[self.length :]]))

    def translated(self, numbers: Tokens | Sequence[int]) -> Tokens:
        """Tokens of the original by their numbers here; raises NotSpecialisable for one that is not left."""
        found: Tokens = self._place[np.asarray(numbers)]
        if (found < 0).any():
            gone = self.prompt.machine.vocabulary[int(np.asarray(numbers)[found < 0][0])]
            raise NotSpecialisable(f"the token {gone} is not left in these weights")
        return found

    def original(self, numbers: Tokens) -> Tokens:
        """Tokens of this transformer by their numbers in the original."""
        return np.array(self.tokens, dtype=np.int32)[numbers]
