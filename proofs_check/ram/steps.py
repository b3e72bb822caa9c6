"""The step lemma: in every situation, the argmax of the logits is the token that the specification prescribes.

Along each path, the logits of all families are polynomials, computed from the tensors. They are compared with
the token that `local.next_token` gives on the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from compiler.machines.ram.isa import Layout
from compiler.machines.ram.rules import next_token
from compiler.machines.ram.vocabulary import Token
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.ram.cases import Case, cases, situation
from proofs_check.ram.contract import HeadContract
from proofs_check.symbolic.paths import Path, Term, explore
from proofs_check.symbolic.polynomials import Polynomial, constant, total
from proofs_check.symbolic.stream import Model, Stream, SymbolicToken

HAVOC = ("x cell", "y cell", "written cell", "x group cell")
"""Names of cells: `queries` shows that they are right, and the token must not depend on them otherwise."""
AFTER_ALL_LAYERS = 10_000


Proof = Callable[[Callable[[Stream], None], Stream], None]
"""Given a check and the residual stream that it is about, on one path: runs it, and more if it likes."""


def once(check: Callable[[Stream], None], stream: Stream) -> None:
    """The way to go through the paths of a check that does nothing besides."""
    check(stream)


@dataclass(frozen=True)
class Ram:
    """What the lemmas about a RAM need."""

    layout: Layout
    model: Model

    @property
    def addresses(self) -> tuple[str, ...]:
        """Which address tokens each set of address heads finds: A and R in two sets, or both in one."""
        return ("A", "R") if any(h.name == "address R0" for h in self.model.readback.heads) else ("AR",)

    def stream(self, path: Path, place: Any, havoc: bool) -> Stream:
        """The residual stream in a situation; with `havoc`, names of cells are arbitrary."""
        token = place.local.token

        def replaced(name: str) -> Term | None:
            return path.variable(f"any {name}") if havoc and name.startswith(HAVOC) else None

        return Stream(
            self.model,
            path,
            SymbolicToken(token.family, token.value, token.flag),
            place.position,
            HeadContract(self.model, path, place),
            replaced,
        )


def step_claims(ram: Ram) -> Iterator[Claim]:
    """Claims that, given what the heads find, the token with the largest logit is the specification's."""
    for case in cases(ram.layout):
        yield Claim(
            Lemma(
                f"step: {case}",
                "the argmax of the logits is the token that the specification prescribes",
                "symbolic execution of the tensors, path by path, z3 in linear integer arithmetic",
                "every state that the invariant allows, all integers",
            ),
            lambda case=case: prove_step(ram, case),  # type: ignore[misc]
        )


def prove_step(ram: Ram, case: Case, proof: Proof = once) -> str:
    """Raises NotProved or Refuted; returns how many paths there are."""

    def run(path: Path) -> None:
        place = situation(ram.layout, case, path)
        expected = next_token(place.local)

        def check(stream: Stream) -> None:
            problem = Logits(stream, path).problem(expected)
            if problem is not None:
                what, gap = problem
                raise_problem(path, f"step: {case}", what, gap, expected, stream)

        proof(check, ram.stream(path, place, havoc=True))

    return f"{explore(run, quotients=ram.layout.base)} paths"


def raise_problem(path: Path, where: str, what: str, gap: Polynomial, expected: Any, stream: Stream) -> None:
    """Refuted with a concrete state where z3 has one, else NotProved."""
    values = path.witness(gap)
    if values is None:
        raise NotProved(f"{where}: {what}: cannot show {gap} >= 0 for {expected}")
    shown = {name: str(v) for name, v in values.items() if not name.startswith("any ")}
    shown |= {f"wire {name!r}": str(w.at(values)) for (name, _), w in stream.evaluated if w.variables <= values.keys()}
    raise Refuted(Counterexample(where, shown, str(expected), f"{what}: {gap.at(values)} is negative"))


