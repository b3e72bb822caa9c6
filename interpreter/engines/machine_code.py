"""LLVM code as machine code of this processor: compiled, kept between runs, loaded."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from compiler.storage.cache import kept, sources_digest

POINTER, NUMBER = ctypes.c_void_p, ctypes.c_int64

_ROOM = "\n@room_for_addresses = global [8 x i8] zeroinitializer, align 4096\n"
"""A variable of which only the alignment matters: a page of what may be written is free after it.

LLVM turns a loop that copies into a call of `memcpy` where it likes. The address of what is called is written there,
and its loader (`RuntimeDyld`) does not ask for room for it: without this, the process is aborted.
"""


def host() -> Target:
    """This processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return Target(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())


@dataclass(frozen=True)
class Target:
    """A processor to compile for, as LLVM names it, and what it can do."""

    processor: str
    features: str

    @property
    def depends_on(self) -> tuple[object, ...]:
        """What object code depends on besides its text, see `kept`."""
        return self, llvm.get_process_triple(), llvmlite.__version__, sources_digest(Path(__file__))

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

    def compile(self, text: str, level: int = 2, selection: int = 3) -> bytes:
        """The object code of LLVM code; level: of optimisation; selection: how much is made of its instructions."""
        module, machine = parsed_module(text), self.machine(selection)
        options = llvm.create_pipeline_tuning_options(speed_level=level)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        return bytes(machine.emit_object(module))

    def kept_code(self, text: str) -> bytes:
        """`compile`, or what it made of the same text for this processor last time."""
        return kept("native", (text, *self.depends_on), lambda: self.compile(text), bytes, bytes)

    def loaded(self, code: bytes) -> Loaded:
        """Object code in memory."""
        near = True if self._model else None
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self.machine(), use_lmm=near)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return Loaded(engine)


@dataclass(frozen=True)
class Loaded:
    """Machine code; its functions may be called as long as `owner` lives."""

    owner: Any

    def address(self, name: str) -> int:
        """Where a function begins; 0: there is none."""
        return int(self.owner.get_function_address(name))

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """A function of the code; result, arguments: their types."""
        return ctypes.CFUNCTYPE(result, *arguments)(self.address(name))


def parsed_module(text: str) -> Any:
    """LLVM code, looked through, with the room that `Target.loaded` needs."""
    module = llvm.parse_assembly(text + _ROOM)
    module.verify()
    return module
