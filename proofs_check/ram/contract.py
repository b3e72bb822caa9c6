"""What each head of the RAM brings to a position: the meaning of the heads' outputs in terms of the local state.

That a head looks where it should is shown in `queries`; that what it finds there is what the contract says, in
`keys`, and by the head lemmas. An output that no lemma speaks about is an arbitrary integer.
"""

from __future__ import annotations

from math import ceil, floor
from typing import cast

from compiler.machines.ram.isa import Opcode
from proofs_check.lemma import NotProved
from proofs_check.ram.cases import Situation
from proofs_check.ram.local import INDIRECT, reads_x, reads_y, x_index, y_index
from proofs_check.symbolic.paths import Path, Term
from proofs_check.symbolic.polynomials import variable
from proofs_check.symbolic.stream import Model, Stream, SymbolicToken

FIELDS = {"x": 2, "y": 3, "z": 4, "target": 4}
"""Heads that read a field of an instruction, and which token of it that is (the opcode is the first)."""


class HeadContract:
    """The outputs of the heads in one situation, by wire."""

    def __init__(self, model: Model, path: Path, situation: Situation) -> None:
        self.model, self.path, self.s = model, path, situation
        self.local, self.inside = situation.local, not situation.case.begins
        self.values = model.brought

    def __call__(self, wire: str) -> Term | int:
        """What is on a wire that a head writes: a number, a known variable, or one of which nothing is known."""
        head, _, what = wire.rpartition(".")
        if head in ("mean", "previous", "second previous", "start", "break"):
            return self._history(wire)
        if head.startswith("significant"):
            sign = int(head[-1])
            known = self.local.significant
            return cast(Term, known.at(sign) if what == "at" else known.value(sign))
        if head.startswith("address"):
            written = self.inside and self.local.opcode in INDIRECT and self.local.copying
            group = address_group(self.s, self.path, head) if written else self._any(f"{head}.value")
            return group * group if what == "square" else group
        if head in ("opcode", "writer"):
            return self._opcode(head, wire)
        if head in FIELDS:
            return self._field(head, wire)
        if head == "frame number":
            frame = self.local.depth + 1
            return cast(Term, frame * frame if what == "square" else frame)
        return self._operand(wire, head, what)

    def _any(self, wire: str) -> Term:
        """Anything that the wire may hold at any position of any trace: its range, in steps of its unit."""
        low, high, unit = self.model.ends[wire]
        mark = " (changed)" if wire in self.model.loosened else ""
        if unit == 0:
            if not wire.startswith("mean."):
                raise NotProved(f"{wire!r} may be any real number")
            return Term(self.path, self.path.variable(f"any {wire} times n").polynomial * variable("n", -1))
        # A head with a default finds what was offered, integers by the key lemma, or the zeros of the first token.
        if unit >= 1 or wire.startswith("top "):
            return self.path.variable(f"any {wire}{mark}", ceil(low), floor(high))
        steps = self.path.variable(f"any {wire}{mark}", ceil(low / unit), floor(high / unit))
        return self.path.term(steps.polynomial.scaled(unit))

    def _history(self, wire: str) -> Term | int:
        s, local, emitted = self.s, self.local, self.local.emitted
        mul = local.opcode is Opcode.MUL
        match wire:
            case "mean.pc":
                return Term(self.path, (local.pc + s.far).polynomial * variable("n", -1))
            case "mean.frame":
                return Term(self.path, local.depth.polynomial * variable("n", -1))
            case "previous.end":
                return int(emitted == 1) if self.inside else self._any(wire)
            case "previous.value":
                return cast(Term, local.before[0]) if self.inside and emitted >= 2 else self._any(wire)
            case "second previous.value":
                return cast(Term, local.before[1]) if self.inside and emitted >= 3 else self._any(wire)
            case "previous.far":
                return 0 if self.inside else self._any(wire)
            case "previous.K":
                return int(mul and local.token.family == "D") if self.inside else self._any(wire)
            case "start.at":
                return s.begun
            case "start.A0":
                return int(local.opcode is Opcode.STORE) if self.inside else self._any(wire)
            case "start.K":
                return int(mul) if self.inside else self._any(wire)
            case "break.at":
                return self._break()
        return self._any(wire)

    def _break(self) -> Term | int:
        """The latest token that is no group of a value and no K."""
        family, s = self.local.token.family, self.s
        if family not in ("D", "L", "T", "K"):
            return s.position
        if not self.inside:
            return self._any("break.at")
        if self.local.opcode is Opcode.QUO:
            return cast(Term, s.begun + 2 * self.local.x.top - 1)
        if self.local.opcode in (Opcode.LOAD, Opcode.STORE):
            return s.begun + self.local.layout.groups - 1
        at = self._any("break.at")
        self.path.assume((s.begun - 1 - at).polynomial)
        return at

    # ---------------------------------------------------------------------------------- the program text

    def _value_at(self, wire: str, token: SymbolicToken, position: Term) -> Term:
        """What a head copies from a token: the form that it reads, evaluated there at the head's layer."""
        stream = Stream(self.model, self.path, token, position, _only_of_the_token)
        return self.path.term(stream.form(self.values[wire], 2 * self._layer(wire)))

    def _layer(self, wire: str) -> int:
        """Of the head that brings it."""
        [(time, _)] = self.model.outputs[wire]
        return time // 2

    def _opcode(self, head: str, wire: str) -> Term | int:
        if head == "writer" and not self.inside:
            return self._any(wire)
        if self.local.opcode is None:
            return 0  # a token other than OP, which reads as none: see `copies`
        number = list(Opcode).index(self.local.opcode)
        at = 4 * self.local.pc + 1
        return self._value_at(wire, SymbolicToken("OP", number, 0), at)

    def _field(self, head: str, wire: str) -> Term | int:
        local = self.local
        if local.opcode is None or (head == "target" and not self.inside):
            return self._any(wire)
        value = {"y": local.y_number, "z": local.z_number}.get("z" if head == "target" else head)
        if value is None:
            value = self.path.variable("x number", 0, local.layout.base - 1)
        return self._value_at(wire, SymbolicToken("N", value, 0), 4 * local.pc + FIELDS[head])

    # ------------------------------------------------------------------------------------------- memory

    def _operand(self, wire: str, head: str, what: str) -> Term | int:
        local = self.local
        if head == "caller":
            return cast(Term, local.caller) if local.opcode is Opcode.RET and local.depth >= 1 else self._any(wire)
        kind, _, name = head.partition(" ")
        number = local.x if name == "x" else local.y
        read = reads_x(local) if name == "x" else reads_y(local)
        if kind == "top":
            if what == "sign":
                return cast(int, number.sign) if read else self._any(wire)
            if not read:
                return self._any(wire)
            return cast(Term, number.top if what == "index" else number.value)
        if kind != "group":
            raise NotProved(f"no contract for the head that writes {wire!r}")
        if name == "x" and local.opcode is Opcode.QUO and local.token.family == "D":
            return cast(Term, local.digits[local.written])
        index = x_index(local) if name == "x" else y_index(local)
        if index is None or not index < number.top:
            return self._any(wire)
        return cast(Term, number.group(index))

    def about(self, model: Model) -> HeadContract:
        """The same of another machine, in the same situation."""
        return type(self)(model, self.path, self.s)


def _only_of_the_token(wire: str) -> int:
    raise NotProved(f"a head copies {wire!r}, which another head brought there")


def address_group(place: Situation, path: Path, head: str) -> Term:
    """What an address head finds once the instruction has its address: a group of it, the top one below zero."""
    layout, top = place.local.layout, int(head[-1]) == place.local.layout.groups - 1
    low, high = (1 - layout.base, 0) if top else (0, layout.base - 1)
    return path.variable(f"any {head}.value", low, high)
