"""Cost: how many tokens an instruction takes, exactly, and against the logarithmic-cost RAM.

Tokens depend on the numbers of groups of the operands and of the result: m = len(x), k = len(y), r = len(z), the
length of the written value, and for a comparison on how many leading groups are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Max, Symbol

from compiler.machines.ram.isa import COMPARISONS, Layout, Opcode
from proofs_check.lemma import Claim, Lemma, NotProved

X, Y, EXTRA, SAME, FAR = (Symbol(n, integer=True, nonnegative=True) for n in ("m", "k", "extra", "same", "far"))
"""Groups of x and of y (at least 1); `extra`: 1 if a sum or product needs one group more; `same`: SAME tokens;
`far`: 1 for a jump of B instructions and more."""


def tokens(opcode: Opcode, layout: Layout) -> sympy.Expr:
    """The exact number of tokens of one instruction that ends without a fault, as a SymPy expression.

    For LOAD and STORE, `m` is the number of groups of the value that is copied. For MUL, `extra` is 1 if the last
    group does not come directly after its carry: if x is negative, or the last carry is not 0.
    """
    one = sympy.Integer(1)
    match opcode:
        case Opcode.ADD | Opcode.SUB:
            return Max(X, Y) + EXTRA
        case Opcode.MUL:
            return 2 * X + EXTRA
        case Opcode.QUO:
            return 3 * X - 2
        case Opcode.REM:
            return 2 * X
        case Opcode.SHR:
            return Max(X - 1, 1)
        case Opcode.SHL:
            return X + 1
        case Opcode.LOAD | Opcode.STORE:
            return X + layout.groups
        case Opcode.OUTI | Opcode.OUTC:
            return X
        case Opcode.JMP | Opcode.CALL | Opcode.RET:
            return 1 + FAR
    return 1 + SAME if opcode in COMPARISONS else one


@dataclass(frozen=True)
class Lengths:
    """What the formula needs to know of one executed instruction."""

    x: int
    y: int
    extra: int = 0
    same: int = 0
    far: int = 0


def count(opcode: Opcode, layout: Layout, n: Lengths) -> int:
    """The formula at numbers."""
    values = {X: n.x, Y: n.y, EXTRA: n.extra, SAME: n.same, FAR: n.far}
    return int(tokens(opcode, layout).subs(values))


def constant(layout: Layout) -> int:
    """c such that an instruction takes at most c tokens for each unit of its logarithmic cost."""
    return 3 + layout.groups


def cost_claims(layout: Layout) -> Iterator[Claim]:
    """Claims about the tokens that an instruction takes, exactly and against its logarithmic cost."""
    c = constant(layout)
    yield Claim(
        Lemma(
            "cost",
            rf"an instruction takes at most ${c}\,l$ tokens, l its logarithmic cost: 1, plus the numbers of groups of "
            "its operands and of an address (the number of digits in base B is the logarithm, up to a constant)",
            "SymPy: c l minus the formula has only non-negative coefficients; the formula itself is confirmed by runs",
            "all instructions, all lengths",
        ),
        lambda: _bounded(layout),
    )


def _bounded(layout: Layout) -> str:
    """With m = 1 + m', k = 1 + k' and Max(a, b) <= a + b for non-negative a and b, compares the coefficients."""
    m, k = (Symbol(n, nonnegative=True, integer=True) for n in ("m'", "k'"))
    for opcode in Opcode:
        formula = tokens(opcode, layout)
        # The largest that flags and the number of equal groups can be.
        formula = formula.subs({EXTRA: 1, FAR: 1, SAME: X - 1})
        formula = formula.replace(Max, lambda *terms: sum(terms))
        slack = sympy.expand(constant(layout) * (1 + X + Y) - formula).subs({X: 1 + m, Y: 1 + k})
        coefficients = sympy.Poly(sympy.expand(slack), m, k).coeffs()
        if any(c < 0 for c in coefficients):
            raise NotProved(f"{opcode.name}: the slack is {slack}")
    return f"c = {constant(layout)}"
