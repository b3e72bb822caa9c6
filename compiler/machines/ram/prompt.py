"""The prompt codec: a RAM program and its input as the tokens that the transformer continues.

    BOS  (OP N N N)*  J(0)  (A0 … A{G-1} D* L)*  [F] J

The data are written as the machine itself writes memory. Each write adds 1 to the running sum that is the
program counter; the jump at the end brings the sum to the entry, and the run is a plain continuation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from compiler.machines.ram.isa import Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.semantics import number
from compiler.machines.ram.vocabulary import Token, Vocabulary, address_families


class PromptError(ValueError):
    """A program or input that no prompt can be written for; the message says what to change."""


@dataclass(frozen=True)
class Prompt:
    """A program together with its input.

    `tokens` is what the transformer sees; `numbers` the same as token numbers, an int32 array.

    Raises:
        PromptError: an instruction, initial value or input does not fit the layout.
    """

    program: RamProgram
    input_text: str = ""

    def __post_init__(self) -> None:
        validate(self.program)
        if self.input_text and self.program.input_area is None:
            object.__setattr__(self, "input_text", "")

    def with_input(self, text: str) -> Prompt:
        return replace(self, input_text=text)

    @property
    def layout(self) -> Layout:
        return self.program.layout

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        data = [*self.program.data, *self._input_data()]
        writes = (t for address, value in data for t in write(self.layout, address, value))
        jump = _jump(self.layout, self.program.entry - len(data))
        return (Token("BOS"), *_text(self.program), Token("J", 0), *writes, *jump)

    @cached_property
    def numbers(self) -> npt.NDArray[np.int32]:
        vocabulary = Vocabulary(self.layout)
        return np.array([vocabulary.number(t) for t in self.tokens], dtype=np.int32)

    def _input_data(self) -> Iterator[tuple[int, int]]:
        area = self.program.input_area
        if area is None:
            return
        free = area.base + 1 + len(self.input_text)
        if free > self.layout.heap_size:
            raise PromptError(
                f"the input has {len(self.input_text)} characters, the heap room for "
                f"{self.layout.heap_size - area.base - 1}: use more address groups"
            )
        yield area.base, len(self.input_text)
        yield from ((area.base + 1 + i, ord(character)) for i, character in enumerate(self.input_text))
        yield area.free_cell, free


def _text(program: RamProgram) -> Iterator[Token]:
    code = {opcode: i for i, opcode in enumerate(Opcode)}
    for instruction in program.instructions:
        yield Token("OP", code[instruction.opcode])
        yield from (Token("N", v) for v in (instruction.x, instruction.y, instruction.z))


def write(layout: Layout, address: int, value: int) -> Iterator[Token]:
    """The tokens that set a heap address.

    Raises:
        PromptError: the address is outside the heap.
    """
    if not 0 <= address < layout.heap_size:
        raise PromptError(f"initial data at address {address}: the heap has addresses 0 to {layout.heap_size - 1}")
    for family in address_families("A", layout.groups):
        address, group = divmod(address, layout.base)
        yield Token(family, group)
    *low, top = (n := number(value, layout.base)).groups
    yield from (Token("D", group) for group in low)
    yield Token("L", top, n.sign)


def _jump(layout: Layout, distance: int) -> Iterator[Token]:
    far, near = divmod(distance, layout.base)
    if abs(far) >= layout.base:
        raise PromptError(f"{distance} is too far to jump in base {layout.base}: use a larger base or fewer data")
    if far:
        yield Token("F", far)
    yield Token("J", near)


def validate(program: RamProgram) -> None:
    """Checks every instruction against the layout.

    Raises:
        PromptError: an operand out of range, a target outside the program, or cells that must differ.
    """
    size = len(program.instructions)
    if not 0 <= program.entry < size:
        raise PromptError(f"entry {program.entry} is outside the program of {size} instructions")
    for k, instruction in enumerate(program.instructions):
        problem = _problem(program.layout, k, instruction, size)
        if problem:
            raise PromptError(f"instruction {k}, {instruction}: {problem}")


def _problem(layout: Layout, k: int, instruction: Instruction, size: int) -> str | None:
    operands = (instruction.x, instruction.y, instruction.z)
    roles = instruction.opcode.roles
    if not all(0 <= v < layout.base for v in operands):
        return f"operands go from 0 to {layout.base - 1}"
    if Role.OFFSET in roles and not 0 <= k + instruction.z - layout.base // 2 < size:
        return f"jumps to {k + instruction.z - layout.base // 2}, outside the program of {size} instructions"
    if Role.LOW in roles and not instruction.y * layout.base + instruction.z < size:
        return f"jumps to {instruction.y * layout.base + instruction.z}, outside the program of {size} instructions"
    if instruction.opcode is Opcode.MUL and instruction.z == instruction.y:
        return "z and y must be different cells"
    if instruction.opcode is Opcode.SHL and instruction.z == instruction.x:
        return "z and x must be different cells"
    return None
