"""A transformer specialised to a prompt: what is recorded of its runs, and when that is compiled."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from compiler.collector import collector_paused
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import memory
from interpreter.engines.indexed.engine import State
from interpreter.engines.indexed.memory import Table
from interpreter.engines.specialised.code import Code
from interpreter.engines.specialised.fragment import Fragment
from interpreter.engines.specialised.live import Live
from interpreter.engines.specialised.policy import Policy, Statistics
from interpreter.engines.specialised.recorder import Parts, Recorder
from interpreter.engines.specialised.state import Beginnings, hold

_RATE = 5e6
"""Tokens a second of the indexed engine, about, where nothing has been measured."""

_COMPILING = 0.002
"""CPU seconds to compile a token of a fragment, before it has been measured."""

_WORTH = 0.25
"""For a second of recording, the indexed engine has taken so many since the one before: else it is not worth it."""

_WAITS = 8
"""So often may a run come by fragments that are recorded but not compiled, for each fragment that there is."""
_OPTIMISING = 0.005
"""CPU seconds to optimise, for each token of all fragments, before it has been measured."""
_FAILURE = 1e-7
"""CPU seconds that are lost, about, where a guard fails and no code goes straight on."""
_MOST_REFUSALS = 4
"""After so many recordings in a row that came to nothing, patience is not doubled any more."""
_NEVER = 2**40


class Specialisation:
    """What is known of a prompt: fragments, and the code made of them.

    Attributes:
        code: what has been compiled.
    """

    def __init__(
        self, parts: Parts, tables: Sequence[Table], policy: Policy, prompt: Tokens, rate: float | None = None
    ) -> None:
        """rate: tokens that the indexed engine decodes in a second of CPU time, if that is known."""
        self._rate = rate or _RATE
        self.parts, self.tables, self.policy = parts, tables, policy
        self.prompt: list[int] = prompt.tolist()
        self.statistics = Statistics()
        self.fragments: list[Fragment] = []
        self._beginnings = Beginnings(parts.state)
        self.code = Code(parts, tables, policy.most)
        self._wild: set[int] = set()
        self._pending = 0
        self._is_draft = False
        self._ran, self._failed = 0.0, 0
        self._refused = 0
        self._done = False
        self._waiting = 0
        self._recording, self._recordings, self._cold_before = 0.0, 0, 0
        self._compiling, self._optimising = _COMPILING, _OPTIMISING

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
            since = (self.statistics.cold - self._cold_before) / self._rate
            needed = self._next()
            missing = max((needed - self._left()) * self.policy.thrift, _WORTH * needed - since) * self._rate
        return max(self.policy.patience << min(self._refused, _MOST_REFUSALS), int(missing))

    def _left(self) -> float:
        """CPU seconds that may be spent on recording and compiling."""
        made, thrift = self.statistics, self.policy.thrift
        return made.cold / self._rate / thrift + made.saved - made.seconds if thrift else math.inf

    def _next(self) -> float:
        """CPU seconds that the next recording will take, about, and the compiling that is due after it."""
        each, fragments = (
            self._recording / max(self._recordings, 1),
            self.fragments[len(self.fragments) - self._pending :],
        )
        tokens = sum(len(f.steps) for f in fragments) + self.policy.longest
        return each + (self._compiling * tokens if self._is_due(1) else 0.0)

    def _is_due(self, more: int = 0) -> bool:
        """Whether what waits is to be compiled, with so many fragments more."""
        pending = self._pending + more
        return pending >= max(self.policy.batch, len(self.fragments) - self._pending)

    def settle(self) -> bool:
        """Compiles what has been recorded, or is left often for want of code; whether there was anything."""
        waiting = self._pending > 0 or self.code.is_worth_drafting(self.fragments)
        if waiting:
            self._draft()
        return waiting

    def freeze(self) -> None:
        """Nothing is recorded any more."""
        self._done = True
        if self._is_draft:
            self._optimise()

    def ran(self, tokens: int, seconds: float, failed: int) -> None:
        """The code has taken so long. Once it, or guards that failed in better code, have taken as long as it will take
        to make it better, it is made so.
        """
        self.statistics.saved += tokens / self._rate - seconds
        self.statistics.failed += failed
        self._ran += seconds
        self._failed += failed
        optimising = self._optimising * self.statistics.steps
        if (self._ran if self._is_draft else _FAILURE * self._failed) < optimising or self._left() < optimising:
            return
        if self.code.is_worth_drafting(self.fragments):
            self._draft()
        elif self._is_draft:
            self._optimise()
        self._failed = 0

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
            if self._waiting > _WAITS * len(self.fragments) and self._left() >= self._next():
                self._draft()
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
            self._draft()

    # ----------------------------------------------------------------------------------------- compiling

    def _draft(self) -> None:
        """Compiles what is recorded, and what is left often for want of code."""
        begun = time.process_time()
        tokens = self.code.draft(self.fragments)
        self._pending = self._waiting = 0
        self._is_draft = self.policy.optimise
        self._compiling = self._compiled(begun) / max(tokens, 1)

    def _optimise(self) -> None:
        begun = time.process_time()
        self.code.optimise(self.fragments)
        self._is_draft = False
        self._optimising = self._compiled(begun) / max(self.statistics.steps, 1)

    def _compiled(self, begun: float) -> float:
        """CPU seconds that it took."""
        seconds = time.process_time() - begun
        self._ran, self._failed = 0.0, 0
        self.statistics.joined = self.code.joined
        self.statistics.compiled += 1
        self.statistics.seconds += seconds
        return seconds
