"""Two-counter machines as RAM programs: the RAM, and so the transformer, computes every computable function.

Minsky (1967, "Computation: finite and infinite machines", section 14) shows that two counters suffice. A counter
machine's instruction becomes four RAM instructions; the counters are two global cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import z3

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import RamProgram
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.symbolic.solver import Solver

COUNTERS = (0, 1)
ZERO, ONE = 2, 3
"""Global cells: the two counters, and the constants 0 and 1."""


@dataclass(frozen=True)
class Increment:
    """Adds 1 to a counter and goes on at `then`."""

    counter: int
    then: int


@dataclass(frozen=True)
class Decrement:
    """Where the counter is 0, goes on at `if_zero`; else subtracts 1 and goes on at `then`."""

    counter: int
    if_zero: int
    then: int


CounterInstruction = Increment | Decrement
"""A program halts at any address after its last instruction."""
WIDTH = 4
"""RAM instructions for one of a counter machine."""


def translate(program: Sequence[CounterInstruction], counters: tuple[int, int], layout: Layout) -> RamProgram:
    """The RAM program that simulates a two-counter machine from these counters.

    Counter instruction k becomes RAM instructions 4k to 4k + 3; the HALT stands after them all.

    Raises:
        ValueError: a counter is negative or not 0 or 1, or the program is too long for the layout.
    """
    if min(counters) < 0 or any(i.counter not in (0, 1) for i in program):
        raise ValueError("a two-counter machine has counters 0 and 1, which hold natural numbers")
    if WIDTH * len(program) + 1 > layout.max_instructions:
        raise ValueError(f"{len(program)} counter instructions are too many for base {layout.base}")
    end = WIDTH * len(program)

    def jump(target: int) -> Instruction:
        high, low = divmod(min(WIDTH * target, end), layout.base)
        return Instruction(Opcode.JMP, 0, high, low)

    code: list[Instruction] = []
    for i in program:
        code += block(i, jump, layout)
    data = ((0, counters[0]), (1, counters[1]), (ZERO, 0), (ONE, 1))
    return RamProgram(layout, (*code, Instruction(Opcode.HALT)), data)


def block(i: CounterInstruction, jump: Callable[[int], Instruction], layout: Layout) -> list[Instruction]:
    """The `WIDTH` RAM instructions of one counter instruction."""
    halt = Instruction(Opcode.HALT)
    if isinstance(i, Increment):
        return [Instruction(Opcode.ADD, i.counter, ONE, i.counter), jump(i.then), halt, halt]
    skip = Instruction(Opcode.JEQ, i.counter, ZERO, 3 + layout.base // 2)
    return [skip, Instruction(Opcode.SUB, i.counter, ONE, i.counter), jump(i.then), jump(i.if_zero)]


def run(program: Sequence[CounterInstruction], counters: tuple[int, int], limit: int) -> Iterator[tuple[int, int, int]]:
    """The configurations (address, counter 0, counter 1) of a counter machine, at most `limit` of them."""
    at, values = 0, list(counters)
    for _ in range(limit):
        yield at, values[0], values[1]
        if not 0 <= at < len(program):
            return
        i = program[at]
        if isinstance(i, Increment):
            values[i.counter] += 1
            at = i.then
        elif values[i.counter] == 0:
            at = i.if_zero
        else:
            values[i.counter] -= 1
            at = i.then


# ------------------------------------------------------------------------------------------------ the proof


def universality_claims(layout: Layout) -> Iterator[Claim]:
    """Claims that the compiled blocks of a two-counter machine do what its instructions do."""
    yield Claim(
        Lemma(
            "universality: simulation",
            r"from RAM state (pc = 4k, counters c), the block of counter instruction k leads to (pc = 4k', counters "
            r"c') with (k', c') the counter machine's next configuration",
            "z3: each block executed symbolically with the meaning of each opcode in isa.py",
            "all counter values, both counters, all targets",
        ),
        lambda: _simulates(layout),
    )


def _simulates(layout: Layout) -> str:
    a, b, then, other = z3.Ints("a b then if_zero")
    checked = 0
    for counter in COUNTERS:
        old = [a, b]
        value = old[counter]

        def changed(delta: int, counter: int = counter, old: list[z3.ArithRef] = old) -> list[z3.ArithRef]:
            return [v + delta if i == counter else v for i, v in enumerate(old)]

        up = (then, changed(1))
        _one_block(layout, Increment(counter, 0), old, {0: then}, z3.BoolVal(True), up)
        decrement = Decrement(counter, 1, 0)
        targets = {0: then, 1: other}
        _one_block(layout, decrement, old, targets, value == 0, (other, old))
        _one_block(layout, decrement, old, targets, value >= 1, (then, changed(-1)))
        checked += 3
    return f"{checked} cases"


def _one_block(
    layout: Layout,
    i: CounterInstruction,
    counters: list[z3.ArithRef],
    targets: dict[int, z3.ArithRef],
    condition: z3.BoolRef,
    expected: tuple[z3.ArithRef, list[z3.ArithRef]],
) -> None:
    """Executes the block with all branches decided by z3 under the condition."""
    code = block(i, lambda target: Instruction(Opcode.JMP, 0, 0, target), layout)
    cells = {0: counters[0], 1: counters[1], ZERO: z3.IntVal(0), ONE: z3.IntVal(1)}
    solver = Solver()
    solver.add(condition, *(c >= 0 for c in counters))
    at = 0
    for _ in range(WIDTH):
        instruction = code[at]
        match instruction.opcode:
            case Opcode.ADD:
                cells[instruction.z] = cells[instruction.x] + cells[instruction.y]
                at += 1
            case Opcode.SUB:
                cells[instruction.z] = cells[instruction.x] - cells[instruction.y]
                at += 1
            case Opcode.JEQ:
                x, y = cells[instruction.x], cells[instruction.y]
                always, never = (not solver.possible(c) for c in (x != y, x == y))
                if always == never:
                    raise NotProved("the branch is not decided by the case")
                at += instruction.z - layout.base // 2 if always else 1
            case Opcode.JMP:
                found = (targets[instruction.z], [cells[c] for c in COUNTERS])
                equal = z3.And(found[0] == expected[0], *(f == e for f, e in zip(found[1], expected[1])))
                if solver.possible(z3.Not(equal)):
                    raise Refuted(Counterexample(str(i), {}, str(expected), str(found)))
                return
            case _:
                raise Refuted(Counterexample(str(i), {}, "a jump", str(instruction)))
    raise NotProved(f"the block of {i} does not end")
