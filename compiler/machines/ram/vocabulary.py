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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, overload

from compiler.machines.ram.isa import Layout, Opcode


class Token(NamedTuple):
    """`flag` is a carry or a sign, 0 or 1."""

    family: str
    value: int = 0
    flag: int = 0

    def __str__(self) -> str:
        mark = {"D": "+c", "A": "+c", "R": "+c", "L": "-", "T": "-", "INT": "-"}.get(self.family.rstrip("0123"), "")
        return f"{self.family}({self.value}{mark if self.flag else ''})" if self.family not in BARE else self.family


BARE = frozenset({"BOS", "SAME", "HALT", "FAULT"})
RUN = frozenset({"D", "L", "T"})
"""The families that write a group of a value to memory."""
JUMPS = frozenset({"J", "CALL", "RET"})
ENDS = frozenset({"L", "T", "INT", "CHAR"}) | JUMPS
"""The families that end an instruction."""


@dataclass(frozen=True)
class Family:
    name: str
    low: int
    high: int
    flags: int
    """Values `low` to `high - 1`; one or two flags."""

    @property
    def size(self) -> int:
        return (self.high - self.low) * self.flags


def address_families(letter: str, groups: int) -> list[str]:
    """`A0 … A{G-1}` or `R0 … R{G-1}`."""
    return [f"{letter}{i}" for i in range(groups)]


def families(layout: Layout) -> list[Family]:
    """The table above for one layout, in the order of the token numbers."""
    b, g = layout.base, layout.groups
    names = [(i, name) for letter in "AR" for i, name in enumerate(address_families(letter, g))]
    addresses = [Family(name, 0, b, 2 if i < g - 1 else 1) for i, name in names]
    jumps = [Family(name, 1 - b, b, 1) for name in ("J", "CALL", "RET", "F")]
    return [
        *(Family(name, 0, 1, 1) for name in ("BOS", "SAME", "HALT", "FAULT")),
        Family("OP", 0, len(Opcode), 1),
        Family("N", 0, b, 1),
        *addresses,
        Family("FRAME", 0, layout.max_depth + 3, 1),
        *(Family(name, 0, b, 2) for name in ("D", "L", "T")),
        *(Family(name, 0, b, 1) for name in ("K", "Q", "H")),
        *jumps,
        Family("INT", 0, b, 2),
        Family("CHAR", 0, b, 1),
    ]


@cache
def vocabulary(layout: Layout) -> Vocabulary:
    """The tokens of a layout; the same object each time, since they depend on nothing else."""
    return Vocabulary(layout)


class Vocabulary(Sequence[Token]):
    """All tokens of a layout in order, and their numbers.

    The number of a token is `first[family] + (value - low) * flags + flag`.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.families = {f.name: f for f in families(layout)}
        self.first: dict[str, int] = {}
        self._size = 0
        for family in self.families.values():
            self.first[family.name] = self._size
            self._size += family.size
        self._tokens = tuple(
            Token(f.name, value, flag)
            for f in self.families.values()
            for value in range(f.low, f.high)
            for flag in range(f.flags)
        )

    def number(self, token: Token) -> int:
        """Raises ValueError for a token that this vocabulary does not have."""
        family = self.families.get(token.family)
        if family is None or not family.low <= token.value < family.high or not 0 <= token.flag < family.flags:
            raise ValueError(f"no token {token} in base {self.layout.base} with {self.layout.groups} address groups")
        return self.first[token.family] + (token.value - family.low) * family.flags + token.flag

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, number: int) -> Token: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Token]: ...
    def __getitem__(self, number: int | slice) -> Token | Sequence[Token]:
        return self._tokens[number]

    def __iter__(self) -> Iterator[Token]:
        return iter(self._tokens)
