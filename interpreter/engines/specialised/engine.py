"""The engine: indexed at first, then with fragments recorded where most of the time goes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.collector import collector_paused
from compiler.machines.machine import Machine
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import memory
from interpreter.engines.indexed.engine import Decoding, IndexedEngine, Kept, State
from interpreter.engines.specialised.policy import Policy, Shared, Statistics

if TYPE_CHECKING:
    from interpreter.engines.specialised.recorder import Parts
    from interpreter.engines.specialised.specialisation import Specialisation

_KEPT = 2**26
"""Bytes of tables at most that are kept from run to run."""


class SpecialisedEngine(IndexedEngine):
    """See the documentation of this package."""

    name = "specialised"

    def __init__(self, machine: Machine[Any], keep: bool = True, policy: Policy | None = None) -> None:
        super().__init__(machine, keep)
        self.machine = machine
        self.policy = policy or Policy()
        self._subject: Subject | None = None
        self._parts: Parts | None = None

    def report(self) -> dict[str, int | float]:
        """See `Reporting`."""
        found = self.statistics
        return {
            "fragments": found.fragments,
            "fragment_tokens": found.steps,
            "compilations": found.compiled,
            "specialising_seconds": round(found.seconds, 6),
            "indexed_tokens": found.cold,
            "failed_guards": found.failed,
        }

    @property
    def indexed(self) -> IndexedEngine:
        """The same without fragments."""
        plain = object.__new__(IndexedEngine)
        plain.weights, plain.window, plain.halting = self.weights, self.window, self.halting
        plain._native = self._native
        return plain

    @property
    def parts(self) -> Parts:
        """What recorders need."""
        if self._parts is None:
            from interpreter.engines.specialised.recorder import Parts

            # All of it is kept: to search it for cycles takes a third of the time.
            with collector_paused():
                self._parts = Parts(self.weights, self.machine.halting)
        return self._parts

    @property
    def statistics(self) -> Statistics:
        """Of the latest prompt."""
        if self._subject is None or self._subject.made is None:
            return Statistics(cold=self._subject.tokens if self._subject else 0)
        return self._subject.made.statistics

    def settle(self) -> bool:
        """Compiles what has been recorded for the latest prompt and not compiled yet; whether there was anything."""
        return self._subject is not None and self._subject.specialised().settle()

    def freeze(self) -> None:
        """What has been made for the latest prompt is used as it is: nothing more is recorded."""
        if self._subject is not None:
            self._subject.specialised().freeze()

    def begin(self, prompt: Tokens) -> Decoding:
        """See `IndexedEngine.begin`.

        A window is a prompt of its own, of which few tokens are asked: not worth it. What is kept by position would
        have to be written at every step.
        """
        if self.window is not None or self._native.memory.histories:
            return self.after(prompt)
        if self._subject is None or not np.array_equal(prompt, self._subject.prompt):
            self._subject = Subject(self, prompt.copy())
        return Run(self._subject.begin(), self._subject)


class Subject:
    """A prompt that is run.

    Attributes:
        tokens: of all its runs. seconds: CPU time that the indexed engine took for them before it was specialised.
        made: what has been made of it; None: too little was run.
    """

    def __init__(self, engine: SpecialisedEngine, prompt: Tokens) -> None:
        self.engine, self.prompt = engine, prompt
        self.tokens, self.seconds = 0, 0.0
        self.made: Specialisation | None = None
        self._start: Kept | None = None
        self._spare: State | None = None

    def begin(self) -> State:
        """The state after the prompt, which is a constant: decoded once, and in the memory of a run that has ended."""
        state, self._spare = self._spare, None
        if state is None or self._start is None:
            state = self.engine.after(self.prompt)
            self._start = state.kept()
        else:
            state.go_back(self._start)
        return state

    def end(self, state: State) -> None:
        """A run has ended; its memory is kept for the next one, if it is not large."""
        if sum(rows.nbytes for rows in state.tables) <= _KEPT:
            self._spare = state

    def specialised(self) -> Specialisation:
        """What is made of it, from now on."""
        # Not imported by short runs, which are most.
        from interpreter.engines.specialised.specialisation import Specialisation

        if self.made is None:
            begun = time.process_time()
            tables = self.engine._native.memory.tables
            rate = self.tokens / self.seconds if self.seconds else None
            self.made = Specialisation(self.engine.parts, tables, self.engine.policy, self.prompt, rate)
            self.made.statistics.cold, self.made.statistics.seconds = self.tokens, time.process_time() - begun
        return self.made


class Run:
    """A run: its state, and the rows of constant keys in its tables."""

    def __init__(self, state: State, subject: Subject) -> None:
        self.state, self.subject = state, subject
        self._fixed = np.zeros(1, dtype=np.uint64)
        self._version = -1

    def __del__(self) -> None:
        self.subject.end(self.state)

    def check(self, status: int) -> None:
        """See `Decoding`."""
        self.state.check(status)

    def advance(self, buffer: Tokens, size: int, most: int) -> tuple[int, int]:
        """See `Decoding`."""
        done, subject = 0, self.subject
        while done < size:
            begun, wanted = done, subject.engine.policy.after - subject.tokens
            if wanted > 0:
                clock = time.process_time()
                done, status = self.state.feed(buffer, done, min(size, done + wanted), 0)
                subject.seconds += time.process_time() - clock
            else:
                done, status = self._specialised(subject.specialised(), buffer, done, size, most)
            subject.tokens += done - begun
            if status != memory.RETURNED:
                return done, status
            if done < size and wanted <= 0:
                subject.specialised().record(self.state, int(buffer[done]))
        return done, memory.RETURNED

    def _specialised(self, made: Specialisation, buffer: Tokens, begin: int, size: int, most: int) -> tuple[int, int]:
        """Until something is to be recorded."""
        if made.code.drive is not None:
            return self._driven(made, buffer, begin, size, most)
        done, status = self.state.feed(buffer, begin, min(size, begin + made.patience()), 0)
        made.statistics.cold += done - begin
        return done, status

    def _driven(self, made: Specialisation, buffer: Tokens, begin: int, size: int, most: int) -> tuple[int, int]:
        state = self.state
        while True:
            code = made.code
            if state.moved or self._version != code.version:
                self._fixed = np.zeros(max(len(code.fixed), 1), dtype=np.uint64)
                self._version, state.moved = code.version, False
            code.words[Shared.COLD] = code.words[Shared.FAILED] = 0
            code.words[Shared.PATIENCE] = made.patience()
            begun, before = time.process_time(), begin
            begin = code.drive(
                state.words.ctypes.data, state.embedding.ctypes.data, state.log.ctypes.data, buffer.ctypes.data,
                begin, size, most, state.native.address, self._fixed.ctypes.data, code.words.ctypes.data,
            )  # fmt: skip
            made.statistics.cold += int(code.words[Shared.COLD])
            made.ran(begin - before, time.process_time() - begun, int(code.words[Shared.FAILED]))
            status = state.stopped(begin < size)
            if status is not None:
                return begin, status
