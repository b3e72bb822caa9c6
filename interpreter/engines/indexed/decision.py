"""The argmax over the vocabulary, family by family, as code.

The unembedding rows of a family (see `interpreter.model.unembedding`) are quadratic in a value v: the logit of a
token is `c0 + v c1 + v*v c2`, plus a term for a flag that is 0 or 1. For all families together it takes

1. the best flag: 1 exactly if its term is positive;
2. of the families with the same c1, c2 and range of v, the one with the largest c0;
3. the best v of the range: if c2 < 0, the parabola's top is at `x = -c1 / (2 c2)` and the best integer is the
   one nearest to x, clamped to the range. With f = floor(x) it is f or f + 1, and both are compared by
   their logits. The rounding of the division moves x by less than one part in 2**51: f can be off by one
   only where x is that close to an integer n, and then f is n - 1 or n, and n, the best, is among the two
   anyway. If c2 >= 0, the best v is one of the ends;
4. the best of these few candidates.

Ties go to the lowest token, as in `argmax`: families come in the order of their tokens, and a later
candidate must be strictly better. Logits are integers or halves below 2**53, so comparing is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import llvmlite.ir as ir
import numpy as np
import numpy.typing as npt

from compiler.circuits.sparse import Row, row
from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.step import Step
from interpreter.engines.indexed.values import TOKEN, WORD, Value, constant, real, word
from interpreter.model.unembedding import Family

Array = npt.NDArray[np.float64]

UNANSWERED = "the next token depends on a lookup that nothing answers"


@dataclass(frozen=True)
class Member:
    """A family whose value v runs from `low`: token `first + (v - low) * flags + f`."""

    first: int
    flags: int
    constant: Row
    flag: Row


@dataclass(frozen=True)
class Group:
    """Families with the same parabola over the same range, low <= v <= high."""

    linear: Row
    square: Row
    low: int
    high: int


@dataclass(frozen=True)
class _Candidate:
    """A token, and the logit that it has."""

    logit: Value
    token: ir.Value


def decide(step: Step, grouped: Mapping[Group, list[Member]]) -> ir.Value:
    """Writes the code for the next token, and returns it."""
    best: _Candidate | None = None
    doubtful: list[tuple[float, Value]] = []
    for group, members in grouped.items():
        candidate = _best_of_group(step, group, members, doubtful)
        best = candidate if best is None else _better(step.code, best, candidate)
    assert best is not None
    if doubtful:
        # NaN in any of them makes NaN of the sum.
        total = step.code.linear(doubtful).operand
        known = step.code.compare(total, "ord", total)
        step.fail_unless(known, UNANSWERED)
    return best.token


def groups(found: list[Family]) -> dict[Group, list[Member]]:
    """Families with their values shifted so that as many as possible have the same parabola."""
    common = Counter((row(f.square), row(f.linear)) for f in found if f.square.any())
    groups: dict[Group, list[Member]] = {}
    for family in found:
        shift = 0
        for (square, linear), _ in common.most_common():
            if square == row(family.square):
                shift = _shift(family, linear)
                break
        linear_row = family.linear - 2 * shift * family.square
        constant_row = family.constant - shift * linear_row - shift * shift * family.square
        high = family.values - 1 if linear_row.any() or family.square.any() else 0
        group = Group(row(linear_row), row(family.square), shift, shift + high)
        member = Member(family.first, family.flags, row(constant_row), row(family.flag))
        members = groups.setdefault(group, [])
        # Of equal families with one token each, only the first can win.
        if high or not any((m.constant, m.flag) == (member.constant, member.flag) for m in members):
            members.append(member)
    return groups


def _shift(family: Family, linear: Row) -> int:
    """The s with `family.linear = linear + 2 s family.square`, if there is an integer one, else 0."""
    wanted = np.zeros_like(family.linear)
    for j, c in linear:
        wanted[j] = c
    j = int(np.flatnonzero(family.square)[0])
    s = (family.linear[j] - wanted[j]) / (2 * family.square[j])
    fits = float(s).is_integer() and np.array_equal(wanted + 2 * s * family.square, family.linear)
    return int(s) if fits else 0


def _best_of_group(step: Step, group: Group, members: list[Member], doubtful: list[tuple[float, Value]]) -> _Candidate:
    code, b = step.code, step.code.b
    leaves: list[tuple[Value, ir.Value]] = []
    for member in members:
        logit = step.read(member.constant)
        unflagged = member.first << 8 | member.flags << 1
        packed = word(unflagged)
        if member.flag:
            term = step.read(member.flag)
            positive = code.compare(term.operand, ">", real(0.0))
            logit = code.linear([(1.0, logit), (1.0, code.gated(term, constant(1.0)))])
            packed = b.select(positive, word(unflagged | 1), packed)
        leaves.append((logit, packed))
    doubtful += [(1.0, logit) for logit, _ in leaves if logit.doubtful]
    while len(leaves) > 1:
        pairs = [leaves[i : i + 2] for i in range(0, len(leaves), 2)]
        leaves = [_larger(code, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
    (logit, packed) = leaves[0]
    first = b.lshr(packed, word(8))
    if group.low == group.high:
        flag = b.and_(packed, word(1))
        return _Candidate(logit, b.trunc(b.add(first, flag), TOKEN))
    linear, square = step.read(group.linear), step.read(group.square)
    doubtful += [(1.0, v) for v in (linear, square) if v.doubtful]
    value, top = _best_value(code, group, linear, square)
    flags = b.and_(b.lshr(packed, word(1)), word(3))
    offset = b.mul(b.sub(value, word(group.low)), flags)
    token = b.add(b.add(first, offset), b.and_(packed, word(1)))
    return _Candidate(code.linear([(1.0, logit), (1.0, top)]), b.trunc(token, TOKEN))


def _larger(code: Code, a: tuple[Value, ir.Value], b: tuple[Value, ir.Value]) -> tuple[Value, ir.Value]:
    """The pair with the larger logit; the first of equal ones."""
    second = code.compare(b[0].operand, ">", a[0].operand)
    logit = code.b.select(second, b[0].operand, a[0].operand)
    packed = code.b.select(second, b[1], a[1])
    low, high = max(a[0].low, b[0].low), max(a[0].high, b[0].high)
    return Value(logit, low, high, ready=max(a[0].ready, b[0].ready) + 6), packed


def _best_value(code: Code, group: Group, linear: Value, square: Value) -> tuple[ir.Value, Value]:
    """The value v (an integer) of the range with the largest `v linear + v*v square`, and that number."""
    b, low, high, below_high = code.b, real(group.low), real(group.high), real(group.high - 1)
    width = b.fmul(square.operand, real(-2.0))
    top = code.intrinsic("llvm.floor.f64", b.fdiv(linear.operand, width))
    # Comparisons are false for the NaN of 0 / 0, which is not used: it has square = 0.
    first = b.select(code.compare(top, ">", low), top, low)
    first = b.select(code.compare(first, "<", below_high), first, below_high)
    second = b.fadd(first, real(1.0))
    if square.high >= 0:
        concave = code.compare(square.operand, "<", real(0.0))
        first = b.select(concave, first, low)
        second = b.select(concave, second, high)
    logits = []
    for v in (first, second):
        slope = code.add(linear.operand, code.multiply(v, square.operand))
        logits.append(code.multiply(v, slope))
    larger = code.compare(logits[1], ">", logits[0])
    value = b.select(larger, second, first)
    logit = b.select(larger, logits[1], logits[0])
    number = code.intrinsic("llvm.fptosi.sat.i64.f64", value, of=WORD)
    return number, Value(logit, ready=linear.ready + 40)


def _better(code: Code, a: _Candidate, b: _Candidate) -> _Candidate:
    """The candidate with the larger logit; of equal ones, the lower token."""
    larger = code.compare(b.logit.operand, ">", a.logit.operand)
    equal = code.compare(b.logit.operand, "==", a.logit.operand)
    lower = code.b.icmp_signed("<", b.token, a.token)
    second = code.b.or_(larger, code.b.and_(equal, lower))
    logit = code.b.select(second, b.logit.operand, a.logit.operand)
    token = code.b.select(second, b.token, a.token)
    low, high = max(a.logit.low, b.logit.low), max(a.logit.high, b.logit.high)
    return _Candidate(Value(logit, low, high, ready=max(a.logit.ready, b.logit.ready) + 6), token)
