"""The assembler: symbolic labels, shared constant cells, and initial data become a `RamProgram`.

Operands of instructions are numbers of cells already; only the targets of jumps are symbolic until
`assemble`, which drops what cannot be reached and chooses the form of each jump.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, compress

from compiler.lowering.comparisons import INVERSE
from compiler.lowering.lines import EMPTY, ZERO, CapacityError, Label, Line
from compiler.lowering.spilling import with_constants
from compiler.machines.ram.isa import COMPARISONS, Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import InputArea, Origin, RamProgram, Trap

__all__ = ["EMPTY", "INVERSE", "ZERO", "Assembler", "CapacityError", "Label", "Line"]

_NO_RETURN = frozenset({Opcode.JMP, Opcode.RET, Opcode.HALT})
_JUMPS_ON = frozenset({Opcode.JMP, Opcode.RET})
_BRANCHES = frozenset(COMPARISONS)
_RESERVE = 130
"""Global cells that constants leave to variables, where they can lie in the heap as well."""


@dataclass
class Assembler:
    """Collects code and data.

    origin, library: what the next instructions are marked with; reserved: global cells that are not given
    away; exact: leave nothing out and simplify no jump; stream: the code so far; constants: the cell of each value;
    next_cell: the global cell that is given away next, unless it is reserved; spills: constants that find no cell
    lie in the heap.
    """

    layout: Layout
    origin: Origin = Origin()
    library: bool = False
    reserved: frozenset[int] = frozenset()
    exact: bool = False
    spills: bool = False
    stream: list[Line | Label] = field(default_factory=list)
    constants: dict[int, int] = field(default_factory=dict)
    next_cell: int = 1
    _initial: dict[int, int] = field(default_factory=dict)
    _blocks: list[int] = field(default_factory=list)
    _spilled: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if ZERO not in self.reserved:
            self.constants[0] = ZERO

    # ------------------------------------------------------------------------------------------- data

    def global_cell(self, value: int = 0) -> int:
        """A new global cell that holds this value at first. Raises CapacityError if there is none left."""
        cell = self.next_cell
        while cell in self.reserved:
            cell += 1
        if cell >= self.layout.first_local:
            raise CapacityError(
                f"the program needs more than the {self.layout.first_local} global cells of base {self.layout.base} "
                "for its module-level variables and its constants; use fewer of them, or a machine with a larger base"
            )
        self.next_cell = cell + 1
        if value:
            self._initial[cell] = value
        return cell

    def set_initial(self, cell: int, value: int) -> None:
        """Changes what a global cell holds at first."""
        self._initial[cell] = value

    def constant(self, value: int) -> int:
        """The cell that holds a constant; one for each value. A number below 0 stands for one that has no cell yet."""
        if value not in self.constants:
            if self.spills and self.next_cell >= self.layout.first_local - _RESERVE:
                self._spilled.append(value)
                self.constants[value] = -len(self._spilled)
            else:
                self.constants[value] = self.global_cell(value)
        return self.constants[value]

    def data(self, values: Sequence[int]) -> int:
        """The heap address of initial data."""
        address = self.layout.first_local + len(self._blocks)
        self._blocks.extend(values)
        return address

    # ------------------------------------------------------------------------------------------- code

    def emit(self, opcode: Opcode, x: int = 0, y: int = 0, z: int = 0, trap: Trap | None = None) -> None:
        """Appends an instruction; trap: the exception that a fault of it stands for."""
        self._append(Line(opcode, x, y, z, trap=trap))

    def jump(self, opcode: Opcode, target: Label, x: int = 0, y: int = 0, trap: Trap | None = None) -> None:
        """JMP, CALL or a branch on x and y."""
        self._append(Line(opcode, x, y, target=target, trap=trap))

    def place(self, label: Label) -> None:
        """The label stands for the next instruction."""
        self.stream.append(label)

    def _append(self, line: Line) -> None:
        line.origin, line.library = self.origin, self.library
        self.stream.append(line)

    # -------------------------------------------------------------------------------------- the result

    def assemble(
        self, free: int | None, position: int | None, source: str, filename: str, entry: Label | None = None
    ) -> RamProgram:
        """The program, which starts at `entry`, or else at the first instruction emitted.

        free: the global cell that holds the first free heap address, if there is one; position: the one that
        holds the address of the input text, if it is wanted; the text lies after the initial data.
        """
        code = _code(self.stream)
        if not self.exact:
            code = _settled(code)
        if self._spilled:
            code = self._with_constants(code)
        numbers = _numbers(code, self.layout)
        instructions: list[Instruction] = []
        origins: list[Origin] = []
        traps: dict[int, Trap] = {}
        library: set[int] = set()
        for line, number, end in zip(code.lines, numbers, numbers[1:]):
            if line.trap is not None:
                traps[number] = line.trap
            if line.library:
                library.update(range(number, end))
            if line.target is None:
                instructions.append(Instruction(line.opcode, line.x, line.y, line.z))
            else:
                instructions += _jump(line, number, end, numbers[code.target(line)], self.layout.base)
            origins.append(line.origin)
            if end - number > 1:
                origins += [replace(line.origin, steps=0)] * (end - number - 1)
        used = _cells_used(code.lines)
        data = [(cell, value) for cell, value in self._initial.items() if cell in used]
        after = self.layout.first_local + len(self._blocks)
        if after >= self.layout.heap_size:
            raise CapacityError(
                f"the constant texts of the program end at address {after:,}, and the heap of base {self.layout.base} "
                f"with {self.layout.groups} address groups has {self.layout.heap_size:,} cells; use more groups"
            )
        first = self.layout.first_local
        data += [(first + i, value) for i, value in enumerate(self._blocks) if value]
        area = None
        if position is not None:
            data.append((position, after))
            area = InputArea(after, self.global_cell() if free is None else free)
        elif free is not None:
            data.append((free, after))
        return RamProgram(
            layout=self.layout,
            instructions=tuple(instructions),
            data=tuple(data),
            entry=0 if entry is None else numbers[code.places[entry]],
            input_area=area,
            traps=traps,
            origins=tuple(origins),
            library=frozenset(library),
            source=source,
            filename=filename,
        )

    def _with_constants(self, code: _Code) -> _Code:
        """The code with a cell, or a load, for each constant that has no cell yet."""
        used = _cells_used(code.lines)
        unused = [cell for value, cell in self.constants.items() if cell > 0 and cell not in used]
        for cell in unused:
            self._initial.pop(cell, None)
        last = self.layout.first_local - 2  # two may still be wanted: for the free memory and the input
        free = [*unused, *(cell for cell in range(self.next_cell, last) if cell not in self.reserved)]
        self.next_cell = max(self.next_cell, last)
        lines, starts = with_constants(code.lines, self._spilled, free, self.set_initial, self.data)
        return _Code(lines, {label: starts[place] for label, place in code.places.items()})


def _cells_used(lines: Sequence[Line]) -> set[int]:
    x, y, z = (frozenset(o for o in Opcode if o.roles[i] in (Role.READ, Role.WRITE)) for i in range(3))
    used = {line.x for line in lines if line.opcode in x}
    used.update(line.y for line in lines if line.opcode in y)
    used.update(line.z for line in lines if line.opcode in z)
    return used


# ------------------------------------------------------------------------------ what is jumped to, and how


@dataclass
class _Code:
    """Lines, and before which of them each label stands; that of the end has the number of lines."""

    lines: list[Line]
    places: dict[Label, int]

    def target(self, line: Line) -> int:
        """The number of the line that one with a target jumps to."""
        assert line.target is not None
        return self.places[line.target]

    def without(self, kept: bytearray) -> _Code:
        """The code of those lines that are marked as kept."""
        numbers = list(accumulate(kept, initial=0))
        return _Code(list(compress(self.lines, kept)), {label: numbers[place] for label, place in self.places.items()})


def _code(stream: Iterable[Line | Label]) -> _Code:
    code = _Code([], {})
    for item in stream:
        if type(item) is Line:
            code.lines.append(item)
        else:
            assert isinstance(item, Label)
            code.places[item] = len(code.lines)
    return code


def settled(stream: Iterable[Line | Label]) -> list[Line | Label]:
    """Code that is entered at its beginning only, without what is never reached, jumps simplified."""
    code = _settled(_code(stream))
    labels: dict[int, list[Label]] = {}
    for label, place in code.places.items():
        labels.setdefault(place, []).append(label)
    items = [item for number, line in enumerate(code.lines) for item in (*labels.get(number, ()), line)]
    return [*items, *labels.get(len(code.lines), ())]


def _settled(code: _Code) -> _Code:
    while True:
        lines, places = code.lines, code.places
        inside = [(number, line) for number, line in enumerate(lines) if line.target in places]
        for _, line in inside:
            place = code.target(line)
            if place < len(lines) and lines[place].opcode in _JUMPS_ON:
                _thread(line, code)
        inside = [(number, line) for number, line in inside if line.target in places]
        jumps, targets = [number for number, _ in inside], [code.target(line) for _, line in inside]
        kept = _reached(lines, jumps, targets)
        _drop_idle(lines, jumps, targets, kept)
        if all(kept):
            return code
        code = code.without(kept)


def _thread(line: Line, code: _Code) -> None:
    """Makes a jump to a JMP go where that one goes, and a JMP to a RET that RET."""
    seen: set[Label] = set()
    while line.target in code.places and line.target not in seen:
        seen.add(line.target)
        place = code.target(line)
        if place == len(code.lines):
            return
        there = code.lines[place]
        if line.opcode is Opcode.JMP and there.opcode is Opcode.RET:
            line.opcode, line.target = Opcode.RET, None
        elif there.is_way:
            line.target = there.target


def _reached(lines: Sequence[Line], jumps: Sequence[int], targets: Sequence[int]) -> bytearray:
    """Marks the lines that can be reached. jumps: the numbers of those that jump; targets: where to."""
    ends = [number for number, line in enumerate(lines, start=1) if line.opcode in _NO_RETURN] + [len(lines)]
    reached = bytearray(len(lines))
    waiting = [0]
    while waiting:
        first = waiting.pop()
        if first == len(lines) or reached[first]:
            continue
        end = ends[bisect_right(ends, first)]
        known = reached.find(1, first, end)
        end = end if known < 0 else known
        reached[first:end] = bytes([1]) * (end - first)
        waiting += targets[bisect_left(jumps, first) : bisect_left(jumps, end)]
    return reached


def _drop_idle(lines: Sequence[Line], jumps: Sequence[int], targets: Sequence[int], kept: bytearray) -> None:
    """Takes the mark from jumps that do nothing. A branch over a JMP is turned round on the way."""
    jumped_to = frozenset(targets)
    for number, place in zip(jumps, targets):
        if not number < place <= number + 2 or not kept[number]:
            continue
        line = lines[number]
        if line.opcode is Opcode.CALL:
            continue
        if place == number + 1 and not line.origin.steps:
            kept[number] = False
        elif line.opcode in INVERSE and place == number + 2 and number + 1 not in jumped_to:
            over = lines[number + 1]
            if over.is_way and kept[number + 1]:
                line.opcode, line.target = INVERSE[line.opcode], over.target
                kept[number + 1] = False


def _numbers(code: _Code, layout: Layout) -> list[int]:
    """The instruction number of each line, and of the end.

    A branch reaches about half a base; one that has to go further becomes several instructions.
    Raises CapacityError if there are more instructions than jumps can reach.
    """
    half = layout.base // 2
    sizes = [1] * len(code.lines)
    near = [(i, code.target(line)) for i, line in enumerate(code.lines) if line.opcode in _BRANCHES and line.target]
    while True:
        numbers = list(accumulate(sizes, initial=0))
        far = [i for i, place in near if not -half <= numbers[place] - numbers[i] < layout.base - half]
        if not far:
            break
        for i in far:
            sizes[i] = 2 if code.lines[i].opcode in INVERSE else 3
        near = [(i, place) for i, place in near if sizes[i] == 1]
    if numbers[-1] > layout.max_instructions:
        raise CapacityError(
            f"the program needs {numbers[-1]:,} instructions, and base {layout.base} has jumps for at most "
            f"{layout.max_instructions:,}; use a machine with a larger base"
        )
    return numbers


def _jump(line: Line, number: int, end: int, target: int, base: int) -> list[Instruction]:
    """The instructions of a line that jumps to `target`, which are those from `number` to `end`."""
    if line.opcode in (Opcode.JMP, Opcode.CALL):
        return [Instruction(line.opcode, 0, *divmod(target, base))]
    half = base // 2
    if end - number == 1:
        return [Instruction(line.opcode, line.x, line.y, target - number + half)]
    far = Instruction(Opcode.JMP, 0, *divmod(target, base))
    if end - number == 2:
        return [Instruction(INVERSE[line.opcode], line.x, line.y, 2 + half), far]
    over = Instruction(Opcode.JMP, 0, *divmod(end, base))
    return [Instruction(line.opcode, line.x, line.y, 2 + half), over, far]
