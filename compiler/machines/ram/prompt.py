"""The prompt codec: a RAM program and its input as the tokens that the transformer continues.

    BOS  (OP N N N)*  J(0)  (A0 … A{G-1} D* L)*  ([F] J CALL)*  [F] J

The data are written as the machine itself writes memory. Each write adds 1 to the running sum that is the
program counter; the jump at the end brings the sum to the entry, and the run is a plain continuation.
A *snapshot* of a run is the same: live cells (those of frames with `FRAME` in the place of `A{G-1}`), the
open calls, each entered again from where it was made, and a jump to the instruction that is next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import numpy.typing as npt

from compiler.circuits import Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.machine import Machine, PromptError
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.values import Cell, number
from compiler.machines.ram.vocabulary import Family, Token, Vocabulary, vocabulary, write_families


@dataclass(frozen=True)
class Snapshot:
    """Where a run is, between two instructions.

    cells: every cell that is not 0, by its name (see `semantics.Cell`); calls: numbers of the CALLs whose
    frames are open, outermost first; pc: the instruction that is next; source_steps: how many steps of the
    source machine came before, see `Origin.steps`.
    """

    cells: tuple[tuple[Cell, int], ...]
    calls: tuple[int, ...]
    pc: int
    source_steps: int = 0


@dataclass(frozen=True)
class Prompt:
    """A program together with its input, or with the snapshot of a run that is to go on.

    `tokens` is what the transformer sees; `numbers` the same as token numbers, an int32 array. `form` is that of the
    weights, `positions` how many they tell apart.

    Raises:
        PromptError: an instruction, initial value or input does not fit the layout.
    """

    program: RamProgram
    input_text: str = ""
    snapshot: Snapshot | None = None
    form: Form = "stacked"
    positions: int = MAX_TOKENS

    def __post_init__(self) -> None:
        validate(self.program)
        if self.snapshot is not None:
            validate_snapshot(self.program, self.snapshot)
        if self.input_text and not self.reads_input:
            object.__setattr__(self, "input_text", "")

    @property
    def reads_input(self) -> bool:
        """Whether input is still to be given: the cells of a snapshot hold it already."""
        return self.program.input_area is not None and self.snapshot is None

    def with_input(self, text: str) -> Prompt:
        """The same prompt with this input."""
        return self if text == self.input_text else replace(self, input_text=text)

    def outgrown(self, pc: int, halted: bool) -> Prompt | None:
        """The same on the machine with the next larger heap, if a run that ended at `pc` was in want of it.

        A cell keeps its address, or its frame; see `RamProgram.outgrown`.
        """
        program = self.program.outgrown(pc, halted)
        if program is None or self.snapshot is None:
            return None if program is None else replace(self, program=program)
        cells = tuple(((*low, *_with_one_group_more(top)), value) for (*low, top), value in self.snapshot.cells)
        return replace(self, program=program, snapshot=replace(self.snapshot, cells=cells))

    @property
    def construction(self) -> str:
        """Its machine folder."""
        return "ram"

    def in_form(self, form: Form) -> Prompt:
        """The same prompt for weights of this form: the same tokens."""
        return replace(self, form=form)

    def telling_apart(self, positions: int) -> Prompt:
        """The same prompt for weights that tell as many positions apart: the same tokens."""
        return replace(self, positions=positions)

    @property
    def layout(self) -> Layout:
        """That of the program."""
        return self.program.layout

    @property
    def machine(self) -> Machine[Token]:
        """The machine with this layout, for this form of the weights."""
        return machine(self.layout, self.form, self.positions)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The program text, the cells that are not 0, and a jump to where the run begins."""
        return (Token(Family.BOS), *_text(self.program), Token(Family.J, 0), *self._state())

    @property
    def constant_tokens(self) -> int:
        """How many of the tokens, from the first on, are the same for every input: the program and its data."""
        data = (write(self.layout, heap_cell(self.layout, address), value) for address, value in self.program.data)
        return 2 + 4 * len(self.program.instructions) + sum(len(list(tokens)) for tokens in data)

    def _state(self) -> Iterator[Token]:
        """What comes after the text of the program: memory, and the way to the instruction that is next."""
        if self.snapshot is None:
            cells = [(heap_cell(self.layout, address), value) for address, value in self._data()]
            way = self._way_to_entry()
        else:
            cells = [*self.snapshot.cells]
            way = _way(self.layout, len(cells), self.snapshot)
        for cell, value in cells:
            yield from write(self.layout, cell, value)
        yield from way

    @cached_property
    def numbers(self) -> npt.NDArray[np.int32]:
        """The numbers of `tokens`, with those of the program's text and its data made all at once."""
        words = vocabulary(self.layout)
        code = {opcode: i for i, opcode in enumerate(Opcode)}
        text = np.array([(code[opcode], x, y, z) for opcode, x, y, z in self.program.instructions], dtype=np.int32)
        text += np.array([words.first[Family.OP], *[words.first[Family.N]] * 3], dtype=np.int32)
        begin, end = ([words.number(token)] for token in (Token(Family.BOS), Token(Family.J, 0)))
        data, rest = [], self._state()
        if self.snapshot is None:
            data, rest = [*_data_numbers(self.layout, self._data())], self._way_to_entry()
        state = [*data, np.fromiter(map(words.number, rest), dtype=np.int32)]
        return np.concatenate([begin, text.ravel(), end, *state], dtype=np.int32)

    def _data(self) -> list[tuple[int, int]]:
        """The heap addresses that are not 0 at first, each with its value."""
        return [*self.program.data, *self._input_data()]

    def _way_to_entry(self) -> Iterator[Token]:
        return _jump(self.layout, self.program.entry - len(self._data()))

    def _input_data(self) -> Iterator[tuple[int, int]]:
        area = self.program.input_area
        if area is None:
            return
        characters = len(self.input_text)
        # A character is an address, group by group, and at least one group of a value.
        if characters * (self.layout.groups + 1) > MAX_TOKENS:
            raise PromptError(f"the input has {characters:,} characters: its prompt alone would be a trace too long")
        free = area.base + 1 + characters
        if free > self.layout.heap_size:
            raise PromptError(
                f"the input has {len(self.input_text)} characters, the heap room for "
                f"{self.layout.heap_size - area.base - 1}: use more address groups"
            )
        yield area.base, len(self.input_text)
        yield from ((area.base + 1 + i, ord(character)) for i, character in enumerate(self.input_text))
        yield area.free_cell, free


