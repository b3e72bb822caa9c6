"""The tape of brainfuck on the RAM: which of its cells are in registers, and what is known of their values.

The tape is the heap from address 0 on. So the machine itself faults on both sides of it, at no token; the
program's own registers and constants are local slots, which are no heap. As long as it is known where the
head is, cell k is simply global cell k. After a loop that moves the head by an unknown distance, cells are
read through a pointer, once in a stretch without such a loop, and written back once at its end.

Cells that wrap are brought back into their range where that can be seen: before a test, a `.`, or a write to the heap.

A tape without a left end has cell 0 in the middle of the heap, and all its cells are read through the pointer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from compiler.lowering.assembler import Assembler, CapacityError, Label
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Trap

BYTE = 256
"""How many values an 8-bit cell has; those of a cell with more bits are a power of it."""

_REGISTERS = 40
"""So many cells of the tape are held in registers at most, and no more than a quarter of all local slots."""


@dataclass
class Held:
    """A cell of the tape in a register, or in the global cell that it is.

    low, high: between what its value is known to be; written: whether the heap is still to be told.
    """

    register: int
    low: float
    high: float
    written: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether it surely is 0."""
        return self.low == self.high == 0

    @property
    def is_not_zero(self) -> bool:
        """Whether it surely is not 0."""
        return self.low > 0 or self.high < 0

    def set_zero(self) -> None:
        """Notes that it is 0 now."""
        self.low, self.high = 0.0, 0.0

    def widen(self, low: float, high: float) -> None:
        """Notes that it may be anything between these bounds as well."""
        self.low, self.high = min(self.low, low), max(self.high, high)


