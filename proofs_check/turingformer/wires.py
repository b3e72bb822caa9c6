"""What wires of a multi-tape Turing machine that summarises are called, and what its heads should do.

This is the circuit once more, in the proof's own words: an independent account, to which the tensors are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType

from compiler.machines.turingformer.multitape import MultiTape
from proofs_check.tensors import Linear

NOTHING: Linear = MappingProxyType({})


def wire(name: str) -> Linear:
    """One wire."""
    return {name: Fraction(1)}


def plus(*forms: Linear) -> Linear:
    """The sum."""
    total: dict[str, Fraction] = {}
    for form in forms:
        for name, c in form.items():
            total[name] = total.get(name, Fraction(0)) + c
    return {name: c for name, c in total.items() if c}


def minus(form: Linear) -> Linear:
    """The opposite."""
    return {name: -c for name, c in form.items()}


@dataclass(frozen=True)
class Wanted:
    """A head. offset: how far back it looks, if that is all; else eligible, match (query and key) and within."""

    values: Mapping[str, Linear]
    offset: int | None = None
    eligible: Linear = field(default_factory=dict)
    match: tuple[tuple[Linear, Linear], ...] = ()
    within: int | None = None


@dataclass(frozen=True)
class Wires:
    """tm: the machine; r: bits of a position; summaries: whether it writes any."""

    tm: MultiTape
    r: int
    summaries: bool

    @property
    def tapes(self) -> range:
        """By number."""
        return range(self.tm.tapes)

    @property
    def window(self) -> int:
        """Tokens of which the moves are put together: r + 1 or r + 2, which has fewer ones in binary."""
        return min(self.r + 1, self.r + 2, key=int.bit_count)

    @property
    def low(self) -> int:
        """Bits of a position that take part in an addition as a number: enough for numbers below twice the window."""
        return min((2 * self.window - 1).bit_length(), self.r)

    def digit(self, i: int) -> Linear:
        """Bit i of the position in the context."""
        return wire(f"digit {i}")

    def place(self, i: int) -> Linear:
        """Bit i of the position before."""
        return wire(f"before.digit {i}")

    boundary = plus(wire("einp"), wire("esumm"), wire("epos"))
    acting = plus(boundary, wire("run"))
    summing = plus(wire("lists summ"), wire("lists cell"))
    listing = plus(wire("outp"), wire("lists symbol"), summing)

    def head(self, tape: int, i: int) -> Linear:
        """Bit i of where the tape's head is after the token."""
        if i < self.low:
            return wire(f"head {tape} bit {i}")
        return plus(wire(f"base.{tape} {i}"), wire(f"head {tape} {i}"))

    def listed(self, i: int) -> Linear:
        """Bit i of the number of the cell that is listed next."""
        return wire(f"listed {i // 4} bit {i % 4}")

    def eligible(self, tape: int) -> Linear:
        """Whether the token writes to a cell of the tape."""
        symbol = wire("given symbol") if tape == 0 else NOTHING
        return plus(wire("run"), wire("given cell"), symbol)

    def seen(self, tape: int, symbol: str) -> Linear:
        """Whether this symbol is in the cell that is asked for; the blank is if nothing was written there."""
        found = wire(f"symbol {tape}.{symbol}")
        if symbol != self.tm.blank:
            return found
        return plus(found, wire("one"), minus(wire(f"written {tape}.found")))

    @cached_property
    def moves(self) -> Moves:
        """How the windows are put together."""
        return Moves.of(self)

    def heads(self) -> dict[str, Wanted]:
        """All of them."""
        r, states = self.r, self.tm.states
        digits = {f"digit {i}": self.digit(i) for i in range(r)}
        state = {f"state {q}": q for q in states}
        ends = plus(wire("einp"), wire("esumm"))
        places = {f"digit {i}": self.place(i) for i in range(r)}
        every = [(k, i) for k in self.tapes for i in range(r)]
        positions = {f"{k} {i}": self.head(k, i) for k, i in every}
        states_here = {q: wire(name) for name, q in state.items()}
        found = {
            "prompt end": Wanted({"seen": ends, **digits}, eligible=ends),
            "before": Wanted({**states_here, **digits}, offset=1),
            **{name: Wanted(values, offset=distance) for name, (distance, values) in self.moves.heads.items()},
            **{f"bit {i}": Wanted({f"{k}": wire(f"bit {k}") for k in self.tapes}, offset=r - i) for i in range(r)},
            **{f"head {k}": Wanted(places, eligible=wire(f"head {k}")) for k in self.tapes},
            "base": Wanted({f"{k} {i}": wire(f"base {k} {i}") for k, i in every}, None, self.boundary, (), r + 1),
            "left": Wanted(positions, offset=1),
            "list": Wanted(digits, eligible=plus(wire("outp"), wire("lists summ"))),
            "r-th": Wanted({"run": wire("run")}, offset=r - 1),
            "last step": Wanted(states_here, offset=r + 2),
            "pos": Wanted(positions, None, wire("pos"), (), r),
        }
        later = {"found": plus(wire("one"), minus(wire("first")))}
        for k in self.tapes:
            asked = [(wire(f"asked {k} {i}"), wire(f"cell {k} {i}")) for i in range(r)]
            found[f"written {k}"] = Wanted(later, eligible=self.eligible(k), match=tuple(asked))
            latest: list[tuple[Linear, Linear]] = []
            for i in reversed(range(r)):
                match = (*asked, *latest, (wire("one"), self.digit(i)))
                found[f"latest {k} {i}"] = Wanted(later, eligible=self.eligible(k), match=match)
                latest.append((wire(f"latest {k} {i}.found"), self.digit(i)))
            writes = {s: wire(f"writes {k} {s}") for s in self.tm.symbols}
            found[f"symbol {k}"] = Wanted(writes, eligible=self.eligible(k), match=tuple(latest))
        if self.summaries:
            end = [NOTHING, NOTHING, *(wire(f"prompt end.digit {i}") for i in range(r))]
            here = [*(self.digit(i) for i in range(r)), NOTHING, NOTHING]
            found["long"] = Wanted(later, eligible=later["found"], match=tuple(zip(end, here)))
            for k in self.tapes:
                asked = [(wire(f"asked {k} {i}"), self.head(k, i)) for i in range(r)]
                found[f"head here {k}"] = Wanted(later, eligible=wire("lists summ"), match=tuple(asked))
            before = {f"{q}": wire(f"before.{q}") for q in states}
            found["last state"] = Wanted(before, eligible=wire("lists summ"))
        return found


