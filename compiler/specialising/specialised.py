"""The first Futamura projection of a prompt-programmed transformer: from a machine and a prompt to a transformer.

    the machine's tensors   --graph-->       wires, heads, neurons
    the prompt's tokens     --evaluation-->  what every wire carries there
    both                    --folding-->     the same after the prompt, which one position stands for
                            --simplifying--> without what is constant, closed or never decoded
                            --assembling-->  tensors
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits import Form, Weights
from compiler.machines.machine import Machine, Prompt
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.ram.vocabulary import Family, write_families
from compiler.specialising.assembling import assembled
from compiler.specialising.folding import Asked, folded
from compiler.specialising.graph import NotSpecialisable, graph_of
from compiler.specialising.machine import FixedMachine, fixed_machine
from compiler.specialising.simplifying import simplified

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Constant:
    """What of a prompt is the same for every input.

    Attributes:
        length: how many tokens, from the first one on; at least one follows.
        asked: see `Asked`; None: every position of them.
        given: the numbers of the tokens that prompts can have after them.
    """

    length: int
    asked: Asked | None
    given: frozenset[int]


def constant_part(prompt: Prompt) -> Constant:
    """Of the RAM, the program and its data; of a machine that reads no input, all but the last token.

    Raises:
        NotSpecialisable: the prompt is a snapshot of a run, or is seen through a window.
    """
    if prompt.machine.window is not None:
        raise NotSpecialisable(
            f"the {prompt.machine.name} machine sees a window of its trace, from which the prompt disappears by itself"
        )
    numbers = prompt.numbers
    if not isinstance(prompt, RamPrompt):
        if len(numbers) < 2:
            raise NotSpecialisable("the prompt has one token, and one has to be left to go on from")
        return Constant(len(numbers) - 1, None, frozenset({int(numbers[-1])}))
    if prompt.snapshot is not None:
        raise NotSpecialisable("this prompt is the snapshot of a run; specialise its program")
    length = prompt.constant_tokens
    words = prompt.machine.vocabulary
    families = {*write_families(prompt.layout.groups), Family.D, Family.L, Family.F, Family.J}
    written = {i for i, token in enumerate(words) if token.family in families} if prompt.reads_input else set()
    last = 4 * len(prompt.program.instructions) + 4
    return Constant(length, Asked(1, last), frozenset(written | set(map(int, numbers[length:]))))


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
        if not np.array_equal(numbers[: self.length], self.prompt.numbers[: self.length]) or len(numbers) <= self.length:
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


def specialise(prompt: Prompt, form: Form = "stacked") -> Specialised:
    """The transformer specialised to the part of a prompt that is the same for every input.

    form: of the new weights; those of the prompt's machine may have either.

    Raises:
        NotSpecialisable: see there.
    """
    part = constant_part(prompt)
    return specialised_to(prompt, part.length, part.asked, part.given, form)


def specialised_to(
    prompt: Prompt, length: int, asked: Asked | None, given: Collection[int], form: Form = "stacked"
) -> Specialised:
    """The same for as many first tokens of a prompt; asked, given: as in `Constant`."""
    weights = prompt.machine.weights
    prefix = prompt.numbers[:length].tolist()
    left = simplified(folded(graph_of(weights), prefix, asked), given)
    tokens = (prefix[0], *(t for t in left.tokens if t != prefix[0]))
    name = f"{weights.name}-specialised"
    made = assembled(left.graph, name, prefix[0], tokens, form)
    return Specialised(made, prompt.with_input("") if prompt.input_text else prompt, length, tokens)
