"""The specification as an engine: what the transformer has to equal, and what drafts for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np

from compiler.machines.machine import Machine, PromptError
from interpreter.engines.engine import DecodingError, Tokens

_CHUNK = 4096


class _Numbers(dict[Any, int]):
    """The number of each token; what is no token is the specification's error."""

    def __missing__(self, token: object) -> int:
        raise DecodingError(f"the specification prescribes {token!r}, which is no token")


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
        self.numbers = _Numbers((token, number) for number, token in enumerate(self.vocabulary))

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """Chunks of the specification's run; see `Engine.decode`.

        Raises:
            PromptError: the specification does not take this prompt.
            DecodingError: it prescribes what is no token, or raises another exception; the message says where.
        """
        try:
            tokens = islice(self.specification(self.vocabulary[number] for number in prompt), max_tokens)
            while chunk := [self.numbers[token] for token in islice(tokens, _CHUNK)]:
                yield np.array(chunk, dtype=np.int32)
        except (PromptError, DecodingError):
            raise
        except Exception as problem:
            *_, last = extract_tb(problem.__traceback__)
            where = f"{Path(last.filename).name}:{last.lineno}"
            raise DecodingError(f"the specification raises {type(problem).__name__}: {problem} ({where})") from problem
