"""The writes that the key lemma is about: which there are, where such a token stands, what it writes, what heads bring.

A token writes a group of a cell. It may stand in a run, where its instruction is known, or in a prompt, where data are
written as by STORE.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from compiler.machines.ram.isa import COMPARISONS, Opcode
from compiler.machines.ram.vocabulary import Family, Token, write_families
from proofs_check.ram.cases import Case, Situation, SymbolicNumber
from proofs_check.ram.contract import HeadContract
from proofs_check.ram.invariant import families_within
from proofs_check.ram.local import INDIRECT, Local
from proofs_check.ram.queries import operand_cell
from proofs_check.ram.steps import Ram
from proofs_check.symbolic.paths import Path, Term
from proofs_check.symbolic.polynomials import variable


@dataclass(frozen=True)
class Write:
    """A token of a family in an instruction, or in the prompt (opcode None)."""

    opcode: Opcode | None
    family: Family

    def __str__(self) -> str:
        return f"{self.family} of {self.opcode.name if self.opcode else 'a prompt'}"


@dataclass
class Effect:
    """What a token writes: group `index` of `cell`; None: nothing that a head may choose."""

    cell: Sequence[Any] | None
    index: Any = None


def writes(ram: Ram) -> Iterator[Write]:
    """Every family of tokens after which a run goes on, but BOS, which is run."""
    layout = ram.layout
    for family in (
        *(Family.OP, Family.N, Family.J, Family.F, Family.CALL),
        *write_families(layout.groups),
        *(Family.FRAME, Family.D, Family.L),
    ):
        yield Write(None, family)
    for opcode in Opcode:
        if opcode is Opcode.HALT:
            continue
        for family in (*families_within(layout, opcode), *_last_families(opcode)):
            yield Write(opcode, family)


def _last_families(opcode: Opcode) -> tuple[Family, ...]:
    match opcode:
        case Opcode.JMP | Opcode.CALL | Opcode.RET:
            return (Family.J if opcode is Opcode.JMP else Family(opcode.name),)
        case Opcode.PUT | Opcode.OUTC:
            return (Family.CHAR,)
        case Opcode.OUTI:
            return (Family.INT,)
        case Opcode.REM | Opcode.SHR | Opcode.LOAD | Opcode.STORE:
            # What is copied here is canonical: its top group is never all sign, unless it is the only one.
            return (Family.L,)
        case _:
            return (Family.J,) if opcode in COMPARISONS else (Family.L, Family.T)


# ------------------------------------------------------------------------------- where a token stands


def entered(family: str) -> int:
    """How many frames are entered by a token of the family."""
    return {"CALL": 1, "RET": -1}.get(family, 0)


def written_at(ram: Ram, write: Write, path: Path) -> tuple[Situation, Effect]:
    """The most general position of such a token, and what it writes there."""
    layout, b = ram.layout, ram.layout.base
    n = path.variable("n", 2)
    low, high, flags = ram.model.values(write.family)
    value: Any = path.variable("value", low, high) if (write.opcode, write.family) != (None, "CALL") else 0
    flag = int(path.variable("flag", 0, 1) >= 1) if flags == 2 else 0
    local = Local(
        layout=layout,
        opcode=write.opcode,
        token=Token(write.family, value, flag),
        emitted=1,
        pc=path.variable("pc", 0, b * b),
        x=SymbolicNumber(path, "x", b),
        y=SymbolicNumber(path, "y", b),
        z_number=path.variable("z number", 0, b - 1),
        depth=path.variable("depth", 0, layout.max_depth),
    )
    place = Situation(Case(write.opcode, write.family), local, n, n)
    effect = _prompt_effect(place, path) if write.opcode is None else _effect(place, path)
    place.begun = n - local.emitted
    path.assume((place.begun - 1).polynomial)
    return place, effect


def _address(layout_groups: int, path: Path, letter: str) -> list[Any]:
    return [path.variable(f"address {letter}{i}") for i in range(layout_groups)]


def _prompt_effect(place: Situation, path: Path) -> Effect:
    groups = place.local.layout.groups
    if place.local.token.family not in ("D", "L"):
        return Effect(None)
    m = path.variable("written", 0)
    place.local.emitted = groups + m + 1
    return Effect(_address(groups, path, "A"), m)


def _effect(place: Situation, path: Path) -> Effect:
    s, family, groups = place.local, place.local.token.family, place.local.layout.groups
    opcode = s.opcode
    scratch: list[Any] = [-1] + [0] * (groups - 1)
    if family == "Q":
        s.emitted = 2 * path.variable("digits", 0) + 1
        return Effect(scratch, s.emitted - 1)
    if family not in ("D", "L", "T"):
        s.emitted = path.variable("emitted", 1)
        return Effect(None)
    m = path.variable("written", 1 if family == "T" else 0)
    first = _emitted_before(place, path, m)
    if opcode in (Opcode.OUTI, Opcode.OUTC):
        return Effect(scratch, None)
    cell = _address(groups, path, "A") if opcode is Opcode.STORE else operand_cell(place, path, "z")
    if family != "T":
        return Effect(cell, m)
    return Effect(cell, _repeated(place, path, m, first))


def _emitted_before(place: Situation, path: Path, m: Term) -> Any:
    """Sets how many tokens of the instruction there are; returns those before the first group."""
    s, family = place.local, place.local.token.family
    if s.opcode is Opcode.MUL:
        # A group follows its carry; the last one may come without, after a group.
        place.after_carry = family == "D" or path.variable("after K", 0, 1) >= 1
        s.emitted = 2 * m + (2 if place.after_carry else 1)
        if not place.after_carry:
            path.assume((m - 1).polynomial)
        return 1
    before: Any = 0
    if s.opcode in INDIRECT:
        before = s.layout.groups
    elif s.opcode is Opcode.QUO:
        before = 2 * s.x.top
        if family != "L":
            path.assume((s.x.top - 1).polynomial)
    elif s.opcode is Opcode.REM:
        path.assume_zero(m.polynomial)
        before = 2 * s.x.top + 1
    s.emitted = before + m + 1
    return before


def _repeated(place: Situation, path: Path, m: Term, first: Any) -> Any:
    """The index of the group that a T repeats: that of the latest one that is not all sign, 0 if there is none."""
    s = place.local
    at = path.variable(f"significant{s.token.flag} at", 0)
    begun = place.n - s.emitted
    # The quotient of a number with several groups is neither 0 nor -1 (a lemma of its own): some group is no sign.
    if s.opcode is Opcode.QUO or path.variable("repeats", 0, 1) >= 1:
        j = path.variable("repeated", 0)
        path.assume((m - 1 - j).polynomial)
        stride = 2 if s.opcode is Opcode.MUL else 1
        path.assume_zero((at - begun - first - stride * j).polynomial)
        return j
    path.assume((begun - 1 - at).polynomial)
    return 0


# ----------------------------------------------------------------------------------- what the heads bring


def contract_of(ram: Ram, write: Write, place: Situation, path: Path) -> HeadContract:
    """What the heads bring to a token of a run, or of a prompt."""
    kind = _KeyContract if write.opcode else _PromptContract
    return kind(ram.model, path, place)


class _KeyContract(HeadContract):
    """The heads at a token of a run: its instruction is known, the next one is not."""

    def __init__(self, model: Any, path: Path, place: Situation) -> None:
        super().__init__(model, path, place)
        self.inside = True

    def __call__(self, wire: str) -> Term | int:
        head, _, what = wire.rpartition(".")
        if head.startswith("significant"):
            return self.path.variable(f"{head} at", 0) if what == "at" else self._any(wire)
        if head.startswith("address A"):
            group = self.path.variable(head)
            return group * group if what == "square" else group
        if head == "frame number":
            frame = self.local.depth + 1 + entered(self.local.token.family)
            return cast(Term, frame * frame if what == "square" else frame)
        if head in ("opcode", "x", "y", "z") or head.startswith(("top", "group", "caller", "address R")):
            return self._any(wire)
        return super().__call__(wire)

    def _history(self, wire: str) -> Term | int:
        s, token = self.local, self.local.token
        if wire == "mean.pc":
            return Term(self.path, (s.pc + self._moved()).polynomial * variable("n", -1))
        if wire == "mean.frame":
            return Term(self.path, (s.depth + entered(token.family)).polynomial * variable("n", -1))
        if wire == "previous.far":
            return self._far()
        if wire == "previous.K" and s.opcode is Opcode.MUL and token.family in ("L", "T"):
            return int(self.s.after_carry)
        if wire in ("previous.end", "previous.value", "second previous.value"):
            return self._any(wire)
        return super()._history(wire)

    def _moved(self) -> Term | int:
        """By how much the sum for `pc` has moved since the instruction began."""
        token = self.local.token
        if token.family in ("J", "CALL", "RET"):
            return token.value + self._far()
        return self.s.far if token.family == "F" else int(token.family in ("L", "T", "INT", "CHAR"))

    def _far(self) -> Term | int:
        if self.local.token.family not in ("J", "CALL", "RET"):
            return 0
        return self.local.layout.base * self.path.variable("far before")

    def _break(self) -> Term | int:
        s = self.local
        if s.token.family not in ("D", "L", "T", "K"):
            return self.s.position
        if s.opcode is Opcode.REM:
            return self.s.position - 1
        if s.opcode is Opcode.QUO and not s.x.top >= 1:
            at = self._any("break.at")
            self.path.assume((self.s.begun - 1 - at).polynomial)
            return at
        return super()._break()


class _PromptContract(_KeyContract):
    """The heads in a prompt: data are written as by STORE; about other tokens nothing is known but that the
    features of one token go together."""

    def __call__(self, wire: str) -> Term | int:
        head, _, what = wire.rpartition(".")
        data = self.local.token.family in ("D", "L")
        match wire:
            case "start.A0" if data:
                return 1
            case "start.K" if data:
                return 0
            case "start.at" if data:
                return self.s.begun
            case "break.at":
                return self.s.begun + self.local.layout.groups - 1 if data else self.s.position
            case "start.at":
                return self._start()
            case "writer.CHAR":
                # One token is at most one opcode.
                return self._split(wire) if self._split("writer.INT") == 0 else 0
            case "target.next":
                return self._split(wire) if self._split("target.local") else 0
            case "start.A0" | "start.K" | "writer.INT" | "target.local":
                return self._split(wire)
            case "target.slot_square":
                return self._any("target.slot") * self._any("target.slot")
            case "frame number.at" | "frame number.square" if self._calls:
                return super().__call__(wire)
            case "target.at" if self._calls:
                return cast(Term, 4 * self.local.pc + 4)
            case "previous.far" if self._calls:
                return 0
            case "frame number.square":
                return self._any("frame number.at") * self._any("frame number.at")
        if wire == "mean.pc" and self._calls:
            return Term(self.path, self.local.pc.polynomial * variable("n", -1))
        if wire == "mean.frame" and self._calls:
            return super().__call__(wire)
        if head.startswith("address A"):
            group = self.path.variable(head)
            return group * group if what == "square" else group
        return self._any(wire)

    @property
    def _calls(self) -> bool:
        """Whether the token enters a frame again: CALL(0), after a jump to where the call was made."""
        return self.local.token.family == "CALL"

    def _start(self) -> Term:
        at = self._any("start.at")
        self.path.assume((self.s.position - at).polynomial)
        return at

    def _split(self, wire: str) -> int:
        """A flag, one path for each value."""
        return int(self._any(wire) >= 1)
