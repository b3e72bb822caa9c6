"""Every situation in which the RAM's next token is decided, as symbolic local states.

A case is an opcode and the family of the last token. Its variables range over everything that the invariant of
traces allows at such a position (`docs` in the package's README); the head contracts (`contract`) say what each
head then brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.values import Number
from compiler.machines.ram.vocabulary import ENDS, Family, Token
from proofs_check.ram.invariant import Assumed, bounds, families_within, targeted, under_way
from proofs_check.ram.local import INDIRECT, Local, tokens_of
from proofs_check.symbolic.paths import Path, Term


@dataclass(frozen=True)
class Case:
    """opcode: None where `pc` is outside the program; family: of the last token."""

    opcode: Opcode | None
    family: Family

    def __str__(self) -> str:
        place = "begins after" if self.family in ENDS else "goes on after"
        return f"{self.opcode.name if self.opcode else 'no instruction'} {place} {self.family}"

    @property
    def begins(self) -> bool:
        """Whether an instruction begins after the token: the one before has ended."""
        return self.family in ENDS


def cases(layout: Layout) -> Iterator[Case]:
    """All of them: what can stand before the first token of an instruction, and each token within one."""
    for opcode in [None, *Opcode]:
        for family in sorted(ENDS):
            yield Case(opcode, family)
    for opcode in Opcode:
        for family in families_within(layout, opcode):
            yield Case(opcode, family)


class SymbolicNumber:
    """An operand: `value` is its top group, every lower group a variable of its own; the sign is split on.

    What a group above the top is, and which group is meant, is the specification's own text.
    """

    def __init__(self, path: Path, name: str, base: int) -> None:
        self.path, self.name, self.base = path, name, base
        self.top: Any = path.variable(f"{name}.top", 0)
        self.value = path.variable(f"{name}.top group", 0, base - 1)
        self.groups = _Groups(self)
        self._sign: int | None = None

    fill: Any = Number.fill

    @property
    def sign(self) -> int:
        """0 or 1; the first one to ask splits the path in two."""
        if self._sign is None:
            self._sign = int(self.path.variable(f"{self.name}.sign", 0, 1) >= 1)
        return self._sign

    @sign.setter
    def sign(self, sign: int) -> None:
        """0 or 1; the first one to ask splits the path in two."""
        self._sign = sign

    def group(self, i: Term | int) -> Term:
        """Group i below the top."""
        return self.path.variable(f"{self.name}[{i}]", 0, self.base - 1)

    def __getitem__(self, i: Any) -> Any:
        return Number.__getitem__(cast(Number, self), i)


@dataclass
class _Groups:
    """The groups of a number up to the top one."""

    number: SymbolicNumber

    def __getitem__(self, i: Any) -> Any:
        return self.number.value if i == self.number.top else self.number.group(i)


class Digits:
    """The digits of a quotient so far."""

    def __init__(self, path: Path, base: int) -> None:
        self.path, self.base = path, base
        self.set: list[tuple[Any, Any]] = []

    def __getitem__(self, i: Any) -> Any:
        return self.path.variable(f"digit[{i}]", 0, self.base - 1)

    def __setitem__(self, i: Any, digit: Any) -> None:
        self.set.append((i, digit))


class Significant:
    """For each sign, where the latest group is that is not all sign, of whatever instruction, and which it is.

    If it is of this one, the specification has it, else group 0. index: of a group, from where it is.
    """

    def __init__(self, path: Path, begun: Term, base: int, index: Callable[[Term], Any]) -> None:
        self.path, self.begun, self.base, self.index = path, begun, base, index
        self.set: dict[int, tuple[Any, Any]] = {}

    def at(self, sign: int) -> Term:
        """The place of the highest group that is not `sign`."""
        return self.path.variable(f"significant{sign} at", 0)

    def value(self, sign: int) -> Term:
        """The value of that group."""
        return self.path.variable(f"significant{sign}", 0, self.base - 1)

    def __getitem__(self, sign: int) -> tuple[Any, Any]:
        if self.at(sign) >= self.begun:
            return self.index(self.at(sign)), self.value(sign)
        return 0, sign * (self.base - 1)

    def __setitem__(self, sign: int, found: tuple[Any, Any]) -> None:
        self.set[sign] = found

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
    """Of the last token of a product: whether it comes directly after a K."""

    @property
    def position(self) -> Term:
        """Of the last token, counted from 0."""
        return self.n - 1

    @property
    def far(self) -> Term | int:
        """The part of a jump that the running sum already has."""
        return self.local.layout.base * self.local.token.value if self.case.family == "F" else 0


def situation(layout: Layout, case: Case, path: Path) -> Situation:
    """The most general state of a case. May fork the path, on the flag of the last token for instance."""
    b = layout.base
    limits = bounds(layout, case.opcode, case.family)
    x, y = SymbolicNumber(path, "x", b), SymbolicNumber(path, "y", b)
    n = path.variable("n", 2)
    local = Local(
        layout=layout,
        token=Token(case.family),
        pc=path.variable("pc", *limits["pc"]),
        opcode=case.opcode,
        x=x,
        y=y,
        y_number=path.variable("y number", *limits["y_number"]),
        z_number=path.variable("z number", *limits["z_number"]),
        depth=path.variable("depth", *limits["depth"]),
        caller=path.variable("caller", *limits["caller"]),
        digits=Digits(path, b),
        before=(path.variable("before"), path.variable("before that")),
    )
    judge = Assumed(path)
    targeted(local, judge)
    value: Any = 0 if case.family == "SAME" else path.variable("value", *limits["value"])
    flag = int(path.variable("flag", 0, 1) >= 1) if limits["flag"] == (0, 1) else 0
    local.token = Token(case.family, value, flag)
    if case.begins:
        begun = path.variable("start", 0)
        path.assume((n - 1 - begun).polynomial)
    else:
        _so_far(local, path)
        under_way(local, judge)
        local.emitted = tokens_of(local)
        begun = n - local.emitted
        path.assume((begun - 2).polynomial)
    local.significant = Significant(path, begun, b, partial(index_at, local, begun))
    for sign in (0, 1):
        path.assume((n - 1 - local.significant.at(sign)).polynomial)
    return Situation(case, local, n, begun)


def _so_far(s: Local, path: Path) -> None:
    """Variables for what an instruction under way has so far."""
    family, top, b = s.token.family, s.layout.groups - 1, s.layout.base
    if s.opcode in INDIRECT:
        s.address = top + 1 if family == "D" else cast(int, family.group) + 1
    if family == "SAME":
        s.rows = path.variable("rows", 1)
        # Numbers of different sign or length were told apart at once.
        s.y.top, s.y.sign = s.x.top, s.x.sign
    if family == "D":
        s.written = path.variable("written", 1)
        if s.opcode is Opcode.QUO:
            s.rows = s.x.top
        if s.opcode is Opcode.MUL:
            s.carried = path.variable("carried", 0, b - 1)
            s.before = (s.carried, s.before[1])
    if family == "K":
        row = path.variable("written", 0)
        s.written = 0 if row == 0 else row
        s.carried = 0 if isinstance(s.written, int) else path.variable("carried", 0, b - 1)
        s.before = (s.before[0], s.carried)
    if family == "H":
        s.rows = path.variable("rows", 1)
    if family == "Q":
        rows = path.variable("rows", 1)
        s.rows = 1 if rows == 1 else rows
        s.carried = 0 if isinstance(s.rows, int) else path.variable("carried", 0, b - 1)
        s.before = (s.carried, s.before[1])


def index_at(s: Local, begun: Term, at: Term) -> Any:
    """Index of the group at a position of the instruction under way."""
    if s.opcode is Opcode.MUL:
        return (at - begun - 1) / 2
    return at - begun - s.address - 2 * (s.rows if s.opcode is Opcode.QUO else 0)
