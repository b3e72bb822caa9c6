"""Every situation in which the RAM's next token is decided, as symbolic local states.

A case is an opcode and the family of the last token. Its variables range over everything that the invariant of
traces allows at such a position (`docs` in the package's README); the head contracts (`contract`) say what each
head then brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.vocabulary import ENDS, Token, address_families
from proofs_check.ram.local import COMPARISONS, INDIRECT, Local
from proofs_check.symbolic.paths import Path, Term


@dataclass(frozen=True)
class Case:
    """opcode: None where `pc` is outside the program; family: of the last token."""

    opcode: Opcode | None
    family: str

    def __str__(self) -> str:
        place = "begins behind" if self.family in ENDS else "goes on behind"
        return f"{self.opcode.name if self.opcode else 'no instruction'} {place} {self.family}"

    @property
    def begins(self) -> bool:
        return self.family in ENDS


def cases(layout: Layout) -> Iterator[Case]:
    """All of them: what can stand before the first token of an instruction, and each token within one."""
    for opcode in [None, *Opcode]:
        for family in sorted(ENDS):
            yield Case(opcode, family)
    for opcode in Opcode:
        for family in within(layout, opcode):
            yield Case(opcode, family)


def within(layout: Layout, opcode: Opcode) -> list[str]:
    """The families that may stand in an instruction, but for its last token."""
    match opcode:
        case Opcode.ADD | Opcode.SUB | Opcode.SHR | Opcode.SHL | Opcode.OUTI | Opcode.OUTC:
            return ["D"]
        case Opcode.MUL:
            return ["K", "D"]
        case Opcode.QUO:
            return ["Q", "H", "D"]
        case Opcode.REM:
            return ["Q", "H"]
        case Opcode.LOAD | Opcode.STORE:
            return [*address_families("R" if opcode is Opcode.LOAD else "A", layout.groups), "D"]
        case Opcode.JMP | Opcode.CALL | Opcode.RET:
            return ["F"]
        case _:
            return ["SAME"] if opcode in COMPARISONS else []


class SymbolicNumber:
    """An operand: `value` is its top group, every lower group a variable of its own; the sign is split on."""

    def __init__(self, path: Path, name: str, base: int) -> None:
        self.path, self.name, self.base = path, name, base
        self.top: Any = path.variable(f"{name}.top", 0)
        self.value = path.variable(f"{name}.top group", 0, base - 1)
        self._sign: int | None = None

    @property
    def sign(self) -> int:
        if self._sign is None:
            self._sign = int(self.path.variable(f"{self.name}.sign", 0, 1) >= 1)
        return self._sign

    @sign.setter
    def sign(self, sign: int) -> None:
        self._sign = sign

    def group(self, i: Term | int) -> Term:
        """Group i below the top."""
        return self.path.variable(f"{self.name}[{i}]", 0, self.base - 1)

    def __getitem__(self, i: Term | int) -> Any:
        if i > self.top:
            return self.sign * (self.base - 1)
        return self.value if i == self.top else self.group(i)


class _Digits:
    def __init__(self, path: Path, base: int) -> None:
        self.path, self.base = path, base

    def __getitem__(self, i: Term | int) -> Term:
        return self.path.variable(f"digit[{i}]", 0, self.base - 1)


class _Significant:
    """For each sign, whether the latest group that is not all sign is of this instruction, and which it is."""

    def __init__(self, path: Path, begun: Term, base: int) -> None:
        self.path, self.begun, self.base = path, begun, base

    def at(self, sign: int) -> Term:
        return self.path.variable(f"significant{sign} at", 0)

    def value(self, sign: int) -> Term:
        return self.path.variable(f"significant{sign}", 0, self.base - 1)

    def __getitem__(self, sign: int) -> Term | None:
        return self.value(sign) if self.at(sign) >= self.begun else None

    def __len__(self) -> int:
        return 2


@dataclass
class Situation:
    """A symbolic local state, with its place in the trace: tokens so far (n), and where the instruction began."""

    case: Case
    local: Local
    n: Term
    begun: Term
    after_carry: bool = False
    """Of the last token of a product: whether it comes directly behind a K."""

    @property
    def position(self) -> Term:
        return self.n - 1

    @property
    def far(self) -> Term | int:
        """The part of a jump that the running sum already has."""
        return self.local.layout.base * self.local.token.value if self.case.family == "F" else 0


def situation(layout: Layout, case: Case, path: Path) -> Situation:
    """The most general state of a case. May fork the path, on the flag of the last token for instance."""
    b = layout.base
    x, y = SymbolicNumber(path, "x", b), SymbolicNumber(path, "y", b)
    n = path.variable("n", 2)
    size = layout.max_instructions
    local = Local(
        layout=layout,
        opcode=case.opcode,
        token=Token(case.family),
        emitted=0,
        pc=path.variable("pc", 0, size),
        x=x,
        y=y,
        y_number=path.variable("y number", 0, b - 1),
        z_number=path.variable("z number", 0, b - 1),
        depth=path.variable("depth", 0, layout.max_depth),
        caller=path.variable("caller", 0, size - 1),
        before=(path.variable("before"), path.variable("before that")),
        digits=_Digits(path, b),
    )
    if case.opcode in (Opcode.JMP, Opcode.CALL):
        path.assume((size - b * local.y_number - local.z_number).polynomial)
    value, flag = _last_token(layout, case, path)
    local.token = Token(case.family, value, flag)
    if case.begins:
        begun = path.variable("start", 0)
        path.assume((n - 1 - begun).polynomial)
    else:
        local.emitted = _inside(case, local, path)
        begun = n - local.emitted
        path.assume((begun - 2).polynomial)
    local.significant = _Significant(path, begun, b)
    for sign in (0, 1):
        path.assume((n - 1 - local.significant.at(sign)).polynomial)
    return Situation(case, local, n, begun)


def _last_token(layout: Layout, case: Case, path: Path) -> tuple[Any, int]:
    b = layout.base
    low = 1 - b if case.family in ("J", "CALL", "RET", "F") else 0
    value = 0 if case.family == "SAME" else path.variable("value", low, b - 1)
    two_flags = case.family in ("D", "L", "T", "INT") or (
        case.family[0] in "AR" and case.family[1:].isdigit() and case.family[1:] != str(layout.groups - 1)
    )
    carries = case.begins or case.opcode in (Opcode.ADD, Opcode.SUB) or case.family[0] in "AR"
    flag = int(path.variable("flag", 0, 1) >= 1) if two_flags and carries else 0
    return value, flag


def _inside(case: Case, s: Local, path: Path) -> Any:
    """How many tokens of the instruction there are, and what the invariant says about them."""
    opcode, family, b = case.opcode, case.family, s.layout.base
    x, y = s.x, s.y

    def at_most(left: Any, right: Any) -> None:
        path.assume((right - left).polynomial if isinstance(right - left, Term) else path.term(right - left).polynomial)

    if family == "F":
        assert opcode is not None
        target = b * s.y_number + s.z_number if opcode is not Opcode.RET else s.caller + 1
        distance = target - s.pc
        at_most(2 * distance - b, 2 * b * s.token.value)
        at_most(2 * b * s.token.value + 1, 2 * distance + b)
        if not (distance >= b or distance <= -b):
            _contradiction(path)
        if opcode is Opcode.CALL:
            at_most(s.depth, s.layout.max_depth - 1)
        if opcode is Opcode.RET:
            at_most(1, s.depth)
        return 1
    if family[0] in "AR" and family[1:].isdigit():
        return int(family[1:]) + 1
    if family == "SAME":
        count = path.variable("emitted", 1)
        at_most(count, x.top)
        # Numbers of different sign or length were told apart at once.
        y.top, y.sign = x.top, x.sign
        return count
    if family in ("Q", "H"):
        return _dividing(case, s, path, at_most)
    if opcode is Opcode.MUL:
        return _multiplying(case, s, path, at_most)
    m = path.variable("written", 1)
    if opcode is Opcode.QUO:
        at_most(m, x.top)
        return 2 * x.top + m
    if opcode is Opcode.SHR:
        at_most(m, x.top - 1)
    elif opcode is Opcode.SHL:
        at_most(m, x.top + 1)
    elif opcode in INDIRECT:
        at_most(m, x.top)
    elif opcode in (Opcode.OUTI, Opcode.OUTC):
        at_most(m, x.top)
        # Values are canonical: with a group below it, the top group is not all sign.
        at_most(1 - x.sign, x.value)
        at_most(x.value, b - 1 - x.sign)
    return m + (s.layout.groups if opcode in INDIRECT else 0)


def _multiplying(case: Case, s: Local, path: Path, at_most: Any) -> Any:
    b = s.layout.base
    group, carry = (path.variable(name, 0, b - 1) for name in ("group before", "carry before"))
    if case.family == "D":
        i = path.variable("written", 1)
        at_most(i, s.x.top + 1)
        s.before = (carry, s.before[1])
        return 2 * i
    i = path.variable("row", 0)
    at_most(i, s.x.top)
    first = i == 0
    if not first:
        s.before = (group, carry)
    total = s.x[0 if first else i] * s.y[0] + (0 if first else carry)
    at_most(b * s.token.value, total)
    at_most(total + 1, b * s.token.value + b)
    return 1 if first else 2 * i + 1


def _dividing(case: Case, s: Local, path: Path, at_most: Any) -> Any:
    b, d = s.layout.base, s.y[0]
    at_most(1, d)
    if case.family == "H":
        j = path.variable("digits", 1)
        at_most(j, s.x.top)
        at_most(s.token.value, d - 1)
        return 2 * j
    j = path.variable("digits", 0)
    at_most(j, s.x.top - (1 if case.opcode is Opcode.QUO else 0))
    first = j == 0
    if not first:
        s.before = (path.variable("remainder before", 0, b - 1), s.before[1])
        at_most(s.before[0], d - 1)
    before = s.x.sign * (d - 1) if first else s.before[0]
    dividend = b * before + s.x[s.x.top - (0 if first else j)]
    at_most(s.token.value * d, dividend)
    at_most(dividend + 1, s.token.value * d + d)
    return 1 if first else 2 * j + 1


def _contradiction(path: Path) -> None:
    path.assume(path.term(-1).polynomial)