class Logits:
    """The parts of the logits on one path."""

    def __init__(self, stream: Stream, path: Path) -> None:
        self.stream, self.path = stream, path
        self.readout = stream.model.readout

    def part(self, name: str) -> Polynomial:
        """A quantity of the readout that all families share: `linear` or `square`."""
        return self.stream.form(getattr(self.readout, name), AFTER_ALL_LAYERS)

    def mode(self, family: str) -> Polynomial:
        """What the tokens of a family have in common in their logits."""
        return self.stream.form(self.readout.modes[family], AFTER_ALL_LAYERS)

    def flag(self, family: str) -> Polynomial:
        """What the tokens of a family with the flag have besides."""
        return self.stream.form(self.readout.flags[family], AFTER_ALL_LAYERS)

    def problem(self, token: Token) -> tuple[str, Polynomial] | None:
        """None if the token wins, else what cannot be shown to be at least 0."""
        readout = self.readout
        low, high = readout.values[token.family]
        value = token.value if isinstance(token.value, Term) else self.path.term(token.value)
        for what, room in (("value too small", value - low), ("value too large", high - value)):
            if not self.path.certain(room.polynomial):
                return what, room.polynomial
        linear, square = (self.part(name) for name in ("linear", "square"))
        one = constant(1)
        if token.family in readout.flags:
            flag = self.flag(token.family)
            gap_of_flag = flag - one if token.flag else flag.scaled(-1) - one
            if not self.path.certain(gap_of_flag):
                return "flag", gap_of_flag
        if token.family in readout.valued:
            wrong = self._picks(value.polynomial, linear, square)
            if wrong is not None:
                return "value", wrong
            # The winner has the largest value part of all, so that its mode decides, and the flags.
            margin = total([(self.mode(token.family), 1), (one, -1)])
        else:
            largest = self._largest_value_part(linear, square)
            if largest is None:
                return "other families' values are not bounded", linear
            margin = self.mode(token.family) - largest - one
        own = readout.flags.get(token.family)
        if token.flag:
            margin = margin + self.flag(token.family)
        for family in readout.modes:
            if family == token.family:
                continue
            gap = margin - self.mode(family)
            # With the same flag part as the winner, what the flag adds is no more than what it adds there.
            shared = own is not None and readout.flags.get(family) == own
            if shared and token.flag:
                gap = gap - self.flag(family)
            for extra in (constant(0), self.flag(family)) if family in readout.flags and not shared else (constant(0),):
                if not self.path.certain(gap - extra):
                    return f"family {family}", gap - extra
        return None

    def _picks(self, value: Polynomial, linear: Polynomial, square: Polynomial) -> Polynomial | None:
        """None if the value is the integer v with the largest `v linear + v*v square`, by one of the argmax lemmas."""
        plain = linear - value.scaled(2)
        if self._zero(square + constant(1)):
            if self._zero(plain):
                return None
            return plain if not self.path.certain(plain) else plain.scaled(-1)
        names = value.variables
        floor = self.path.floors.get(next(iter(names))) if len(names) == 1 else None
        if floor is None:
            return square + constant(1)
        r, d = floor.dividend, floor.divisor
        if value.terms.get(((next(iter(names)), 1),)) == -1:
            # v = -floor((B - 2 r') / 2B), the integer nearest to r' / B.
            half = d.scaled(Fraction(1, 2))
            nearest = (half - r).scaled(Fraction(1, 2))
            pairs = ((linear, nearest.scaled(2) - constant(Fraction(1, 2))), (square, half.scaled(-1)))
        else:
            pairs = ((linear, (r.scaled(2) - d + constant(1)).scaled(2)), (square, d.scaled(-2)))
        for found, wanted in pairs:
            if not self._zero(found - wanted):
                return found - wanted if not self.path.certain(found - wanted) else wanted - found
        return None

    def _zero(self, polynomial: Polynomial) -> bool:
        return self.path.certainly_zero(polynomial)

    def _largest_value_part(self, linear: Polynomial, square: Polynomial) -> Polynomial | None:
        """A bound on what the value adds to the logit of any token."""
        if not self._zero(square + constant(1)):
            return None
        if self._zero(linear):
            return constant(0)
        most = max(max(abs(v) for v in self.readout.values[f]) for f in self.readout.valued)
        ahead = constant(2 * most)
        if self.path.certain(ahead - linear) and self.path.certain(ahead + linear):
            return constant(most * most)
        return None
