"""What the next token of the RAM is decided from, in the words of the proofs: `rules.Local` in a trace.

The token itself is `rules.next_token`: the proofs execute the specification. Here stands which groups of x and y
it needs, so which the heads must bring. If that were wrong, the step lemma would fail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from compiler.machines.ram import rules
from compiler.machines.ram.isa import COMPARISONS, Opcode, Role
from compiler.machines.ram.values import Number

Int = Any
"""An int, or a symbolic one."""

INDIRECT = (Opcode.LOAD, Opcode.STORE)


@dataclass
class Local(rules.Local):
    """The state between two tokens, and the history that the invariant ties it to.

    Attributes:
        emitted: how many tokens of the instruction there are, 0 before the first.
        before: the values of the one and the two tokens before the last.

    All else is as in the specification, symbolic where it is a number.
    """

    pc: Int = 0
    x: Any = Number((0,), 0, 2)
    y: Any = Number((0,), 0, 2)
    y_number: Int = 0
    z_number: Int = 0
    depth: Int = 0
    caller: Int = 0
    address: int = 0
    written: Int = 0
    rows: Int = 0
    carried: Int = 0
    digits: Any = field(default_factory=dict)
    significant: Any = ((0, 0), (0, 0))
    emitted: Int = 0
    before: tuple[Int, Int] = (0, 0)

    @property
    def copying(self) -> bool:
        """Whether LOAD or STORE has its address."""
        top = self.layout.groups - 1
        return self.token.family in ("D", f"A{top}", f"R{top}")


def tokens_of(s: rules.Local) -> Int:
    """How many tokens of the instruction under way there are, from what it has so far."""
    family = s.token.family
    if family == "F":
        return 1
    carries = s.written + int(family == "K") if s.opcode is Opcode.MUL else 0
    remainders = s.rows - int(family == "Q") if s.opcode in (Opcode.QUO, Opcode.REM) else 0
    return s.address + s.rows + s.written + carries + remainders


def reads_x(s: Local) -> bool:
    """Whether x is looked at at all."""
    return s.opcode is not None and (s.opcode.roles[0] is Role.READ or (s.opcode in INDIRECT and s.copying))


def reads_y(s: Local) -> bool:
    """Whether the instruction reads a cell as y at this token."""
    if s.opcode is None or (s.opcode in INDIRECT and s.copying):
        return False
    return s.opcode.roles[1] is Role.READ


def x_index(s: Local) -> Int | None:
    """Index of the group of x that the next token needs; None where it needs none (or a digit of a quotient)."""
    if not reads_x(s):
        return None
    if s.opcode in INDIRECT and not s.copying:
        return s.address
    if s.opcode in COMPARISONS:
        return s.x.top - s.rows
    if s.opcode in (Opcode.QUO, Opcode.REM):
        # After a Q, the remainder of the same group is due.
        return None if s.token.family == "D" else s.x.top - s.rows + int(s.token.family == "Q")
    if s.opcode is Opcode.SHL:
        return 0 if s.begins else s.written - 1  # at the beginning it is read, but not used
    return s.written + int(s.opcode is Opcode.SHR)


def y_index(s: Local) -> Int | None:
    """Index of the group of y that the next token needs; None where it needs none any more."""
    if not reads_y(s):
        return None
    if s.opcode in (Opcode.ADD, Opcode.SUB):
        return s.written
    if s.opcode in INDIRECT:
        return s.address
    if s.opcode in COMPARISONS:
        return s.y.top - s.rows
    # The result may be written over y, but for that of a product.
    return None if s.token.family == "D" and s.opcode is not Opcode.MUL else 0
