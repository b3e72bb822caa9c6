"""The local states of a real run, taken from the specification as it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.semantics import Number, Ram
from compiler.machines.ram.vocabulary import ENDS, Token
from proofs_check.ram.local import INDIRECT, Local


class Watched(Ram):
    """Remembers the instruction under way: `Ram` moves `pc` before it emits a jump, all else after the last token."""

    begun: int | None = None

    def _execute(self, instruction: Instruction) -> Iterator[Token]:
        self.begun = self.pc
        yield from super()._execute(instruction)
        self.begun = None


def states(layout: Layout, prompt: Sequence[Token], limit: int) -> Iterator[tuple[Local, Token]]:
    """For each of the first `limit` tokens of a run: the local state before it, and the token that follows."""
    ram = Watched(layout)
    ram.load(prompt)
    last = prompt[-1]
    emitted: list[Token] = []
    for count, token in enumerate(ram.run()):
        if count >= limit:
            return
        yield _local(ram, last, emitted), token
        last = token
        emitted = [] if token.family in ENDS else [*emitted, token]


def _local(ram: Watched, last: Token, emitted: Sequence[Token]) -> Local:
    pc = ram.pc if ram.begun is None else ram.begun
    instruction = ram.program[pc] if 0 <= pc < len(ram.program) else None
    opcode = None if instruction is None else instruction.opcode
    x = y = Number((0,), 0, ram.base)
    if instruction is not None:
        x, y = ram.read(ram.cell(instruction.x)), ram.read(ram.cell(instruction.y))
    address = [t.value for t in emitted if t.family[0] in "AR"]
    if instruction is not None and opcode in INDIRECT and len(address) == ram.layout.groups:
        copied = (*address[:-1], -address[-1]) if opcode is Opcode.LOAD else ram.cell(instruction.z)
        x = ram.read(copied)
    quotient = [t.value for t in emitted if t.family == "Q"]
    written = [t.value for t in emitted if t.family == "D"]
    before = [*(t.value for t in reversed(emitted[:-1])), 0, 0]
    return Local(
        layout=ram.layout,
        opcode=opcode,
        token=last,
        emitted=len(emitted),
        pc=pc,
        x=x,
        y=y,
        y_number=instruction.y if instruction else 0,
        z_number=instruction.z if instruction else 0,
        depth=len(ram.calls),
        caller=ram.calls[-1] if ram.calls else 0,
        before=(before[0], before[1]),
        digits={x.top - i: digit for i, digit in enumerate([*quotient, *written[:1]])},
        significant=[next((g for g in reversed(written) if g != fill), None) for fill in (0, ram.base - 1)],
    )
