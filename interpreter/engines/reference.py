"""The specification as an engine: what the transformer has to equal, and what drafts for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from compiler.machines.machine import Machine
from interpreter.engines.engine import Tokens

_CHUNK = 4096


class ReferenceEngine:
    """Reads the program back from the prompt's tokens and carries it out by the machine's specification.

    Raises:
        ValueError: the machine has no specification.
    """

    name = "reference"

    def __init__(self, machine: Machine[Any]) -> None:
        if machine.specification is None:
            raise ValueError(f"the {machine.name} machine has no specification, which the reference engine runs")
        self.specification = machine.specification
        self.vocabulary = list(machine.vocabulary)
        self.numbers = {token: number for number, token in enumerate(self.vocabulary)}

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """Chunks of the specification's run; see `Engine.decode`."""
        tokens = islice(self.specification(self.vocabulary[number] for number in prompt), max_tokens)
        while chunk := [self.numbers[token] for token in islice(tokens, _CHUNK)]:
            yield np.array(chunk, dtype=np.int32)