def _with_one_group_more(top: int) -> tuple[int, int]:
    """The last groups of a cell's name, where they were one: that of an address is below zero, a frame above."""
    return (0, top) if top > 0 else (-top, 0)


def _text(program: RamProgram) -> Iterator[Token]:
    code = {opcode: i for i, opcode in enumerate(Opcode)}
    for instruction in program.instructions:
        yield Token(Family.OP, code[instruction.opcode])
        yield from (Token(Family.N, v) for v in (instruction.x, instruction.y, instruction.z))


def heap_cell(layout: Layout, address: int) -> Cell:
    """The name of the cell at a heap address.

    Raises:
        PromptError: the address is outside the heap.
    """
    if not 0 <= address < layout.heap_size:
        raise PromptError(f"initial data at address {address}: the heap has addresses 0 to {layout.heap_size - 1}")
    *low, top = (address // layout.base**i % layout.base for i in range(layout.groups))
    return (*low, -top)


def heap_address(layout: Layout, cell: Cell) -> int:
    """The heap address of a cell of the heap; the inverse of `heap_cell`."""
    *low, top = cell
    return sum(group * layout.base**i for i, group in enumerate([*low, -top]))


def write(layout: Layout, cell: Cell, value: int) -> Iterator[Token]:
    """The tokens that set a cell."""
    *names, last = write_families(layout.groups)
    yield from (Token(family, group) for family, group in zip(names, cell))
    yield Token(Family.FRAME, cell[-1]) if cell[-1] > 0 else Token(last, -cell[-1])
    *low, top = (n := number(value, layout.base)).groups
    yield from (Token(Family.D, group) for group in low)
    yield Token(Family.L, top, n.sign)


def _data_numbers(layout: Layout, data: Iterable[tuple[int, int]]) -> Iterator[npt.NDArray[np.int32]]:
    """The numbers of the tokens that `write` gives for heap addresses."""
    words = vocabulary(layout)
    for is_long, part in groupby(data, lambda item: item[1].bit_length() > 62):
        if is_long:
            tokens = (token for address, value in part for token in write(layout, heap_cell(layout, address), value))
            yield np.fromiter(map(words.number, tokens), dtype=np.int32)
        else:
            yield _short_numbers(words, np.array([*part], dtype=np.int64))


def _short_numbers(words: Vocabulary, data: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The same for values of one machine word, for all of them at once; data: a row for each address."""
    layout, base = words.layout, words.layout.base
    addresses, values = data.T
    for address in (addresses.min(), addresses.max()):
        heap_cell(layout, int(address))
    columns = [
        words.first[family] + addresses // base**i % base * words.families[family].flags
        for i, family in enumerate(write_families(layout.groups))
    ]
    present = [np.ones(len(data), dtype=bool)] * len(columns)
    sign, rest, goes_on = values < 0, values, present[0]
    while goes_on.any():
        group, rest, begun = 2 * (rest % base), rest // base, goes_on
        goes_on = begun & (rest != -sign.astype(np.int64))
        columns.append(np.where(goes_on, words.first[Family.D] + group, words.first[Family.L] + group + sign))
        present.append(begun)
    numbers: npt.NDArray[np.int32] = np.stack(columns, axis=1)[np.stack(present, axis=1)].astype(np.int32)
    return numbers


def _jump(layout: Layout, distance: int) -> Iterator[Token]:
    """A jump; in steps where it is farther than one F reaches."""
    far, near = divmod(distance, layout.base)
    reach = layout.base - 1
    while abs(far) > reach:
        step = reach if far > 0 else -reach
        yield from (Token(Family.F, step), Token(Family.J, 0))
        far -= step
    if far:
        yield Token(Family.F, far)
    yield Token(Family.J, near)


def _way(layout: Layout, pc: int, snapshot: Snapshot) -> Iterator[Token]:
    """From running sum `pc` to every open call and into its frame, then to the next instruction."""
    for call in snapshot.calls:
        yield from (*_jump(layout, call - pc), Token(Family.CALL, 0))
        pc = call
    yield from _jump(layout, snapshot.pc - pc)


def validate_snapshot(program: RamProgram, snapshot: Snapshot) -> None:
    """Checks a snapshot against its program.

    Raises:
        PromptError: a cell, call or instruction that the machine does not have.
    """
    layout, size = program.layout, len(program.instructions)
    if not all(0 <= k < size for k in (*snapshot.calls, snapshot.pc)):
        raise PromptError(f"the snapshot is at an instruction outside the program of {size}")
    if len(snapshot.calls) > layout.max_depth:
        raise PromptError(f"the snapshot has {len(snapshot.calls)} open calls, the machine at most {layout.max_depth}")
    for cell, _ in snapshot.cells:
        *low, top = cell
        inside = all(0 <= group < layout.base for group in low) and -layout.base < top <= layout.max_depth + 2
        if len(cell) != layout.groups or not inside:
            raise PromptError(f"the snapshot has a cell {cell}, which the machine does not have")


def validate(program: RamProgram) -> None:
    """Checks every instruction against the layout.

    Raises:
        PromptError: too many instructions, data outside the heap, an operand out of range, a target outside the
            program, or cells that must differ.
    """
    size, most = len(program.instructions), program.layout.max_instructions
    if size > most:
        raise PromptError(
            f"the program has {size:,} instructions, and base {program.layout.base} has jumps for at most {most:,}: "
            "use a larger base"
        )
    if not 0 <= program.entry < size:
        raise PromptError(f"entry {program.entry} is outside the program of {size} instructions")
    addresses = [address for address, _ in program.data]
    for address in (min(addresses), max(addresses)) if addresses else ():
        heap_cell(program.layout, address)
    for k, instruction in enumerate(program.instructions):
        wrong = problem(program.layout, k, instruction, size)
        if wrong:
            raise PromptError(f"instruction {k}, {instruction}: {wrong}")


def problem(layout: Layout, k: int, instruction: Instruction, size: int) -> str | None:
    """What is wrong with instruction k of a program of this size; None if nothing is."""
    base = layout.base
    roles = instruction.opcode.roles
    if not (0 <= instruction.x < base and 0 <= instruction.y < base and 0 <= instruction.z < base):
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
