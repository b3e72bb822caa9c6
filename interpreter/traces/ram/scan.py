"""Going through tokens of a trace, one after the other, in machine code: what they add up to, open calls, and cells.

NumPy takes ten times as long: each thing that is read off the tokens goes through all of them once more, and running
sums are what it is slow at.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite

from compiler.storage.cache import kept, sources_digest
from interpreter.engines.indexed import native
from interpreter.traces.ram.scan_code import TEXT


@dataclass(frozen=True)
class Scan:
    """The functions of the text, loaded. They are called with addresses; owner: keeps them in memory."""

    scan: Any
    scan_closely: Any
    put: Any
    put_all: Any
    owner: Any


@cache
def loaded() -> Scan:
    """The same in the whole process; compiled once for each processor, then taken from the user's cache."""
    target = native.host()
    known = [TEXT, asdict(target), llvmlite.__version__, sources_digest(Path(native.__file__))]
    name = hashlib.sha256(json.dumps(known).encode()).hexdigest()
    code = kept("native", name, lambda: target.compile(TEXT))
    engine = target.loaded(code)
    pointer, number = ctypes.c_void_p, ctypes.c_int64

    def function(name: str, result: Any, *arguments: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *arguments)(engine.get_function_address(name))

    return Scan(
        function("scan", number, pointer, pointer, number),
        function("scan_closely", number, pointer, pointer, number),
        function("put", None, pointer, number, number),
        function("put_all", None, pointer, pointer, number),
        engine,
    )
