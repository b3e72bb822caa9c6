"""The key lemma: what each token writes is what later heads find under its position's keys and values.

The memory of the machine is "the latest write". So if at every position that the memory heads may choose the key
is the cell and group index that the token there writes, in the specification's names, then such a head finds the
cell's present value. Positions that they must not choose only need a key whose square wire is the square of its
length: their score is then below that of any match and of the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
import z3

from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.vocabulary import Family, Token, write_families
from interpreter.model.transformer import Transformer
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.ram.cases import Case, Situation, SymbolicNumber
from proofs_check.ram.contract import HeadContract
from proofs_check.ram.copies import copies
from proofs_check.ram.invariant import families_within
from proofs_check.ram.local import COMPARISONS, INDIRECT, Local
from proofs_check.ram.queries import POSITIONS, compare, nothing_is_known, operand_cell
from proofs_check.ram.steps import Proof, Ram, once
from proofs_check.scores import read_score
from proofs_check.symbolic.paths import Path, Term, explore
from proofs_check.symbolic.polynomials import Polynomial, constant, total, variable
from proofs_check.symbolic.solver import prove
from proofs_check.symbolic.stream import Stream, SymbolicToken
from proofs_check.tensors import Linear

MEMORY = ("top x", "top y", "group x", "group y", "caller")
"""Heads that look for what a token of an instruction or of a prompt wrote; `caller` for the frame that it entered."""


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


def token_claims(ram: Ram) -> Iterator[Claim]:
    """About the first position, and about single tokens."""
    yield Claim(
        Lemma(
            "keys: BOS",
            "at the first position all memory keys are 0 and no memory head may choose it: a default reads as 0",
            "the module run on this one token",
            "position 0",
        ),
        lambda: _first_position(ram),
    )
    yield Claim(
        Lemma(
            "keys: families",
            "the lemmas about keys go through every family of tokens that may have another token after it",
            "comparison with the vocabulary",
            "all tokens",
        ),
        lambda: _every_family(ram),
    )
    yield Claim(
        Lemma(
            "keys: features of one token",
            "wherever a head looks in a prompt: the square that it brings is that of the slot, a next-frame operand is "
            "local, a token is at most one opcode, and flags are 0 or 1",
            "every row of the embedding",
            "all tokens, at the layer where the head reads",
        ),
        lambda: _features_of_one_token(ram),
    )


def key_claims(ram: Ram) -> Iterator[Claim]:
    yield from token_claims(ram)
    yield Claim(
        Lemma(
            "keys: quotients",
            r"$\lfloor x/d \rfloor$ is neither 0 nor $-1$ for $x \ge B$ or $x < -B$ and $1 \le d < B$: a quotient of "
            "several digits has one that is not all sign, so that a T can repeat it",
            "z3, linear integer arithmetic",
            "all integers",
        ),
        lambda: _long_quotients(ram.layout.base),
    )
    for write in writes(ram):
        yield Claim(
            Lemma(
                f"keys: {write}",
                "keys, squared keys and values at the token's position are the cell, group and value that it writes; "
                "the heads that this rests on ask for the instruction and the frame that it belongs to",
                "symbolic execution of the tensors, path by path, z3 in linear integer arithmetic",
                "every state that the invariant allows, every kind of operand, all integers",
            ),
            lambda write=write: prove_keys(ram, write),  # type: ignore[misc]
        )


# ------------------------------------------------------------------------------------------------ the proof


def prove_keys(ram: Ram, write: Write, proof: Proof = once) -> str:
    def run(path: Path) -> None:
        place, effect = written_at(ram, write, path)
        token = place.local.token
        contract = contract_of(ram, write, place, path)
        symbolic = SymbolicToken(token.family, token.value, token.flag)

        def check(stream: Stream) -> None:
            for name in MEMORY:
                _check_head(stream, path, name, offered(name, place, effect), token, f"keys: {write}")
            for name, point in asked_there(ram, place).items():
                if point is not None:
                    compare(stream, name, point, path, f"keys: {write}")
                elif write.opcode is not None:
                    nothing_is_known(ram, name, contract)

        proof(check, Stream(ram.model, path, symbolic, place.position, contract))

    return f"{explore(run)} paths"


def contract_of(ram: Ram, write: Write, place: Situation, path: Path) -> HeadContract:
    """What the heads bring to a token of a run, or of a prompt."""
    kind = _KeyContract if write.opcode else _PromptContract
    return kind(ram.model, path, place)


def asked_there(ram: Ram, place: Situation) -> dict[str, Sequence[Any] | None]:
    """By head, what it must ask for where a token is written; None if nothing depends on what it finds.

    Of a token of an instruction, that is the instruction's own opcode and operand z, and the frame after the token.
    """
    s, inside = place.local, place.case.opcode is not None
    found: dict[str, Sequence[Any] | None] = {
        name: None for name, copy in copies(ram.layout, ram.addresses).items() if copy.matches
    }
    if inside or s.token.family == "CALL":
        found["frame number"] = [s.depth + 1 + entered(s.token.family)]
        found["target"] = [4 * s.pc + POSITIONS["target"]]
    if inside:
        found["writer"] = [4 * s.pc + POSITIONS["writer"]]
    return found


def entered(family: str) -> int:
    """How many frames are entered by a token of the family."""
    return {"CALL": 1, "RET": -1}.get(family, 0)


def chosen_families(head: str) -> frozenset[str]:
    """The families of the tokens that a memory head may choose."""
    if head == "caller":
        return frozenset({"CALL"})
    return frozenset({"D", "L", "T", "Q"} if head.startswith("group") else {"L", "T"})


@dataclass(frozen=True)
class Offer:
    """What a position that a memory head may choose has for it; None: of a key, any integer; of a value, anything."""

    key: Sequence[Any]
    values: Mapping[str, Any]


def offered(head: str, place: Situation, effect: Effect) -> Offer | None:
    """None for a token that the head may not choose."""
    token = place.local.token
    if token.family not in chosen_families(head):
        return None
    if head == "caller":
        return Offer([place.local.depth + 2], {"pc": place.local.pc})
    if effect.cell is None:
        raise NotProved(f"the head {head!r} may choose {token}, which writes nothing")
    key = [*effect.cell, *([effect.index] if head.startswith("group") else [])]
    return Offer(key, {"index": effect.index, "value": token.value, "sign": token.flag})


def _check_head(stream: Stream, path: Path, name: str, offer: Offer | None, token: Token, where: str) -> None:
    """Eligibility and the squared key, whatever the token; key and values of a token that the head may choose."""
    readback = stream.model.readback
    head = readback.head(name)
    time = 2 * head.layer
    score = read_score(head, readback.weights.max_tokens)
    rows = [stream.form(k, time) for k in score.keys]
    penalty = stream.form(cast(Linear, score.penalty), time)
    square = total((row * row, 1) for row in rows if not path.certainly_zero(row))
    eligible = constant(int(offer is not None))
    _equal(path, f"{where}, {head}, eligibility and squared key", penalty, eligible - constant(1) - square)
    if offer is None:
        return
    for i, (found, point) in enumerate(zip(rows, offer.key, strict=True)):
        if point is not None:
            _equal(path, f"{where}, {head}, key {i}", found, _polynomial(path, point))
        elif not all(isinstance(c, int) for c in found.terms.values()):
            raise NotProved(f"{where}, {head}, key {i}: {found} may be no integer")
    for value, output in zip(head.values, head.outputs):
        [wire] = output
        point = offer.values[wire.rpartition(".")[2]]
        if point is None and score.query_square is not None:
            raise NotProved(f"{where}, {head}: nothing says that {wire!r} is an integer")
        if point is not None:
            _equal(path, f"{where}, {head}, value for {wire!r}", stream.form(value, time), _polynomial(path, point))


def _polynomial(path: Path, value: Any) -> Polynomial:
    return value.polynomial if isinstance(value, Term) else path.term(value).polynomial


def _equal(path: Path, where: str, found: Polynomial, expected: Polynomial) -> None:
    for gap in (found - expected, expected - found):
        if not path.certain(gap):
            values = path.witness(gap)
            if values is None or not (found - expected).variables <= values.keys():
                raise NotProved(f"{where}: cannot show {found} = {expected}")
            shown = {name: str(v) for name, v in values.items()}
            raise Refuted(Counterexample(where, shown, str(expected.at(values)), str(found.at(values))))


def _first_position(ram: Ram) -> str:
    readback = ram.model.readback
    bos = [i for i, t in enumerate(ram.model.vocabulary) if t.family == "BOS"]
    residual = Transformer(readback.weights).residual(torch.tensor(bos))[0].tolist()
    values = dict(zip(readback.names, residual))
    for name in MEMORY:
        score = read_score(readback.head(name), readback.weights.max_tokens)
        forms = [*score.keys, cast(Linear, score.penalty)]
        *rows, last = (sum(float(c) * values[w] for w, c in form.items()) for form in forms)
        if any(rows) or last != -1:
            raise Refuted(Counterexample(name, {"key": str([*rows, last])}, "0 …, -1"))
        copied = (sum(float(c) * values[w] for w, c in v.items()) for v in readback.head(name).values)
        if score.query_square is not None and any(copied):
            raise Refuted(Counterexample(name, {}, "value 0"))
    return ""


def _long_quotients(base: int) -> str:
    x, d = z3.Ints("x d")
    prove("a quotient", z3.Or(x < -d, x >= d), z3.Or(x >= base, x < -base), 1 <= d, d < base)
    return ""


def _every_family(ram: Ram) -> str:
    known = {write.family for write in writes(ram)} | {"BOS", "HALT", "FAULT"}
    missing = [family for family in ram.model.families if family not in known]
    if missing:
        raise NotProved(f"no lemma is about the keys of {', '.join(missing)}")
    return f"{len(known)} families"


def _features_of_one_token(ram: Ram) -> str:
    """What `_PromptContract` takes for granted of the token that a head finds, whichever that is."""
    model = ram.model

    def brought(head: str) -> dict[str, npt.NDArray[np.float64]]:
        found = model.readback.head(head)
        wires = [(v, wire.removeprefix(f"{head}.")) for v, o in zip(found.values, found.outputs) for wire in o]
        return {what: model.of_token(v, found.layer)[0] for v, what in wires if what != "at"}

    target, writer, start = brought("target"), brought("writer"), brought("start")
    flags = {f"target.{n}": target[n] for n in ("local", "next")} | {f"writer.{n}": c for n, c in writer.items()}
    flags |= {f"start.{n}": c for n, c in start.items()}
    claims = [(f"{name} is 0 or 1", (c == 0) | (c == 1)) for name, c in flags.items()]
    claims.append(("a token is at most one opcode", sum(writer.values(), 0 * target["slot"]) <= 1))
    claims.append(("a next-frame operand is local", target["next"] <= target["local"]))
    if "slot_square" in target:
        claims.append(("the square of the slot", target["slot_square"] == target["slot"] ** 2))
    for what, holds in claims:
        if not holds.all():
            raise Refuted(Counterexample(f"{model.vocabulary[int(np.argmin(holds))]}", {}, what))
    return f"{len(model.vocabulary)} tokens"


# ------------------------------------------------------------------------------- where a token stands


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
        # A group follows its carry; the last one may come without, behind a group.
        place.after_carry = family == "D" or path.variable("behind K", 0, 1) >= 1
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
        """Whether the token enters a frame again: CALL(0), behind a jump to where the call was made."""
        return self.local.token.family == "CALL"

    def _start(self) -> Term:
        at = self._any("start.at")
        self.path.assume((self.s.position - at).polynomial)
        return at

    def _split(self, wire: str) -> int:
        """A flag, one path for each value."""
        return int(self._any(wire) >= 1)
