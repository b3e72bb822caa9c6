"""Unembedding: how the argmax picks a family, a value and a flag, and by which gap.

For machines whose tokens are families of values: the weights of the token (family, value v, flag f) must be
`mode + v * linear + v * v * square + f * flag`, with one `mode` for each family. Then family, value and flag are
picked independently, and picking a value is a lemma about integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import z3

from proofs_check.lemma import Claim, Counterexample, Lemma, Refuted
from proofs_check.symbolic.solver import prove
from proofs_check.tensors import Linear, Readback

Row = npt.NDArray[np.float64]


class FamilyToken(Protocol):
    """A token of a machine whose vocabulary is organised in families."""

    @property
    def family(self) -> str:
        """The tokens of a family differ by value and flag only."""
        ...

    @property
    def value(self) -> int:
        """The number that it carries; 0 if it carries none."""
        ...

    @property
    def flag(self) -> int:
        """0 or 1."""
        ...


@dataclass(frozen=True)
class Readout:
    """The unembedding, taken apart. `modes` by family, and `flags` of those whose flag counts; `valued` are the
    families whose values count."""

    modes: Mapping[str, Linear]
    linear: Linear
    square: Linear
    flags: Mapping[str, Linear]
    valued: frozenset[str]
    values: Mapping[str, tuple[int, int]]
    """The lowest and highest value of each family."""


def take_apart(readback: Readback, vocabulary: Sequence[FamilyToken]) -> Readout:
    """Solves for the parts and compares every row of the unembedding with them, exactly.

    Raises:
        Refuted: a row is not the sum of its parts.
    """
    table = readback.weights.unembedding
    tokens: dict[str, dict[tuple[int, int], int]] = {}
    for number, token in enumerate(vocabulary):
        tokens.setdefault(token.family, {})[token.value, token.flag] = number
    linear, square = _common_parts(table, tokens)
    modes, flags, valued = {}, {}, set()
    for family, members in tokens.items():
        (v0, f0), first = next(iter(members.items()))
        counts = len({v for v, _ in members}) > 1 and any(
            not np.array_equal(table[i], table[first]) for (v, f), i in members.items() if f == f0
        )
        if counts:
            valued.add(family)
        flag = table[members[v0, 1]] - table[members[v0, 0]] if {(v0, 0), (v0, 1)} <= members.keys() else 0 * linear
        if any(f != f0 for _, f in members):
            flags[family] = readback.linear(flag)
        base = table[first] - (v0 * linear + v0 * v0 * square) * counts - f0 * flag
        for (v, f), i in members.items():
            expected = base + (v * linear + v * v * square) * counts + f * flag
            if not np.array_equal(table[i], expected):
                wrong = int(np.flatnonzero(table[i] != expected)[0])
                where = f"unembedding of {vocabulary[i]}, wire {readback.names[wrong]!r}"
                raise Refuted(Counterexample(where, {}, str(expected[wrong]), str(table[i][wrong])))
        modes[family] = readback.linear(base)
    return Readout(
        modes,
        readback.linear(linear),
        readback.linear(square),
        flags,
        frozenset(valued),
        {name: (min(v for v, _ in m), max(v for v, _ in m)) for name, m in tokens.items()},
    )


def _common_parts(table: Row, tokens: Mapping[str, Mapping[tuple[int, int], int]]) -> tuple[Row, Row]:
    """From second differences in a family with at least three values that count."""
    linear = square = np.zeros(table.shape[1])
    for members in tokens.values():
        values = sorted({v for v, f in members if f == 0})
        rows = {v: table[members[v, 0]] for v in values[:3]}
        if len(rows) == 3 and not any(linear) and not any(square):
            a, b, c = (rows[v] for v in values[:3])
            square = (c - 2 * b + a) / 2
            linear = b - a - square * (values[0] + values[1])
    return linear, square


def exact_parts_claim(readback: Readback, vocabulary: Sequence[FamilyToken]) -> Claim:
    """The claim that every logit is a quadratic form of the token's value, with coefficients shared by its family."""
    return Claim(
        Lemma(
            "unembedding",
            r"the logit of the token (family F, value v, flag f) is $m_F + v\ell + v^2 s + f\phi_F$, with $v = 0$ for "
            r"families without values",
            "every row of the tensor compared, in exact arithmetic",
            "all tokens, all residual streams",
        ),
        lambda: f"{len(take_apart(readback, vocabulary).modes)} families, {len(vocabulary)} tokens",
    )


_DIVISION = (
    r"$(v - u)\,(\ell + (u + v)s) \ge 2|v - u|$ for $\ell = 2(2r - d + 1)$, $s = -2d$, $v = \lfloor r/d \rfloor$"
)
_NEAREST = (
    r"$(v - u)\,(\ell + (u + v)s) \ge \frac{1}{2}|v - u|$ for $\ell = 2r - \frac{1}{2}$, $s = -B$, "
    r"v the integer nearest to $r/B$, of two the lower"
)
_VALUE = r"$(v - u)\,(\ell + (u + v)s) = (v - u)^2$ for $\ell = 2v$, $s = -1$"


def argmax_claims() -> Iterator[Claim]:
    """The value v beats every other integer u: their logits differ by `(v - u)(linear + (u + v) square)`."""
    method = "z3, nonlinear integer arithmetic"

    def claim(name: str, statement: str, domain: str, proof: object) -> Claim:
        return Claim(Lemma(name, statement, method, domain), proof)  # type: ignore[arg-type]

    r, d, v, gap = z3.Ints("r d v gap")

    def both(factor: z3.ArithRef, least: z3.ArithRef, *assumptions: z3.BoolRef) -> str:
        """With u = v - gap: the factor is at least `least` below v and at most `-least` above."""
        prove("argmax", factor >= least, gap >= 1, *assumptions)
        prove("argmax", factor <= -least, gap <= -1, *assumptions)
        return ""

    def division() -> str:
        # d (u + v) = 2 d v - d gap. With w = d v - r + …: bounded by -d < dv - r <= 0.
        factor = 2 * (2 * r - d + 1) - 2 * (2 * d * v - d * gap)
        return both(factor, z3.IntVal(2), d >= 1, d * v <= r, r < d * v + d) or "gap at least 2"

    def nearest() -> str:
        # Twice the factor, to stay in the integers.
        factor = 4 * r - 1 - 2 * d * (2 * v - gap)
        return both(factor, z3.IntVal(1), d >= 1, 2 * r - d <= 2 * d * v, 2 * d * v < 2 * r + d) or "gap at least 1/2"

    def plain() -> str:
        prove("argmax", gap * (2 * v - (2 * v - gap)) >= 1, gap != 0)
        return "gap at least 1"

    yield claim("argmax of a value", _VALUE, "all integers u and v", plain)
    yield claim("argmax of a quotient", _DIVISION, r"all integers r, u and $d \ge 1$", division)
    yield claim("argmax of a far jump", _NEAREST, r"all integers r, u and $B \ge 1$", nearest)
