"""The invariant of the RAM's traces: what is true of every local state, as inequalities between its numbers.

It is written once and used three times: assumed of the states that the proofs are about (`cases.situation`), shown of
the state after the next token (`preserved`), and checked of the states of real runs (in the tests).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from compiler.machines.ram.isa import COMPARISONS, Layout, Opcode
from compiler.machines.ram.vocabulary import ENDS, Family, read_families, write_families
from proofs_check.lemma import Counterexample, NotProved, Refuted
from proofs_check.ram.local import INDIRECT, Int, Local
from proofs_check.symbolic.paths import Dead, Path, Term
from proofs_check.symbolic.polynomials import Polynomial


class Judge(Protocol):
    """What is done with a condition."""

    def at_most(self, left: Int, right: Int, what: str) -> None:
        """That left <= right; `what` names it in messages."""
        ...

    def never(self, what: str) -> None:
        """The state is not one of a run."""


@dataclass(frozen=True)
class Assumed:
    """Takes the invariant for granted, on a path that it restricts."""

    path: Path

    def at_most(self, left: Int, right: Int, what: str) -> None:
        """Restricts the path to states in which it holds."""
        self.path.assume(_polynomial(self.path, right - left))

    def never(self, what: str) -> None:
        """Ends the path: no state is admissible on it."""
        self.path.assume(_polynomial(self.path, -1))
        raise Dead


@dataclass(frozen=True)
class Shown:
    """Raises Refuted with a state where z3 has one, else NotProved; where: the lemma."""

    path: Path
    where: str

    def at_most(self, left: Int, right: Int, what: str) -> None:
        """Fails, with a state, unless it holds of all states on the path."""
        gap = _polynomial(self.path, right - left)
        if not self.path.certain(gap):
            self._fail(f"{what}: {left} <= {right}", gap)

    def equal(self, left: Int, right: Int, what: str) -> None:
        """Fails, with a state, unless both are equal in all states on the path."""
        self.at_most(left, right, what)
        self.at_most(right, left, what)

    def never(self, what: str) -> None:
        """Fails, with a state, if there is any on the path."""
        self._fail(what, _polynomial(self.path, -1))

    def _fail(self, what: str, gap: Polynomial) -> None:
        values = self.path.witness(gap)
        if values is None or not gap.variables <= values.keys():
            raise NotProved(f"{self.where}: cannot show {what}")
        raise Refuted(Counterexample(self.where, {name: str(v) for name, v in values.items()}, what, "not so"))


@dataclass
class Checked:
    """Of numbers: keeps what does not hold."""

    wrong: list[str] = field(default_factory=list)

    def at_most(self, left: int, right: int, what: str) -> None:
        """Notes it as wrong unless it holds of these numbers."""
        if not left <= right:
            self.wrong.append(f"{what}: {left} <= {right}")

    def never(self, what: str) -> None:
        """Notes it as wrong."""
        self.wrong.append(what)


def _polynomial(path: Path, value: Int) -> Polynomial:
    return value.polynomial if isinstance(value, Term) else path.term(value).polynomial


def bounds(layout: Layout, opcode: Opcode | None, family: str) -> Mapping[str, tuple[int, int]]:
    """Least and largest value of what is bounded by itself, by its name in `Local`; `value` is the last token's."""
    b, size = layout.base, layout.max_instructions
    low = 1 - b if family in ("J", "CALL", "RET", "F") else 0
    return {
        "value": (low, 0 if family == "SAME" else b - 1),
        "flag": (0, int(may_have_flag(layout, opcode, family))),
        "pc": (0, size if opcode is None else size - 1),
        "depth": (0, layout.max_depth),
        "caller": (0, size - 1),
        "y_number": (0, b - 1),
        "z_number": (0, b - 1),
        "carried": (0, b - 1),
    }


def may_have_flag(layout: Layout, opcode: Opcode | None, family: str) -> bool:
    """Whether the last token may carry one."""
    if family in write_families(layout.groups - 1) + read_families(layout.groups - 1):
        return True
    return family in ("L", "T", "INT") or (family == "D" and opcode in (Opcode.ADD, Opcode.SUB))


def families_within(layout: Layout, opcode: Opcode) -> list[Family]:
    """The families that may stand in an instruction, but for its last token."""
    match opcode:
        case Opcode.ADD | Opcode.SUB | Opcode.SHR | Opcode.SHL | Opcode.OUTI | Opcode.OUTC:
            return [Family.D]
        case Opcode.MUL:
            return [Family.K, Family.D]
        case Opcode.QUO:
            return [Family.Q, Family.H, Family.D]
        case Opcode.REM:
            return [Family.Q, Family.H]
        case Opcode.LOAD | Opcode.STORE:
            return [*(read_families if opcode is Opcode.LOAD else write_families)(layout.groups), Family.D]
        case Opcode.JMP | Opcode.CALL | Opcode.RET:
            return [Family.F]
        case _:
            return [Family.SAME] if opcode in COMPARISONS else []


def admissible(s: Local, judge: Judge) -> None:
    """Everything that the invariant says about a local state."""
    family = s.token.family
    for name, (low, high) in bounds(s.layout, s.opcode, family).items():
        value = getattr(s.token, name) if name in ("value", "flag") else getattr(s, name)
        judge.at_most(low, value, name)
        judge.at_most(value, high, name)
    targeted(s, judge)
    if family in ENDS:
        for name in ("address", "written", "rows", "carried", "emitted"):
            judge.at_most(getattr(s, name), 0, f"nothing so far: {name}")
            judge.at_most(0, getattr(s, name), f"nothing so far: {name}")
    elif s.opcode is None or family not in families_within(s.layout, s.opcode):
        judge.never(f"{family} within {s.opcode.name if s.opcode else 'no instruction'}")
    else:
        under_way(s, judge)


