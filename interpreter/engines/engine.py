"""The one protocol of all engines, which makes them interchangeable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int32]


class UnknownEngine(ValueError):
    """There is no engine of this name, or it does not take this machine; the message says which ones do."""


class DecodingError(ArithmeticError):
    """An engine has come to where it cannot go on; the message says why."""


class Engine(Protocol):
    """Decodes greedily: every token is the argmax of the transformer's logits."""

    name: str

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """The tokens that follow the prompt, in chunks; ends with a halting token or after `max_tokens`."""
        ...


@runtime_checkable
class Reporting(Protocol):
    """An engine that has something to say about how it did."""

    def report(self) -> dict[str, int | float]:
        """Numbers by name, about the latest prompt."""
        ...
