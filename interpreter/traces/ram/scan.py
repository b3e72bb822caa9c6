"""Going through tokens of a trace, one after the other, in machine code: what they add up to, open calls, and cells.

NumPy takes ten times as long: each thing that is read off the tokens goes through all of them once more, and running
sums are what it is slow at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from interpreter.engines.machine_code import NUMBER, POINTER, Loaded, host
from interpreter.traces.ram.scan_code import TEXT


@dataclass(frozen=True)
class Scan:
    """The functions of the text, loaded. They are called with addresses; owner: keeps them in memory."""

    scan: Any
    scan_closely: Any
    put: Any
    put_all: Any
    owner: Loaded


@cache
def loaded() -> Scan:
    """The same in the whole process; compiled once for each processor, then taken from the user's cache."""
    target = host()
    code = target.loaded(target.kept_code(TEXT))
    return Scan(
        code.function("scan", NUMBER, POINTER, POINTER, NUMBER),
        code.function("scan_closely", NUMBER, POINTER, POINTER, NUMBER),
        code.function("put", None, POINTER, NUMBER, NUMBER),
        code.function("put_all", None, POINTER, POINTER, NUMBER),
        code,
    )
