"""One trace, checked by several workers: chunks as tasks, see `interpreter.verification.compiled.kit`.

A worker is given a chunk's bounds and what is carried into it, and reads the tokens from the file itself; it keeps
nothing but the machine code. So a task can be done again anywhere, and a worker that dies takes nothing with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from interpreter.traces.trace_file import TokenNumbers
from interpreter.verification.compiled.kit import Failed, Kit, Wrong
from interpreter.verification.compiled.state import Carried, State

CHUNK = 2**22
"""Positions of a task: some tenths of a second of work, and 16 MiB for what is emitted."""


class Unreadable(ValueError):
    """A worker cannot read the file of the trace; the message says which and why."""


class Workers(Protocol):
    """See `interpreter.campaign.workers.Workers`."""

    @property
    def number(self) -> int:
        """How many there are."""
        ...

    def map(self, function: Callable[..., Any], tasks: Iterator[Any], shared: Any) -> Iterator[Any]:
        """What the function makes of each task, in their order; shared: its second argument, the same for all."""
        ...


@dataclass(frozen=True)
class TokenFile:
    """Where the tokens of a prompt and its trace are, one after the other from byte `offset` on."""

    path: str
    dtype: str
    offset: int
    size: int

    @staticmethod
    def of(tokens: np.memmap[Any, Any], size: int) -> TokenFile:
        """The first `size` tokens of a mapped file."""
        return TokenFile(str(Path(str(tokens.filename)).resolve()), tokens.dtype.str, int(tokens.offset), size)

    def tokens(self) -> TokenNumbers:
        """Mapped, not read.

        Raises:
            Unreadable: there is no such file where this is carried out, or it is shorter there.
        """
        try:
            return np.memmap(self.path, dtype=self.dtype, mode="r", offset=self.offset, shape=(self.size,))
        except (OSError, ValueError) as problem:
            raise Unreadable(f"a worker cannot read the trace {self.path}: {problem}") from None


@dataclass(frozen=True)
class Task:
    """Positions `begin` to `end - 1` of a file: what scans of `level` carry on, or whether all tokens are right.

    carried: what the levels before, or all, carry into the chunk.
    """

    file: TokenFile
    prompt: int
    chunk: int
    begin: int
    end: int
    level: int | None
    carried: tuple[Carried, ...]


@dataclass(frozen=True)
class Done:
    """task: without what was carried into it, which need not be sent back."""

    task: Task
    result: Carried | Wrong | Failed | None


def carry_out(task: Task, kit: Kit) -> Done:
    """Records or checks the chunk that the task names."""
    tokens = task.file.tokens()
    if task.level is not None:
        recorded = kit.record_chunk(task.level, task.carried, tokens, task.begin, task.end)
        return Done(replace(task, carried=()), recorded)
    state = kit.state(task.begin, task.carried)
    return Done(replace(task, carried=()), kit.check_chunk(state, tokens, task.end, task.prompt))


@dataclass
class Plan:
    """Which tasks can be done now, and what is carried into chunks, from the results so far.

    ahead: so many chunks are in work at most, which bounds what is kept for them. limit: chunks from here on are no
    longer of interest: something is wrong in the one before.
    """

    kit: Kit
    file: TokenFile
    prompt: int
    size: int
    ahead: int
    limit: int = 0
    first_open: int = 0
    outcomes: dict[int, Wrong | Failed | None] = field(default_factory=dict)
    carried: dict[int, dict[int, Carried]] = field(default_factory=dict)
    _failed: Failed | None = None
    _issued: dict[int, int] = field(default_factory=dict)
    _recorded: dict[tuple[int, int], Carried] = field(default_factory=dict)
    _merged: list[int] = field(default_factory=list)
    _states: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.end = self.file.size - 1
        self.limit = -(-self.end // self.size)
        self._states = [self.kit.state(0) for _ in self.kit.levels]
        self._merged = [0] * len(self.kit.levels)
        self.carried[0] = {level: self._snapshot(level) for level in range(len(self.kit.levels))}

    def _snapshot(self, level: int) -> Carried:
        return Carried.of(self._states[level], self.kit.layout, self.kit.levels[level])

    def tasks(self) -> Iterator[Task | None]:
        """The tasks, those of early chunks first; None where nothing can be done before another result is in."""
        while self.first_open < self.limit:
            yield self._next()

    def _next(self) -> Task | None:
        levels = len(self.kit.levels)
        for chunk in range(self.first_open, min(self.first_open + self.ahead, self.limit)):
            carried = self.carried.get(chunk, {})
            issued = self._issued.get(chunk, 0)
            # Nobody needs what the last chunk carries on.
            level = issued if chunk + 1 < self.limit or issued > levels else levels
            if level <= levels and all(before in carried for before in range(level)):
                self._issued[chunk] = level + 1
                begin, end = chunk * self.size, min((chunk + 1) * self.size, self.end)
                given = tuple(carried[before] for before in range(level))
                recorded = level if level < levels else None
                return Task(self.file, self.prompt, chunk, begin, end, recorded, given)
        return None

    def take(self, done: Done) -> int:
        """Takes a result; returns how many positions have been checked by it."""
        task, result = done.task, done.result
        if isinstance(result, Wrong | Failed):
            # What a later chunk is about does not matter any more; this one is still to be checked.
            self.limit = min(self.limit, task.chunk + 1)
        if task.level is not None:
            if isinstance(result, Carried):
                self._recorded[task.chunk, task.level] = result
                self._merge(task.level)
            elif isinstance(result, Failed) and (self._failed is None or result.position < self._failed.position):
                self._failed = result
            return 0
        assert not isinstance(result, Carried)
        self.outcomes[task.chunk] = result
        while self.first_open in self.outcomes:
            self.carried.pop(self.first_open, None)
            self.first_open += 1
        return task.end - task.begin

    def _merge(self, level: int) -> None:
        """Carries what is recorded on into the chunks that follow, as far as it goes."""
        while (recorded := self._recorded.pop((self._merged[level], level), None)) is not None:
            self.kit.add(self._states[level], recorded, first=self._merged[level] == 0)
            self._merged[level] += 1
            self.carried.setdefault(self._merged[level], {})[level] = self._snapshot(level)

    @property
    def outcome(self) -> Wrong | Failed | None:
        """Of the first chunk in which something is wrong. What failed while it was recorded fails there as well."""
        return next((outcome for _, outcome in sorted(self.outcomes.items()) if outcome is not None), self._failed)


def first_problem(
    workers: Workers,
    kit: Kit,
    file: TokenFile,
    prompt: int,
    chunk: int,
    progress: Callable[[int, int], None],
) -> Wrong | Failed | None:
    """What `Kit.check_chunk` would find in all tokens as one chunk. chunk: positions of a task.

    Raises:
        Unreadable: a worker cannot read the file.
    """
    plan = Plan(kit, file, prompt, chunk, ahead=2 * workers.number + 2)
    checked = 0
    for done in workers.map(carry_out, plan.tasks(), kit):
        checked += plan.take(done)
        progress(checked, plan.end)
    return plan.outcome
