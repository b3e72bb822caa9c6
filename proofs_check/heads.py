"""Attention heads: each scores what its pattern says, and the wanted position wins by a gap.

`compiler.circuits.heads` has the patterns in words. What the tensors compute is read back from them; what a
pattern means is written here once more, as a polynomial, so that a mistake in either is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy
import z3
from sympy import Rational, Symbol

from compiler.circuits.expressions import Expression
from compiler.circuits.heads import At, Latest, Mean, Offset, Pattern, Previous
from proofs_check.formats import FLOAT64, FORMATS
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.scores import read_score, scale_of
from proofs_check.symbolic.solver import prove
from proofs_check.tensors import Attention, Linear, Readback, show

POSITIONAL = ("one", "position", "position squared", "parity", "first")
"""Wires of the positional features 1, p, p*p, (-1)**p and [p = 0]."""


def position_claim(readback: Readback) -> Claim:
    """Every score, and every gate's constant, rests on it."""
    return Claim(
        Lemma(
            "positions",
            r"the wires of the positional features hold 1, $p$, $p^2$, $(-1)^p$ and $[p = 0]$ (and digits of $p$) at "
            "every position p and in every layer: nothing else writes to them",
            "tensors read back as rationals",
            "every row of the embedding, every head and neuron",
        ),
        lambda: _positions(readback),
    )


def _positions(readback: Readback) -> str:
    features = [readback.linear(row) for row in readback.weights.positional]
    for name, row in zip(POSITIONAL, features):
        if row != {name: 1}:
            raise Refuted(Counterexample("positional encoding", {}, name, show(row)))
    wires = {name for row in features for name in row}
    if len(wires) != len(features) or any(list(row.values()) != [1] for row in features):
        raise Refuted(Counterexample("positional encoding", {}, "each feature on a wire of its own"))
    for name in wires:
        if readback.weights.embedding[:, readback.names.index(name)].any():
            raise Refuted(Counterexample("embedding", {"wire": name}, "0 for every token"))
    for writer, forms in [(h, h.outputs) for h in readback.heads] + [(n, (n.down,)) for n in readback.neurons]:
        if any(wires & form.keys() for form in forms):
            raise Refuted(Counterexample(str(writer), {}, "no positional feature", f"{[show(f) for f in forms]}"))
    return f"{len(wires)} features"


def head_claims(readback: Readback) -> Iterator[Claim]:
    """About the positions; then one claim a head about what it scores, one a pattern about its gap."""
    yield position_claim(readback)
    weights = readback.weights
    patterns = {name: pattern for layer in weights.layers for name, pattern in zip(layer.head_names, layer.patterns)}
    for head in readback.heads:
        pattern = patterns[head.name]
        yield Claim(
            Lemma(
                f"head {head.name}",
                f"the score of a position k seen from q is {_FORMULA[_kind(pattern)]}, "
                f"times {scale_of(weights.max_tokens)}",
                "tensors read back as rationals; SymPy expands the difference of the polynomials to 0",
                "all values of all wires",
            ),
            lambda head=head, pattern=pattern: _scores(head, pattern, weights.max_tokens),  # type: ignore[misc]
        )
    for kind in dict.fromkeys(_kind(p) for p in patterns.values()):
        if kind not in ("mean", "offset"):
            yield Claim(
                Lemma(f"gap of {kind}", _GAP[kind], "z3, linear and quadratic arithmetic", _DOMAIN[kind]),
                lambda kind=kind: _gap(kind, weights.max_tokens),  # type: ignore[misc]
            )
    yield Claim(
        Lemma(
            "one-hot",
            r"scale times gap is at least 745.2, so $\exp(-\mathrm{scale}\cdot\mathrm{gap})$ rounds to 0 and the "
            "softmax is one-hot bit for bit; the smallest scale for which this holds is stated",
            "rational arithmetic",
            "every head but means and those at fixed offsets; float64, and with 104 in place of 745.2 float32, "
            "bfloat16 and float16",
        ),
        lambda: _one_hot(weights.max_tokens),
    )


