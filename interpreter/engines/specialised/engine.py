"""The engine: indexed at first, then with fragments recorded where most of the time goes."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from compiler.machines.machine import Machine
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import memory
from interpreter.engines.indexed.engine import IndexedEngine, State
from interpreter.engines.indexed.native import Target, host
from interpreter.engines.specialised.fragment import Fragment
from interpreter.engines.specialised.live import Live
from interpreter.engines.specialised.recorder import Parts, Recorder
from interpreter.engines.specialised.region import COLD, FAILED_GUARDS, PATIENCE, Region

_RATE = 5e6
"""Tokens a second of the indexed engine, about."""


@dataclass
class Policy:
    """When to do what. By default recording and compiling never take longer than the tokens took that had to be left
    to the indexed engine, so that a run takes about twice as long at worst; tests try everything at once.

    Attributes:
        after: tokens of a run after which it is specialised.
        thrift: for a second of recording and compiling, so many seconds of the indexed engine.
        patience: tokens that are left to the indexed engine before the next fragment is recorded.
        longest: tokens of a fragment at most.
        batch: fragments that are recorded before they are compiled; then so many percent more each time.
        most: tokens of all fragments at most.
        optimise: the emitted code; without that it is compiled in a fifth of the time.
    """

    after: int = 2**18
    thrift: float = 1.0
    patience: int = 200
    longest: int = 120
    batch: int = 8
    most: int = 6000
    optimise: bool = True


_MOST_REFUSALS = 12
"""After so many recordings in a row that came to nothing, patience is not doubled any more."""
_NEVER = 2**40


@dataclass
class Statistics:
    """What has been specialised.

    Attributes:
        fragments, steps: how many, and how many tokens they have.
        seconds: of recording and compiling, CPU time.
        compiled: how often.
        cold: tokens left to the indexed engine.
        failed: guards that failed where no fragment goes on.
    """

    fragments: int = 0
    steps: int = 0
    seconds: float = 0.0
    compiled: int = 0
    cold: int = 0
    failed: int = 0


class SpecialisedEngine(IndexedEngine):
    """See the documentation of this package."""

    name = "specialised"

    def __init__(self, machine: Machine[Any], keep: bool = True, policy: Policy | None = None) -> None:
        super().__init__(machine, keep)
        self.machine = machine
        self.policy = policy or Policy()
        self._prompt: bytes = b""
        self._made: Specialisation | None = None

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

    @cached_property
    def parts(self) -> Parts:
        """What recorders need."""
        return Parts(self.weights, self.machine.halting)

    @property
    def statistics(self) -> Statistics:
        """Of the latest prompt."""
        return self._made.statistics if self._made else Statistics()

    def begin(self, prompt: Tokens) -> Run:
        """See `IndexedEngine.begin`."""
        state = self.after(prompt)
        if self._made is None or prompt.tobytes() != self._prompt:
            self._prompt = prompt.tobytes()
            self._made = Specialisation(self, prompt)
        return Run(state, self._made)


class Run:
    """A run: its state, and the rows of constant keys in its tables."""

    def __init__(self, state: State, made: Specialisation) -> None:
        self.state, self.made = state, made
        self._tokens = 0
        self._fixed = np.zeros(1, dtype=np.uint64)
        self._version = -1

    def check(self, status: int) -> None:
        """See `Decoding`."""
        self.state.check(status)

    def advance(self, buffer: Tokens, size: int, most: int) -> tuple[int, int]:
        """See `Decoding`."""
        done, made = 0, self.made
        while done < size:
            begun = done
            if made.drive is None:
                wanted = made.policy.after - self._tokens
                cold = wanted if wanted > 0 else made.patience()
                done, status = self.state.feed(buffer, done, min(size, done + cold), 0)
                made.statistics.cold += done - begun
            else:
                wanted = 0
                done, status = self._driven(buffer, done, size, most)
            self._tokens += done - begun
            if status != memory.RETURNED:
                return done, status
            if done < size and wanted <= 0:
                made.record(self.state, int(buffer[done]))
        return done, memory.RETURNED

    def _driven(self, buffer: Tokens, begin: int, size: int, most: int) -> tuple[int, int]:
        state, made = self.state, self.made
        made.counts[PATIENCE] = made.patience()
        while True:
            if state.moved or self._version != made.statistics.compiled:
                self._fixed = np.zeros(made.fixed, dtype=np.uint64)
                self._version, state.moved = made.statistics.compiled, False
            made.counts[COLD] = made.counts[FAILED_GUARDS] = 0
            begin = made.drive(
                state.words.ctypes.data, state.embedding.ctypes.data, state.log.ctypes.data, buffer.ctypes.data,
                begin, size, most, state.native.address, self._fixed.ctypes.data, made.counts.ctypes.data,
            )  # fmt: skip
            made.statistics.cold += int(made.counts[COLD])
            made.statistics.failed += int(made.counts[FAILED_GUARDS])
            status = state.stopped(begin < size)
            if status is not None:
                return begin, status


class Specialisation:
    """What is known of a prompt: fragments, and the code made of them.

    Attributes:
        drive: the code, see `region`; None: there is none yet. fixed: how many constant keys it has.
        counts: see `region`.
    """

    def __init__(self, engine: SpecialisedEngine, prompt: Tokens) -> None:
        self.engine, self.policy = engine, engine.policy
        self.prompt: list[int] = prompt.tolist()
        self.statistics = Statistics()
        self.fragments: list[Fragment] = []
        self.drive: Any = None
        self.fixed = 1
        self.counts = np.zeros(3, dtype=np.int64)
        self._wild: set[int] = set()
        self._pending = 0
        self._owner: Any = None
        self._refused = 0
        self._hopeless = False
        self._waiting = 0

    # ----------------------------------------------------------------------------------------- recording

    def _wants_more(self) -> bool:
        return self.statistics.steps < self.policy.most and not self._hopeless

    def patience(self) -> int:
        """How many tokens are left to the indexed engine before something is recorded."""
        if not self._wants_more():
            return _NEVER
        earned = self.statistics.seconds * self.policy.thrift * _RATE - self.statistics.cold
        return max(self.policy.patience << min(self._refused, _MOST_REFUSALS), int(earned))

    def record(self, state: State, token: int) -> None:
        """A fragment that begins in the state as it is."""
        if state.native.memory.histories:
            # What is kept by position would have to be written at every step.
            self._hopeless = True
        if self._wants_more():
            begun = time.process_time()
            self._recorded(state, token)
            self.statistics.seconds += time.process_time() - begun

    def _recorded(self, state: State, token: int) -> None:
        live = Live(state.words, state.native.memory.tables, state.tables)
        position = int(state.words[memory.POSITION])
        parts = self.engine.parts
        variables = parts.state
        if any(
            variables.holds(f.entry, live, token, position)
            for f in self.fragments[len(self.fragments) - self._pending :]
        ):
            # It has been recorded, but not compiled yet.
            self._waiting += 1
            if self._waiting > self._pending:
                self._compile(state)
            return
        self._wild |= variables.wild(self.fragments, live, token, position)
        recorder = Recorder(parts, live, self.prompt, self._wild)
        recorder.begin(token, position)
        while recorder.done < self.policy.longest and recorder.next():
            if any(recorder.holds_now(f.entry) for f in self.fragments) or recorder.holds_now(recorder.entry):
                break
        if recorder.done:
            self._refused = 0
            fragment = recorder.fragment()
            self.fragments.append(fragment)
            self._pending += 1
            self.statistics.fragments += 1
            self.statistics.steps += len(fragment.steps)
        else:
            self._refused += 1
        if self._pending >= self.policy.batch + len(self.fragments) // 3 - self._pending:
            self._compile(state)

    # ----------------------------------------------------------------------------------------- compiling

    def _compile(self, state: State) -> None:
        parts = self.engine.parts
        region = Region(parts.state, state.native.memory.tables, parts.columns, self.fragments)
        text = region.text()
        target = host()
        compiled = compiled_object(target, text, self.policy.optimise)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target.machine())
        engine.add_object_file(llvm.ObjectFileRef.from_data(compiled))
        engine.finalize_object()
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        kind = ctypes.CFUNCTYPE(number, *[pointer] * 4, *[number] * 3, *[pointer] * 3)
        self.drive, self._owner = kind(engine.get_function_address("drive")), engine
        self.fixed = max(len(region.fixed), 1)
        self._pending = self._waiting = 0
        self.statistics.compiled += 1


def compiled_object(target: Target, text: str, optimise: bool) -> bytes:
    """Object code, by few passes: the pipelines of LLVM take time in proportion to the square of such a function."""
    module = llvm.parse_assembly(text)
    module.verify()
    machine = target.machine(3 if optimise else 0)
    if not optimise:
        return bytes(machine.emit_object(module))
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.add_new_gvn_pass()
    passes.add_dead_store_elimination_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return bytes(machine.emit_object(module))
