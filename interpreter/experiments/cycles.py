"""Runs that come back to a state: found exactly, from the state that the trace says the run is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from compiler.machines.ram.prompt import Prompt, Snapshot
from interpreter.engines.engine import Engine, Tokens
from interpreter.traces.ram.follower import TraceFollower, tables
from interpreter.traces.ram.live_cells import LiveCells


@dataclass(frozen=True)
class Cycle:
    """From `start` tokens of trace on at the latest, the run is in the same state every `tokens`, `instructions`."""

    start: int
    tokens: int
    instructions: int


@dataclass(frozen=True)
class Course:
    """How a run goes: tokens: read so far; halted: it has come to its end; cycle: it has come back to a state."""

    tokens: int
    halted: bool
    cycle: Cycle | None


def course(prompt: Prompt, engine: Engine, budget: int) -> Course:
    """Decodes until the run halts, is in a state for the second time, or has used up its budget.

    The state after an instruction is the program counter, the open calls and the cells that are not 0: what is
    decoded from then on is a function of it. Two equal states are therefore an endless loop, and the first time that
    a state comes back is its exact period (Brent 1980: each state is compared with the one after instruction 2**i).
    """
    saved: tuple[Snapshot, int, int] | None = None
    power, tokens = 1, 0
    for number, (known, tokens) in enumerate(_states(prompt, engine, budget)):
        if known is None:
            return Course(tokens, True, None)
        if saved is not None and known == saved[0]:
            return Course(tokens, False, Cycle(saved[2], tokens - saved[2], number - saved[1]))
        if number == power or saved is None:
            saved, power = (known, number, tokens), 2 * number or 1
    return Course(tokens, False, None)


def _states(prompt: Prompt, engine: Engine, budget: int) -> Iterator[tuple[Snapshot | None, int]]:
    """The state after each instruction and the tokens so far; None for the end of the run."""
    ends = tables(prompt.layout).ends
    halting = list(prompt.machine.halting)
    live = TraceFollower(prompt.layout, prompt.numbers, cells=LiveCells(prompt.program))
    yield live.snapshot(), 0
    tokens = 0
    rest: Tokens = prompt.numbers[:0]
    for chunk in engine.decode(prompt.numbers, budget):
        rest = np.concatenate([rest, chunk])
        cuts = np.flatnonzero(ends[rest]) + 1
        for part in np.split(rest, cuts)[:-1]:
            tokens += len(part)
            if part[-1] in halting:
                yield None, tokens
                return
            live.take(part)
            yield live.snapshot(), tokens
        rest = rest[cuts[-1] :] if len(cuts) else rest
