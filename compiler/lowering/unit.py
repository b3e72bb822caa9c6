"""What all functions of a program share while it is lowered: the code so far, routines, module-level variables."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Protocol

from compiler.language.checked import CheckedProgram
from compiler.language.errors import SourceError
from compiler.lowering.assembler import Assembler, Label
from compiler.lowering.effects import Effects
from compiler.lowering.library import INSTRUCTIONS, library, library_constants
from compiler.lowering.signs import Signs
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Trap


@dataclass(frozen=True)
class Variable:
    """Where a variable lives. `flag` is a cell that is 0 until the variable is assigned, where a read has to know."""

    cell: int
    flag: int | None = None


class Tagged(Protocol):
    """What the lowering of the library has to know of a tagged program."""

    @property
    def raised(self) -> int:
        """The global cell that says which exception is under way."""

    @property
    def catches(self) -> bool:
        """Whether the program catches exceptions."""

    @property
    def flags(self) -> Container[str]:
        """The `WITH_…` that hold."""

    @property
    def hooks(self) -> Container[str]:
        """The functions of the library that `write_hook` writes."""

    def failure(self, function: str, message: str) -> Trap | None:
        """What a call of a function with a constant message ends the run in; None if it is to be called."""

    def may_raise(self, function: str) -> bool:
        """Whether a function of the library may leave an exception."""

    def write_hook(self, function: str) -> None:
        """Writes a function of the library that depends on the program."""

    def variant(self, flags: frozenset[str], raised: int) -> Tagged:
        """What stands for this program where a function asks for these flags only; equal for equal programs."""

    def __hash__(self) -> int:
        """Code is kept for each variant."""


@dataclass
class Unit:
    """A program being lowered: its code so far, and the routines that are still to be written.

    write_function: lowers a function of a checked program, the program itself or the library; free: the
    global cell that holds the first free heap address, once something asks for it; position: the one that
    holds where the rest of the input begins; tagged: the program, if its values carry tags; errors: of functions
    that do not fit the layout; texts: the addresses of constant texts; routines: the labels of the routines that
    were asked for.
    """

    assembler: Assembler
    program: CheckedProgram
    library: CheckedProgram
    write_function: Callable[[CheckedProgram, str], None]
    reads_input: bool = False
    free: int | None = None
    position: int | None = None
    tagged: Tagged | None = None
    errors: list[SourceError] = field(default_factory=list)
    shared: Shared = field(init=False)
    library_shared: Shared = field(init=False)
    texts: dict[str, int] = field(default_factory=dict)
    routines: dict[Hashable, Label] = field(default_factory=dict)
    _waiting: list[tuple[Label, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shared = Shared(self, self.program, {})
        given: dict[str, Callable[[], int]] = {"free": self.free_cell, "position": self.position_cell}
        for name, value in self.analysed.constants.items():
            given.setdefault(name, partial(self.assembler.constant, value))
        self.library_shared = Shared(self, self.library, given)

    @property
    def layout(self) -> Layout:
        """Of the machine that the code is for."""
        return self.assembler.layout

    @property
    def analysed(self) -> _Library:
        """What is known of the library's functions, made once for a layout."""
        return _analysis(self.layout, self.library is not library(self.layout))

    def text(self, text: str) -> int:
        """The heap address of a constant text, which has at least two characters."""
        if text not in self.texts:
            self.texts[text] = 1 + self.assembler.data([len(text), *map(ord, text)])
        return self.texts[text]

    def free_cell(self) -> int:
        """The global cell with the first heap address that is free; taken when it is first asked for."""
        if self.free is None:
            self.free = self.assembler.global_cell()
        return self.free

    def position_cell(self) -> int:
        """The global cell that says where the input is to be read; taken when it is first asked for."""
        if self.position is None:
            self.position = self.assembler.global_cell()
        return self.position

    def routine(self, key: Hashable, write: Callable[[], None]) -> Label:
        """The label of the routine with this key; `write` is called later, once, to write its code."""
        if key not in self.routines:
            self.routines[key] = Label()
            self._waiting.append((self.routines[key], write))
        return self.routines[key]

    def function(self, checked: CheckedProgram, name: str) -> Label:
        """The label of a function of the program or of the library, which is written only if it is used."""
        return self.routine((checked is self.library, name), lambda: self.write_function(checked, name))

    @property
    def waits(self) -> bool:
        """Whether routines are still to be written."""
        return bool(self._waiting)

    def write_routines(self) -> None:
        """Writes all routines asked for, and those that they ask for in turn."""
        remainder: tuple[Label, Callable[[], None]] | None = None
        while self._waiting or remainder:
            if self._waiting:
                label, write = self._waiting.pop(0)
                if label is self.routines.get((True, "remainder")) and remainder is None:
                    remainder = label, write
                    continue
            else:
                assert remainder is not None
                (label, write), remainder = remainder, None
                if (True, "divide") in self.routines:  # which leaves the remainder in the same place
                    self.assembler.place(label)
                    self.assembler.jump(Opcode.JMP, self.routines[True, "divide"])
                    continue
            self.assembler.place(label)
            write()


@dataclass(frozen=True)
class _Library:
    """What is known of the library for all programs."""

    effects: Effects
    signs: Signs
    constants: Mapping[str, int]


@cache
def _analysis(layout: Layout, tagged: bool) -> _Library:
    checked = library(layout, True) if tagged else library(layout)
    return _Library(Effects(checked, layout.base, INSTRUCTIONS), Signs(checked), library_constants(checked))


class Shared:
    """What the functions of one checked program share: module-level variables and defaults of parameters.

    given: for some variables the function that says which cell they have.
    """

    def __init__(self, unit: Unit, checked: CheckedProgram, given: Mapping[str, Callable[[], int]]) -> None:
        if checked is unit.library:
            self.effects, self.signs = unit.analysed.effects, unit.analysed.signs
        else:
            self.effects, self.signs = Effects(checked, unit.layout.base, ()), Signs(checked)
        self._checked = checked
        self._unit = unit
        self._given = given
        self.variables: dict[str, Variable] = {}
        self._defaults: dict[tuple[str, str], int] = {}

    @cached_property
    def flagged(self) -> Container[str]:
        """The variables that may be read before they are assigned."""
        return {name.identifier for name in self._checked.maybe_unbound}

    def __getitem__(self, identifier: str) -> Variable:
        """A variable gets its cell when it is first mentioned."""
        if identifier not in self.variables:
            new = self._unit.assembler.global_cell
            if identifier in self._given:
                self.variables[identifier] = Variable(self._given[identifier]())
            else:
                flag = new() if identifier in self.flagged else None
                self.variables[identifier] = Variable(new(), flag)
        return self.variables[identifier]

    def identifiers_of(self, cell: int) -> set[str]:
        """The variables that are kept in this cell."""
        return {name for name, variable in self.variables.items() if variable.cell == cell}

    def default(self, function: str, parameter: str) -> int:
        """The cell in which the default of a parameter is kept."""
        key = function, parameter
        if key not in self._defaults:
            self._defaults[key] = self._unit.assembler.global_cell()
        return self._defaults[key]