_FORMULA = {
    "mean": "0, so that every position weighs the same",
    "offset": r"0 at one distance before q, as declared, and $-\infty$ at all others",
    "previous": r"$-s(q)s(k) + k/2M$ with $s(p) = (-1)^p$",
    "at": r"$2xk - k^2 = x^2 - (x - k)^2$, with x the query",
    "latest": r"$-|x - y_k|^2 + |x|^2 - (1 - e_k) + k/2M$, given that the wire for $|y_k|^2$ holds it",
    "latest with default": r"$-|x - y_k|^2 - (1 - e_k) + k/2M$, given the wires of the squares; $-1/2$ for $k = 0$ "
    "where $y_0 = 0$ and $e_0 = 0$",
}
_GAP = {
    "previous": r"position $p - 1$ wins by at least $1/2M$ (for $p = 0$ there is only one position)",
    "at": r"if the query is off by at most $\delta < 1/2$, the nearest position wins by at least $1 - 2\delta$",
    "latest": r"the latest eligible position with a matching key wins by at least $1/2M$",
    "latest with default": r"the latest eligible match wins by at least $1/2M$; without one, position 0 does",
}
_DOMAIN = {
    "previous": r"positions below M",
    "at": "all positions",
    "latest": r"positions below M, integer queries, integer keys of eligible positions, a match exists",
    "latest with default": r"positions below M, integer queries, integer keys of eligible positions",
}


def _kind(pattern: Pattern) -> str:
    match pattern:
        case Mean():
            return "mean"
        case Offset():
            return "offset"
        case Previous():
            return "previous"
        case At():
            return "at"
        case Latest(query_square=None):
            return "latest"
        case _:
            return "latest with default"


def _symbols(form: Linear, side: str) -> sympy.Expr:
    return sum((Rational(c.numerator, c.denominator) * Symbol(f"{side}:{n}") for n, c in form.items()), Rational(0))


def _declared(expression: Expression, side: str) -> sympy.Expr:
    return _symbols({w.name: Fraction(c) for w, c in expression.wires.items()}, side)


def _scores(head: Attention, pattern: Pattern, max_tokens: int) -> str:
    """Compares the polynomial of the tensors with that of the pattern, both in wires at query and key."""
    score = read_score(head, max_tokens)
    kind = score.kind
    if isinstance(pattern, Offset) and kind == "offset":
        if score.distance != pattern.distance:
            raise Refuted(Counterexample(str(head), {}, f"{pattern.distance} back", f"{score.distance} back"))
        return f"{score.distance} back; the softmax is exp(0) = 1 there and exp(-inf) = 0 elsewhere"
    if kind != _kind(pattern):
        raise Refuted(Counterexample(str(head), {}, _kind(pattern), kind))
    one = {Symbol("q:one"): 1, Symbol("k:one"): 1}
    found = sum((_symbols(q, "q") * _symbols(k, "k") for q, k in head.pairs), Rational(0)).subs(one)
    position = Symbol("k:position")
    recency = position / (2 * max_tokens)
    match pattern:
        case Mean() | Offset():
            expected = Rational(0)
        case Previous():
            expected = -Symbol("q:parity") * Symbol("k:parity") + recency
        case At(query):
            x = _declared(query, "q")
            expected = x**2 - (x - position) ** 2 + position**2 - Symbol("k:position squared")
        case Latest(match=pairs, eligible=eligible, key_square=key_square, query_square=query_square):
            xs, ys = [_declared(q, "q") for q, _ in pairs], [_declared(k, "k") for _, k in pairs]
            lengths = sum((x**2 for x in xs), Rational(0)), sum((y**2 for y in ys), Rational(0))
            distance = sum(((x - y) ** 2 for x, y in zip(xs, ys)), Rational(0))
            # What the wires of the squares may be wrong by is kept: that they are right is another lemma.
            slack = lengths[1] - _declared(key_square, "k")
            expected = -distance + lengths[0] - (1 - _declared(eligible, "k")) + recency + slack
            if query_square is not None:
                first = Symbol("k:first")
                expected += first / 2 - _declared(query_square, "q") * (1 - first)
    scale = scale_of(max_tokens)
    factor = Rational(scale.numerator, scale.denominator)
    difference = sympy.expand(found - factor * expected.subs(one))
    if difference != 0:
        raise Refuted(Counterexample(str(head), {"difference of the scores": str(difference / factor)}))
    return f"{len(head.pairs)} products"


