"""Compiling the generated code for this processor, and keeping the object code on disk.

An entry of the cache is a line of JSON and the object code. Nothing is loaded that the user's own key did not sign,
see `compiler.storage.cache`: it will be run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from compiler import circuits
from compiler.circuits.weights import Weights
from compiler.machines.schema import SchemaError, Text, checked, parsed
from compiler.storage.cache import kept, sources_digest
from interpreter.engines.indexed.memory import Memory
from interpreter.engines.machine_code import NUMBER, POINTER, Loaded, host
from interpreter.model import unembedding

_Made = tuple[Memory, tuple[str, ...], bytes]
"""Its memory, its failures, and the object code."""


@dataclass(frozen=True)
class Native:
    """Loaded machine code; it lives as long as `owner`. address: of `run`; initial: the words of `memory`, (words,)."""

    run: Any
    address: int
    rehashes: tuple[Any, ...]
    memory: Memory
    initial: npt.NDArray[np.uint64]
    failures: tuple[str, ...]
    owner: Loaded


def load(weights: Weights, halting: frozenset[int], keep: bool, optimised: bool = True) -> Native:
    """The code for these weights.

    keep: from the cache where it has it. optimised: if not, it is made in a fraction of the time, for a short run.

    Raises:
        NotIndexable: the weights do not allow it, see `plan`.
    """
    target = host()

    def make() -> _Made:
        # Not imported where it is not needed: most runs find the code in the cache.
        from interpreter.engines.indexed.function import generate

        program = generate(weights, halting)
        code = target.compile(program.text) if optimised else target.compile(program.text, level=0, selection=0)
        return program.memory, program.failures, code

    depends_on = *_depends_on(weights, halting), optimised, *target.depends_on
    memory, failures, code = kept("native", depends_on, make, _written, _read) if keep else make()
    loaded = target.loaded(code)
    run = loaded.function("run", NUMBER, *[POINTER] * 4, *[NUMBER] * 3)
    rehashes = [
        loaded.function(f"rehash{i}", None, POINTER, NUMBER, POINTER, NUMBER, NUMBER) for i in range(len(memory.tables))
    ]
    initial = np.array(memory.initial, dtype=np.uint64)
    return Native(run, loaded.address("run"), tuple(rehashes), memory, initial, failures, loaded)


def _depends_on(weights: Weights, halting: frozenset[int]) -> tuple[object, ...]:
    """What the code is made of, and by what. Names of heads stand in its failures."""
    heads = [(layer.head_names, layer.patterns) for layer in weights.layers]
    sources = sources_digest(Path(__file__).parent, Path(unembedding.__file__), Path(circuits.__file__).parent)
    return weights.sha256(), weights.max_tokens, heads, sorted(halting), sources, np.__version__


class _Head(Struct, forbid_unknown_fields=True):
    memory: Memory
    failures: tuple[Text, ...]


def _read(content: bytes) -> _Made | None:
    line, _, code = content.partition(b"\n")
    try:
        head = checked(parsed(line), _Head)
    except SchemaError:
        return None
    return head.memory, head.failures, code


def _written(made: _Made) -> bytes:
    memory, failures, code = made
    return json.dumps({"memory": asdict(memory), "failures": failures}).encode() + b"\n" + code
