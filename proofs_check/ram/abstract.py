"""The specification's machine with memory, program and calls of which nothing is known: to execute one token of it.

`semantics.Ram` is executed as it stands. What it asks of memory, program and calls is answered with variables and
written down, and so is what it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.prompt import problem
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import Number
from proofs_check.lemma import NotProved
from proofs_check.ram.cases import SymbolicNumber
from proofs_check.ram.local import Local
from proofs_check.symbolic.paths import Dead, Path

Numbers = tuple[Any, ...]


@dataclass
class Memory:
    """Cells hold any numbers. asked: (cell, what it holds); written: (cell, number)."""

    path: Path
    base: int
    asked: list[tuple[Numbers, SymbolicNumber]] = field(default_factory=list)
    written: list[tuple[Numbers, Number]] = field(default_factory=list)

    def get(self, cell: Numbers, default: Number) -> SymbolicNumber:
        """A number for a cell: new variables each time, and noted as asked."""
        if (*default.groups, default.sign, default.base) != (0, 0, self.base):
            raise NotProved(f"a cell that was never written reads as {default}, not as 0")
        self.asked.append((cell, SymbolicNumber(self.path, f"cell {len(self.asked)}", self.base)))
        return self.asked[-1][1]

    def __setitem__(self, cell: Numbers, number: Number) -> None:
        self.written.append((cell, number))


@dataclass
class Program:
    """At every place an instruction with this opcode, None: none. asked: the places; read: what is there."""

    path: Path
    layout: Layout
    opcode: Opcode | None
    asked: list[Any] = field(default_factory=list)
    read: list[Instruction] = field(default_factory=list)

    def get(self, pc: Any) -> Instruction | None:
        """The instruction at `pc`, with variables for operands, or None where there is none; noted as asked."""
        self.asked.append(pc)
        if self.opcode is None:
            return None
        self.read.append(instruction(self.path, self.layout, self.opcode, pc, "next "))
        return self.read[-1]


def instruction(path: Path, layout: Layout, opcode: Opcode, pc: Any, prefix: str = "") -> Instruction:
    """Any instruction that the codec lets into a program, here one of the greatest length."""
    x, y, z = (path.variable(f"{prefix}{name} number", 0, layout.base - 1) for name in "xyz")
    found = Instruction(opcode, cast(int, x), cast(int, y), cast(int, z))
    if problem(layout, pc, found, layout.max_instructions) is not None:
        raise Dead
    return found


@dataclass
class Callers:
    """Any CALLs. written: (frame, number of a CALL)."""

    path: Path
    size: int
    asked: list[tuple[Any, Any]] = field(default_factory=list)
    written: list[tuple[Any, Any]] = field(default_factory=list)

    def get(self, frame: Any, default: int) -> Any:
        """The number of the CALL that entered a frame: the one just written, or a new variable."""
        if self.written and frame == self.written[-1][0]:
            caller = self.written[-1][1]
        else:
            caller = self.path.variable(f"caller {len(self.asked)}", 0, self.size - 1)
        self.asked.append((frame, caller))
        return caller

    def __setitem__(self, frame: Any, caller: Any) -> None:
        self.written.append((frame, caller))


@dataclass
class Written:
    """The groups of a value: `count` of them. added: (index, group); a slice of it is its first so many groups."""

    count: Any
    added: list[tuple[Any, Any]] = field(default_factory=list)

    def append(self, group: Any) -> None:
        """Notes a group, with its place in the number."""
        self.added.append((self.count, group))
        self.count = self.count + 1

    def __getitem__(self, part: slice) -> Written:
        if part.start is not None or part.step is not None:
            raise NotProved(f"{part} of the groups so far")
        return Written(part.stop, [])


class AbstractRam(Ram):
    """The machine in a local state, before its next token.

    Attributes:
        known: what `memory`, `program` and `callers` are; value: what `groups` is; aim: what `target` was at first.
    """

    def __init__(
        self,
        path: Path,
        local: Local,
        target: Sequence[Any],
        address: Sequence[Any],
        opcode: Opcode | None = None,
    ) -> None:
        """target: where a value goes; address: its groups so far; opcode: of all instructions, None: there are none."""
        layout = local.layout
        self.layout, self.local = layout, local
        self.depth, self.pc, self.steps = local.depth, local.pc, 0
        self.known = Memory(path, layout.base), Program(path, layout, opcode), Callers(path, layout.max_instructions)
        self.memory, self.program, self.callers = cast(Any, self.known)
        self.value = Written(local.written)
        self.groups = cast(Any, self.value)
        self.aim = tuple(target)
        self.target, self.address, self.text = self.aim, [*address], []
        self.far = layout.base * local.token.value if local.token.family == "F" else 0