@dataclass(frozen=True)
class Moves:
    """Windows of 1, 2, 4, … tokens, and those of them that make up the one that is wanted.

    heads: by name, how far back each looks and what it brings; least: of each wire `least`, the window's b before the
    newer tokens, their a, and their b; shift, written: the forms of the whole window, and `smallest` its b.
    """

    heads: Mapping[str, tuple[int, Mapping[str, Linear]]]
    least: Mapping[str, tuple[Linear, Linear, Linear]]
    shift: Sequence[Linear]
    smallest: Sequence[Linear]
    written: Linear

    @classmethod
    def of(cls, wires: Wires) -> Moves:
        """Doubling; the window is put together of the blocks that its size has in binary."""
        heads: dict[str, tuple[int, Mapping[str, Linear]]] = {}
        least: dict[str, tuple[Linear, Linear, Linear]] = {}
        tapes = wires.tm.tapes

        def joined(name: str, newer: Sequence[Linear], older: Sequence[Linear], distance: int) -> list[Linear]:
            heads[name] = distance, {f"{i}": form for i, form in enumerate(older) if form}
            before = [wire(f"{name}.{i}") if form else NOTHING for i, form in enumerate(older)]
            smallest = []
            for k in range(tapes):
                least[f"{name} least {k}"] = before[tapes + k], newer[k], newer[tapes + k]
                smallest.append(plus(newer[tapes + k], wire(f"{name} least {k}")))
            return [*(plus(newer[k], before[k]) for k in range(tapes)), *smallest, plus(newer[-1], before[-1])]

        level: list[Linear] = [*(wire(f"move {k}") for k in range(tapes)), *[NOTHING] * tapes, wire("bits")]
        total: list[Linear] = []
        covered, size = 0, wires.window
        for j in range(size.bit_length()):
            if size >> j & 1:
                total = joined(f"window {covered + 2**j}", total, level, covered) if total else level
                covered += 2**j
            if 2 ** (j + 1) <= size:
                level = joined(f"block {2 ** (j + 1)}", level, level, 2**j)
        return cls(heads, least, total[:tapes], total[tapes:-1], total[-1])
