"""The next token of the RAM, as a function of its state: one half of the executable specification.

`semantics` has the other half, the state as a function of the tokens so far. The proofs execute both, on symbolic
integers, so they compute and compare, and ask nothing else of a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from compiler.machines.ram.isa import COMPARISONS, Layout, Opcode
from compiler.machines.ram.values import Number
from compiler.machines.ram.vocabulary import ENDS, Family, Token, read_families, write_families


@dataclass(slots=True)
class Local:
    """The part of the state that decides the next token.

    Attributes:
        token: the last one. After one of `ENDS`, the next begins an instruction.
        pc: number of the instruction.
        opcode: None where pc is outside the program.
        x, y: what the cells hold that the operands x and y name. LOAD and STORE copy x once they have the address.
        y_number, z_number: the operands y and z themselves.
        depth: frames open besides the first.
        caller: number of the CALL that opened the current one.
        address: how many address groups there are.
        written: how many groups of a value.
        rows: how many digits of a quotient, or equal groups of two numbers, from the top down.
        carried: the carry of a product, or the remainder of a division, from the row before the one under way.
        digits: digit i of the quotient so far is `digits[i]`.
        significant: (index, group) for each sign, of the highest group written that is not all that sign, or of
            group 0 if there is none.
    """

    layout: Layout
    token: Token
    pc: int = 0
    opcode: Opcode | None = None
    x: Number = Number((0,), 0, 2)
    y: Number = Number((0,), 0, 2)
    y_number: int = 0
    z_number: int = 0
    depth: int = 0
    caller: int = 0
    address: int = 0
    written: int = 0
    rows: int = 0
    carried: int = 0
    digits: dict[int, int] = field(default_factory=dict)
    significant: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0), (0, 0)])

    @property
    def begins(self) -> bool:
        """Whether the next token begins an instruction."""
        return self.token.family in ENDS


# ------------------------------------------------------------------------------------------ the next token


def next_token(s: Local) -> Token:
    """The token that follows; FAULT where the instruction cannot be carried out."""
    return Token(Family.FAULT) if s.opcode is None else RULES[s.opcode](s)


def _add(s: Local) -> Token:
    return _sum(s, s.y[s.written], s.x.sign + s.y.sign, 0)


def _subtract(s: Local) -> Token:
    """x + (-1 - y) + 1."""
    return _sum(s, s.layout.base - 1 - s.y[s.written], s.x.sign + 1 - s.y.sign, 1)


def _sum(s: Local, y: int, signs: int, first_carry: int) -> Token:
    """A group of a sum. After the top groups a further one is needed if the rest does not fit into one."""
    b, i = s.layout.base, s.written
    total = s.x[i] + y + (first_carry if s.begins else s.token.flag)
    rest = total - b * signs
    if i >= s.x.top and i >= s.y.top and -b <= rest < b:
        return _last(s, rest)
    carry = int(total >= b)
    return Token(Family.D, total - b * carry, carry)


def _multiply(s: Local) -> Token:
    """x times one group y: a carry and a group in turn. If x is negative, -y is left over at the end."""
    b, y, i = s.layout.base, s.y[0], s.written
    if s.token.family == Family.K:
        total = s.x[i] * y + s.carried
        if i == s.x.top and s.token.value == 0 and s.x.sign == 0:
            return _last(s, total)
        return Token(Family.D, total - b * s.token.value)
    if i <= s.x.top:
        return Token(Family.K, (s.x[i] * y + s.carried) // b)
    return _last(s, s.carried - s.x.sign * y)


def _divide(s: Local) -> Token:
    """Long division by one group, top down: a digit of the quotient and the remainder in turn; then the quotient.

    A negative x has endless leading groups B - 1, which leave the remainder d - 1.
    """
    b, d = s.layout.base, s.y[0]
    if s.token.family == Family.D:
        return _copied(s, s.digits[s.written], s.written == s.x.top)
    if s.token.family == Family.Q:
        before = s.carried if s.rows > 1 else s.x.sign * (d - 1)
        remainder = b * before + s.x[s.x.top - s.rows + 1] - s.token.value * d
        return Token(Family.H, remainder) if s.rows <= s.x.top else Token(Family.L, remainder)
    if s.begins and d == 0:
        return Token(Family.FAULT)
    before = s.x.sign * (d - 1) if s.begins else s.token.value
    digit = (b * before + s.x[s.x.top - s.rows]) // d
    if s.opcode is Opcode.REM or s.rows < s.x.top:
        return Token(Family.Q, digit)
    return Token(Family.D, digit) if s.x.top > 0 else Token(Family.L, digit, s.x.sign)


def _shift_right(s: Local) -> Token:
    return _copied(s, s.x[s.written + 1], s.written >= s.x.top - 1)


def _shift_left(s: Local) -> Token:
    i = s.written
    return Token(Family.D, s.y[0]) if s.begins else _copied(s, s.x[i - 1], i > s.x.top)


def _load_or_store(s: Local) -> Token:
    """The groups of the heap address x + y, then a copy."""
    b, i, groups = s.layout.base, s.address, s.layout.groups
    if i == groups:
        return _copied(s, s.x[s.written], s.written == s.x.top)
    families = read_families(groups) if s.opcode is Opcode.LOAD else write_families(groups)
    total = s.x[i] + s.y[i] + (0 if s.begins else s.token.flag)
    if i < groups - 1:
        carry = int(total >= b)
        return Token(families[i], total - b * carry, carry)
    rest = total - b * (s.x.sign + s.y.sign)
    if s.x.top >= groups or s.y.top >= groups or not 0 <= rest < b:
        return Token(Family.FAULT)
    return Token(families[i], rest)


def _copied(s: Local, group: int, ends: bool) -> Token:
    return _last(s, group - s.layout.base * s.x.sign) if ends else Token(Family.D, group)


def _last(s: Local, rest: int) -> Token:
    """The token that ends a value, whose top group `rest` is, less B if the value is negative: `-B <= rest < B`.

    If the sign says it all, the highest group that is needed is written again.
    """
    sign = int(rest < 0)
    if s.written == 0 or not (rest == 0 or rest == -1):
        return Token(Family.L, rest + s.layout.base * sign, sign)
    _, group = s.significant[sign]
    return Token(Family.T, group, sign)


def _compare(s: Local) -> Token:
    """By sign, by length, then top down, one `SAME` for each equal group but the lowest."""
    i = s.x.top - s.rows
    if s.begins and s.x.sign != s.y.sign:
        order = s.y.sign - s.x.sign
    elif s.begins and s.x.top != s.y.top:
        order = (s.x.top - s.y.top) * (1 - 2 * s.x.sign)
    else:
        order = s.x[i] - s.y[i]
        if order == 0 and i > 0:
            return Token(Family.SAME)
    match s.opcode:
        case Opcode.JLT:
            taken = order < 0
        case Opcode.JGE:
            taken = order >= 0
        case Opcode.JEQ:
            taken = order == 0
        case Opcode.JNE:
            taken = order != 0
        case _:
            taken = order < 0 and s.x.sign == 0
    return Token(Family.J, s.z_number - s.layout.base // 2 if taken else 1)


def _go(s: Local) -> Token:
    return _jump(s, Family.J, s.layout.base * s.y_number + s.z_number - s.pc)


def _call(s: Local) -> Token:
    if s.depth >= s.layout.max_depth:
        return Token(Family.FAULT)
    return _jump(s, Family.CALL, s.layout.base * s.y_number + s.z_number - s.pc)


def _return(s: Local) -> Token:
    return Token(Family.FAULT) if s.depth == 0 else _jump(s, Family.RET, s.caller + 1 - s.pc)


def _jump(s: Local, family: Family, distance: int) -> Token:
    """A jump; a far one is split into h times B and the rest, h nearest to distance / B (of two, the lower)."""
    b = s.layout.base
    if s.token.family == Family.F:
        return Token(family, distance - b * s.token.value)
    if -b < distance < b:
        return Token(family, distance)
    return Token(Family.F, -((b - 2 * distance) // (2 * b)))


def _print(s: Local) -> Token:
    """PUT."""
    return Token(Family.CHAR, s.z_number)


def _output(s: Local) -> Token:
    if s.written < s.x.top:
        return Token(Family.D, s.x[s.written])
    group = s.x[s.written]
    return Token(Family.INT, group, s.x.sign) if s.opcode is Opcode.OUTI else Token(Family.CHAR, group)


def _halt(s: Local) -> Token:
    return Token(Family.HALT)


RULES: Mapping[Opcode, Callable[[Local], Token]] = {
    Opcode.ADD: _add,
    Opcode.SUB: _subtract,
    Opcode.MUL: _multiply,
    **dict.fromkeys((Opcode.QUO, Opcode.REM), _divide),
    Opcode.SHR: _shift_right,
    Opcode.SHL: _shift_left,
    **dict.fromkeys((Opcode.LOAD, Opcode.STORE), _load_or_store),
    **dict.fromkeys(COMPARISONS, _compare),
    Opcode.JMP: _go,
    Opcode.CALL: _call,
    Opcode.RET: _return,
    Opcode.PUT: _print,
    **dict.fromkeys((Opcode.OUTI, Opcode.OUTC), _output),
    Opcode.HALT: _halt,
}
