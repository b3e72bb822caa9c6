"""Functions of the library as object code: written once, and then only placed into each program that uses them.

What a function asks its program for is numbered in the order in which it asks first: cells for constants, the cells of
the heap's end and of the input's place, module-level variables of the library, constant texts, other functions of the
library. A program that gives them in that order has the same code as one for which the function is written anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from compiler.lowering.assembler import ZERO, Label, Line, settled
from compiler.lowering.unit import Unit
from compiler.machines.ram.isa import Role

_CELLS = (Role.READ, Role.WRITE)
RAISED = 1
"""The cell of the exception that is under way, where the values of the program carry tags."""
_TEXTS = -(10**15)
"""Addresses of constant texts go down from here, where the library has no integers."""


class Template(Unit):
    """What a function of the library is written into when it belongs to no program yet."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tagged is not None:
            assert self.assembler.global_cell() == RAISED

    def text(self, text: str) -> int:
        """A number that stands for the address of a constant text."""
        return self.texts.setdefault(text, _TEXTS - len(self.texts))


@dataclass(frozen=True)
class ObjectCode:
    """A function of the library that has not been placed yet.

    cells: how the unit of a program gives cells 1, 2, … of the stream; functions: the names of those that it calls,
    with the labels that stand for them in the stream; reads_input: whether it reads input.
    """

    stream: tuple[Line | Label, ...]
    cells: tuple[Callable[[Unit], int], ...]
    functions: tuple[tuple[str, Label], ...]
    reads_input: bool

    def place(self, unit: Unit) -> None:
        """Adds the code to that of a program."""
        cells = [ZERO, *(given(unit) for given in self.cells)]
        labels = {label: unit.function(unit.library, name) for name, label in self.functions}
        unit.reads_input |= self.reads_input
        first_local = unit.layout.first_local

        def placed(line: Line) -> Line:
            x, y, z = line.x, line.y, line.z
            roles = line.opcode.roles
            if x < first_local and roles[0] in _CELLS:
                x = cells[x]
            if y < first_local and roles[1] in _CELLS:
                y = cells[y]
            if z < first_local and roles[2] in _CELLS:
                z = cells[z]
            target = labels.get(line.target, line.target) if line.target else None
            return Line(line.opcode, x, y, z, target, line.origin, line.library, line.trap)

        unit.assembler.stream += [item if isinstance(item, Label) else placed(item) for item in self.stream]


def object_code(unit: Template) -> ObjectCode | None:
    """What was written into a unit of its own; None if it has what another program gives in another way."""
    variables = unit.library_shared.variables
    given: dict[int, Callable[[Unit], int]] = {} if unit.tagged is None else {RAISED: _raised}
    texts = {address: text for text, address in unit.texts.items()}
    for name, variable in variables.items():
        given[variable.cell] = partial(_variable, name)
    for value, cell in unit.assembler.constants.items():
        given[cell] = partial(_text, texts[value]) if value in texts else partial(_constant, value)
    if unit.free is not None:
        given[unit.free] = Unit.free_cell
    if unit.position is not None:
        given[unit.position] = Unit.position_cell
    cells = [given.get(cell) for cell in range(1, unit.assembler.next_cell)]
    functions = [(key[1], label) for key, label in unit.routines.items() if isinstance(key, tuple) and key[0] is True]
    flagged = any(variable.flag is not None for variable in variables.values())
    if None in cells or flagged or len(functions) < len(unit.routines):
        return None
    return ObjectCode(
        tuple(settled(unit.assembler.stream)), tuple(filter(None, cells)), tuple(functions), unit.reads_input
    )


def _constant(value: int, unit: Unit) -> int:
    return unit.assembler.constant(value)


def _text(text: str, unit: Unit) -> int:
    return unit.assembler.constant(unit.text(text))


def _raised(unit: Unit) -> int:
    assert unit.tagged is not None
    return unit.tagged.raised


def _variable(name: str, unit: Unit) -> int:
    return unit.library_shared[name].cell
