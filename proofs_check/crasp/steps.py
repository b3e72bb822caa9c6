"""The step of a counter machine: whatever the trace, the argmax of the logits is the token of the specification.

The trace enters through its last token and the means only. So a logit is (1/n) times a sum over all positions of a
number that depends on the token there; this number is taken apart as a constant, a multiple of what the token changes
each counter by, and a multiple of [it is `^`]. The sum is then a linear form in n, the values of the counters and 1,
and that it is positive is seen from its coefficients. Nothing is enumerated but pairs of tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compiler.machines.crasp.vocabulary import START, Token, Vocabulary
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.tensors import Readback

Array = npt.NDArray[np.float64]

UNIT, SIZE = 2.0**-10, 2.0**20
"""Weights are multiples of the one below the other: sums of products of three of them and of a million are exact."""


def step_claims(readback: Readback, vocabulary: Vocabulary) -> Iterator[Claim]:
    """What the attention reads and does not, and the step."""
    yield Claim(
        Lemma(
            "no positions",
            "no head, neuron or logit reads a positional feature but the constant 1",
            "tensors read back as rationals",
            "every tensor",
        ),
        lambda: _no_positions(readback),
    )
    yield Claim(
        Lemma(
            "uniform attention",
            "all scores of the head are 0, so that it takes means, and each is the mean of a function of the token",
            "tensors read back as rationals",
            "every trace",
        ),
        lambda: _Tables(readback, vocabulary).describe(),
    )
    yield Claim(
        Lemma(
            "step",
            "the logit of the token that the specification prescribes is above all others",
            "the logits as linear forms in the length of the trace and the values of the counters, from the tensors; "
            "the signs of their coefficients",
            "every last token, every other token; counters of any value, traces of any length",
        ),
        lambda: _Tables(readback, vocabulary).steps(),
    )


def _no_positions(readback: Readback) -> str:
    weights = readback.weights
    constant, *others = weights.positional
    places = [j for row in others for j in np.flatnonzero(row)]
    if np.flatnonzero(constant).tolist() != [readback.names.index("one")] or constant.max() != 1:
        raise Refuted(Counterexample("positional encoding", {}, "1 on the wire 'one', and nothing else"))
    for i, layer in enumerate(weights.layers):
        for name, tensor in layer.tensors.items():
            read = tensor[..., places] if name in ("query", "key", "value", "gate", "up") else np.zeros(0)
            written = {"down": layer.down, "output": layer.output}.get(name)
            one = written is not None and written[..., readback.names.index("one"), :].any()
            if read.any() or one:
                raise Refuted(Counterexample(f"{name} of layer {i}", {}, "no positional feature"))
    if weights.unembedding[:, places].any():
        raise Refuted(Counterexample("unembedding", {}, "no positional feature"))
    return f"{len(places)} features are not read"


@dataclass
class _Tables:
    """The one layer as functions of tokens."""

    readback: Readback
    vocabulary: Vocabulary

    def describe(self) -> str:
        return f"{len(self.summands)} means"

    @property
    def summands(self) -> Array:
        """(means, vocabulary): what is averaged, by token. Raises NotProved if it is no such head."""
        weights = self.readback.weights
        if len(weights.layers) != 1 or len(weights.layers[0].query) != 1:
            raise NotProved("these weights have more than one layer or head")
        [layer] = weights.layers
        if layer.relative is not None or (layer.query.any() and layer.key.any()):
            raise Refuted(Counterexample("the head", {}, "equal scores"))
        for name, tensor in self.readback.weights.tensors.items():
            small = np.abs(tensor).max(initial=0) <= SIZE and np.array_equal(tensor / UNIT, np.round(tensor / UNIT))
            if not small:
                raise NotProved(f"{name} has weights that this lemma does not add up exactly")
        return np.asarray(layer.value[0] @ self.embedded.T)

    @property
    def embedded(self) -> Array:
        """(vocabulary, width): the stream as it is embedded, positions left out."""
        weights = self.readback.weights
        return np.asarray(weights.embedding + weights.positional[0])

    def steps(self) -> str:
        """Raises Refuted with a last token and values."""
        weights = self.readback.weights
        [layer] = weights.layers
        parts = self._taken_apart(self.summands)
        if (layer.gate @ layer.output[0]).any():
            raise NotProved("a gate reads a mean")
        gates = np.maximum(self.embedded @ layer.gate.T, 0)
        ups, up_of_means = self.embedded @ layer.up.T, layer.up @ layer.output[0] @ parts
        direct = weights.unembedding @ layer.output[0] @ parts
        read, constant = weights.unembedding @ layer.down, self.embedded @ weights.unembedding.T
        cases = 0
        for number, token in enumerate(self.vocabulary):
            if token.next < 0:
                continue
            on = np.flatnonzero(gates[number])
            firing = read[:, on] * gates[number, on]
            forms = direct + firing @ up_of_means[on]
            forms[:, 0] += constant[number] + firing @ ups[number, on]
            cases += self._compare(token, forms)
        return (
            f"{cases} cases of a last token and whether a counter is 0, each against {len(self.vocabulary) - 1} tokens"
        )

    def _taken_apart(self, summands: Array) -> Array:
        """(means, 2 + counters): coefficients of n, 1 and each counter in n times each mean."""
        tokens = list(self.vocabulary)
        counters = len(self.vocabulary.program.counters)
        changes = np.array([[t.change if t.counter == i else 0 for t in tokens] for i in range(counters)], dtype=float)
        start = np.array([float(t == START) for t in tokens])
        basis = np.vstack([np.ones(len(tokens)), start, changes.reshape(counters, len(tokens))])
        idle = next(i for i, t in enumerate(tokens) if not t.change and t != START)
        constant = summands[:, idle]
        parts = np.column_stack(
            [constant, summands[:, 0] - constant, *(summands[:, 1 + i] - constant for i in range(counters))]
        )
        if not np.array_equal(parts @ basis, summands):
            raise Refuted(Counterexample("the values of the head", {}, "[it is ^], or what tokens change a counter by"))
        return parts

    def _compare(self, last: Token, forms: Array) -> int:
        """forms: n times the logit of each token, as coefficients of n, 1 and the counters."""
        kind, counter, *_ = self.vocabulary.program.instructions[last.next]
        tested = 2 + counter
        cases = (False, True) if kind == "dec" else (False,)
        for zero in cases:
            wanted = self.vocabulary.following(last.next, zero)
            margin = forms[self.vocabulary.number(wanted.text)] - forms
            if zero:
                margin[:, tested] = 0
            # n and the counter that is tested are 1 at least, the other counters 0 at least.
            least = margin[:, 0] + margin[:, 1] + (margin[:, tested] if kind == "dec" else 0)
            right = (least > 0) & (margin[:, 0] >= 0) & (margin[:, 2:] >= 0).all(axis=1)
            right[self.vocabulary.number(wanted.text)] = True
            if not right.all():
                other = self.vocabulary[int(np.flatnonzero(~right)[0])]
                value = {self.vocabulary.program.counters[counter]: "0" if zero else "1 or more"}
                where = f"the step after {last}"
                raise Refuted(
                    Counterexample(where, value if kind == "dec" else {}, str(wanted), f"{other} is not below it")
                )
        return len(cases)
