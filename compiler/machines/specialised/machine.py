"""A machine whose weights are given as they are, instead of as a circuit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compiler.circuits import Circuit, Weights
from compiler.machines.machine import Machine


@dataclass(frozen=True)
class FixedMachine(Machine[Any]):
    """Like every other machine, but that its circuit has a name and a length only.

    fixed: the weights.
    """

    fixed: Weights | None = None

    @cached_property
    def weights(self) -> Weights:
        """Those that were given.

        Raises:
            ValueError: another form is asked for.
        """
        assert self.fixed is not None
        if self.form != self.fixed.form:
            raise ValueError(
                f"these weights are {self.fixed.form}; `punchtape specialise --form {self.form}` makes others"
            )
        return self.fixed


def fixed_machine(
    weights: Weights,
    vocabulary: Sequence[Any],
    halting: frozenset[int],
    specification: Callable[[Iterable[Any]], Iterator[Any]] | None = None,
) -> FixedMachine:
    """The machine with these weights; the arguments are those of `Machine`."""
    circuit: Circuit[Any] = Circuit(weights.name, vocabulary, weights.max_tokens, weights.radix)
    return FixedMachine(
        weights.name, vocabulary, circuit, halting, specification=specification, form=weights.form, fixed=weights
    )
