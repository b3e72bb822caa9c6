"""A transformer specialised to a prompt: what is recorded of its runs, and when that is compiled."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from compiler.collector import collector_paused
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import memory
from interpreter.engines.indexed.engine import State
from interpreter.engines.indexed.memory import Table
from interpreter.engines.machine_code import NUMBER, POINTER, Loaded, Target, host, parsed_module
from interpreter.engines.specialised.fragment import Fragment
from interpreter.engines.specialised.joining import Edge, Exit
from interpreter.engines.specialised.live import Live
from interpreter.engines.specialised.policy import EXITS, Policy, Statistics
from interpreter.engines.specialised.recorder import Parts, Recorder
from interpreter.engines.specialised.region import Region, Tally
from interpreter.engines.specialised.state import Beginnings, hold

_RATE = 5e6
"""Tokens a second of the indexed engine, about."""

_COMPILING = 0.002
"""CPU seconds to compile a token of a fragment, before it has been measured."""

_WORTH = 0.25
"""For a second of recording, the indexed engine has taken so many since the one before: else it is not worth it."""

_WAITS = 8
"""So often may a run come by fragments that are recorded but not compiled, for each fragment that there is."""
_DEARER = 10.0
"""So many times as long as compiling takes to compile and optimise: 9 with 650 tokens, and as many in copies."""
_OFTEN = 200
"""A way out of a fragment that was taken so often between two compilations gets code of its own."""
_MOST_REFUSALS = 4
"""After so many recordings in a row that came to nothing, patience is not doubled any more."""
_NEVER = 2**40


class Specialisation:
    """What is known of a prompt: fragments, and the code made of them.

    Attributes:
        drive: the code, see `region`; None: there is none yet. fixed: how many constant keys it has.
        counts: see `region`.
    """

    def __init__(self, parts: Parts, tables: Sequence[Table], policy: Policy, prompt: Tokens) -> None:
        self.parts, self.tables, self.policy = parts, tables, policy
        self.prompt: list[int] = prompt.tolist()
        self.statistics = Statistics()
        self.fragments: list[Fragment] = []
        self._beginnings = Beginnings(parts.state)
        self.drive: Any = None
        self.fixed = 1
        self.counts = np.zeros(EXITS, dtype=np.int64)
        self._exits: list[Exit] = []
        self._hot: set[Exit] = set()
        self._counted: list[Tally] = []
        self._edges: dict[Edge, int] = {}
        self._gains: dict[int, float] = {}
        self._order: list[int] = []
        self._wild: set[int] = set()
        self._pending = 0
        self._draft = False
        self._drafting = self._drafted = 0.0
        self._owner: Loaded | None = None
        self._refused = 0
        self._done = False
        self._waiting = 0
        self._recording, self._recordings, self._cold_before = 0.0, 0, 0
        self._compiling = _COMPILING

    # ----------------------------------------------------------------------------------------- recording

    def _wants_more(self) -> bool:
        made, policy = self.statistics, self.policy
        return made.steps < policy.most and made.seconds < policy.seconds and not self._done

    def patience(self) -> int:
        """How many tokens are left to the indexed engine before something is recorded."""
        if not self._wants_more():
            return _NEVER
        missing = 0.0
        if self.policy.thrift:
            since = (self.statistics.cold - self._cold_before) / _RATE
            needed = self._next()
            missing = max((needed - self._left()) * self.policy.thrift, _WORTH * needed - since) * _RATE
        return max(self.policy.patience << min(self._refused, _MOST_REFUSALS), int(missing))

    def _left(self) -> float:
        """CPU seconds that may be spent on recording and compiling."""
        made, thrift = self.statistics, self.policy.thrift
        return made.cold / _RATE / thrift + made.saved - made.seconds if thrift else math.inf

    def _next(self) -> float:
        """CPU seconds that the next recording will take, about, and the compiling that is due after it."""
        each, tokens = self._recording / max(self._recordings, 1), self.statistics.steps + self.policy.longest
        return each + (self._compiling * tokens if self._is_due(1) else 0.0)

    def _is_due(self, more: int = 0) -> bool:
        """Whether what waits is to be compiled, with so many fragments more."""
        pending = self._pending + more
        return pending >= max(self.policy.batch, len(self.fragments) - self._pending)

    def settle(self) -> bool:
        """Compiles what has been recorded; whether there was anything."""
        waiting = self._pending > 0
        if waiting:
            self._compile()
        return waiting

    def freeze(self) -> None:
        """Nothing is recorded any more."""
        self._done = True
        if self._draft:
            self._compile(optimise=True)

    def ran(self, tokens: int, seconds: float) -> None:
        """The code has taken so long: what is not optimised will be, once it has taken as long as that will."""
        self.statistics.saved += tokens / _RATE - seconds
        self._drafted += seconds
        optimising = _DEARER * self._drafting
        if self._draft and self._drafted >= optimising and self._left() >= optimising:
            self._compile(optimise=True)

    def record(self, state: State, token: int) -> None:
        """A fragment that begins in the state as it is."""
        if self._wants_more():
            begun, before = time.process_time(), self.statistics.seconds
            self._cold_before = self.statistics.cold
            # What is recorded has no cycles, and is kept: to search for them takes a quarter of the time.
            with collector_paused():
                self._recorded(state, token)
            self._recording += time.process_time() - begun - (self.statistics.seconds - before)
            self._recordings += 1
            self.statistics.seconds = before + time.process_time() - begun

    def _recorded(self, state: State, token: int) -> None:
        live = Live(state.words, self.tables, state.tables)
        position = int(state.words[memory.POSITION])
        parts = self.parts
        variables = parts.state
        values = variables.begin(live, token, position).values
        if self._beginnings.fits(values, len(self.fragments) - self._pending):
            # It has been recorded, but not compiled yet.
            self._waiting, self._refused = self._waiting + 1, 0
            if self._waiting > _WAITS * len(self.fragments) and self._left() >= self._compiling * self.statistics.steps:
                self._compile()
            return
        self._wild |= self._beginnings.wild(values)
        recorder = Recorder(parts, live, self.prompt, self._wild)
        recorder.begin(token, position)
        while recorder.done < self.policy.longest and recorder.next():
            reached = recorder.reached()
            if self._beginnings.fits(reached) or hold(recorder.entry, reached):
                break
        if recorder.done:
            self._refused = 0
            fragment = recorder.fragment()
            self.fragments.append(fragment)
            self._beginnings.add(fragment)
            self._pending += 1
            self.statistics.fragments += 1
            self.statistics.steps += len(fragment.steps)
        else:
            self._refused += 1
        if self._is_due():
            self._compile()

    # ----------------------------------------------------------------------------------------- compiling

    def _compile(self, optimise: bool = False) -> None:
        begun, parts = time.process_time(), self.parts
        counted = self.counts[EXITS:].tolist()
        self._hot |= {way for way, times in zip(self._exits, counted) if times >= _OFTEN}
        if self._counted:
            self._learn(dict(zip(self._counted, counted[len(self._exits) :], strict=True)), counted)
        if not optimise:
            self._order = sorted(range(len(self.fragments)), key=lambda n: -self._gains.get(n, 0.0))
        order = [*self._order, *range(len(self._order), len(self.fragments))]
        edges = self._edges if optimise else None
        region = Region(parts.state, self.tables, parts.columns, self.fragments, order, self._hot, edges)
        text = region.text()
        target = host()
        loaded = target.loaded(compiled_object(target, text, optimise))
        self.drive = loaded.function("drive", NUMBER, *[POINTER] * 4, *[NUMBER] * 3, *[POINTER] * 3)
        self._owner = loaded
        self.fixed = max(len(region.fixed), 1)
        self._exits = region.exits
        self._counted = region.tallies
        self.counts = np.zeros(EXITS + len(region.exits) + len(region.tallies), dtype=np.int64)
        self._pending = self._waiting = 0
        self.statistics.joined = sum(len(list(tree.copies())) for tree in region.trees)
        self._draft, self._drafted = self.policy.optimise and not optimise, 0.0
        self._drafting = time.process_time() - begun
        if not optimise:
            self._compiling = self._drafting / max(self.statistics.steps, 1)
        self.statistics.compiled += 1
        self.statistics.seconds += self._drafting

    def _learn(self, tallies: dict[Tally, int], exits: list[int]) -> None:
        """From what code has counted: the edges, and how many tokens each fragment does when it is tried."""
        self._edges = {edge: count for edge, count in tallies.items() if len(edge) == 2}
        ways = [(way, count) for way, count in tallies.items() if len(way) == 3]
        tried, done = Counter[int](), Counter[int]()
        for (n, k, _), count in [*ways, *zip(self._exits, exits)]:
            tried[n] += count
            done[n] += k * count
        self._gains = {n: done[n] / count for n, count in tried.items() if count}


def compiled_object(target: Target, text: str, optimise: bool) -> bytes:
    """Object code, by few passes: the pipelines of LLVM take time in proportion to the square of such a function."""
    module, machine = parsed_module(text), target.machine(3 if optimise else 0)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    if optimise:
        passes.add_simplify_cfg_pass()
        passes.add_instruction_combine_pass()
        passes.add_new_gvn_pass()
        passes.add_jump_threading_pass()
        passes.add_dead_store_elimination_pass()
        passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return bytes(machine.emit_object(module))
