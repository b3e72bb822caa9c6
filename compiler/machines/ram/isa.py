"""The instruction set of the RAM: one table, to which everything else refers.

An instruction is an opcode and three operands `x y z`, each a number below the base B. An operand that
names a *cell* is read through the frame it belongs to:

| operand v            | cell                                                                      |
|----------------------|---------------------------------------------------------------------------|
| `0 <= v < L`         | global cell v, the same for every frame; it is heap address v as well     |
| `L <= v < N`         | local slot v - L of the current frame                                     |
| `N <= v < B`         | local slot v - N of the next frame: arguments before a CALL, its results after |

with `N = B - B // 10` and `L = N - 3 * B // 10` (`Layout`). CALL enters the next frame and RET leaves
the current one, so locals are never saved or restored: recursion costs no more than a loop. The heap is
an array of `B ** G` cells (`G` address groups), reached by LOAD and STORE. Every cell holds an unbounded
signed integer and reads as 0 before it is first written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple


class Role(Enum):
    """What an operand of an instruction is."""

    READ = "a cell that is read"
    WRITE = "a cell that is written"
    OFFSET = "a jump distance, from the instruction itself, plus B // 2"
    HIGH = "the high group of a target instruction number"
    LOW = "the low group of a target instruction number"
    CHARACTER = "a character code"
    UNUSED = "nothing; written as 0"


class Opcode(Enum):
    """Value: (meaning, roles of x, y and z). `x.low` is the least significant group of the cell."""

    ADD = ("z = x + y", Role.READ, Role.READ, Role.WRITE)
    SUB = ("z = x - y", Role.READ, Role.READ, Role.WRITE)
    MUL = ("z = x * y.low; z is not y", Role.READ, Role.READ, Role.WRITE)
    QUO = ("z = floor(x / y.low); y.low = 0 is a fault", Role.READ, Role.READ, Role.WRITE)
    REM = ("z = x mod y.low; y.low = 0 is a fault", Role.READ, Role.READ, Role.WRITE)
    SHR = ("z = floor(x / B)", Role.READ, Role.UNUSED, Role.WRITE)
    SHL = ("z = x * B + y.low; z is not x", Role.READ, Role.READ, Role.WRITE)
    LOAD = ("z = heap[x + y]", Role.READ, Role.READ, Role.WRITE)
    STORE = ("heap[x + y] = z", Role.READ, Role.READ, Role.READ)
    JLT = ("jump if x < y", Role.READ, Role.READ, Role.OFFSET)
    JGE = ("jump if x >= y", Role.READ, Role.READ, Role.OFFSET)
    JEQ = ("jump if x = y", Role.READ, Role.READ, Role.OFFSET)
    JNE = ("jump if x != y", Role.READ, Role.READ, Role.OFFSET)
    JIN = ("jump if 0 <= x < y", Role.READ, Role.READ, Role.OFFSET)
    JMP = ("jump to instruction B*y + z", Role.UNUSED, Role.HIGH, Role.LOW)
    CALL = ("enter the next frame and jump to instruction B*y + z", Role.UNUSED, Role.HIGH, Role.LOW)
    RET = ("leave the frame and go on after the CALL that entered it", Role.UNUSED, Role.UNUSED, Role.UNUSED)
    PUT = ("print the character with code z", Role.UNUSED, Role.UNUSED, Role.CHARACTER)
    OUTI = ("print x as an integer", Role.READ, Role.UNUSED, Role.UNUSED)
    OUTC = ("print the character with code x", Role.READ, Role.UNUSED, Role.UNUSED)
    HALT = ("end of the run", Role.UNUSED, Role.UNUSED, Role.UNUSED)

    def __init__(self, meaning: str, x: Role, y: Role, z: Role) -> None:
        self.meaning = meaning
        self.roles = (x, y, z)

    # Each is one object, and sets and dictionaries of opcodes are asked often: the hash of Enum takes a call.
    __hash__ = object.__hash__

    @property
    def written(self) -> tuple[int, ...]:
        """Which of x, y and z are written as operands, 0 to 2: not what is unused, and a target once."""
        return tuple(i for i, role in enumerate(self.roles) if role not in (Role.UNUSED, Role.HIGH))


COMPARISONS = (Opcode.JLT, Opcode.JGE, Opcode.JEQ, Opcode.JNE, Opcode.JIN)
"""The jumps that depend on x and y."""

FAULTS = {
    Opcode.QUO: "the low group of the divisor is 0",
    Opcode.REM: "the low group of the divisor is 0",
    Opcode.LOAD: "the address is outside the heap",
    Opcode.STORE: "the address is outside the heap",
    Opcode.CALL: "no more frames can be open",
    Opcode.RET: "no frame is open besides the first",
}
"""Why an instruction cannot be carried out; all others always can."""


MAX_BASE, MAX_DEPTH = 10_000, 100_000
"""Of what can be built here: weights and vocabulary take memory in proportion to both, 1.5 GB in base 10,000."""
MAX_GROUPS = 4
"""Of an address: in base 1000 no trace is long enough to fill a heap of three."""


@dataclass(frozen=True)
class Layout:
    """The numbers that a built machine fixes.

    base: B, how many values a group has; groups: G, address groups of the heap; max_depth: how many
    frames may be open besides the first; a CALL beyond that is a fault.
    """

    base: int = 1000
    groups: int = 2
    max_depth: int = 1000

    def __post_init__(self) -> None:
        if self.base < 10:
            raise ValueError(f"base {self.base} is too small: use at least 10")
        if self.base > MAX_BASE:
            raise ValueError(f"base {self.base:,} is too large: its weights would not fit; use at most {MAX_BASE:,}")
        if not 2 <= self.groups <= MAX_GROUPS:
            raise ValueError(f"{self.groups} address groups: use 2, 3 or 4")
        if self.max_depth < 1:
            raise ValueError(f"max_depth {self.max_depth} is too small: use at least 1")
        if self.max_depth > MAX_DEPTH:
            raise ValueError(f"max_depth {self.max_depth:,} is too large: use at most {MAX_DEPTH:,}")

    @property
    def first_local(self) -> int:
        """L: the first operand that names a slot of the current frame."""
        return self.first_next - 3 * self.base // 10

    @property
    def first_next(self) -> int:
        """N: the first operand that names a slot of the next frame."""
        return self.base - self.base // 10

    @property
    def heap_size(self) -> int:
        """Cells that LOAD and STORE reach, addresses 0 to heap_size - 1."""
        return int(self.base**self.groups)

    @property
    def largest_heap(self) -> int:
        """The heap size of the machine with the same base and the most address groups: what programs may ask for."""
        return int(self.base**MAX_GROUPS)

    def with_more_groups(self) -> Layout | None:
        """The layout with one address group more, which runs the same code; None if there is none."""
        return replace(self, groups=self.groups + 1) if self.groups < MAX_GROUPS else None

    @property
    def max_instructions(self) -> int:
        """Instructions that a program may have: the longest jump must fit its token F(h), -B < h < B."""
        return self.base**2 - self.base


class Instruction(NamedTuple):
    """An opcode and its three operands, each a number below the base."""

    opcode: Opcode
    x: int = 0
    y: int = 0
    z: int = 0

    def __str__(self) -> str:
        operands = zip((self.x, self.y, self.z), self.opcode.roles)
        return f"{self.opcode.name:<5}{' '.join('_' if role is Role.UNUSED else str(v) for v, role in operands)}"
