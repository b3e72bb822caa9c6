"""The tokens of the RAM: one table of families, and the numbering of tokens.

A token is a family, a value and a flag. `B` is the base, `G` the number of address groups.

| family        | value       | flag  | meaning                                                              |
|---------------|-------------|-------|----------------------------------------------------------------------|
| `BOS`         |             |       | first token                                                          |
| `OP`          | opcode      |       | an opcode in the program text                                        |
| `N`           | 0..B-1      |       | an operand; an instruction is always `OP N N N`                       |
| `A0`..`A{G-1}`| 0..B-1      | carry | groups of a heap address that is written, least significant first     |
| `R0`..`R{G-1}`| 0..B-1      | carry | groups of a heap address that is read                                 |
| `FRAME`       | 0..max+2    |       | in prompts, instead of `A{G-1}`: the cell is slot `A0` of this frame  |
| `D`           | 0..B-1      | carry | a group of a value, more to come                                     |
| `L`           | 0..B-1      | sign  | the last group of a value; ends the instruction                      |
| `T`           | 0..B-1      | sign  | "trimmed": an earlier group, written again as the last one            |
| `K`           | 0..B-1      |       | carry of a product                                                   |
| `Q`, `H`      | 0..B-1      |       | a digit of a quotient, and the remainder so far                      |
| `SAME`        |             |       | a comparison found two equal groups and goes on below                |
| `J`           | -B+1..B-1   |       | jump by this many instructions                                       |
| `CALL`, `RET` | -B+1..B-1   |       | the same, entering or leaving a frame                                |
| `F`           | -B+1..B-1   |       | far part of a jump, in units of B; followed by `J`, `CALL` or `RET`   |
| `INT`         | 0..B-1      | sign  | the last group of an integer that is output                          |
| `CHAR`        | 0..B-1      |       | the last group of a character code that is output                    |
| `HALT`,`FAULT`|             |       | end of the run; as planned, or by an error                           |

The last of `A` and `R` have no flag: an address that does not fit is a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.vocabulary import Listed


class Family(StrEnum):
    """The families of the table above, by their names.

    Attributes:
        group: of an address, the index of its group, 0 the lowest; None for all other families.
    """

    group: int | None

    def __new__(cls, name: str, group: int | None = None) -> Family:
        """A member: its name, and the index of an address group."""
        member = str.__new__(cls, name)
        member._value_, member.group = name, group
        return member

    # Tokens are looked up by the million: the hash of the name, without a call of Python's.
    __hash__ = str.__hash__

    BOS = "BOS"
    SAME = "SAME"
    HALT = "HALT"
    FAULT = "FAULT"
    OP = "OP"
    N = "N"
    A0 = "A0", 0
    A1 = "A1", 1
    A2 = "A2", 2
    A3 = "A3", 3
    R0 = "R0", 0
    R1 = "R1", 1
    R2 = "R2", 2
    R3 = "R3", 3
    FRAME = "FRAME"
    D = "D"
    L = "L"
    T = "T"
    K = "K"
    Q = "Q"
    H = "H"
    J = "J"
    CALL = "CALL"
    RET = "RET"
    F = "F"
    INT = "INT"
    CHAR = "CHAR"


def write_families(groups: int) -> tuple[Family, ...]:
    """`A0 … A{G-1}`, for this number of groups."""
    return (Family.A0, Family.A1, Family.A2, Family.A3)[:groups]


def read_families(groups: int) -> tuple[Family, ...]:
    """`R0 … R{G-1}`, for this number of groups."""
    return (Family.R0, Family.R1, Family.R2, Family.R3)[:groups]


BARE = frozenset({Family.BOS, Family.SAME, Family.HALT, Family.FAULT})
"""The families of one token each, which says nothing but its family."""
RUN = frozenset({Family.D, Family.L, Family.T})
"""The families that write a group of a value to memory."""
JUMPS = frozenset({Family.J, Family.CALL, Family.RET})
"""The families that jump, or end a jump that an F has begun."""
ENDS = frozenset({Family.L, Family.T, Family.INT, Family.CHAR}) | JUMPS
"""The families that end an instruction."""
STOPS = frozenset({Family.HALT, Family.FAULT})
"""The families that end a run."""
CARRIES = frozenset({Family.K, Family.H})
"""The families that carry a number over to the next row."""
SIGNED = frozenset({Family.L, Family.T, Family.INT})
"""The families whose flag is a sign; with all others it is a carry."""


class Token(NamedTuple):
    """`flag` is a carry or a sign, 0 or 1."""

    family: Family
    value: int = 0
    flag: int = 0

    def __str__(self) -> str:
        if self.family in BARE:
            return f"{self.family}"
        mark = "-" if self.family in SIGNED else "+c"
        return f"{self.family}({self.value}{mark if self.flag else ''})"


@dataclass(frozen=True)
class Block:
    """The tokens of a family, which have consecutive numbers: values `low` to `high - 1`, with one or two flags."""

    family: Family
    low: int
    high: int
    flags: int

    @property
    def size(self) -> int:
        """How many tokens it has."""
        return (self.high - self.low) * self.flags


def blocks(layout: Layout) -> list[Block]:
    """The table above for one layout, in the order of the token numbers."""
    b, g = layout.base, layout.groups
    addresses = [
        Block(family, 0, b, 2 if i < g - 1 else 1)
        for families in (write_families(g), read_families(g))
        for i, family in enumerate(families)
    ]
    return [
        *(Block(family, 0, 1, 1) for family in (Family.BOS, Family.SAME, Family.HALT, Family.FAULT)),
        Block(Family.OP, 0, len(Opcode), 1),
        Block(Family.N, 0, b, 1),
        *addresses,
        Block(Family.FRAME, 0, layout.max_depth + 3, 1),
        *(Block(family, 0, b, 2) for family in (Family.D, Family.L, Family.T)),
        *(Block(family, 0, b, 1) for family in (Family.K, Family.Q, Family.H)),
        *(Block(family, 1 - b, b, 1) for family in (Family.J, Family.CALL, Family.RET, Family.F)),
        Block(Family.INT, 0, b, 2),
        Block(Family.CHAR, 0, b, 1),
    ]


@cache
def vocabulary(layout: Layout) -> Vocabulary:
    """The tokens of a layout; the same object each time, since they depend on nothing else."""
    return Vocabulary(layout)


class Vocabulary(Listed[Token]):
    """All tokens of a layout in order, and their numbers.

    The number of a token is `first[family] + (value - low) * flags + flag`.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.families = {block.family: block for block in blocks(layout)}
        self.first: dict[Family, int] = {}
        size = 0
        for block in self.families.values():
            self.first[block.family] = size
            size += block.size
        super().__init__(
            Token(block.family, value, flag)
            for block in self.families.values()
            for value in range(block.low, block.high)
            for flag in range(block.flags)
        )

    def number(self, token: Token) -> int:
        """Raises ValueError for a token that this vocabulary does not have."""
        block = self.families.get(token.family)
        if block is None or not block.low <= token.value < block.high or not 0 <= token.flag < block.flags:
            raise ValueError(f"no token {token} in base {self.layout.base} with {self.layout.groups} address groups")
        return self.first[token.family] + (token.value - block.low) * block.flags + token.flag
