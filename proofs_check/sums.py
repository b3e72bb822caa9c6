"""Running sums: a mean over all positions, times their number, used as an exact counter.

Nothing else in the transformer rounds (`exactness` shows that), so the trace length is limited here. There are two
bounds. That of a dot product in *any order* (Higham 2002, "Accuracy and stability of numerical algorithms", section
3.1): a sum of products that goes through at most m roundings in each term has an error of at most gamma(m) times the
sum of the |terms|, gamma(m) = m u / (1 - m u). And one for sums *in order*: if whatever is added up on the way are
summands of consecutive positions, grouped in any way, then each of those partial sums is a difference of two values
of the running sum, which stay small however long the trace. `orders` finds out in which order a PyTorch adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy

from proofs_check.formats import FLOAT64, Format
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.scores import scale_of
from proofs_check.tensors import Attention, Linear, Readback, show

ROUNDINGS = 3
"""Of a term, beside the n additions at most: its weight 1/n, the product with it, the product with n."""


@dataclass(frozen=True)
class RunningSum:
    """`total` holds the sum over all positions so far of `summand`; the heads in `readers` look it up.

    Each reader's query is `coefficient` times the sum, plus `others`, which is exact.
    """

    total: str
    summand: Linear
    readers: tuple[tuple[Attention, Fraction, Linear], ...]


def running_sums(readback: Readback) -> tuple[RunningSum, ...]:
    """Finds every running sum, and that nothing but queries of position lookups reads one.

    Raises:
        NotProved: a mean, or a wire with a mean in it, is read in another way.
    """
    sums = []
    for head in readback.heads:
        if not head.averages:
            continue
        for summand, output in zip(head.values, head.outputs):
            [mean] = _one_wire(output, f"{head}")
            total = _total(readback, mean)
            sums.append(RunningSum(total, summand, _readers(readback, total)))
    return tuple(sums)


def _one_wire(form: Linear, where: str) -> list[str]:
    if list(form.values()) != [1]:
        raise NotProved(f"{where} writes {show(form)}, not one wire")
    return list(form)


def _total(readback: Readback, mean: str) -> str:
    """The wire to which one neuron writes the mean times the number of positions."""
    readers = [n for n in readback.neurons if mean in n.gate or mean in n.up]
    if len(readers) != 1:
        raise NotProved(f"{mean!r} is read by {len(readers)} neurons, not one")
    _only_neurons(readback, mean)
    [neuron] = readers
    wanted_gate = {"one": Fraction(1), "position": Fraction(1)}
    if dict(neuron.gate) != wanted_gate or dict(neuron.up) != {mean: Fraction(1)}:
        values = {"gate": show(neuron.gate), "value": show(neuron.up)}
        raise Refuted(Counterexample(str(neuron), values, f"(position + 1) * {mean}"))
    [total] = _one_wire(neuron.down, str(neuron))
    writers = [n for n in readback.neurons if total in n.down]
    if len(writers) != 1 or any(total in o for h in readback.heads for o in h.outputs):
        raise NotProved(f"{total!r} has other writers than {neuron}")
    j = readback.names.index(total)
    if readback.weights.embedding[:, j].any() or readback.weights.positional[:, j].any():
        raise NotProved(f"{total!r} is not 0 at the start")
    return total


def _only_neurons(readback: Readback, name: str) -> None:
    for head in readback.heads:
        if any(name in form for pair in head.pairs for form in pair) or any(name in v for v in head.values):
            raise NotProved(f"{name!r} is read by {head}")
    if readback.weights.unembedding[:, readback.names.index(name)].any():
        raise NotProved(f"{name!r} is read by the unembedding")


def _readers(readback: Readback, total: str) -> tuple[tuple[Attention, Fraction, Linear], ...]:
    if any(total in n.gate or total in n.up for n in readback.neurons):
        raise NotProved(f"a neuron reads {total!r}")
    if readback.weights.unembedding[:, readback.names.index(total)].any():
        raise NotProved(f"the unembedding reads {total!r}")
    scale = scale_of(readback.weights.max_tokens)
    readers = []
    for head in readback.heads:
        if any(total in v for v in head.values) or any(total in k for _, k in head.pairs):
            raise NotProved(f"{head} reads {total!r} as a key or a value")
        reading = [(q, k) for q, k in head.pairs if total in q]
        if not reading:
            continue
        keys = [dict(k) for _, k in head.pairs]
        if keys != [{"position": Fraction(1)}, {"position squared": Fraction(1)}] or len(reading) != 1:
            raise NotProved(f"{head} reads {total!r}, but does not look up a position")
        query = {name: c / (2 * scale) for name, c in reading[0][0].items()}
        readers.append((head, query.pop(total), query))
    return tuple(readers)


# ------------------------------------------------------------------------------------------------ the bound


@dataclass(frozen=True)
class Bounds:
    """What a machine's traces promise about its running sums, as functions of the number of tokens.

    variation: by the wire of a sum, a bound on the sum of |summands|; swing: on the |sum| over any consecutive
    positions; target: by head, a bound on the position that it looks up; query: by head, a bound on the sum of the
    |terms| of its query.
    """

    variation: Callable[[str, int], Fraction]
    swing: Callable[[str, int], Fraction]
    target: Callable[[str, int], int]
    query: Callable[[str, int], Fraction]


SHORT = 300
"""From this many tokens on, (n + 3)(1 + 1/200) is at most 51/50 n; see `error_of_product`."""


def error(fmt: Format, tokens: int, variation: Fraction) -> Fraction:
    """How far the computed sum can be from the exact one after `tokens` summands whose |values| sum to `variation`."""
    m = (tokens + ROUNDINGS) * fmt.roundoff
    return m / (1 - m) * variation if 200 * m < 1 else variation + 1


def error_in_order(fmt: Format, tokens: int, swing: Fraction) -> Fraction:
    """The same if every partial sum is one over consecutive positions, which is at most `swing` in size."""
    m = (tokens + 1) * fmt.roundoff
    return (2 * tokens + 2) * fmt.roundoff / (1 - m) * swing if 200 * m < 1 else swing + 1


def error_of_product(fmt: Format, product: int) -> Fraction:
    """The same for traces of `SHORT` tokens and more, if tokens times variation is at most `product`."""
    return Fraction(51, 50) * fmt.roundoff * product


def lookup_holds(fmt: Format, off: Fraction, query: Fraction, target: int, terms: int) -> bool:
    """Whether a lookup finds position `target` for certain.

    off: the error of the sum times its coefficient; query: the sum of the |terms| of the query, of which there
    are `terms`. A score has two products and one addition, so 2 more roundings of |2 x k| + k*k, x the query.
    For k above 2 target + 2 the gap, at least k*k/8, exceeds anything that rounding does; below, with
    Q = target + 1, |2 x k| + k*k is at most 8 Q*Q. What remains of the gap must still make a recency step, so
    that the softmax is one-hot.
    """
    u = fmt.roundoff
    off += Fraction(101, 100) * terms * u * (query + off)
    blur = 2 * Fraction(5, 2) * u * 8 * (target + 1) ** 2
    return 100 * terms * u < 1 and 2 * off + blur <= 1 - Fraction(1, 2**16)


def longest(fmt: Format, sums: tuple[RunningSum, ...], bounds: Bounds, in_order: bool = False) -> int:
    """The largest number of tokens for which every lookup of every sum holds, in any order of summation or in order."""

    def off(total: str, n: int) -> Fraction:
        if in_order:
            return error_in_order(fmt, n, bounds.swing(total, n))
        return error(fmt, n, bounds.variation(total, n))

    def holds(n: int) -> bool:
        return all(
            lookup_holds(
                fmt,
                abs(c) * off(s.total, n),
                bounds.query(h.name, n),
                bounds.target(h.name, n),
                len(others) + 1,
            )
            for s in sums
            for h, c, others in s.readers
        )

    return bisect(holds, 2**60)


def largest_product(fmt: Format, sums: tuple[RunningSum, ...], bounds: Bounds, tokens: int) -> int:
    """The largest b such that in traces of at most `tokens` tokens all lookups hold if tokens * variation <= b."""

    def holds(product: int) -> bool:
        return all(
            lookup_holds(
                fmt,
                abs(c) * error_of_product(fmt, product),
                bounds.query(h.name, tokens),
                bounds.target(h.name, tokens),
                len(others) + 1,
            )
            for s in sums
            for h, c, others in s.readers
        )

    return bisect(holds, 2**100)


def bisect(holds: Callable[[int], bool], above: int) -> int:
    """The largest n below `above` with a property that, from some n on, does not hold; 0 if not even 1 has it."""
    low, high = 0, 1
    while high < above and holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def sum_claims(readback: Readback, bounds: Bounds) -> Iterator[Claim]:
    """That the sums are read by lookups only; and, for float64, up to which length each lookup is right."""
    yield Claim(
        Lemma(
            "running sums",
            r"each mean is multiplied by $p + 1$ once, by one neuron, and the product is read by nothing but the "
            "queries of position lookups",
            "tensors read back as rationals",
            "every neuron, head and row of the unembedding",
        ),
        lambda: (
            "; ".join(
                f"{s.total!r} is read by {', '.join(h.name for h, _, _ in s.readers)}" for s in running_sums(readback)
            )
            or "there are none"
        ),
    )
    yield Claim(
        Lemma(
            "rounding of a sum",
            r"after n summands $c_i$, in any order of summation, the computed sum is within "
            r"$\gamma_{n+3} \sum |c_i|$ of the exact one, $\gamma_m = mu/(1-mu)$",
            "the standard model of rounding, the step of the induction over roundings by SymPy",
            r"every IEEE format, u its unit roundoff, $(n + 3) u < 1$",
        ),
        _algebra,
    )

    yield Claim(
        Lemma(
            "rounding of a sum in order",
            r"if each partial sum is one over consecutive positions, then the computed sum of n summands is within "
            r"$(2n+2)u/(1-(n+1)u) \cdot D$ of the exact one, D a bound on the sums over consecutive positions",
            "the standard model of rounding, the step of the induction over the tree of additions by SymPy",
            r"every IEEE format, u its unit roundoff, $(n + 1) u < 1$",
        ),
        _algebra_in_order,
    )

    def lookups() -> str:
        sums = running_sums(readback)
        if not sums:
            return "there are none"
        tokens, in_order = (longest(FLOAT64, sums, bounds, ordered) for ordered in (False, True))
        if tokens < SHORT:
            raise NotProved(f"in float64 only traces of up to {tokens} tokens are covered")
        return f"in float64 up to {tokens} tokens in any order of summation, {in_order} in order"

    yield Claim(
        Lemma(
            "lookups of sums",
            r"up to the stated number of tokens, every lookup of a running sum finds the exact position",
            "rational arithmetic with the bound above, the coefficients read back, and the roundings of the scores",
            "every trace that the invariant allows",
        ),
        lookups,
    )


@cache
def _algebra() -> str:
    """(1 + gamma_m)(1 + u) <= 1 + gamma_{m+1}: the slack is a quotient of products that are positive."""
    u, m = sympy.symbols("u m", positive=True)
    gamma = m * u / (1 - m * u)
    slack = 1 + gamma.subs(m, m + 1) - (1 + gamma) * (1 + u)
    expected = u**2 * (m + 1) / ((1 - m * u) * (1 - (m + 1) * u))
    if sympy.simplify(slack - expected) != 0:
        raise NotProved(f"the slack is {sympy.factor(slack)}, not {expected}")
    return "a term is rounded at most n + 3 times: its weight 1/n, two products, and n additions at most"


@cache
def _algebra_in_order() -> str:
    """A partial sum over m positions is off by at most e(m) = (2m - 1) u (1+u)^(m-1) D / n; a leaf by u D / n = e(1).

    One over a + b positions: by (1+u)(e(a) + e(b)) + u D / n. With p, q, x for (1+u)^a, (1+u)^b, (1+u)^(a+b-1), none of
    them above x and x at least 1, what e(a + b) exceeds it by is a sum of products of numbers that are not negative.
    Then the weight 1/n and the product with n: (1+u)^2 e(n) n + ((1+u)^2 - 1) D is at most (2n + 2) u (1+u)^(n+1) D.
    """
    u, a, b, p, q, x = sympy.symbols("u a b p q x", positive=True)
    slack = (2 * (a + b) - 1) * x - ((2 * a - 1) * p + (2 * b - 1) * q + 1)
    step = sympy.expand(slack - ((2 * a - 1) * (x - p) + (2 * b - 1) * (x - q) + (x - 1)))
    last = sympy.expand(3 * u - ((1 + u) ** 2 - 1) - u * (1 - u))
    if step != 0 or last != 0:
        raise NotProved(f"the slacks differ by {step} and {last}")
    return "any grouping, n - 1 additions"
