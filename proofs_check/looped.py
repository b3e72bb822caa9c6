"""What is proved about looped weights: they come to rest, as the stacked weights about which everything else is proved.

The other lemmas are about the looped block laid out in time (`compiler.circuits.unrolled`), or about the stacked
machine of the same circuit, which has the same logits by the lemma *equivalence*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from compiler.circuits import Weights
from compiler.circuits.unrolled import passes_needed, unrolled
from proofs_check.equivalence import same_logits
from proofs_check.exactness import Assumed
from proofs_check.formats import FLOAT64
from proofs_check.lemma import Claim, Lemma, NotProved
from proofs_check.ranges import Range, ranges
from proofs_check.tensors import Linear, Readback


def looped_claims(weights: Weights, stacked: Weights) -> Iterator[Claim]:
    """That `weights`, which are looped, have the logits of `stacked` after their last pass, and after any further."""
    yield Claim(
        Lemma(
            "rest",
            "after the last pass the residual stream is a fixed point of the block: no head or neuron depends on "
            "itself, and the longest chain of them is no longer than the passes",
            "the longest path in the graph of who reads what, by the non-zero entries of the tensors",
            "all tokens",
        ),
        lambda: _rests(weights),
    )
    yield Claim(
        Lemma(
            "finite on the way",
            "in every pass all wires and scores are finite, also those that are not right yet, so that a weight of 0 "
            "keeps them out",
            "bounds on their size, by induction over the passes along the same graph",
            f"traces of up to {weights.max_tokens} tokens, float64",
        ),
        lambda: _finite(weights),
    )
    yield Claim(
        Lemma(
            "equivalence",
            "the looped weights and the stacked weights of the same circuit have the same logits, and every wire that "
            "the block shares carries a sum of what wires of the stacked machine carry",
            "both sets of tensors read back as rationals and multiplied out to sums of words (`equivalence`)",
            "all tokens, real arithmetic",
        ),
        lambda: same_logits(unrolled(weights), stacked),
    )


def assumed_of_sums(weights: Weights, stacked: Readback, assumed: Assumed) -> Assumed:
    """What is assumed of wires of the stacked machine, and so of the looped machine's sums of them."""

    def of(tokens: int) -> Mapping[str, Range]:
        known = ranges(stacked, tokens, assumed(tokens))
        sums = {w.name: {p.name: Fraction(c) for p, c in total.wires.items()} for w, total in weights.sums.items()}
        return {**assumed(tokens), **{name: known.of(total) for name, total in sums.items()}}

    return of


def _rests(weights: Weights) -> str:
    [block] = weights.layers
    needed = passes_needed(block)
    if needed > weights.passes:
        raise NotProved(f"{needed} passes are needed, there are {weights.passes}")
    return f"{needed} passes are needed and done"


def _finite(weights: Weights) -> str:
    """Each wire is 0 or a sum of what heads and neurons made of wires within their bounds, one pass before."""
    readback = Readback(unrolled(weights))
    last = Fraction(weights.max_tokens)
    sizes: dict[str, Fraction] = {}
    for name, column in zip(readback.names, abs(readback.weights.embedding).max(0)):
        sizes[name] = Fraction(float(column))
    for row in readback.weights.positional:
        _grow(sizes, readback.linear(row), last * last)
    largest = Fraction(0)
    for layer in range(len(readback.weights.layers)):
        for head in (h for h in readback.heads if h.layer == layer):
            largest = max(largest, sum((_size(q, sizes) * _size(k, sizes) for q, k in head.pairs), Fraction(0)))
        before = dict(sizes)
        for head in (h for h in readback.heads if h.layer == layer):
            for value, output in zip(head.values, head.outputs):
                _grow(sizes, output, _size(value, before))
        before = dict(sizes)
        for n in (n for n in readback.neurons if n.layer == layer):
            _grow(sizes, n.down, _size(n.gate, before) * _size(n.up, before))
    largest = max(largest, *sizes.values())
    if largest * len(readback.names) >= FLOAT64.largest:
        raise NotProved(f"something may grow to {float(largest):.3g}")
    return f"nothing exceeds {float(largest):.3g}"


def _size(form: Linear, sizes: Mapping[str, Fraction]) -> Fraction:
    return sum((abs(c) * sizes[name] for name, c in form.items()), Fraction(0))


def _grow(sizes: dict[str, Fraction], output: Linear, size: Fraction) -> None:
    for name, c in output.items():
        sizes[name] += abs(c) * size
