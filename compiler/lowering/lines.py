"""Instructions while a program is lowered: the targets of their jumps are labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.machines.ram.isa import Opcode, Role
from compiler.machines.ram.program import Origin, Trap

ZERO = 0
"""The cell that always holds 0. It is the length of the empty string and of an empty list as well."""
EMPTY = 1
"""The address of the empty string: its length lies before it, in cell ZERO."""


class CapacityError(Exception):
    """The program needs more cells or instructions than the layout has; says how many, and what to do."""


class Label:
    """A place in the code; equal only to itself."""


@dataclass(eq=False, slots=True)
class Line:
    """An instruction whose target, if it jumps, is still a label."""

    opcode: Opcode
    x: int = 0
    y: int = 0
    z: int = 0
    target: Label | None = None
    origin: Origin = Origin()
    library: bool = False
    trap: Trap | None = None

    @property
    def is_way(self) -> bool:
        """Whether this is a JMP that another jump may do the work of: it is no step of the source."""
        return self.opcode is Opcode.JMP and not self.origin.steps

    def cells(self) -> Iterator[int]:
        """The cells that it reads or writes."""
        roles = zip((self.x, self.y, self.z), self.opcode.roles)
        return (operand for operand, role in roles if role in (Role.READ, Role.WRITE))
