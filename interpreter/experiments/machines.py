"""Machines as experiments want them: with other weights, with fewer passes, without an end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler.circuits import Weights
from compiler.machines.machine import Machine


def with_weights(machine: Machine[Any], weights: Weights) -> Machine[Any]:
    """The same machine on other weights."""
    changed = replace(machine)
    changed.__dict__["weights"] = weights  # where `cached_property` keeps it
    return changed


def endless(machine: Machine[Any]) -> Machine[Any]:
    """The same machine, decoded on after its last token."""
    return with_weights(replace(machine, halting=frozenset()), machine.weights)


def truncated(machine: Machine[Any], passes: int) -> Machine[Any]:
    """The machine with its first `passes` layers, or so many passes of the looped block, more than usual included.

    The unembedding reads the stream as they leave it.
    """
    weights = machine.weights
    if weights.form == "looped":
        return with_weights(machine, replace(weights, passes=passes))
    return with_weights(machine, replace(weights, layers=weights.layers[:passes]))
