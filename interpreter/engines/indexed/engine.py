"""The engine: feeds the prompt to the generated code, then has it decode, a chunk at a time."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.circuits.weights import Weights
from compiler.machines.machine import Machine
from compiler.machines.windows import Context
from interpreter.engines.engine import DecodingError, Tokens
from interpreter.engines.indexed import memory
from interpreter.engines.indexed.decision import UNANSWERED
from interpreter.engines.indexed.memory import WINDOW, Table
from interpreter.engines.indexed.native import Native, load
from interpreter.engines.indexed.plan import NotIndexable

Words = npt.NDArray[np.uint64]

_FIRST_CHUNK, _LAST_CHUNK = 256, 131_072
_LAST_IN_WINDOW = 64
_FIRST_ROWS_LOG = 8
SLACK = 2048
"""How many tokens more than asked for a chunk may have."""
_REMEMBERED = 2**24
"""Tokens of windows that are remembered at most: some hundred megabytes."""


class IndexingError(DecodingError):
    """The run has come to where this engine cannot tell what the transformer does; the message says why.

    It is one of the limits in the documentation of this package. Undamaged machines do not come to them
    within the limits of their weights.
    """


class Decoding(Protocol):
    """A run, after all tokens of its prompt but the last."""

    def advance(self, buffer: Tokens, size: int, most: int) -> tuple[int, int]:
        """Decodes the tokens after buffer[0], `size` of them or up to `most`: how many it did, and why it stopped."""
        ...

    def check(self, status: int) -> None:
        """Raises IndexingError if the status says that something failed."""
        ...


class IndexedEngine:
    """Decodes in O(1) a token, with memory for the prompt and the cells in use only."""

    name = "indexed"

    def __init__(self, machine: Machine[Any], keep: bool = True, optimised: bool = True) -> None:
        """keep: the generated code in the user's cache folder, and take it from there; optimised: see `native.load`.

        Raises:
            NotIndexable: the weights are not of the kind that this engine takes.
        """
        try:
            self.weights = unrolled(machine.weights)
        except NotSettling as reason:
            raise NotIndexable(str(reason)) from reason
        self.window, self.halting = machine.cut, machine.halting
        self._native = load(self.weights, machine.halting, keep, optimised)

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """See `Engine`. Chunks grow from 256 to 131,072 tokens.

        Through a window that moves on with each token, a token costs as much as the window is long, once: what follows
        a window depends on nothing else, and is remembered. While all that was seen is seen still, it costs O(1).

        Raises:
            ValueError: the prompt is empty, or has a number that is no token's.
            IndexingError: see there; the tokens before are given out first.
        """
        if len(prompt) == 0:
            raise ValueError("the prompt is empty")
        low, high = int(prompt.min()), int(prompt.max())
        if low < 0 or high >= len(self.weights.embedding):
            raise ValueError(f"the machine has no token with number {low if low < 0 else high}")
        if self.window is not None:
            yield from _in_chunks(islice(self._through(self.window.begin(prompt.tolist())), max_tokens))
            return
        yield from self._decode(prompt, max_tokens)

    def _through(self, context: Context) -> Iterator[int]:
        """The tokens that follow what is seen through a window, up to one that halts."""
        followed: dict[tuple[int, ...], int] = {}
        while True:
            seen = tuple(context.seen())
            known = [followed[seen]] if seen in followed else self._stretch(seen)
            for number, token in enumerate(known):
                yield token
                if token in self.halting:
                    return
                if context.append(token):
                    continue
                if number == 0:
                    if len(followed) * len(seen) >= _REMEMBERED:
                        followed.clear()
                    followed[seen] = token
                break

    def _stretch(self, seen: tuple[int, ...]) -> Iterator[int]:
        """What follows as long as all of it is seen; decoded a little ahead."""
        for chunk in self._decode(np.array(seen, dtype=np.int32), None, 1, _LAST_IN_WINDOW):
            yield from chunk.tolist()

    def _decode(
        self, prompt: Tokens, max_tokens: int | None, first: int = _FIRST_CHUNK, last: int = _LAST_CHUNK
    ) -> Iterator[Tokens]:
        """Of what is all seen; first, last: sizes of chunks, which grow."""
        # What follows a window as long as that is decoded as well, but not appended to it.
        room = self.weights.max_tokens - len(prompt) + (self.window is not None)
        wanted = self.weights.max_tokens if max_tokens is None else max_tokens
        if wanted <= 0:
            return
        state = self.begin(prompt)
        buffer = np.empty(last + SLACK + 1, dtype=np.int32)
        buffer[0] = prompt[-1]
        size, emitted = first, 0
        while emitted < min(wanted, room):
            left = min(wanted, room) - emitted
            size = min(size, left)
            done, status = state.advance(buffer, size, min(size + SLACK, left))
            if done:
                yield buffer[1 : done + 1].copy()
            emitted += done
            state.check(status)
            if status == memory.HALTED:
                return
            buffer[0] = buffer[done]
            size = min(4 * size, last)
        if emitted < wanted:
            raise IndexingError(f"the trace is as long as the weights can tell apart: {self.weights.max_tokens} tokens")

    def begin(self, prompt: Tokens) -> Decoding:
        """See `Decoding`. Raises IndexingError."""
        return self.after(prompt)

    def after(self, prompt: Tokens) -> State:
        """The state after all tokens of the prompt but the last. Raises IndexingError."""
        state = State(self._native, self.weights, len(prompt))
        buffer = np.empty(len(prompt) + 1, dtype=np.int32)
        buffer[: len(prompt)] = prompt
        _, status = state.feed(buffer, 0, len(prompt) - 1, len(prompt))
        state.check(status)
        return state


def _in_chunks(tokens: Iterable[int]) -> Iterator[Tokens]:
    """In chunks that grow; those before an error are given out first."""
    chunk: list[int] = []
    size = _FIRST_CHUNK
    try:
        for token in tokens:
            chunk.append(token)
            if len(chunk) == size:
                yield np.array(chunk, dtype=np.int32)
                chunk, size = [], min(4 * size, _LAST_CHUNK)
    except IndexingError:
        if chunk:
            yield np.array(chunk, dtype=np.int32)
        raise
    if chunk:
        yield np.array(chunk, dtype=np.int32)


@dataclass(frozen=True)
class Kept:
    """A state without its log; tables: their rows."""

    words: Words
    tables: list[Words]


class State:
    """The memory of one run; moved: whether rows of tables are no longer where they were."""

    def __init__(self, native: Native, weights: Weights, prompt: int) -> None:
        self.native, self.weights, self.prompt = native, weights, prompt
        self.embedding = np.ascontiguousarray(weights.embedding)
        self.words: Words = _aligned(len(native.initial))
        self.words[:] = native.initial
        self.words[memory.PROMPT] = prompt
        self.log = np.zeros(prompt + WINDOW, dtype=np.int32)
        self.histories = [np.zeros((prompt + WINDOW) * h.size) for h in native.memory.histories]
        for description, array in zip(native.memory.histories, self.histories):
            self.words[description.word] = array.ctypes.data
        self.tables = [_aligned(1 << (t.log_row + _FIRST_ROWS_LOG)) for t in native.memory.tables]
        self.moved = False
        for table, rows in zip(native.memory.tables, self.tables):
            self._install(table, rows)

    def kept(self) -> Kept:
        """The state as it is, to be gone back to."""
        return Kept(self.words.copy(), [rows.copy() for rows in self.tables])

    def go_back(self, kept: Kept) -> None:
        """To a state before, of the same prompt and without histories; tables stay as large as they have become.

        The log needs nothing: of a position that is yet to come no head reads.
        """
        self.words[:] = kept.words
        for i, (table, rows, before) in enumerate(zip(self.native.memory.tables, self.tables, kept.tables)):
            ctypes.memset(rows.ctypes.data, 0, rows.nbytes)
            self._moved(i, table, before, rows)
        self.moved = True

    def advance(self, buffer: Tokens, size: int, most: int) -> tuple[int, int]:
        """See `Decoding`."""
        return self.feed(buffer, 0, size, 0)

    def feed(self, buffer: Tokens, begin: int, end: int, forced: int) -> tuple[int, int]:
        """Feeds tokens `begin` to `end - 1` of the buffer; returns how far it came and why it stopped."""
        while True:
            begin = self.native.run(
                self.words.ctypes.data, self.embedding.ctypes.data, self.log.ctypes.data, buffer.ctypes.data,
                begin, end, forced,
            )  # fmt: skip
            status = self.stopped(begin < end)
            if status is not None:
                return begin, status

    def stopped(self, more: bool) -> int | None:
        """Why the code has returned; None: tables have grown, and if there is more to do, it goes on."""
        status = int(self.words[memory.STATUS])
        if status != memory.GROW:
            return status
        self.grow()
        return None if more else memory.RETURNED

    def check(self, status: int) -> None:
        """Raises IndexingError if the status says that something failed."""
        if status >= memory.FAILED:
            position = int(self.words[memory.POSITION])
            reason = self.native.failures[status - memory.FAILED]
            if reason == UNANSWERED and position < self.prompt + WINDOW:
                # Only here: it needs PyTorch, which takes longer to load than most runs.
                from interpreter.engines.indexed.unanswered import explanation

                reason = explanation(self.weights, self.log[: position + 1])
            raise IndexingError(f"at position {position}: {reason}")

    def grow(self) -> None:
        """Doubles every table that is half full."""
        for i, table in enumerate(self.native.memory.tables):
            if self.words[table.word + Table.COUNT] >= self.words[table.word + Table.LIMIT]:
                new = _aligned(2 * len(self.tables[i]))
                self._moved(i, table, self.tables[i], new)
                self.tables[i] = new
        self.words[memory.FULL] = 0
        self.moved = True

    def _moved(self, i: int, table: Table, old: Words, new: Words) -> None:
        """Enters the rows of table i that are in use in others, which are free, and takes these."""
        self._install(table, new)
        shift, mask = (int(self.words[table.word + k]) for k in (Table.SHIFT, Table.MASK))
        self.native.rehashes[i](old.ctypes.data, len(old), new.ctypes.data, shift, mask)

    def _install(self, table: Table, rows: Words) -> None:
        log = (len(rows) >> table.log_row).bit_length() - 1
        self.words[table.word + Table.ADDRESS] = rows.ctypes.data
        self.words[table.word + Table.SHIFT] = 64 - log
        self.words[table.word + Table.MASK] = (1 << log) - 1
        self.words[table.word + Table.LIMIT] = 1 << (log - 1)


def _aligned(size: int) -> Words:
    """Zero words, beginning at a cache line."""
    room = np.zeros(size + 8, dtype=np.uint64)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + size]
