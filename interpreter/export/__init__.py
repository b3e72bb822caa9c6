"""Machines as other people's libraries take them: a module for each target, imported only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from compiler.machines.machine import Machine


class NotExportable(ValueError):
    """The target has no words for this machine; the message says what, and what to do instead."""


@dataclass(frozen=True)
class Target:
    """What a machine can be exported to.

    Attributes:
        meaning: for people.
        module: of this room, with a function `write(machine, output, positions)`.
        extra: of `pyproject.toml`, whose packages it needs; none if it is empty.
        folder: whether the output is a folder, and not a file.
    """

    meaning: str
    module: str
    extra: str
    folder: bool

    def write(self, machine: Machine[Any], output: Path, positions: int) -> None:
        """Writes the machine to a file or a folder.

        positions: how many a table of positions is to have, for targets that need one.

        Raises:
            NotExportable: see there.
            ImportError: the packages of the extra are not installed.
            OSError: the output cannot be written.
        """
        write: Callable[[Machine[Any], Path, int], None] = import_module(f"{__name__}.{self.module}").write
        write(machine, output, positions)


TARGETS = {
    "safetensors": Target("one file, which `interpreter.model.stored` reads", "tensors", "", False),
    "huggingface": Target("a folder for `AutoModelForCausalLM.from_pretrained`", "hugging_face", "export", True),
    "transformer-lens": Target("a folder that loads as a `HookedTransformer`", "lens", "lens", True),
    "onnx": Target("one file for onnxruntime and others", "onnx_graph", "export", False),
    "coq": Target("one file for Coq's kernel, of heads at fixed offsets", "coq", "", False),
}
