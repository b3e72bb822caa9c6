"""The specification behind the engines' protocol: what the transformer has to equal, and what drafts for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from compiler.machines.machine import Machine
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import Token, Vocabulary
from interpreter.engines.engine import Tokens

_CHUNK = 4096


class ReferenceEngine:
    """Reads the program back from the prompt's tokens and carries it out by `compiler.machines.ram.semantics`.

    Raises:
        ValueError: the machine is not a RAM.
    """

    name = "reference"

    def __init__(self, machine: Machine[Token]) -> None:
        if not isinstance(machine.vocabulary, Vocabulary):
            raise ValueError(f"the reference engine runs the RAM, not the {machine.name} machine")
        self.vocabulary = machine.vocabulary

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        ram = Ram(self.vocabulary.layout)
        ram.load(self.vocabulary[number] for number in prompt)
        tokens = islice(ram.run(), max_tokens)
        while chunk := [self.vocabulary.number(token) for token in islice(tokens, _CHUNK)]:
            yield np.array(chunk, dtype=np.int32)
