"""What every machine folder provides, so that one machine read is all read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from compiler.circuits import Circuit, Weights, build

Token = TypeVar("Token")


@dataclass(frozen=True)
class Machine(Generic[Token]):
    """A machine as the engines see it: tokens, a circuit, and the tokens that end a run.

    `vocabulary[i]` is the token with number i; `halting` are numbers of tokens.
    """

    name: str
    vocabulary: Sequence[Token]
    circuit: Circuit[Any]
    halting: frozenset[int]

    @cached_property
    def weights(self) -> Weights:
        return build(self.circuit)
