"""The argmax of all logits as code, from a few nodes for each family of tokens; the same as in `readout`.

In a family with logits `constant + v linear + v*v square + f flag`, the best flag is the sign of `flag`, and the best
value is an end of the range or one of the two integers around the vertex `-linear / (2 square)`; all are compared, in
ascending order. The division decides between neighbours only: should it be rounded across an integer, that integer is
still one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from interpreter.verification.compiled.graph import FamilyNodes
from interpreter.verification.compiled.vectors import Code, splat

Best = tuple[str, str]
"""Names of the largest logit and of the lowest number that has it."""


def argmax(code: Code, families: Sequence[FamilyNodes], value: Callable[[int], str], zero: int) -> str:
    """The name of a vector of token numbers, as float64; `zero` is the node that is 0 everywhere.

    value: the name of a node.
    """
    best_values: dict[tuple[int, int, int], Best] = {}
    members: dict[tuple[int, int, int, int, int], Best] = {}
    best: Best | None = None
    for family in families:
        parabola = family.values, family.linear, family.square
        if parabola not in best_values:
            best_values[parabola] = _best_value(code, family, value, zero)
        member = *parabola, family.flags, family.flag
        if member not in members:
            members[member] = _best_flag(code, family, best_values[parabola], value, zero)
        logit, token = members[member]
        logit = code.of("fadd", value(family.constant), logit)
        token = code.of("fadd", token, splat(family.first))
        if best is None:
            best = logit, token
        else:
            better = code.compare("ogt", logit, best[0])
            best = code.select(better, logit, best[0]), code.select(better, token, best[1])
    assert best is not None
    return best[1]


def _best_flag(code: Code, family: FamilyNodes, best: Best, value: Callable[[int], str], zero: int) -> Best:
    """The best logit of a family without its constant, and its token, counted from the family's first."""
    logit, number = best
    if family.flags == 1:
        return best
    number = code.of("fmul", number, splat(family.flags))
    if family.flag == zero:
        return logit, number
    flag = value(family.flag)
    positive = code.compare("ogt", flag, splat(0))
    one = code.select(positive, splat(1), splat(0))
    return code.of("fadd", logit, code.select(positive, flag, splat(0))), code.of("fadd", number, one)


def _best_value(code: Code, family: FamilyNodes, value: Callable[[int], str], zero: int) -> Best:
    top = splat(family.values - 1)
    if family.values == 1 or family.linear == family.square == zero:
        return splat(0), splat(0)
    linear = value(family.linear)
    if family.square == zero:
        positive = code.compare("ogt", linear, splat(0))
        best = code.select(positive, top, splat(0))
        return code.of("fmul", linear, best), best
    square = value(family.square)
    vertex = code.of("fdiv", linear, code.of("fmul", square, splat(-2)))
    below = code.call("minnum", code.call("maxnum", code.call("floor", vertex), splat(0)), top)
    above = code.call("minnum", code.of("fadd", below, splat(1)), top)
    logit, best = splat(0), splat(0)
    for candidate in (below, above, top):
        bend = code.of("fadd", code.of("fmul", candidate, square), linear)
        reached = code.of("fmul", bend, candidate)
        better = code.compare("ogt", reached, logit)
        logit, best = code.select(better, reached, logit), code.select(better, candidate, best)
    return logit, best