def targeted(s: Local, judge: Judge) -> None:
    """The target of a jump is in the program, of which no more is known here than how long it may be."""
    if s.opcode in (Opcode.JMP, Opcode.CALL):
        judge.at_most(s.layout.base * s.y_number + s.z_number, s.layout.max_instructions - 1, "target")


def canonical(number: Any, judge: Judge) -> None:
    """The top group is not all sign, unless it is the only one."""
    if number.top >= 1 and number[number.top] == number.sign * (number.base - 1):
        judge.never("the top group is all sign")


def under_way(s: Local, judge: Judge) -> None:
    """What the tokens of an instruction so far say about the operands and about each other."""
    opcode, family, groups = s.opcode, s.token.family, s.layout.groups
    copying = opcode in INDIRECT and family == "D"
    if family.group is not None and opcode in INDIRECT:
        copied = family.group + 1
    else:
        copied = groups if copying else 0
    _exactly(judge, s.address, copied, "address groups")
    if family == "F":
        _far_jump(s, judge)
    elif family == "SAME":
        judge.at_most(1, s.rows, "equal groups")
        judge.at_most(s.rows, s.x.top, "equal groups")
        _exactly(judge, s.y.top, s.x.top, "equally long")
        _exactly(judge, s.y.sign, s.x.sign, "of one sign")
    elif family in ("Q", "H"):
        _dividing(s, judge)
    elif opcode is Opcode.MUL:
        _multiplying(s, judge)
    elif family == "D":
        _writing(s, judge)
    if family != "D" and opcode is not Opcode.MUL:
        _exactly(judge, s.written, 0, "no group written")
    if family not in ("SAME", "Q", "H") and opcode is not Opcode.QUO:
        _exactly(judge, s.rows, 0, "no row done")


def _exactly(judge: Judge, left: Int, right: Int, what: str) -> None:
    judge.at_most(left, right, what)
    judge.at_most(right, left, what)


def _writing(s: Local, judge: Judge) -> None:
    judge.at_most(1, s.written, "groups written")
    match s.opcode:
        case Opcode.QUO:
            _exactly(judge, s.rows, s.x.top, "all digits but the lowest")
            judge.at_most(s.written, s.x.top, "groups written")
        case Opcode.SHR:
            judge.at_most(s.written, s.x.top - 1, "groups written")
        case Opcode.SHL:
            judge.at_most(s.written, s.x.top + 1, "groups written")
        case Opcode.LOAD | Opcode.STORE:
            judge.at_most(s.written, s.x.top, "groups written")
        case Opcode.OUTI | Opcode.OUTC:
            judge.at_most(s.written, s.x.top, "groups written")
            canonical(s.x, judge)


def _far_jump(s: Local, judge: Judge) -> None:
    b = s.layout.base
    target = b * s.y_number + s.z_number if s.opcode is not Opcode.RET else s.caller + 1
    distance = target - s.pc
    judge.at_most(2 * distance - b, 2 * b * s.token.value, "the nearest multiple of the base")
    judge.at_most(2 * b * s.token.value + 1, 2 * distance + b, "the nearest multiple of the base")
    if not (distance >= b or distance <= -b):
        judge.never("a short jump in two parts")
    if s.opcode is Opcode.CALL:
        judge.at_most(s.depth, s.layout.max_depth - 1, "room for a frame")
    if s.opcode is Opcode.RET:
        judge.at_most(1, s.depth, "a frame to leave")


def _multiplying(s: Local, judge: Judge) -> None:
    b = s.layout.base
    if s.token.family == "D":
        judge.at_most(1, s.written, "groups written")
        judge.at_most(s.written, s.x.top + 1, "groups written")
        _exactly(judge, s.before[0], s.carried, "the carry before")
        return
    judge.at_most(s.written, s.x.top, "rows")
    if s.written == 0:
        _exactly(judge, s.carried, 0, "no carry before")
    else:
        _exactly(judge, s.before[1], s.carried, "the carry before")
    total = s.x[s.written] * s.y[0] + s.carried
    judge.at_most(b * s.token.value, total, "carry")
    judge.at_most(total + 1, b * s.token.value + b, "carry")


def _dividing(s: Local, judge: Judge) -> None:
    b, d = s.layout.base, s.y[0]
    judge.at_most(1, d, "divisor")
    judge.at_most(1, s.rows, "digits")
    if s.token.family == "H":
        judge.at_most(s.rows, s.x.top, "digits")
        judge.at_most(s.token.value, d - 1, "remainder")
        return
    judge.at_most(s.rows, s.x.top + int(s.opcode is Opcode.REM), "digits")
    if s.rows > 1:
        _exactly(judge, s.before[0], s.carried, "the remainder before")
        judge.at_most(s.carried, d - 1, "the remainder before")
    before = s.carried if s.rows > 1 else s.x.sign * (d - 1)
    dividend = b * before + s.x[s.x.top - s.rows + 1]
    judge.at_most(s.token.value * d, dividend, "digit")
    judge.at_most(dividend + 1, s.token.value * d + d, "digit")
