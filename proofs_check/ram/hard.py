"""Programs that are hard on a data type: long jumps back and forth, large programs, long numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from proofs_check.ram.samples import prompts, trace

Numbers = npt.NDArray[np.int64]


def cycle(layout: Layout, distance: int, parts: int, back: bool = False) -> Prompt:
    """An endless run: one jump of `parts` times the distance, then `parts` jumps of the distance the other way.

    The sums of the jumps ahead and of those back are built of different numbers, so that their errors do not cancel.
    back: the long jump goes back.
    """
    places = [0, *(distance * k for k in range(parts, 0, -1))]
    if back:
        places = [0, *(distance * k for k in range(1, parts + 1))]
    code = [Instruction(Opcode.HALT)] * (max(places) + 1)
    for place, following in zip(places, [*places[1:], places[0]]):
        code[place] = Instruction(Opcode.JMP, 0, *divmod(following, layout.base))
    return Prompt(RamProgram(layout, tuple(code)))


def counting(layout: Layout, padding: int = 0) -> Prompt:
    """A loop that counts, after instructions that are never executed: they make its jumps' numbers larger."""
    loop = [Instruction(Opcode.ADD, 0, 1, 0), Instruction(Opcode.JNE, 0, 2, layout.base // 2 - 1)]
    code = [Instruction(Opcode.HALT)] * padding + loop
    return Prompt(RamProgram(layout, tuple(code), ((1, 1), (2, -1)), entry=padding))


def long_numbers(layout: Layout, groups: int) -> Prompt:
    """An endless loop of arithmetic and comparisons on numbers of up to so many groups."""
    b, half = layout.base, layout.base // 2
    code = [
        Instruction(Opcode.ADD, 0, 1, 2),
        Instruction(Opcode.SUB, 2, 0, 1),
        Instruction(Opcode.MUL, 3, 4, 5),
        Instruction(Opcode.QUO, 5, 4, 3),
        Instruction(Opcode.JEQ, 0, 1, half - 4),
        Instruction(Opcode.JLT, 1, 2, half - 5),
        Instruction(Opcode.JMP, 0, 0, 0),
    ]
    low, high = b ** (groups - 1) - 1, b ** (groups - 1) // 2
    return Prompt(RamProgram(layout, tuple(code), ((0, low), (1, low), (3, high), (4, b - 1))))


def hard_prompts(layout: Layout, groups: int) -> Iterator[Prompt]:
    """Small ones first; the numbers in them have at most so many groups."""
    yield counting(layout)
    yield counting(layout, layout.base // 4)
    yield long_numbers(layout, min(groups, 4))
    yield long_numbers(layout, groups)
    for size in {layout.base // 2, layout.max_instructions // 3, layout.max_instructions - 1}:
        if size < 4 * layout.base:
            yield from (cycle(layout, size // parts, parts) for parts in (1, 2, 3))
    samples = prompts(layout, seed=1)
    yield from (next(samples) for _ in range(10))


@dataclass(frozen=True)
class Endless:
    """A run without end that repeats itself: the numbers of the prompt's tokens, and of those that come again."""

    prompt: Numbers
    period: Numbers

    def tokens(self, count: int) -> Numbers:
        """The first so many tokens of prompt and run."""
        return np.concatenate([self.prompt, np.resize(self.period, max(count - len(self.prompt), 0))])[:count]


def endless(prompt: Prompt) -> Endless:
    """Of a program whose run repeats itself from the start, such as `cycle`."""
    start, numbers = trace(prompt, 48)
    run = np.array(numbers[start:])
    period = next(n for n in range(1, 25) if (run[n:] == run[:-n]).all())
    return Endless(np.array(numbers[:start]), run[:period])
