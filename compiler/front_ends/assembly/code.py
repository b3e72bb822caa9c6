"""From assembly language to RAM code: one instruction a line, and only where a branch is too far, more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.front_ends.assembly.program import Assembly, Data, Instruction, Operand, Options
from compiler.language.errors import SourceError
from compiler.lowering.assembler import Assembler, Label
from compiler.machines.integers import integer
from compiler.machines.ram.isa import Instruction as Encoded
from compiler.machines.ram.isa import Layout, Role
from compiler.machines.ram.program import InputArea, RamProgram
from compiler.machines.ram.prompt import Prompt, problem


def compile(machine: Assembly, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt that runs the program; its input is given later.

    Raises:
        SourceError: a name or target that there is not, an operand of the wrong kind, more than the layout has.
    """
    with machine.source.reports_capacity():
        return Prompt(replace(_Code(machine, layout or Layout()).program(), format="ram"))


class _Code:
    """cells, values: what names stand for; free: the first heap address after all data."""

    def __init__(self, machine: Assembly, layout: Layout) -> None:
        self.machine, self.layout = machine, layout
        self.cells: dict[str, int] = {}
        self.values: dict[str, int] = {}
        self.labels = [Label() for _ in machine.instructions]
        named = frozenset(self.cell(operand) for operand in _operands(machine) if operand.kind == "cell")
        self.code = Assembler(layout, reserved=named, exact=True)
        self.free = layout.first_local
        for data in machine.data:
            if data.place.value is not None:
                self.free = max(self.free, data.place.value + len(data.values))

    def program(self) -> RamProgram:
        machine, source = self.machine, self.machine.source
        for name, value in machine.cells:
            self._define(name, self.cells, self.code.global_cell(value))
        for name, meaning in machine.names:
            if meaning.value is None:
                self._define(name, self.cells, self.cell(meaning))
            else:
                self._define(name, self.values, meaning.value)
        data = [pair for part in machine.data for pair in self._data(part)]
        area = self._input_area()
        for instruction, label in zip(machine.instructions, self.labels):
            self.code.place(label)
            self.code.origin = source.origin(instruction.span)
            self._emit(instruction)
        entry = None if machine.entry is None else self._label(machine.entry)
        program = self.code.assemble(None, None, source.text, source.filename, entry)
        return replace(program, data=(*program.data, *data), input_area=area)

    def _define(self, name: Operand, names: dict[str, int], value: int) -> None:
        if name.text in self.cells or name.text in self.values:
            raise self._error(name, f"the name `{name.text}` is there twice", "rename one of them")
        names[name.text] = value

    def _data(self, data: Data) -> Iterator[tuple[int, int]]:
        place, size = data.place, len(data.values)
        if place.kind == "cell":
            address = self.cell(place)
            if address >= self.layout.first_local:
                raise self._error(place, "only global cells hold something at first", "write to the slot at the start")
        elif place.value is not None:
            address = place.value
        else:
            address = self.free
            self._define(place, self.values, address)
            self.free += size
        if not 0 <= address <= self.layout.heap_size - size:
            there = f"the heap has addresses 0 to {self.layout.heap_size - 1}"
            raise self._error(place, "the data do not fit into the heap", there)
        yield from ((address + i, value) for i, value in enumerate(data.values))

    def _input_area(self) -> InputArea | None:
        given = self.machine.input
        if given is None:
            return None
        base = self.free if given.place.value is None else given.place.value
        if given.place.value is None:
            self._define(given.place, self.values, base)
        if given.free is None or given.free.kind == "name" and given.free.text not in self.cells:
            cell = self.code.global_cell()
            if given.free is not None:
                self._define(given.free, self.cells, cell)
        else:
            cell = self.cell(given.free)
        return InputArea(base, cell)

    # -------------------------------------------------------------------------------------- instructions

    def _emit(self, instruction: Instruction) -> None:
        opcode, fields, target = instruction.opcode, [0, 0, 0], None
        for index, operand in zip(opcode.written, instruction.operands):
            match opcode.roles[index]:
                case Role.OFFSET | Role.LOW:
                    target = self._label(operand)
                case Role.CHARACTER:
                    if operand.value is None or not 0 <= operand.value < self.layout.base:
                        there = f"one character in quotes, or a code from 0 to {self.layout.base - 1}"
                        raise self._error(operand, "this is no character that fits here", there)
                    fields[index] = operand.value
                case Role.WRITE:
                    fields[index] = self.cell(operand)
                case _:
                    fields[index] = self._read(operand)
        if target is None:
            wrong = problem(self.layout, 0, Encoded(opcode, *fields), 1)
            if wrong:
                raise self._error(instruction, wrong, opcode.meaning)
            x, y, z = fields
            self.code.emit(opcode, x, y, z, instruction.trap)
        else:
            self.code.jump(opcode, target, fields[0], fields[1], trap=instruction.trap)

    def _label(self, operand: Operand) -> Label:
        """What a jump goes to, by its name or by its number."""
        size, text = len(self.labels), operand.text
        if operand.kind != "target":
            raise self._error(operand, "a jump needs a target here", f"write `->{text}`")
        if text.isdecimal():
            if integer(text) >= size:
                raise self._error(operand, f"there is no instruction {text}", f"they are 0 to {size - 1}")
            return self.labels[int(text)]
        if text not in self.machine.labels:
            labels = ", ".join(self.machine.labels)
            hint = f"the labels are {labels}" if labels else "write `name:` in front of an instruction"
            raise self._error(operand, f"there is no label `{text}`", hint)
        return self.labels[self.machine.labels[text]]

    def _read(self, operand: Operand) -> int:
        """The cell of an operand that is read; for an integer one that holds it."""
        value = self.values.get(operand.text) if operand.kind == "name" else operand.value
        return self.cell(operand) if value is None else self.code.constant(value)

    def cell(self, operand: Operand) -> int:
        """The number of a cell."""
        layout, text = self.layout, operand.text
        if operand.kind == "name":
            if text in self.cells:
                return self.cells[text]
            if text in self.values:
                raise self._error(operand, f"`{text}` is an integer, which cannot be written to", "use a cell")
            raise self._error(operand, f"there is no cell `{text}`", f"`cell {text}` makes one")
        if operand.kind != "cell":
            hint = "an operand is a cell: `g0`, `s0`, `n0` or a name; one that is read may be an integer"
            raise self._error(operand, f"`{text}` is no cell", hint)
        first, after = {
            "g": (0, layout.first_local),
            "s": (layout.first_local, layout.first_next),
            "n": (layout.first_next, layout.base),
        }[text[0]]
        number = first + integer(text[1:])
        if number >= after:
            hint = f"base {layout.base} has {text[0]}0 to {text[0]}{after - first - 1}"
            raise self._error(operand, f"there is no cell `{text}`", hint)
        return number

    def _error(self, part: Operand | Instruction, message: str, hint: str) -> SourceError:
        return self.machine.source.error(message, hint, part.span)


def _operands(machine: Assembly) -> Iterator[Operand]:
    """All that may be cells."""
    for instruction in machine.instructions:
        yield from instruction.operands
    yield from (meaning for _, meaning in machine.names)
    yield from (data.place for data in machine.data)
    if machine.input is not None and machine.input.free is not None:
        yield machine.input.free
