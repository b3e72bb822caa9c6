"""A trace with a part deleted: what it still says, read by the transformer.

Deleting tokens moves all that stands after them. That is sound: the program text stands in front, and everything
else is found as the latest of its kind or by a sum over the trace. Two things are sums over *all* tokens, the program
counter and the number of the frame. A jump in the place of the deleted instructions puts the counter right (it is
what a prompt, too, begins a run with); parts that open or close a frame are not deleted. Masking the part in the
attention instead would not be sound: the head that takes means would divide by fewer tokens than the position says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.prompt import Prompt, write
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import Cell, number
from compiler.machines.ram.vocabulary import Family, Token, vocabulary
from interpreter.engines.engine import Engine, Tokens
from interpreter.experiments.provenance import Event
from interpreter.traces.ram.follower import TraceFollower

_PROBE_TOKENS = 10_000


@dataclass(frozen=True)
class Probe:
    """A program with instructions after its own that print a cell, and which the program never comes to."""

    prompt: Prompt
    direct: dict[int, int]
    load: int
    spare: int

    def read(self, engine: Engine, tokens: Tokens, cell: Cell) -> str | None:
        """What the transformer prints for a cell after a whole trace; None for a cell of another frame."""
        layout = self.prompt.layout
        state = TraceFollower(layout, tokens)
        *low, top = cell
        frame, slots = 1 + len(state.calls), layout.first_next - layout.first_local
        writes: list[Token] = []
        if top > 0:
            operand = low[0] + slots * (top - frame)
            if top not in (frame, frame + 1) or operand not in self.direct:
                return None
            target = self.direct[operand]
        else:
            address = sum(group * layout.base**i for i, group in enumerate([*low, -top]))
            writes = list(write(layout, (self.spare, *[0] * (layout.groups - 1)), address))
            target = self.load
        asking = [*writes, *jump(layout, target - state.pc - bool(writes))]
        after = np.concatenate([tokens, numbers(layout, asking)])
        answer = np.concatenate([*engine.decode(after, _PROBE_TOKENS)])
        return TraceFollower(layout, after).feed(answer)


def probe(prompt: Prompt) -> Probe:
    """The prompt with a probe for every cell that it can name."""
    program, layout = prompt.program, prompt.layout
    used = {v for i in program.instructions for v in (i.x, i.y, i.z)} | {address for address, _ in program.data}
    spare, zero = [v for v in range(layout.first_local) if v not in used][-2:]
    code = list(program.instructions)
    load = len(code)
    code += [Instruction(Opcode.LOAD, spare, zero, spare), Instruction(Opcode.OUTI, spare), Instruction(Opcode.HALT)]
    direct = {}
    for operand in sorted({v for v in used if layout.first_local <= v < layout.base}):
        direct[operand] = len(code)
        code += [Instruction(Opcode.OUTI, operand), Instruction(Opcode.HALT)]
    longer = replace(prompt, program=replace(program, instructions=tuple(code)))
    return Probe(longer, direct, load, spare)


def jump(layout: Layout, distance: int) -> list[Token]:
    """A jump of `distance` instructions, as prompts write it."""
    far, near = divmod(distance, layout.base)
    return [*([Token(Family.F, far)] if far else []), Token(Family.J, near)]


def numbers(layout: Layout, tokens: Sequence[Token]) -> Tokens:
    """The tokens as numbers of the vocabulary, shape (n,)."""
    number_of = vocabulary(layout).number
    return np.array([number_of(token) for token in tokens], dtype=np.int32)


def deleted(layout: Layout, tokens: Tokens, begin: int, end: int, repaired: bool = True) -> Tokens:
    """The tokens without those from `begin` to before `end`, whole instructions; a jump in their place."""
    before, after = (TraceFollower(layout, tokens[:position]).pc for position in (begin, end))
    scar = numbers(layout, jump(layout, after - before)) if repaired else tokens[:0]
    return np.concatenate([tokens[:begin], scar, tokens[end:]])


@dataclass(frozen=True)
class Memory:
    """value: what reading each cell gives; lost: the cells whose latest value was in the deleted part."""

    value: dict[Cell, int]
    lost: frozenset[Cell]


def memory_without(initial: dict[Cell, int], events: Sequence[Event], begin: int, end: int) -> Memory:
    """What the events say of memory if those at positions `begin` to before `end` are gone.

    A lost cell reads as what was written to it before, or 0.
    """
    value, lost = dict(initial), set()
    for event in events:
        if event.cell is None or event.value is None:
            continue
        value.setdefault(event.cell, 0)
        if begin <= event.start < end:
            lost.add(event.cell)
        else:
            value[event.cell] = event.value
            lost.discard(event.cell)
    return Memory(value, frozenset(lost))


def goes_on(prompt: Prompt, memory: Memory, tokens: Tokens, budget: int) -> Tokens:
    """What the specification emits from this memory, at the instruction and in the frame that the tokens lead to."""
    state = TraceFollower(prompt.layout, tokens)
    ram = Ram(prompt.layout)
    ram.load(prompt.tokens)
    ram.memory = {cell: number(value, prompt.layout.base) for cell, value in memory.value.items()}
    ram.callers, ram.depth = {frame: call for frame, call in enumerate(state.calls, 2)}, len(state.calls)
    ram.pc = state.pc
    ram.go(0)
    return numbers(prompt.layout, [token for token, _ in zip(ram.run(), range(budget))])