class Tape:
    """Writes the RAM code that reads and writes cells.

    wrap: how many values a cell has, a power of 256, or 0 if it holds any integer; size: how many cells there are;
    first: the number of the leftmost one, 0 or negative; reach: more than that the head never
    moves to the right of the pointer; full, not_zero: between what the values of cells are, and of those that
    are not 0, as far as there are bounds; offset: the head stands this far to the right of the pointer; moved:
    whether only the machine knows where the pointer is, until then it is 0; blank: whether cells that were not
    used yet are still 0; held: cells in registers, by how far they are from the pointer; registers: the free
    ones; zero, pointer: the slots that hold them; quotient: one for the time of a division.
    """

    def __init__(self, code: Assembler, wrap: int, size: int, reach: int, first: int = 0) -> None:
        self.code, self.layout, self.wrap, self.size, self.reach = code, code.layout, wrap, size, reach
        self.first = first
        if wrap and self.layout.base <= BYTE:
            needed = f"cells that wrap need a base above {BYTE}, not {self.layout.base}"
            raise CapacityError(f"{needed}; or make them unbounded")
        if reach >= size + first:
            raise CapacityError(f"the program moves {reach} cells to the right, and the tape has {size + first}")
        self.full = (0.0, wrap - 1.0) if wrap else (-math.inf, math.inf)
        self.not_zero = (1.0, wrap - 1.0) if wrap else (-math.inf, math.inf)
        self.offset, self.moved, self.blank = 0, first < 0, True
        self.held: dict[int, Held] = {}
        self._slots = iter(range(self.layout.first_local, self.layout.first_next))
        self.zero, self.pointer, self.quotient = self.slot(), self.slot(), self.slot()
        self.registers = [self.slot() for _ in range(min(_REGISTERS, _local_slots(self.layout) // 4))]
        self.constants: dict[int, int] = {0: self.zero}

    def slot(self) -> int:
        """A local slot of its own. Raises CapacityError if there is none left."""
        slot = next(self._slots, None)
        if slot is None:
            raise CapacityError(
                f"the program needs more than the {_local_slots(self.layout)} local slots of base {self.layout.base} "
                "for the lengths of its runs; use a machine with a larger base"
            )
        return slot

    def constant(self, value: int) -> int:
        """The slot that holds a value."""
        if value not in self.constants:
            self.constants[value] = self.slot()
        return self.constants[value]

    def move(self, source: int, target: int) -> None:
        """Writes the code that copies a cell of the machine, unless it is the same."""
        if source != target:
            self.code.emit(Opcode.ADD, source, self.zero, target)

    # ------------------------------------------------------------------------------------------ one cell

    def is_global(self, offset: int) -> bool:
        """Whether the cell is known to be this global cell."""
        return not self.moved and 0 <= offset < self.layout.first_local

    def hold(self, offset: int) -> Held:
        """The cell, in a register from now on. It is here that the machine faults if there is no such cell."""
        if offset in self.held:
            return self.held[offset]
        if self.is_global(offset):
            known = (0.0, 0.0) if self.blank else self.full
            self.held[offset] = Held(offset, *known)
        else:
            if not self.registers:
                self.settle()
                self.forget()
            self.held[offset] = Held(self.registers.pop(), *self.full)
            self.fetch(offset, self.held[offset].register)
        return self.held[offset]

    def fetch(self, offset: int, register: int) -> None:
        """Writes the code that loads the tape's cell at an offset from the head; outside the tape: an IndexError."""
        trap = Trap(
            "IndexError", f"there is no such cell: the tape has cells {self.first} to {self.size + self.first - 1}"
        )
        self.code.emit(Opcode.LOAD, self.pointer, self.constant(offset), register, trap)

    def normal(self, cell: Held) -> Held:
        """The cell, its value one that a cell can have."""
        low, high = self.full
        if cell.low >= low and cell.high <= high:
            return cell
        if cell.low == cell.high:
            value = int(cell.low) % self.wrap
            self.move(self.constant(value), cell.register)
            cell.low = cell.high = value
        else:
            fits = Label()
            self.code.jump(Opcode.JIN, fits, cell.register, self.constant(self.wrap))
            self._remainder(cell.register)
            self.code.place(fits)
            cell.low, cell.high = self.full
        return cell

    def _remainder(self, register: int) -> None:
        """Writes the code that brings a value back into the range of a cell."""
        if self.wrap == BYTE:
            self.code.emit(Opcode.REM, register, self.constant(BYTE), register)
            return
        # The machine divides by one group of digits at a time.
        quotient, byte, places = self.quotient, self.constant(BYTE), (self.wrap.bit_length() - 1) // 8
        self.code.emit(Opcode.QUO, register, byte, quotient)
        for opcode in (*[Opcode.QUO] * (places - 1), *[Opcode.MUL] * places):
            self.code.emit(opcode, quotient, byte, quotient)
        self.code.emit(Opcode.SUB, register, quotient, register)

    def put_back(self, offset: int) -> None:
        """Tells the heap the value of a cell."""
        cell = self.normal(self.held[offset])
        if cell.written and not self.is_global(offset):
            self.code.emit(Opcode.STORE, self.pointer, self.constant(offset), cell.register)
        cell.written = False

    def release(self, offset: int) -> None:
        """The cell, which has been put back, is in no register any more."""
        cell = self.held.pop(offset)
        if not self.is_global(offset):
            self.registers.append(cell.register)

    # ------------------------------------------------------------------------------------------ all cells

    def settle(self) -> None:
        """Puts all cells back."""
        for offset in self.held:
            self.put_back(offset)

    def forget(self) -> None:
        """Releases all cells, which have been put back."""
        for offset in [*self.held]:
            self.release(offset)

    def hold_only(self, register: int, low: float, high: float) -> None:
        """From here on the cell under the head, and no other, is in a register, in this one."""
        if not self.is_global(self.offset):
            self.registers.remove(register)
        self.held = {self.offset: Held(register, low, high)}

    def advance(self) -> None:
        """Moves the pointer to the head."""
        if self.offset:
            self.code.emit(Opcode.ADD, self.pointer, self.constant(self.offset), self.pointer)
        if self.offset > 0 and self.size < self.layout.heap_size:
            inside = Label()
            self.code.jump(Opcode.JLT, inside, self.pointer, self.constant(self.size - self.reach))
            self.code.emit(Opcode.HALT, trap=Trap("MemoryError", f"the tape has only {self.size} cells"))
            self.code.place(inside)
        self.held = {place - self.offset: cell for place, cell in self.held.items()}
        self.offset, self.moved = 0, True


def _local_slots(layout: Layout) -> int:
    return layout.first_next - layout.first_local
