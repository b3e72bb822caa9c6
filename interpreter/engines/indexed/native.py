"""Compiling the generated code for this processor, and keeping the object code on disk.

An entry of the cache is a line of JSON and the object code. Its name is a hash of everything that the code depends
on. Nothing is loaded that the user's own key did not sign, see `compiler.storage.cache`: it will be run.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from compiler.circuits.weights import Weights
from compiler.machines.schema import SchemaError, Text, checked, parsed
from compiler.storage.cache import Cache, sources_digest
from interpreter.engines.indexed.memory import Memory
from interpreter.model import unembedding

_ROOM = "\n@room_for_addresses = global [8 x i8] zeroinitializer, align 4096\n"
"""A variable of which only the alignment matters: a page of what may be written is free after it.

LLVM turns a loop that copies into a call of `memcpy` where it likes. The address of what is called is written there,
and its loader (`RuntimeDyld`) does not ask for room for it: without this, the process is aborted.
"""


@dataclass(frozen=True)
class Native:
    """Loaded machine code; it lives as long as `owner`. address: of `run`; initial: the words of `memory`, (words,)."""

    run: Any
    address: int
    rehashes: tuple[Any, ...]
    memory: Memory
    initial: npt.NDArray[np.uint64]
    failures: tuple[str, ...]
    owner: Any


def load(weights: Weights, halting: frozenset[int], cache: Cache | None, optimised: bool = True) -> Native:
    """The code for these weights, from the cache where it has it.

    optimised: if not, it is made in a fraction of the time, for a short run.

    Raises:
        NotIndexable: the weights do not allow it, see `plan`.
    """
    target = host()
    name = _key(weights, halting, target) if cache else ""
    kept = cache.read("native", name) if cache else None
    found = _read(kept) if kept else None
    if found is None:
        # Not imported where it is not needed: most runs find the code in the cache.
        from interpreter.engines.indexed.function import generate

        program = generate(weights, halting)
        code = target.compile(program.text) if optimised else target.compile(program.text, level=0, selection=0)
        found = program.memory, program.failures, code
        if cache:
            cache.write("native", name, _content(*found))
    memory, failures, code = found
    engine = target.loaded(code)

    def function(name: str, result: Any, *arguments: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *arguments)(engine.get_function_address(name))

    pointer, number = ctypes.c_void_p, ctypes.c_int64
    run = function("run", number, *[pointer] * 4, *[number] * 3)
    rehashes = [
        function(f"rehash{i}", None, pointer, number, pointer, number, number) for i in range(len(memory.tables))
    ]
    initial = np.array(memory.initial, dtype=np.uint64)
    return Native(run, engine.get_function_address("run"), tuple(rehashes), memory, initial, failures, engine)


def host() -> Target:
    """This processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return Target(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())


@dataclass(frozen=True)
class Target:
    """A processor to compile for."""

    processor: str
    features: str

    def machine(self, optimised: int = 3) -> Any:
        """LLVM's description of it, and how much is to be made of the code, 0 to 3."""
        triple, model = llvm.Target.from_triple(llvm.get_process_triple()), self._model
        return triple.create_target_machine(
            cpu=self.processor, features=self.features, opt=optimised, jit=True, **(model or {})
        )

    @property
    def _model(self) -> dict[str, str] | None:
        """Numbers that are operands of instructions: by default the address of each is loaded first, 10 bytes of code.

        They must be within 2 GiB of the code, which llvmlite's memory manager sees to.
        """
        return {"codemodel": "small", "reloc": "pic"} if llvm.get_process_triple().startswith("x86_64") else None

    def loaded(self, code: bytes) -> Any:
        """LLVM's owner of object code that is now in memory."""
        near = True if self._model else None
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self.machine(), use_lmm=near)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine

    def compile(self, text: str, level: int = 2, selection: int = 3) -> bytes:
        """The object code of LLVM code; level: of optimisation; selection: how much is made of its instructions."""
        module, machine = parsed_module(text), self.machine(selection)
        options = llvm.create_pipeline_tuning_options(speed_level=level)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        return bytes(machine.emit_object(module))


def parsed_module(text: str) -> Any:
    """LLVM code, looked through, with the room that `Target.loaded` needs."""
    module = llvm.parse_assembly(text + _ROOM)
    module.verify()
    return module


def _key(weights: Weights, halting: frozenset[int], target: Target) -> str:
    """Of everything that the object code depends on."""
    patterns = [type(p).__name__ for layer in weights.layers for p in layer.patterns]
    sources = [sources_digest(Path(__file__).parent), Path(unembedding.__file__).read_text(encoding="utf-8")]
    known = [
        weights.sha256(), weights.max_tokens, patterns, sorted(halting), sources,
        target.processor, target.features, llvmlite.__version__,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


class _Head(Struct, forbid_unknown_fields=True):
    memory: Memory
    failures: tuple[Text, ...]


def _read(kept: bytes) -> tuple[Memory, tuple[str, ...], bytes] | None:
    line, _, code = kept.partition(b"\n")
    try:
        head = checked(parsed(line), _Head)
    except SchemaError:
        return None
    return head.memory, head.failures, code


def _content(memory: Memory, failures: tuple[str, ...], code: bytes) -> bytes:
    return json.dumps({"memory": asdict(memory), "failures": failures}).encode() + b"\n" + code
