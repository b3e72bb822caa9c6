"""RAM code for the dialect that may change its own code: fixed instructions one by one, the rest by interpreting.

Cell i of memory is heap address i + offset, a global cell if it is low; below are the constants. Registers are
local slots. A fixed instruction takes 2 tokens, one with a pointer 6; the interpreter is a loop that takes 20 for
an instruction that does not jump and 23 for one that does. It checks its operands by `JIN`, at the token that any
jump takes. After the last cell are some that hold no address, so that an instruction that reaches beyond memory is
refused as one. An error in the loop has no line in the text, since any cell may be an instruction: the machine
prints at which cell it was.

Cells that wrap hold a number of w bits in two's complement, from -2**(w-1) on. A difference of two has one bit more at
most: the test for its sign, which there is anyway, and one more say whether it has left the range, and it is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from compiler.front_ends.code import put, step_done
from compiler.front_ends.reading import Text
from compiler.front_ends.subleq.analysis import Fixed, fixed_instructions
from compiler.front_ends.subleq.parts import SPECIAL, Input, Number, print_cell, stretch
from compiler.lowering.assembler import ZERO, Assembler, CapacityError, Label
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import ERROR_TEXT, InputArea, Origin, RamProgram, Trap

GUARDS = 3
GUARD = SPECIAL - 1

CONSTANTS = 30
"""At least as many global cells as there are constants that every program has, with any base."""

NO_INSTRUCTION = "there is no such instruction: memory has cells 0 to {}"
NO_CELL = "operand {} is not -1 and no address: memory has cells 0 to {}"
NO_TARGET = "the target of a jump is not -1 and no address: memory has cells 0 to {}"


def memory_size(layout: Layout) -> int:
    """How many cells the memory has; the rest of the heap is for the input."""
    return (layout.heap_size - layout.first_local) // 2


@dataclass(frozen=True)
class Cells:
    """bits: of a cell that wraps, 0: it holds any integer; outside: a jump to what is no address halts."""

    bits: int = 0
    outside: bool = False

    def wrapped(self, value: int) -> int:
        """The value as a cell holds it."""
        half = 1 << self.bits >> 1
        return (value + half) % (2 * half) - half if self.bits else value


def self_modifying(
    numbers: Sequence[Number], source: Text, integers: bool, layout: Layout, cells: Cells = Cells()
) -> RamProgram:
    """The program that has these numbers in cells 0, 1, …

    Raises:
        CapacityError: they are more than the memory has, or the layout has too few global cells.
    """
    size = memory_size(layout)
    if len(numbers) > size:
        raise CapacityError(f"the program has {len(numbers)} cells, the memory {size}; use more address groups")
    numbers = [replace(number, value=cells.wrapped(number.value)) for number in numbers]
    fixed = fixed_instructions([number.value for number in numbers], size, cells.outside)
    offset = _offset(fixed, layout)
    if offset > layout.first_local // 2:
        fixed, offset = {}, CONSTANTS
    return _Code(numbers, fixed, offset, source, integers, layout, cells).program()


def _offset(fixed: Mapping[int, Fixed], layout: Layout) -> int:
    """Where memory begins: after the constants, to which the addresses of cells belong that are not global."""
    cells = {cell for one in fixed.values() for cell in (one.at if one.a is None else one.a, one.b)}
    targets = {target for one in fixed.values() for target in one.targets}
    numbered = len(targets - fixed.keys()) + sum(one.a is None for one in fixed.values())
    offset = CONSTANTS + numbered
    while True:
        more = CONSTANTS + numbered + sum(cell + offset >= layout.first_local for cell in cells)
        if more == offset:
            return offset
        offset = more


class _Code:
    """Writes the program."""

    def __init__(
        self,
        numbers: Sequence[Number],
        fixed: Mapping[int, Fixed],
        offset: int,
        source: Text,
        integers: bool,
        layout: Layout,
        cells: Cells,
    ) -> None:
        self.numbers, self.fixed, self.offset, self.cells = numbers, fixed, offset, cells
        self.source, self.integers, self.layout = source, integers, layout
        self.size = memory_size(layout)
        self.code = Assembler(layout, reserved=frozenset(range(offset, layout.first_local)))
        slots = [layout.first_local + i for i in range(8)]
        self.pc, self.a, self.b, self.x, self.y, self.scratch = slots[:6]
        self.input = Input(*slots[6:])
        self.memory, self.limit = self.code.constant(offset), self.code.constant(self.size)
        self.loop, self.halt, self.say = Label(), Label(), Label()
        self.labels: dict[int, Label] = {}

    def program(self) -> RamProgram:
        code, base = self.code, self.offset + self.size + GUARDS
        if self.layout.first_next - self.layout.first_local < 8:
            raise CapacityError(f"base {self.layout.base} has too few local slots; use a machine with a larger base")
        self._comment("the input")
        self.input.begin(code, base)
        code.jump(Opcode.JMP, self._label(0))
        written: set[int] = set()
        for at in self.fixed:
            self._straight(at, written)
        for at, label in self.labels.items():
            if at not in self.fixed:
                code.place(label)
                self._comment("from here on interpreted")
                code.emit(Opcode.ADD, code.constant(at), ZERO, self.pc)
                code.jump(Opcode.JMP, self.loop)
        self._interpreter()
        free = code.global_cell()
        program = code.assemble(None, None, self.source.text, self.source.filename)
        cells = [(self.offset + i, number.value) for i, number in enumerate(self.numbers) if number.value]
        guards = [(self.offset + self.size + i, GUARD) for i in range(GUARDS)]
        return replace(program, data=(*program.data, *cells, *guards), input_area=InputArea(base, free))

    def _comment(self, text: str, steps: int = 0) -> None:
        self.code.origin = Origin(comment=text, steps=steps)

    def _label(self, at: int) -> Label:
        """The place of the instruction at a cell."""
        return self.halt if at == SPECIAL else self.labels.setdefault(at, Label())

    # --------------------------------------------------------------------------------- fixed instructions

    def _straight(self, at: int, written: set[int]) -> None:
        """An instruction, and those after it as far as they were not written yet."""
        code = self.code
        while at in self.fixed and at not in written:
            written.add(at)
            code.place(self._label(at))
            self._fixed(self.fixed[at])
            if self.fixed[at].always_jumps:
                return
            at += 3
        step_done(code)
        code.jump(Opcode.JMP, self._label(at))

    def _fixed(self, one: Fixed) -> None:
        code = self.code
        first, last = self.numbers[one.at : one.at + 3][:1], self.numbers[one.at : one.at + 3][-1:]
        code.origin = replace(self.source.origin(stretch(first[0].span, last[0].span)) if first else Origin(), steps=1)
        if one.reads:
            cell = self._global(one.b) or self.x
            self._read(cell)
            self._put_back(one.b, cell)
            return
        x = self._through(one.at) if one.a is None else self._cell(one.a, self.x)
        if one.prints:
            print_cell(code, x, self.scratch, self.integers)
            return
        y = self._cell(one.b, self.y)
        code.emit(Opcode.SUB, y, x, y)
        step_done(code)
        self._put_back(one.b, y)
        if one.always_jumps:
            code.jump(Opcode.JMP, self._label(one.c))
        elif self.cells.bits:
            self._wrap(y, self._label(one.c), self._label(one.at + 3), lambda: self._put_back(one.b, y))
        else:
            code.jump(Opcode.JGE, self._label(one.c), ZERO, y)

    def _wrap(self, y: int, to_c: Label, after: Label, put_back: Callable[[], None]) -> None:
        """Goes on at c if y is 0 or less, else after the instruction; before that, y is put back into its range."""
        code, above, again = self.code, Label(), Label()
        half = 1 << self.cells.bits >> 1
        code.jump(Opcode.JLT, above, ZERO, y)
        code.jump(Opcode.JGE, to_c, y, code.constant(-half))
        code.emit(Opcode.ADD, y, code.constant(2 * half), y)
        code.jump(Opcode.JMP, again)
        code.place(above)
        code.jump(Opcode.JLT, after, y, code.constant(half))
        code.emit(Opcode.SUB, y, code.constant(2 * half), y)
        code.place(again)
        put_back()
        code.jump(Opcode.JLT, after, ZERO, y)
        code.jump(Opcode.JMP, to_c)

    def _read(self, cell: int) -> None:
        """Takes the code of the next character into a cell, if it fits."""
        code, fits = self.code, Label()
        self.input.read(code, cell)
        if 0 < self.cells.bits <= 16:
            code.jump(Opcode.JLT, fits, cell, code.constant(1 << self.cells.bits >> 1))
            code.emit(Opcode.HALT, trap=Trap("ValueError", f"a character that does not fit {self.cells.bits} bits"))
            code.place(fits)

    def _global(self, cell: int) -> int | None:
        """The global cell that a cell of memory is, if it is one."""
        return cell + self.offset if cell + self.offset < self.layout.first_local else None

    def _cell(self, cell: int, register: int) -> int:
        """Where the value of a cell is to be found, in this register if it is no global cell."""
        place = self._global(cell)
        if place is None:
            self.code.emit(Opcode.LOAD, self.code.constant(cell + self.offset), ZERO, register)
            step_done(self.code)
        return register if place is None else place

    def _put_back(self, cell: int, register: int) -> None:
        if self._global(cell) is None:
            self.code.emit(Opcode.STORE, self.code.constant(cell + self.offset), ZERO, register)

    def _through(self, at: int) -> int:
        """The register with the cell to which operand a of this instruction points; interprets if it is no address."""
        code, fits, step = self.code, Label(), self.code.origin
        step_done(code)
        pointer = self._cell(at, self.a)
        code.jump(Opcode.JIN, fits, pointer, self.limit)
        code.emit(Opcode.ADD, code.constant(at), ZERO, self.pc)
        code.jump(Opcode.JMP, self.loop)
        code.place(fits)
        code.origin = step
        code.emit(Opcode.LOAD, pointer, self.memory, self.x)
        step_done(code)
        return self.x

    # ------------------------------------------------------------------------------------ the interpreter

    def _interpreter(self) -> None:
        """A loop that carries out one instruction in a round, the one at cell `pc`."""
        code, pc, a, b, x, y = self.code, self.pc, self.a, self.b, self.x, self.y
        second, third = code.constant(self.offset + 1), code.constant(self.offset + 2)
        after, a_fits, b_fits, read, show, to_c = (Label() for _ in range(6))
        code.place(after)
        self._comment("the next instruction")
        code.emit(Opcode.ADD, pc, code.constant(3), pc)
        code.place(self.loop)
        self._comment("a", steps=1)
        code.emit(Opcode.LOAD, pc, self.memory, a)
        self._comment("b")
        code.emit(Opcode.LOAD, pc, second, b)
        self._comment("is a an address?")
        code.jump(Opcode.JIN, a_fits, a, self.limit)
        code.jump(Opcode.JMP, read)
        code.place(a_fits)
        self._comment("is b an address?")
        code.jump(Opcode.JIN, b_fits, b, self.limit)
        code.jump(Opcode.JMP, show)
        code.place(b_fits)
        self._comment("memory[b] - memory[a]")
        code.emit(Opcode.LOAD, a, self.memory, x)
        code.emit(Opcode.LOAD, b, self.memory, y)
        code.emit(Opcode.SUB, y, x, y)
        code.emit(Opcode.STORE, b, self.memory, y)
        self._comment("is it above 0?")
        if self.cells.bits:
            self._wrap(y, to_c, after, lambda: code.emit(Opcode.STORE, b, self.memory, y))
        else:
            code.jump(Opcode.JLT, after, ZERO, y)
        code.place(to_c)
        self._comment("to c")
        code.emit(Opcode.LOAD, pc, third, pc)
        code.jump(Opcode.JIN, self.loop, pc, self.limit)
        if not self.cells.outside:
            code.jump(Opcode.JEQ, self.halt, pc, code.constant(SPECIAL))
            self._fail(NO_TARGET)
        code.place(self.halt)
        self._comment("a jump to no address" if self.cells.outside else "a jump to -1")
        code.emit(Opcode.HALT)
        self._reading(read, after)
        self._printing(show, after)
        code.place(self.say)
        self._comment(ERROR_TEXT)
        put(code, "\nstopped at cell ")
        code.emit(Opcode.OUTI, self.layout.first_local)
        put(code, "\n")
        code.emit(Opcode.RET)

    def _reading(self, read: Label, after: Label) -> None:
        """Operand a is no address."""
        code, is_instruction, is_input, fits = self.code, Label(), Label(), Label()
        code.place(read)
        self._comment("a is -1: input")
        code.jump(Opcode.JIN, is_instruction, self.pc, self.limit)
        self._fail(NO_INSTRUCTION)
        code.place(is_instruction)
        code.jump(Opcode.JEQ, is_input, self.a, code.constant(SPECIAL))
        self._fail(NO_CELL, "a")
        code.place(is_input)
        code.jump(Opcode.JIN, fits, self.b, self.limit)
        self._fail(NO_CELL, "b")
        code.place(fits)
        self._read(self.x)
        code.emit(Opcode.STORE, self.b, self.memory, self.x)
        code.jump(Opcode.JMP, after)

    def _printing(self, show: Label, after: Label) -> None:
        """Operand b is no address."""
        code, is_output = self.code, Label()
        code.place(show)
        self._comment("b is -1: output")
        code.jump(Opcode.JEQ, is_output, self.b, code.constant(SPECIAL))
        self._fail(NO_CELL, "b")
        code.place(is_output)
        code.emit(Opcode.LOAD, self.a, self.memory, self.x)
        print_cell(code, self.x, self.scratch, self.integers, self._explain)
        code.jump(Opcode.JMP, after)

    def _explain(self) -> None:
        self.code.emit(Opcode.ADD, self.pc, ZERO, self.layout.first_next)
        self.code.jump(Opcode.CALL, self.say)

    def _fail(self, message: str, *operand: str) -> None:
        self._explain()
        self.code.emit(Opcode.HALT, trap=Trap("IndexError", message.format(*operand, self.size - 1)))
