"""Export as safetensors: the tensors by their names in `Weights`, the description in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from compiler.machines.machine import Machine
from compiler.storage.writing import UnfinishedFile, write_whole
from interpreter.export.describing import describe
from interpreter.model.stored import METADATA


def write(machine: Machine[Any], output: Path, positions: int) -> None:
    """Writes one file, which `interpreter.model.stored.load` reads; see `Target.write`."""
    write_with(machine, output, {})


def write_with(machine: Machine[Any], output: Path, more: Mapping[str, str]) -> None:
    """The same with more metadata. Raises OSError, and NotExportable as `describe` does."""
    description = describe(machine)
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in machine.weights.tensors.items()}
    write_whole(UnfinishedFile(output), save(tensors, metadata={METADATA: description.to_json(), **more}))
