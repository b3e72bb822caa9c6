"""What is proved of multi-tape Turing machines that summarise: heads, neurons and logits, on all that they can meet.

    wires      what everything is called, and what the heads should do
    stream     neurons on cases: what wires carry, as intervals
    heads      that heads look where they should, that what is wanted wins, and what there is in a context to find
    parts      what neurons make of tokens and of what heads bring
    emission   the next token

That the lemmas together say what the next token is follows by induction over the positions of a context, from the first
to the last layer; this is said in the theorem's assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from compiler.circuits import Weights
from compiler.machines.turingformer.vocabulary import Vocabulary
from interpreter.runs.certificate import Limit
from proofs_check.formats import FORMATS
from proofs_check.heads import position_claim
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.tensors import Readback
from proofs_check.turingformer import emission, heads, parts
from proofs_check.turingformer.stream import ROUNDOFF, Stream
from proofs_check.turingformer.wires import Wires

ASSUMPTIONS = (
    "the prompt is an input or a summary, as the codec writes them, of a machine that comes to no undefined "
    "transition, and no head of it goes beyond what the bits of a position can say",
    "floating-point arithmetic is IEEE 754 with round to nearest; exp(0) = 1, and exp(x) = 0 where it rounds to 0; "
    "equal scores get equal weights",
    "that the lemmas say what the next token is follows by induction over the positions of a context, layer by layer; "
    "this last step is argued in docs/explanations/constructions.md, and tested on runs, not machine-checked",
)
_READ, _CASES, _ALL = "tensors read back as rationals", "the neurons on every case", "all cases"


def step_claims(readback: Readback, wires: Wires, vocabulary: Vocabulary) -> Iterator[Claim]:
    """From the positions to the next token."""
    stream = Stream(readback)

    def claim(name: str, statement: str, method: str, domain: str, proof: object) -> Claim:
        assert callable(proof)
        return Claim(Lemma(name, statement, method, domain), proof)

    yield position_claim(readback)
    yield claim(
        "positions in bits",
        "no head, neuron or logit reads the position, its square or its parity: only its bits, whether it is the "
        "first, and the constant 1",
        "tensors read back",
        "every tensor",
        lambda: _bits_only(readback.weights),
    )
    yield claim(
        "features", "the embedding says of each token what it is, and nothing else", _READ, "all tokens",
        lambda: parts.features(stream, wires, vocabulary),
    )  # fmt: skip
    yield claim(
        "looks",
        "each head looks at one offset, or scores $-|x - y|^2 - (1 - e)$ with bits asked for, x, and offered, y; where "
        "something is asked for, the first token scores $-1/2$",
        _READ,
        "all heads",
        lambda: heads.as_wanted(readback, wires),
    )
    yield claim(
        "gap of alike",
        "the eligible positions whose bits are those asked for win by 1/2, all alike; without one, the first does",
        "z3",
        "bits, and queries that are off a little",
        heads.gap_is_right,
    )
    yield claim(
        "contexts",
        "what heads with an offset or a reach see: one boundary in reach, all steps since it in the window and none "
        "from before, the bits of the positions, the last step",
        "enumeration",
        "both sorts of prompt, all numbers of steps after it, up to three rounds of steps and positions",
        lambda: heads.contexts(wires),
    )
    flags, sums = "which tokens are of the prompt, and which of a list", r"$\max(x + a, b)$ in bits"
    windows = r"what a window of tokens makes of a position is $\max(x + a, b)$, and the windows are put together so"
    taken = "positions, cells and questions are taken from where they are"
    for name, statement, proof in (
        ("marks", flags, lambda: parts.marks(stream, vocabulary)),
        ("moves", windows, lambda: parts.moves(stream, wires)),
        ("sums in bits", sums, lambda: parts.positions(stream, wires)),
        ("chosen", taken, lambda: parts.chosen(stream, wires, vocabulary)),
        ("listed", "the number of the cell that is listed next, in bits", lambda: parts.listed(stream, wires)),
        ("due", "which bit of the positions is next", lambda: parts.due(stream, wires)),
    ):
        yield claim(name, statement, _CASES, _ALL, proof)
    yield claim(
        "search",
        "bit i of the latest match is 1 just if some match has the higher bits of the latest one and 1 there",
        "z3, bit vectors", f"all sets of positions of {wires.r} bits", lambda: heads.searched(wires.r),
    )  # fmt: skip
    yield claim(
        "next token",
        "the logit of the token that the specification prescribes is above all others",
        "the neurons on every case, as intervals, a mean of ones being 1 to within 1/100",
        "every last token, every result of every head",
        lambda: emission.next_tokens(stream, wires, vocabulary),
    )
    yield claim(
        "exact",
        "all numbers that are not means of several ones are integers and exact, in any order of summation, and "
        "rounding is within what the cases allow for",
        "the sums of the |terms| in all cases",
        "float64 and float32",
        lambda: _exact(stream),
    )


def _bits_only(weights: Weights) -> str:
    unread = np.flatnonzero(weights.positional[1:4].any(0))
    for i, layer in enumerate(weights.layers):
        for name in ("query", "key", "value", "gate", "up"):
            if getattr(layer, name)[..., unread].any():
                raise Refuted(Counterexample(f"{name} of layer {i}", {}, "no position but in bits"))
    if weights.unembedding[:, unread].any() or weights.radix != 2:
        raise Refuted(Counterexample("unembedding", {}, "no position but in bits"))
    return f"{len(weights.positional) - 5} bits"


def _exact(stream: Stream) -> str:
    if not stream.largest:
        raise NotProved("no case has been tried")
    for name, tensor in stream.readback.weights.tensors.items():
        if name.split(".")[-1] != "relative" and (2 * tensor != np.round(2 * tensor)).any():
            raise NotProved(f"{name} has weights that are no multiples of 1/2")
    if 2 * stream.largest > 1 / ROUNDOFF:
        raise NotProved(f"the terms of a sum add up to {stream.largest:g}")
    return f"at most {stream.largest:g} in a sum"


def limits(wires: Wires) -> Mapping[str, Limit]:
    """How many tokens a context may have; a run with summaries may go on from one to the next without end."""
    found = {}
    for fmt in FORMATS:
        tokens, why = heads.longest(wires, fmt)
        if fmt.roundoff > ROUNDOFF:
            tokens, why = 0, "sums may round"
        found[fmt.name] = Limit(fmt.name, tokens, tokens, tokens, 0, 0, why)
    return found
