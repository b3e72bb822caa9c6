"""The engines: interchangeable ways to decode. Same machine, prompt and budget in, same tokens out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler.machines.machine import Machine
from interpreter.engines.engine import Engine, UnknownEngine

__all__ = ["DEFAULT", "NAMES", "UnknownEngine", "create"]

NAMES = {
    "indexed": "the transformer as compiled code, attention by index; O(1) a token",
    "specialised": "the same, and where a run spends its time, the transformer specialised to its prompt",
    "dense": "the PyTorch module itself, token by token; O(n) a token",
    "speculative": "drafts with the specification, has the transformer verify; decodes from a mismatch on",
    "reference": "the specification of the machine, without the transformer",
}
DEFAULT = "indexed"


def create(name: str, machine: Machine[Any], seed: int | None = None, once: bool = False) -> Engine:
    """The engine of this name for a machine; imports only what that engine needs.

    seed: tokens are sampled with it, which the dense engine does; None: the likeliest is taken.
    once: for a machine that is run briefly, and not again: nothing of it is kept between runs, or optimised.

    Raises:
        UnknownEngine: there is none, or it does not do what is asked for.
    """
    if seed is not None and name != "dense":
        raise UnknownEngine(f"the {name} engine takes the likeliest token; choose dense for samples")
    if once:
        machine = replace(machine, key="")
    match name:
        case "indexed":
            from interpreter.engines.indexed import IndexedEngine

            return IndexedEngine(machine, keep=not once, optimised=not once)
        case "specialised":
            from interpreter.engines.specialised import SpecialisedEngine

            return SpecialisedEngine(machine)
        case "dense":
            from interpreter.engines.dense import DenseEngine

            return DenseEngine(machine, seed=seed)
        case "speculative":
            from interpreter.engines.reference import ReferenceEngine
            from interpreter.engines.speculative import SpeculativeEngine

            return SpeculativeEngine(machine, ReferenceEngine(machine).decode)
        case "reference" if machine.specification is None:
            raise UnknownEngine(f"the {machine.name} machine has no specification, which the reference engine runs")
        case "reference":
            from interpreter.engines.reference import ReferenceEngine

            return ReferenceEngine(machine)
    raise UnknownEngine(f"there is no engine {name!r}; choose one of: {', '.join(NAMES)}")
