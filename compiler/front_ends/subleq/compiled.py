"""RAM code for the instructions of a `Plan`, one by one.

One whose numbers are all assumed takes 2 tokens, or 1 if it goes on after itself in any case; with cells that wrap, 1
more. A pointer to read through takes 4 more. One to write through takes 8 more, as it is looked whether the cell is one
that is assumed to stay, or near one: then the instruction is interpreted, as is one with a number that is no address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial

from compiler.front_ends.code import step_done
from compiler.front_ends.reading import Text
from compiler.front_ends.subleq.analysis import Instruction, Plan
from compiler.front_ends.subleq.memory import Memory
from compiler.front_ends.subleq.parts import SPECIAL, Number, print_cell, stretch
from compiler.lowering.assembler import ZERO, Assembler, Label
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Origin


def look_up(
    code: Assembler, register: int, weights: Mapping[int, int], label: Callable[[int], Label], otherwise: Label
) -> None:
    """Jumps to the label of the number in a register, if it is one of these: by a tree, in which the heavy are near."""
    share = 1 + sum(weights.values()) // max(1, len(weights))

    def among(numbers: Sequence[int]) -> None:
        if len(numbers) <= 1:
            for number in numbers:
                code.jump(Opcode.JEQ, label(number), register, code.constant(number))
            code.jump(Opcode.JMP, otherwise)
            return
        rest, middle = sum(weights[number] + share for number in numbers) // 2, 0
        while middle < len(numbers) - 1 and (middle == 0 or rest > 0):
            rest -= weights[numbers[middle]] + share
            middle += 1
        lower = Label()
        code.jump(Opcode.JLT, lower, register, code.constant(numbers[middle]))
        among(numbers[middle:])
        code.place(lower)
        among(numbers[:middle])

    among(sorted(weights))


@dataclass
class Compiled:
    """Writes the code. zeros: cells that are known to hold 0 where the code is."""

    memory: Memory
    plan: Plan
    numbers: Sequence[Number]
    source: Text
    integers: bool
    labels: dict[int, Label] = field(default_factory=dict)
    zeros: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.code = self.memory.code
        self.assumed: Set[int] = self.plan.assumed
        self.joins = self.plan.joins

    def label(self, at: int) -> Label:
        """The place of the instruction at a cell."""
        return self.memory.halt if at == SPECIAL else self.labels.setdefault(at, Label())

    def write(self) -> None:
        """All of it: the instructions, where they go on elsewhere, and where a number says at which cell to go on."""
        code, memory = self.code, self.memory
        written: set[int] = set()
        for at in sorted(self.plan.instructions):
            self._straight(at, written)
        code.origin = Origin(comment="from here on interpreted")
        for at, label in self.labels.items():
            if at not in self.plan.instructions:
                code.place(label)
                memory.go_to(at, memory.loop)

    def enter(self, otherwise: Label) -> None:
        """Goes on at the cell in `pc` if that is an entry, and `otherwise` if not."""
        look_up(self.code, self.memory.pc, self.plan.entries, self.label, otherwise)

    def _straight(self, at: int, written: set[int]) -> None:
        """An instruction, and those after it as far as they were not written yet."""
        self.zeros = set()
        while at in self.plan.instructions and at not in written:
            written.add(at)
            if at in self.joins:
                self.zeros = set()
            self.code.place(self.label(at))
            one = self.plan.instructions[at]
            self._instruction(one)
            if one.clears and one.c != at + 3:
                return
            at += 3
        step_done(self.code)
        self.code.jump(Opcode.JMP, self.label(at))

    def _instruction(self, one: Instruction) -> None:
        code, memory = self.code, self.memory
        first, last = self.numbers[one.at : one.at + 3][:1], self.numbers[one.at : one.at + 3][-1:]
        step = replace(self.source.origin(stretch(first[0].span, last[0].span)) if first else Origin(), steps=1)
        code.origin = step
        if one.reads and one.b is not None:
            cell = memory.global_cell(one.b) or memory.x
            memory.read(cell)
            memory.put_back(one.b, cell)
            self.zeros.discard(one.b)
        elif one.clears and one.b is not None:
            place = memory.global_cell(one.b)
            if place is None:
                memory.put_back(one.b, ZERO)
            else:
                code.emit(Opcode.ADD, ZERO, ZERO, place)
            self.zeros.add(one.b)
            step_done(code)
            self._jump(one)
        else:
            self._with_operands(one)

    def _with_operands(self, one: Instruction) -> None:
        code, memory = self.code, self.memory
        step = code.origin
        step_done(code)
        a = b = 0
        if one.a is None:
            a = memory.value(one.at, memory.a)
            self._expect(one, lambda fits: code.jump(Opcode.JIN, fits, a, memory.limit))
        if one.b is None:
            b = memory.value(one.at + 1, memory.b)
            self._guard(one, b)
        if one.a is None:
            x = memory.x
            code.emit(Opcode.LOAD, a, memory.first, x)
        else:
            x = memory.value(one.a, memory.x)
        if one.prints:
            code.origin = step
            print_cell(code, x, memory.scratch, self.integers)
            return
        if one.b is None:
            y = memory.y
            code.emit(Opcode.LOAD, b, memory.first, y)
            put_back: Callable[[], None] = partial(code.emit, Opcode.STORE, b, memory.first, y)
        else:
            y = memory.value(one.b, memory.y)
            put_back = partial(memory.put_back, one.b, y)
        from_zero = one.b in self.zeros
        code.origin = step
        code.emit(Opcode.SUB, y, x, y)
        step_done(code)
        put_back()
        self.zeros = set() if one.b is None else self.zeros - {one.b}
        if one.c is not None:
            memory.branch(y, None if one.c == one.at + 3 else self.label(one.c), put_back, from_zero)
            return
        computed, after = Label(), Label()
        memory.branch(y, computed, put_back, from_zero)
        code.jump(Opcode.JMP, after)
        code.place(computed)
        self._jump(one)
        code.place(after)

    def _jump(self, one: Instruction) -> None:
        """To c."""
        code, memory = self.code, self.memory
        if one.c is not None:
            if one.c != one.at + 3:
                code.jump(Opcode.JMP, self.label(one.c))
            return
        target = memory.value(one.at + 2, memory.pc)
        if target != memory.pc:
            code.emit(Opcode.ADD, target, ZERO, memory.pc)
        code.jump(Opcode.JMP, memory.enter)

    def _expect(self, one: Instruction, *tests: Callable[[Label], None]) -> None:
        """Interprets the instruction unless one of these tests jumps."""
        fits = Label()
        for test in tests:
            test(fits)
        self.memory.go_to(one.at, self.memory.loop)
        self.code.place(fits)

    def _guard(self, one: Instruction, b: int) -> None:
        """Interprets the instruction if b is no address, or not apart from the cells that are assumed to stay."""
        code, memory = self.code, self.memory
        first, last = code.constant(min(self.assumed, default=0)), code.constant(max(self.assumed, default=-1) + 1)
        self._expect(
            one,
            lambda fits: code.jump(Opcode.JGE, fits, b, last),
            lambda fits: code.jump(Opcode.JIN, fits, b, first),
        )
        if not memory.cells.are_addresses(memory.size):
            self._expect(one, lambda fits: code.jump(Opcode.JIN, fits, b, memory.limit))
