"""A loop in RAM code that carries out one instruction in a round, the one at cell `pc`.

It takes 20 tokens for an instruction that does not jump and 23 for one that does, and some more where cells wrap or a
part of the program is compiled.
It checks its operands by `JIN`, at the token that any jump takes. After the last cell are some that hold no address,
so that an instruction that reaches beyond memory is refused as one. An error in the loop has no line in the text,
since any cell may be an instruction: the machine prints at which cell it was.

Where a part of the program is compiled, the loop looks whether it writes to a cell that is assumed to stay; once it
has, all is interpreted from there on. Until then, a jump to an entry of the compiled code goes there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from compiler.front_ends.code import put
from compiler.front_ends.subleq.compiled import Compiled
from compiler.front_ends.subleq.memory import Memory
from compiler.front_ends.subleq.parts import SPECIAL, print_cell
from compiler.lowering.assembler import ZERO, Label
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import ERROR_TEXT, Origin, Trap

NO_INSTRUCTION = "there is no such instruction: memory has cells 0 to {}"
NO_CELL = "operand {} is not -1 and no address: memory has cells 0 to {}"
NO_TARGET = "the target of a jump is not -1 and no address: memory has cells 0 to {}"


@dataclass
class Interpreter:
    """Writes the loop. marks: the heap address of a 1 for each cell that is assumed to stay, in the order of cells."""

    memory: Memory
    compiled: Compiled
    marks: int
    say: Label = field(default_factory=Label)
    after: Label = field(default_factory=Label)

    def __post_init__(self) -> None:
        self.code = self.memory.code

    def write(self) -> None:
        """The loop, and where it ends."""
        code, memory = self.code, self.memory
        pc, a, b, x, y = memory.pc, memory.a, memory.b, memory.x, memory.y
        second, third = code.constant(memory.offset + 1), code.constant(memory.offset + 2)
        a_fits, b_fits, read, show, to_c = (Label() for _ in range(5))
        code.place(self.after)
        self._comment("the next instruction")
        code.emit(Opcode.ADD, pc, code.constant(3), pc)
        code.place(memory.loop)
        self._comment("a", steps=1)
        code.emit(Opcode.LOAD, pc, memory.first, a)
        self._comment("b")
        code.emit(Opcode.LOAD, pc, second, b)
        self._comment("is a an address?")
        code.jump(Opcode.JIN, a_fits, a, memory.limit)
        code.jump(Opcode.JMP, read)
        code.place(a_fits)
        self._comment("is b an address?")
        code.jump(Opcode.JIN, b_fits, b, memory.limit)
        code.jump(Opcode.JMP, show)
        code.place(b_fits)
        self._comment("memory[b] - memory[a]")
        code.emit(Opcode.LOAD, a, memory.first, x)
        code.emit(Opcode.LOAD, b, memory.first, y)
        code.emit(Opcode.SUB, y, x, y)
        self._store(y)
        self._comment("is it above 0?")
        memory.branch(y, to_c, partial(code.emit, Opcode.STORE, b, memory.first, y))
        code.jump(Opcode.JMP, self.after)
        code.place(to_c)
        self._comment("to c")
        code.emit(Opcode.LOAD, pc, third, pc)
        self._enter()
        self._reading(read)
        self._printing(show)
        code.place(self.say)
        self._comment(ERROR_TEXT)
        put(code, "\nstopped at cell ")
        code.emit(Opcode.OUTI, code.layout.first_local)
        put(code, "\n")
        code.emit(Opcode.RET)

    def _comment(self, text: str, steps: int = 0) -> None:
        self.code.origin = Origin(comment=text, steps=steps)

    def _store(self, register: int) -> None:
        """Writes to the cell that b names."""
        code, memory, done = self.code, self.memory, Label()
        code.emit(Opcode.STORE, memory.b, memory.first, register)
        assumed = self.compiled.assumed
        if assumed:
            self._comment("is it a cell that is assumed to stay?")
            code.jump(Opcode.JGE, done, memory.b, code.constant(max(assumed) + 1))
            code.emit(Opcode.LOAD, memory.b, code.constant(self.marks), memory.scratch)
            code.jump(Opcode.JEQ, done, memory.scratch, ZERO)
            code.emit(Opcode.ADD, memory.scratch, ZERO, memory.changed)
            code.place(done)

    def _enter(self) -> None:
        """Goes on at the cell in `pc`."""
        code, memory, interpreted = self.code, self.memory, Label()
        if self.compiled.plan.entries:
            code.jump(Opcode.JNE, interpreted, memory.changed, ZERO)
            code.place(memory.enter)
            self._comment("is it an entry of the compiled code?")
            self.compiled.enter(interpreted)
            code.place(interpreted)
        else:
            code.place(memory.enter)
        self._comment("is it an address?")
        code.jump(Opcode.JIN, memory.loop, memory.pc, memory.limit)
        if not memory.cells.outside:
            code.jump(Opcode.JEQ, memory.halt, memory.pc, code.constant(SPECIAL))
            self._fail(NO_TARGET)
        code.place(memory.halt)
        self._comment("a jump to no address" if memory.cells.outside else "a jump to -1")
        code.emit(Opcode.HALT)

    def _reading(self, read: Label) -> None:
        """Operand a is no address."""
        code, memory = self.code, self.memory
        is_instruction, is_input, fits = Label(), Label(), Label()
        code.place(read)
        self._comment("a is -1: input")
        code.jump(Opcode.JIN, is_instruction, memory.pc, memory.limit)
        self._fail(NO_INSTRUCTION)
        code.place(is_instruction)
        code.jump(Opcode.JEQ, is_input, memory.a, code.constant(SPECIAL))
        self._fail(NO_CELL, "a")
        code.place(is_input)
        code.jump(Opcode.JIN, fits, memory.b, memory.limit)
        self._fail(NO_CELL, "b")
        code.place(fits)
        memory.read(memory.x)
        self._store(memory.x)
        code.jump(Opcode.JMP, self.after)

    def _printing(self, show: Label) -> None:
        """Operand b is no address."""
        code, memory, is_output = self.code, self.memory, Label()
        code.place(show)
        self._comment("b is -1: output")
        code.jump(Opcode.JEQ, is_output, memory.b, code.constant(SPECIAL))
        self._fail(NO_CELL, "b")
        code.place(is_output)
        code.emit(Opcode.LOAD, memory.a, memory.first, memory.x)
        print_cell(code, memory.x, memory.scratch, self.compiled.integers, self._explain)
        code.jump(Opcode.JMP, self.after)

    def _explain(self) -> None:
        self.code.emit(Opcode.ADD, self.memory.pc, ZERO, self.code.layout.first_next)
        self.code.jump(Opcode.CALL, self.say)

    def _fail(self, message: str, *operand: str) -> None:
        self._explain()
        trap = Trap("IndexError", message.format(*operand, self.memory.size - 1))
        self.code.emit(Opcode.HALT, trap=trap)
