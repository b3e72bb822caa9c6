"""What every machine folder provides, so that one machine read is all read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from compiler.circuits import Circuit, Weights, build
from compiler.circuits.cache import build_once

Token = TypeVar("Token")


@dataclass(frozen=True)
class Machine(Generic[Token]):
    """A machine as the engines see it: tokens, a circuit, and the tokens that end a run.

    `vocabulary[i]` is the token with number i; `halting` are numbers of tokens; `key` says all that the
    circuit depends on besides the source code of `compiler`, so that weights can be kept between runs; a
    machine without a key is built anew each time.
    """

    name: str
    vocabulary: Sequence[Token]
    circuit: Circuit[Any]
    halting: frozenset[int]
    key: str = ""

    @cached_property
    def weights(self) -> Weights:
        return build_once(self.circuit, f"{self.name} {self.key}") if self.key else build(self.circuit)
