"""Random RAM programs, by seed: to confirm formulas, to kill mutants, to look for the first real error."""

from __future__ import annotations

import random
from collections.abc import Iterator

from compiler.machines.machine import PromptError
from compiler.machines.ram.isa import Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import ENDS, Token, Vocabulary


def prompts(layout: Layout, seed: int) -> Iterator[Prompt]:
    """Prompts without end: 3 to 12 instructions of all kinds on a few cells, jumps all within the program."""
    rng = random.Random(seed)
    while True:
        try:
            yield Prompt(_program(layout, rng))
        except PromptError:
            continue


def _program(layout: Layout, rng: random.Random) -> RamProgram:
    size, b = rng.randint(3, 12), layout.base
    cells = [0, 1, 2, layout.first_local, layout.first_local + 1, layout.first_next]

    def operand(role: Role, at: int) -> int:
        match role:
            case Role.READ | Role.WRITE:
                return rng.choice(cells)
            case Role.OFFSET:
                return min(b - 1, max(0, rng.randint(0, size) - at + b // 2))
            case Role.LOW:
                return rng.randint(0, min(size, b - 1))
            case Role.CHARACTER:
                return rng.randint(0, b - 1)
        return 0

    code = []
    for at in range(size):
        opcode = rng.choice([o for o in Opcode if o is not Opcode.HALT])
        x, y, z = (operand(role, at) for role in opcode.roles)
        if (opcode is Opcode.MUL and z == y) or (opcode is Opcode.SHL and z == x):
            z = (z + 1) % 3
        code.append(Instruction(opcode, x, y, z))
    data = [(cell, _value(b, rng)) for cell in (0, 1, 2, rng.randint(b, b + 5))]
    return RamProgram(layout, (*code, Instruction(Opcode.HALT)), tuple(data))


def every_case(layout: Layout, rng: random.Random) -> Iterator[Prompt]:
    """For each opcode, and for the end of the program, one program for each family that may stand before it.

    Some jumps are far, so that they take two tokens.
    """
    for opcode in [None, *Opcode]:
        for family in sorted(ENDS):
            if (opcode, family) != (None, "CALL"):  # the codec lets no CALL go where there is no instruction
                yield Prompt(_program_for(layout, rng, opcode, family))


def _program_for(layout: Layout, rng: random.Random, opcode: Opcode | None, family: str) -> RamProgram:
    b, half = layout.base, layout.base // 2
    before = {
        "L": Instruction(Opcode.ADD, 2, 2, 3),
        "T": Instruction(Opcode.SUB, 2, 2, 3),
        "J": Instruction(Opcode.JEQ, 0, 0, half + 1),
        "INT": Instruction(Opcode.OUTI, 2),
        "CHAR": Instruction(Opcode.PUT, 0, 0, 7),
        "CALL": Instruction(Opcode.CALL, 0, 0, 1),
        # Enters a frame far away, at the end of the program, and comes back.
        "RET": Instruction(Opcode.CALL, 0, 1, 3),
    }[family]
    padding = [Instruction(Opcode.HALT)] * (b + 1)
    if opcode is None:
        if family == "J":
            before = Instruction(Opcode.JNE, 0, 0, half)  # not taken: no jump's target is outside the program
        if family != "RET":
            return RamProgram(layout, (before,), ((2, b),))
        code = (
            *padding,
            Instruction(Opcode.JMP, 0, 0, b - 1),
            Instruction(Opcode.RET),
            Instruction(Opcode.CALL, 0, 1, 2),
        )
        return RamProgram(layout, code, entry=b + 3)
    x, y, z = (
        {Role.HIGH: 1, Role.LOW: rng.randint(1, 2), Role.OFFSET: half + 1, Role.UNUSED: 0}.get(role, i)
        for i, role in enumerate(opcode.roles)
    )
    code = (before, Instruction(opcode, x, y, z if opcode.roles[2] is not Role.CHARACTER else 3))
    ends = (Instruction(Opcode.RET), Instruction(Opcode.RET))
    small = rng.randint(1, b - 1)
    y_value = small if opcode in (Opcode.LOAD, Opcode.STORE) else rng.choice([small, _value(b, rng) * b + small])
    x_value = rng.randint(0, b) if opcode in (Opcode.LOAD, Opcode.STORE) else _value(b, rng)
    if rng.random() < 0.3:
        x_value = y_value + rng.choice([0, 0, -1, 1])
    data = ((0, x_value), (1, y_value), (2, rng.randint(b, b**4)), *((a, _value(b, rng)) for a in range(b, b + 6)))
    return RamProgram(layout, (*code, *padding[2:], *ends, *ends, Instruction(Opcode.HALT)), data)


def _value(base: int, rng: random.Random) -> int:
    """Numbers of up to five groups, and often one next to a power of the base, or a small one."""
    e = rng.choice([1, 1, 2, 3, 5])
    near: int = rng.choice([1, -1]) * base**e - rng.randint(0, 1)
    return rng.choice([rng.randint(-(base**e), base**e), near, 0, -1, 1, rng.randint(0, 5)])


def trace(prompt: Prompt, limit: int) -> tuple[int, list[int]]:
    """(length of the prompt, numbers of its tokens and of the first `limit` tokens of the run)."""
    ram = Ram(prompt.layout)
    ram.load(prompt.tokens)
    vocabulary = Vocabulary(prompt.layout)
    run: list[Token] = []
    for token in ram.run():
        run.append(token)
        if len(run) >= limit:
            break
    return len(prompt.tokens), [*(int(i) for i in prompt.numbers), *(vocabulary.number(t) for t in run)]
