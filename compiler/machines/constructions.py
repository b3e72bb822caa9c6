"""The constructions that there are: a row a machine folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compiler.machines.machine import Machine


@dataclass(frozen=True)
class Construction:
    """A machine folder. `machine()` is its machine with the usual parameters; imported only when called."""

    name: str
    title: str
    paper: str
    machine: Callable[[], Machine[Any]]


def _ram() -> Machine[Any]:
    from compiler.machines.ram import Layout, machine

    return machine(Layout())


def _ptm() -> Machine[Any]:
    from compiler.machines.ptm import machine

    return machine()


def _crasp() -> Machine[Any]:
    from compiler.machines.crasp import machine
    from compiler.machines.crasp.universal import universal

    return machine(universal())


CONSTRUCTIONS = (
    Construction(
        "ram",
        "random-access machine, unbounded integers, one token a write",
        "this project, after Giannou et al., ICML 2023",
        _ram,
    ),
    Construction(
        "ptm",
        "two-tape Post-Turing machine, one instruction a token",
        "Qiu et al., ICLR 2025; keys and positions are this project's",
        _ptm,
    ),
    Construction(
        "crasp",
        "universal counter machine by uniform attention without positions, one step a token",
        "Jiang, Hahn, Zetzsche, Lin, arXiv 2511.20038; the universal machine is this project's",
        _crasp,
    ),
)


def construction(name: str) -> Construction:
    """The construction of this name.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    for found in CONSTRUCTIONS:
        if found.name == name:
            return found
    raise ValueError(f"there is no machine {name!r}; choose one of: {', '.join(c.name for c in CONSTRUCTIONS)}")
