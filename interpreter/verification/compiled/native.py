"""The generated code as machine code of this processor, and its calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits.weights import Array
from interpreter.engines.machine_code import NUMBER, POINTER, Target, host
from interpreter.verification.compiled.layout import Layout
from interpreter.verification.compiled.lookups import COUNT, DESCRIPTION
from interpreter.verification.compiled.program import FAILED_AT, FULL, NOWHERE, REASON, Program
from interpreter.verification.compiled.state import Insert, State, aligned
from interpreter.verification.compiled.vectors import LANES

Words = npt.NDArray[np.uint64]


def _processor() -> Target:
    """This one. Where there are vectors of 512 bits, LLVM uses half of them unless it is told to."""
    here = host()
    wide = "+avx512f" in here.features.split(",")
    return replace(here, features=f"{here.features},-prefer-256-bit") if wide else here


@dataclass(frozen=True)
class Stop:
    """Where a call has come to, and why it ended.

    failed_at: a position of which something that is assumed does not hold, for this reason; None if there is none.
    found: what the scans found in the block of eight at `position`, by scan and output.
    """

    position: int
    failed_at: int | None
    reason: str
    found: dict[tuple[int, int], Array]


class Native:
    """A loaded program, compiled if the cache does not have it. The interpreter's lock is released while it runs."""

    def __init__(self, program: Program, layout: Layout) -> None:
        self.program, self.layout = program, layout
        target = _processor()
        self._loaded = target.loaded(target.kept_code(program.text))
        self._run = self._loaded.function("run", NUMBER, *[POINTER] * 5, *[NUMBER] * 4)
        self.inserts = {s: self._insert(s) for s in layout.tables}
        self._words: Words = np.zeros(program.words, dtype=np.uint64)
        self._arrays = {word: _at_cache_line(table) for word, table in program.tables.items()}
        for word, table in self._arrays.items():
            self._words[word] = table.ctypes.data

    def _insert(self, scan: int) -> Insert:
        function = self._loaded.function(f"insert{scan}", None, POINTER, POINTER, NUMBER)

        def insert(description: Words, rows: Array) -> None:
            function(description.ctypes.data, rows.ctypes.data, len(rows))

        return insert

    def remember(self, positions: int) -> None:
        """Makes room for what At scans keep of as many positions. The system gives memory where it is written."""
        for word, width in self.program.histories.items():
            self._arrays[word] = np.empty((positions + LANES) * width)
            self._words[word] = self._arrays[word].ctypes.data

    def run(
        self, state: State, tokens: npt.NDArray[Any], emitted: npt.NDArray[np.int32], end: int, checked: int
    ) -> Stop:
        """Carries the state from its position, a multiple of `LANES`, to `end`, unless it stops before.

        emitted: (end - position + LANES,), what is emitted after each position; for the rest see `generate`.
        """
        begin, words, found = state.position, self._words.copy(), aligned(LANES * (self.program.area + 1))
        words[FAILED_AT] = NOWHERE
        while state.position < end:
            words[FULL] = 0
            for scan, word in self.program.matches.items():
                words[word : word + DESCRIPTION] = state.tables[scan].description
            state.position = self._run(
                words.ctypes.data, state.carried.ctypes.data, tokens.ctypes.data,
                emitted.ctypes.data + 4 * (state.position - begin), found.ctypes.data,
                state.position, end, len(tokens) - 1, checked,
            )  # fmt: skip
            for scan, word in self.program.matches.items():
                table = state.tables[scan]
                table.count = int(words[word + COUNT])
                table.reserve(table.count, self.inserts[scan])
            if not words[FULL]:
                break
        failed_at = int(words[FAILED_AT])
        failed = failed_at < NOWHERE
        reason = self.program.failures[int(words[REASON])] if failed else ""
        by_output = {(f.scan, f.output): found[LANES * s : LANES * (s + 1)] for f, s in self.program.slots.items()}
        return Stop(state.position, failed_at if failed else None, reason, by_output)


def _at_cache_line(table: npt.NDArray[Any]) -> Array:
    copy = aligned(table.size).reshape(table.shape)
    copy[:] = table
    return copy