def _gap(kind: str, max_tokens: int) -> str:
    step = z3.Q(1, 2 * max_tokens)
    k, other = z3.Ints("k other")
    ordered = [k >= 0, other >= 0, k < max_tokens, other < max_tokens, k != other]
    match kind:
        case "previous":
            p = z3.Int("p")

            def parity(at: z3.ArithRef) -> z3.ArithRef:
                return z3.If(at % 2 == 0, 1, -1)

            def score(at: z3.ArithRef) -> z3.ArithRef:
                return z3.ToReal(z3.If(parity(p) == parity(at), -1, 1)) + step * z3.ToReal(at)

            prove("gap", score(k) - score(other) >= step, *ordered, k == p - 1, other <= p)
        case "at":
            x, delta = z3.Reals("x delta")
            d = z3.Int("d")
            # With other = k + d: x = k + delta' and |delta'| <= delta.
            prove(
                "gap",
                z3.ToReal(d) * z3.ToReal(d) - 2 * x * z3.ToReal(d) >= 1 - 2 * delta,
                d != 0, x <= delta, -x <= delta, delta < z3.Q(1, 2),
            )  # fmt: skip
        case _:
            # Squared distances; those of integer points are integers. What is not eligible may offer any key.
            d_k, d_other = z3.Reals("distance_k distance_other")
            e_k, e_other = z3.Ints("e_k e_other")

            def latest(distance: z3.ArithRef, e: z3.ArithRef, at: z3.ArithRef) -> z3.ArithRef:
                return -distance - z3.ToReal(1 - e) + step * z3.ToReal(at)

            flags = [z3.Or(e == 0, e == 1) for e in (e_k, e_other)]
            matches = z3.And(d_k == 0, e_k == 1)
            latest_match = z3.Implies(z3.And(d_other == 0, e_other == 1), other < k)
            integral = [z3.Implies(e == 1, z3.Or(d == 0, d >= 1)) for d, e in ((d_k, e_k), (d_other, e_other))]
            common = [*ordered, *flags, *integral, d_k >= 0, d_other >= 0]
            prove("gap", latest(d_k, e_k, k) - latest(d_other, e_other, other) >= step, *common, matches, latest_match)
            if kind == "latest with default":
                default = z3.RealVal("-1/2")
                prove("gap", latest(d_k, e_k, k) - default >= step, *common, matches)
                prove(
                    "gap",
                    default - latest(d_other, e_other, other) >= step,
                    *common,
                    z3.Not(z3.And(d_other == 0, e_other == 1)),
                )
    return f"M = {max_tokens}, so 1/2M = 2^-{(2 * max_tokens).bit_length() - 1}"


def _one_hot(max_tokens: int) -> str:
    gap = Fraction(1, 2 * max_tokens)
    if scale_of(max_tokens) * gap < FLOAT64.vanishes:
        raise NotProved(f"scale times gap is only {scale_of(max_tokens) * gap}")
    least = ", ".join(f"{float(fmt.vanishes / gap):.4g} in {fmt.name}" for fmt in FORMATS)
    return f"scale {scale_of(max_tokens)}, gap 1/{2 * max_tokens}; the smallest that does is {least}"
