"""Numbers in bits, a wire each, the lowest first: adding a small number, and differences. Everything on the way is an
integer of a few bits, whatever the number of bits is."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.circuits import Circuit, relu, step, when
from compiler.circuits.expressions import Expression
from compiler.machines.turingformer.vocabulary import Token

Bits = list[Expression]
GROUP = 4
"""Bits of a digit of a difference."""


def plus_small(c: Circuit[Token], name: str, x: Sequence[Expression], a: Expression, b: Expression, bound: int) -> Bits:
    """max(x + a, b), for |a| and b of at most `bound`, b not negative; it must fit into as many bits as x.

    The lowest bits of x, enough for numbers below 2 bound, take part as a number; the others by a carry or borrow. If
    one of those is 1, x + a is larger than b.
    """
    low = min((2 * bound - 1).bit_length(), len(x))
    number, high = _number(x[:low]), x[low:]
    large = c.wire(f"{name} large", step(sum(high, Expression({}, {})))) if high else Expression({}, {})
    clipped = number + a + c.wire(f"{name} clipped", relu(b - number - a, 1 - large))
    borrow = c.wire(f"{name} borrow", step(-clipped))
    carry = c.wire(f"{name} carry", step(clipped - (2**low - 1)))
    bits = bits_of(c, name, clipped + 2**low * (borrow - carry), low)
    for i, h in enumerate(high):
        flips = when(carry, *high[:i], value=1 - 2 * h) + when(borrow, *(1 - f for f in high[:i]), value=1 - 2 * h)
        bits.append(h + c.wire(f"{name} {low + i}", flips))
    return bits


def minus(c: Circuit[Token], name: str, x: Sequence[Expression], y: Sequence[Expression]) -> Bits:
    """x - y, of as many bits each, modulo 2 to that number."""
    digits = [_number(x[i : i + GROUP]) - _number(y[i : i + GROUP]) for i in range(0, len(x), GROUP)]
    below = [c.wire(f"{name} below {g}", step(-d)) for g, d in enumerate(digits)]
    equal = [c.wire(f"{name} equal {g}", 1 - step(d) - step(-d)) for g, d in enumerate(digits)]
    bits: Bits = []
    borrow = Expression({}, {})
    for g, d in enumerate(digits):
        cases = [when(*equal[h + 1 : g + 1], below[h]) for h in range(g)]
        lent = c.wire(f"{name} borrow {g}", sum(cases, Expression({}, {}))) + below[g]
        size = min(GROUP, len(x) - g * GROUP)
        bits += bits_of(c, f"{name} {g}", d - borrow + 2**size * lent, size)
        borrow = lent
    return bits


def bits_of(c: Circuit[Token], name: str, number: Expression, size: int) -> Bits:
    """The bits of an integer from 0 to 2**size - 1: sums of steps, whose neurons they share."""
    return [
        c.wire(
            f"{name} bit {i}",
            sum(
                (
                    (1 if t % 2 else -1) * (relu(number - (t * 2**i - 1)) - relu(number - t * 2**i))
                    for t in range(1, 2 ** (size - i))
                ),
                Expression({}, {}),
            ),
        )
        for i in range(size)
    ]


def _number(bits: Sequence[Expression]) -> Expression:
    return sum((2**i * bit for i, bit in enumerate(bits)), Expression({}, {}))
