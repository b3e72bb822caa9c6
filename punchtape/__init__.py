"""The public face of punchtape: everything that users call, under one name.

A program becomes a prompt, and one fixed transformer continues it until it halts:

>>> from punchtape import compile_program, run
>>> prompt = compile_program("print(sum([x * x for x in range(10)]))")
>>> run(prompt).output
'285\\n'

Input is given with the run. What a run says of itself is in `Run`:

>>> double = compile_program("print(2 * int(input()))")
>>> result = run(double, "21")
>>> result.output, result.ended
('42\\n', 'halt')

The stages of the compiler are in `punchtape.stages`, formats other than the small language in `compile_file` and
`compile_text`, random programs for tests of your own in `punchtape.strategies`. The rooms of the project that these
names come from (`compiler`, `interpreter`, `proofs_check`) may change between versions; this module does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.circuits import Circuit as Circuit
    from compiler.circuits import Weights as Weights
    from compiler.circuits import relu as relu
    from compiler.circuits import step as step
    from compiler.circuits import when as when
    from compiler.compiling import compile_program as compile_program
    from compiler.language.errors import SourceError as SourceError
    from compiler.machines.machine import Machine as Machine
    from compiler.machines.machine import Prompt as Prompt
    from compiler.machines.machine import PromptError as PromptError
    from compiler.machines.own import load_machine as load_machine
    from compiler.machines.ram import Layout as Layout
    from interpreter.engines.decoding import decode as decode
    from interpreter.explorer.exploring import explore as explore
    from interpreter.model.transformer import Transformer as Transformer
    from interpreter.runs.running import Run as Run
    from interpreter.runs.running import run as run
    from interpreter.verification import Verification as Verification
    from interpreter.verification import verify as verify
    from proofs_check.check import check as check
    from punchtape.formats import compile_file as compile_file
    from punchtape.formats import compile_text as compile_text

_HOME = {
    "Circuit": "compiler.circuits",
    "Layout": "compiler.machines.ram",
    "Machine": "compiler.machines.machine",
    "Prompt": "compiler.machines.machine",
    "PromptError": "compiler.machines.machine",
    "Run": "interpreter.runs.running",
    "SourceError": "compiler.language.errors",
    "Transformer": "interpreter.model.transformer",
    "Verification": "interpreter.verification",
    "Weights": "compiler.circuits",
    "check": "proofs_check.check",
    "compile_file": "punchtape.formats",
    "compile_program": "compiler.compiling",
    "compile_text": "punchtape.formats",
    "explore": "interpreter.explorer.exploring",
    "decode": "interpreter.engines.decoding",
    "relu": "compiler.circuits",
    "step": "compiler.circuits",
    "when": "compiler.circuits",
    "load_machine": "compiler.machines.own",
    "run": "interpreter.runs.running",
    "verify": "interpreter.verification",
}
"""The module that each public name comes from."""

_MODULES = ("formats", "stages", "strategies", "testing")

__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str) -> Any:
    # Imported when asked for: PyTorch, the parser and the solvers each cost more time than the rest together.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
