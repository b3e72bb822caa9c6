"""The RAM as a circuit: what the specification does, in heads and gates over named wires.

At position p, the token at p is *the current token*; the circuit decides the token after it, which belongs to the
instruction that `pc` names. `describe` is the whole of it, a line a stage:

    history    how far the run has come, what the last addresses and groups were           attention 1
    fetch      the instruction to execute, and the one that the current token belongs to   attention 2
    cells      which cells are read next, and which cell and group the current token wrote
    operands   top groups, then the groups asked for                                       attention 3, 4
    phases     which part of its instruction the next token is
    arithmetic sums, products, quotients, comparisons
    jumps      where the run goes on
    emission   which family of tokens is next, and with which value and flag               unembedding
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from compiler.circuits import Circuit
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression
from compiler.machines.ram.features import token_features
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.stages import arithmetic, cells, emission, fetch, history, jumps, operands, phases, setting
from compiler.machines.ram.stages.arithmetic import Division, Order, Remainder, Sum
from compiler.machines.ram.stages.cells import Cells, Index, Turns
from compiler.machines.ram.stages.emission import Decided, Modes
from compiler.machines.ram.stages.fetch import Begun, Fields, Frame, Instruction, Writer
from compiler.machines.ram.stages.history import Addresses, History
from compiler.machines.ram.stages.jumps import FrameChange, Jump
from compiler.machines.ram.stages.operands import Asked, Operands, Top
from compiler.machines.ram.stages.phases import Phase, Progress
from compiler.machines.ram.stages.setting import Setting
from compiler.machines.ram.vocabulary import Token, vocabulary


@dataclass(frozen=True)
class Stages:
    """The stages that a form of the weights may have its own of; all others are the same in every form."""

    addresses: Callable[[Setting], Addresses]
    fields: Callable[[Setting], Fields]
    cells: Callable[[Setting, Instruction, Writer, Begun, Frame, Addresses], Cells]
    turns: Callable[[Setting, Begun], Turns]
    top_down: Callable[[Setting, Instruction, Turns, Top], Expression]
    progress: Callable[[Setting, Instruction, Turns, Index, Asked, Operands], Progress]
    sums: Callable[[Setting, Instruction, History, Begun, Operands, Phase], Sum]
    remainder: Callable[[Setting, Instruction, Operands, Division], Remainder]
    longer: Callable[[Setting, Operands], Expression]
    holds: Callable[[Setting, Instruction, Operands, Order], Expression]
    frame_change: Callable[[Setting, Instruction, Frame], FrameChange]
    jump: Callable[[Setting, Instruction, FrameChange, Expression], Jump]
    modes: Callable[[Setting, Decided], Modes]
    flags: Callable[[Setting, Decided], None]


SHALLOW = Stages(
    addresses=history.addresses,
    fields=fetch.fields,
    cells=cells.cells,
    turns=cells.turns,
    top_down=operands.top_down,
    progress=phases.progress,
    sums=partial(arithmetic.sums, within=setting.within),
    remainder=arithmetic.remainder,
    longer=arithmetic.longer,
    holds=arithmetic.holds,
    frame_change=jumps.frame_change,
    jump=partial(jumps.jump, within=setting.within),
    modes=emission.modes,
    flags=emission.flags,
)
"""For weights in a stack of layers: few layers come first. `deep` has what changes where they cost nothing."""


def circuit(layout: Layout, max_tokens: int = MAX_TOKENS, stages: Stages = SHALLOW) -> Circuit[Token]:
    """The circuit of the RAM with this layout, for traces of at most `max_tokens` tokens (a power of two)."""
    shorter = "" if max_tokens == MAX_TOKENS else f"-{max_tokens}"
    c = Circuit(f"ram-{layout.base}-{layout.groups}{shorter}", vocabulary(layout), max_tokens)
    describe(Setting(c, token_features(c, layout), layout), stages)
    return c


def describe(s: Setting, stages: Stages) -> None:
    """Adds every stage to the circuit, in this order."""
    past = history.history(s)
    addresses = stages.addresses(s)

    fields = stages.fields(s)
    now = fetch.fetch(s, past, fields)
    writer = fetch.writer(s, past, fields)
    frame = fetch.frame(s, past)
    begun = fetch.begun(s, past)

    addressing = cells.addressing(s, now)
    named = stages.cells(s, now, writer, begun, frame, addresses)
    index = cells.written_index(s, past, begun)
    turns = stages.turns(s, begun)

    x, y = operands.tops(s, named, index)
    caller = operands.caller(s, frame, writer)
    copying = operands.copying(s, now)
    asked = operands.asked(s, now, turns, index, y, stages.top_down(s, now, turns, x))
    read = operands.operands(s, now, named, index, (x, y), asked)

    progress = stages.progress(s, now, turns, index, asked, read)
    phase = phases.phase(s, now, addressing, copying, progress, read)

    total = stages.sums(s, now, past, begun, read, phase)
    division = arithmetic.division(s, now, past, read, phase)
    remainder = stages.remainder(s, now, read, division)
    order = arithmetic.order(s, now, read, phase, stages.longer(s, read))
    holds = stages.holds(s, now, read, order)

    change = stages.frame_change(s, now, frame)
    jump = stages.jump(s, now, change, caller)

    decided = Decided(now, read, phase, total, division, remainder, order, holds, change, jump)
    emission.emit(s, stages.modes(s, decided), emission.value_terms(s, decided))
    stages.flags(s, decided)
