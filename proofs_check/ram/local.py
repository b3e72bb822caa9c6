"""The next token of the RAM from a few numbers: the specification seen from one position of a trace.

`semantics.Ram` yields the tokens of a whole instruction; here, each token is a function of the state between two
tokens (`Local`). A test compares the two on every token of many runs. The functions are plain Python and work on
ints as well as on symbolic integers (`symbolic.paths.Term`), which is how the proofs use them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from compiler.machines.ram.isa import Layout, Opcode, Role
from compiler.machines.ram.vocabulary import ENDS, Token, address_families

Int = Any
"""An int, or a symbolic one."""

COMPARISONS = (Opcode.JLT, Opcode.JGE, Opcode.JEQ, Opcode.JNE, Opcode.JIN)
INDIRECT = (Opcode.LOAD, Opcode.STORE)


class Groups(Protocol):
    """What x and y are: the index of the top group, the sign (0 or 1), and every group, above the top only sign."""

    @property
    def top(self) -> Int: ...
    @property
    def sign(self) -> Int: ...
    def __getitem__(self, i: Int) -> Int: ...


@dataclass
class Local:
    """The state between two tokens.

    opcode: of the instruction that is begun or under way, None where `pc` is outside the program; token: the
    last one; emitted: how many tokens of the instruction there are, 0 before the first (the last token then ends
    another instruction); x, y: the operands, where x of LOAD and STORE is the cell to copy once the address is
    complete; y_number, z_number: the operands as numbers; depth: open frames beside the first; caller: number of
    the CALL that opened the current frame; before: the values of the one and the two tokens before the last;
    digits[i]: digit i of the quotient so far; significant[s]: the latest group of this instruction that is not
    all sign s, None if there is none.
    """

    layout: Layout
    opcode: Opcode | None
    token: Token
    emitted: Int
    pc: Int
    x: Any  # Groups; the proofs need more of them than the specification does
    y: Any
    y_number: Int = 0
    z_number: Int = 0
    depth: Int = 0
    caller: Int = 0
    before: tuple[Int, Int] = (0, 0)
    digits: Any = field(default_factory=dict)
    significant: Any = (None, None)

    @property
    def begins(self) -> bool:
        return self.token.family in ENDS

    @property
    def copying(self) -> bool:
        """Whether LOAD or STORE has its address."""
        top = self.layout.groups - 1
        return self.token.family in ("D", f"A{top}", f"R{top}")


def halved(n: Int) -> Int:
    """n / 2 of an even number."""
    return n // 2 if isinstance(n, int) else n / 2


def reads_x(s: Local) -> bool:
    """Whether x is looked at at all."""
    return s.opcode is not None and (
        s.opcode.roles[0] is Role.READ or (s.opcode in INDIRECT and s.copying)
    )


def reads_y(s: Local) -> bool:
    return s.opcode is not None and s.opcode.roles[1] is Role.READ and not (s.opcode in INDIRECT and s.copying)


def x_index(s: Local) -> Int | None:
    """Index of the group of x that the next token needs; None where it needs none (or a digit of a quotient)."""
    family = s.token.family
    if not reads_x(s):
        return None
    if s.opcode in INDIRECT and not s.copying:
        return _address_index(s)
    if s.opcode in COMPARISONS:
        return s.x.top - s.emitted
    if s.opcode in (Opcode.QUO, Opcode.REM):
        # Q and H alternate from the top down; behind a Q, the remainder of the same group is due.
        return None if family == "D" else s.x.top - halved(s.emitted - int(family == "Q"))
    if s.opcode is Opcode.MUL:
        return halved(s.emitted - int(family == "K"))
    if s.opcode is Opcode.SHL:
        return 0 if s.begins else written(s) - 1  # at the beginning it is read, but not used
    return written(s) + int(s.opcode is Opcode.SHR)


def y_index(s: Local) -> Int | None:
    """Index of the group of y that the next token needs."""
    if not reads_y(s):
        return None
    if s.opcode in (Opcode.ADD, Opcode.SUB):
        return written(s)
    if s.opcode in INDIRECT:
        return _address_index(s)
    return s.y.top - s.emitted if s.opcode in COMPARISONS else 0


def _address_index(s: Local) -> int:
    return 0 if s.begins else int(s.token.family[1:]) + 1


def written(s: Local) -> Int:
    """How many groups of the value that is being written there are."""
    if s.begins or s.token.family[0] in "AR":
        return 0
    if s.opcode is Opcode.MUL:
        return halved(s.emitted)
    if s.opcode is Opcode.QUO:
        return s.emitted - 2 * s.x.top
    return s.emitted - (s.layout.groups if s.opcode in INDIRECT else 0)


def next_token(s: Local) -> Token:
    """The token that follows, as `semantics.Ram` would emit it."""
    match s.opcode:
        case None:
            return Token("FAULT")
        case Opcode.HALT:
            return Token("HALT")
        case Opcode.ADD:
            return _sum(s, s.y[written(s)], s.x.sign + s.y.sign, 0)
        case Opcode.SUB:
            b = s.layout.base
            return _sum(s, b - 1 - s.y[written(s)], s.x.sign + 1 - s.y.sign, 1)
        case Opcode.MUL:
            return _product(s)
        case Opcode.QUO | Opcode.REM:
            return _division(s)
        case Opcode.SHR:
            i = written(s)
            return _copied(s, s.x[i + 1], i >= s.x.top - 1)
        case Opcode.SHL:
            i = written(s)
            return _copied(s, s.y[0] if s.begins else s.x[i - 1], not s.begins and i > s.x.top)
        case Opcode.LOAD | Opcode.STORE:
            if not s.copying:
                return _address(s)
            return _copied(s, s.x[written(s)], written(s) >= s.x.top)
        case Opcode.OUTI | Opcode.OUTC:
            i = written(s)
            if i < s.x.top:
                return Token("D", s.x[i])
            return Token("INT", s.x[i], s.x.sign) if s.opcode is Opcode.OUTI else Token("CHAR", s.x[i])
        case Opcode.PUT:
            return Token("CHAR", s.z_number)
        case Opcode.JMP:
            return _jump(s, "J", s.layout.base * s.y_number + s.z_number - s.pc)
        case Opcode.CALL:
            if s.depth >= s.layout.max_depth:
                return Token("FAULT")
            return _jump(s, "CALL", s.layout.base * s.y_number + s.z_number - s.pc)
        case Opcode.RET:
            if s.depth == 0:
                return Token("FAULT")
            return _jump(s, "RET", s.caller + 1 - s.pc)
        case _:
            return _comparison(s)


def _last(s: Local, rest: Int) -> Token:
    """The token that ends a value; `rest` is the top group, less B if the value is negative."""
    b = s.layout.base
    sign = int(rest < 0)
    if s.begins or s.token.family[0] in "AR" or not (rest == 0 or rest == -1):
        return Token("L", rest + b * sign, sign)
    return _trimmed(s, sign)


def _trimmed(s: Local, sign: int) -> Token:
    repeated = s.significant[sign]
    return Token("T", sign * (s.layout.base - 1) if repeated is None else repeated, sign)


def _copied(s: Local, group: Int, ends: bool) -> Token:
    return _last(s, group - s.layout.base * s.x.sign) if ends else Token("D", group)


def _sum(s: Local, y: Int, signs: Int, first_carry: int) -> Token:
    b, i = s.layout.base, written(s)
    total = s.x[i] + y + (first_carry if s.begins else s.token.flag)
    rest = total - b * signs
    if i >= s.x.top and i >= s.y.top and rest >= -b and rest < b:
        return _last(s, rest)
    carry = int(total >= b)
    return Token("D", total - b * carry, carry)


def _product(s: Local) -> Token:
    b, y = s.layout.base, s.y[0]
    if s.token.family == "K":
        i = halved(s.emitted - 1)
        total = s.x[i] * y + (0 if s.emitted == 1 else s.before[1])
        if s.token.value == 0 and s.x.sign == 0 and i == s.x.top:
            return _last_of_product(s, total)
        return Token("D", total - b * s.token.value)
    i = written(s)
    carry = 0 if s.begins else s.before[0]
    if i <= s.x.top:
        return Token("K", (s.x[i] * y + carry) // b)
    return _last(s, carry - s.x.sign * y)


def _last_of_product(s: Local, total: Int) -> Token:
    """Behind a K; the groups before it are empty where it is the first token."""
    if s.emitted == 1 or not total == 0:
        return Token("L", total, 0)
    return _trimmed(s, 0)


def _division(s: Local) -> Token:
    b, d = s.layout.base, s.y[0]
    if s.token.family == "D":
        i = written(s)
        return _copied(s, s.digits[i], i >= s.x.top)
    if s.begins:
        if d == 0:
            return Token("FAULT")
        remainder, i = s.x.sign * (d - 1), s.x.top
    elif s.token.family == "Q":
        i = s.x.top - halved(s.emitted - 1)
        before = s.x.sign * (d - 1) if s.emitted == 1 else s.before[0]
        remainder = b * before + s.x[i] - s.token.value * d
        return Token("L", remainder) if i == 0 else Token("H", remainder)
    else:
        remainder, i = s.token.value, s.x.top - halved(s.emitted)
    digit = (remainder * b + s.x[i]) // d
    if s.opcode is Opcode.REM or i > 0:
        return Token("Q", digit)
    return Token("D", digit) if s.x.top > 0 else Token("L", digit, s.x.sign)


def _address(s: Local) -> Token:
    b, i, groups = s.layout.base, _address_index(s), s.layout.groups
    family = address_families("R" if s.opcode is Opcode.LOAD else "A", groups)[i]
    total = s.x[i] + s.y[i] + (0 if s.begins else s.token.flag)
    if i < groups - 1:
        carry = int(total >= b)
        return Token(family, total - b * carry, carry)
    rest = total - b * (s.x.sign + s.y.sign)
    if rest < 0 or rest >= b or s.x.top >= groups or s.y.top >= groups:
        return Token("FAULT")
    return Token(family, rest)


def _comparison(s: Local) -> Token:
    i = s.x.top - s.emitted
    if s.begins and s.x.sign != s.y.sign:
        order = s.y.sign - s.x.sign
    elif s.begins and s.x.top != s.y.top:
        order = (s.x.top - s.y.top) * (1 if s.x.sign == 0 else -1)
    else:
        order = s.x[i] - s.y[i]
        if order == 0 and i > 0:
            return Token("SAME")
    taken = {
        Opcode.JLT: lambda: order < 0,
        Opcode.JGE: lambda: order >= 0,
        Opcode.JEQ: lambda: order == 0,
        Opcode.JNE: lambda: order != 0,
        Opcode.JIN: lambda: order < 0 and s.x.sign == 0,
    }
    assert s.opcode is not None
    return Token("J", s.z_number - s.layout.base // 2 if taken[s.opcode]() else 1)


def _jump(s: Local, family: str, distance: Int) -> Token:
    b = s.layout.base
    if s.token.family == "F":
        return Token(family, distance - b * s.token.value)
    if distance >= b or distance <= -b:
        return Token("F", -((b - 2 * distance) // (2 * b)))
    return Token(family, distance)
