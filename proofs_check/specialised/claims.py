"""That a specialised transformer decodes what the universal one decodes after the prompt: lemmas about both tensors.

Each is read part by part (`reading`), and the universal one is followed in the specialised one (`following`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import torch
import z3

from compiler.circuits import Weights
from compiler.circuits.heads import Latest
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.specialised.specialised import Specialised
from compiler.specialising.specialising import constant_part, specialised_to
from interpreter.model.transformer import Transformer
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.looped import looped_claims
from proofs_check.specialised.following import Following
from proofs_check.specialised.never import never_largest
from proofs_check.specialised.prefix import Prefix
from proofs_check.specialised.reading import Array, Copied, Reading, reading_of
from proofs_check.symbolic.solver import prove

TENSORS = "both tensors read back as rationals"
EVERY = "all programs' inputs, all positions after the prompt, real arithmetic"


def specialised_claims(made: Specialised) -> Iterator[Claim]:
    """The lemmas, in the order in which they build on each other."""
    if made.weights.form == "looped":
        stacked = _stacked(made)
        # What is finite on the way is a matter of floating point, of which nothing is said here.
        rest, _, equivalence = looped_claims(made.weights, stacked.weights)
        yield from (rest, equivalence)
        made = stacked
    both = _Both(made)
    yield Claim(
        Lemma(
            "order",
            "in both transformers every dimension of the stream is complete before it is read, and the positional "
            "features are alone on theirs",
            TENSORS,
            "all heads and neurons",
        ),
        both.order,
    )
    yield Claim(
        Lemma(
            "entry",
            r"$\max(m - |q - k|^2, 0)$ is 1 if $m = 1$ and $q = k$, and else 0; of several keys, one is met at most",
            "z3, nonlinear integer arithmetic",
            r"$m \in \{0, 1\}$, all whole $q$ and $k$ of up to three coordinates",
        ),
        _entry,
    )
    yield Claim(
        Lemma("square", r"$\max(x, 0)\,x + \max(-x, 0)(-x) = x^2$", "z3, nonlinear real arithmetic", "all x"), _square
    )
    yield Claim(
        Lemma(
            "logits",
            "after the prompt, every logit of every token that is left is that of the universal transformer: each "
            "head and each sum of neurons is followed to one that does the same, to a table, or to a constant",
            f"{TENSORS}; sums of neurons compared without what intervals show to be closed, open or constant; each "
            "table evaluated at every number and a quarter to both sides, each entry of the prompt compared",
            EVERY,
        ),
        both.logits,
    )
    yield Claim(
        Lemma(
            "tokens",
            "no token that has been left out has a logit above that of every other one, nor has the one that stands "
            "for the prompt",
            "intervals",
            "all runs in the tokens that are left",
        ),
        both.tokens,
    )


def _stacked(made: Specialised) -> Specialised:
    """The same program specialised to stacked weights."""
    part = constant_part(made.prompt)
    if part.length != made.length:
        part = constant_part(made.prompt, with_input=True)
    return specialised_to(made.prompt, part.length, part.asked, part.given)


@dataclass(frozen=True)
class _Both:
    made: Specialised

    @cached_property
    def universal_weights(self) -> Weights:
        """Stacked; that looped ones have the same logits is a lemma about them."""
        return self.made.prompt.in_form("stacked").machine.weights

    @cached_property
    def readings(self) -> tuple[Reading, Reading]:
        """Of the universal transformer and of the specialised one."""
        return reading_of(self.universal_weights), reading_of(self.made.weights)

    @cached_property
    def following(self) -> Following:
        """With every part of the logits followed."""
        universal, made = self.readings
        found = Following(universal, made, self._prefix(universal), self.kept, self.universal_weights.max_tokens)
        for part in universal.logits:
            found.part(part)
        return found

    @cached_property
    def kept(self) -> Array:
        """The numbers of the tokens that are left, in the universal vocabulary."""
        return np.array(self.made.tokens)

    def _prefix(self, universal: Reading) -> Prefix:
        """What is moved into the weights, decoded by the transformer itself: nothing rounds there but running sums."""
        weights = self.universal_weights
        numbers = self.made.prompt.numbers[: self.made.length]
        with torch.inference_mode():
            stream = Transformer(weights).residual(torch.as_tensor(numbers.astype(np.int64))).numpy()
        means = {p for s in universal.steps if isinstance(s, Copied) and s.score.kind == "mean" for p in s.values}
        parts = {}
        for wire, column in zip(weights.wires, stream.T):
            parts[wire.name] = column if wire.name in means else _exactly(wire.name, column)
        several = {*universal.columns, *universal.sums} | {
            p for s in universal.steps if isinstance(s, Copied) for p in s.values
        }
        if several - parts.keys():
            raise NotProved(f"{min(several - parts.keys())!r} shares its dimension of the stream")
        # That scores are those of the patterns, and that the squares in them are squares, is proved of them.
        eligible = {
            name: {wire.name: Fraction(c) for wire, c in pattern.eligible.wires.items()}
            for layer in weights.layers
            for name, pattern in zip(layer.head_names, layer.patterns)
            if isinstance(pattern, Latest)
        }
        prompt = self.made.prompt
        asked = (1, 4 * len(prompt.program.instructions) + 4) if isinstance(prompt, RamPrompt) else None
        return Prefix(parts, eligible, asked)

    def order(self) -> str:
        universal, made = self.readings
        reach = self.made.weights.max_tokens
        if reach != self.universal_weights.max_tokens:
            raise NotProved(f"steps of recency are for {reach:,} positions")
        return f"{len(universal.steps)} heads and sums, and {len(made.steps)}"

    def logits(self) -> str:
        universal, made = self.readings
        follow = self.following
        total: dict[str, Array] = {}
        for part, column in universal.logits.items():
            for name, c in follow.part(part).items():
                total[name] = total.get(name, np.zeros(len(self.kept))) + float(c) * column[self.kept]
        zero = np.zeros(len(self.kept))
        for name in {**total, **made.logits}:
            found, wanted = made.logits.get(name, zero), total.get(name, zero)
            if not np.array_equal(found, wanted):
                if name in follow.open:
                    raise NotProved(follow.reason(name))
                at = int(np.flatnonzero(found != wanted)[0])
                where = f"unembedding of {self.made.machine.vocabulary[at]}, {name!r}"
                raise Refuted(Counterexample(where, {}, f"{wanted[at]:g}", f"{found[at]:g}"))
        f = follow.found
        return (
            f"{len(set(f.heads))} heads are kept, {len(f.tables)} are tables of {f.numbers} numbers, {f.entries} "
            f"entries for cells of the prompt, {f.sums} sums of neurons, {len(total)} parts of logits"
        )

    def tokens(self) -> str:
        universal, _ = self.readings
        follow = self.following
        bounds = {part: follow.known.form(follow.part(part)) for part in universal.logits}
        left = never_largest(universal.logits, bounds, self.kept)
        return f"{left:,} tokens"


def _exactly(name: str, column: Array) -> Array:
    """In eighths, which all that is exact is a multiple of."""
    near: Array = np.round(column * 8) / 8
    if np.abs(near - column).max(initial=0) > 1e-6:
        raise NotProved(f"{name!r} carries no number that can be told in the prompt")
    return near


def _entry() -> str:
    m = z3.Int("m")
    flag = z3.Or(m == 0, m == 1)
    for size in range(1, 4):
        q, k, other = (z3.Ints(" ".join(f"{name}{i}" for i in range(size))) for name in "qko")
        distance = sum((a - b) * (a - b) for a, b in zip(q, k))
        gate = m - (sum(a * a for a in q) - sum(2 * a * b for a, b in zip(q, k)) + sum(b * b for b in k))
        prove("entry", gate == m - distance)
        squares = z3.Ints(" ".join(f"s{i}" for i in range(size)))
        # A square of an integer is 0, or at least 1.
        total = z3.Int("total")
        some = [z3.Or(s == 0, s >= 1) for s in squares]
        prove(
            "entry",
            z3.If(m - total > 0, m - total, 0) == 0,
            flag,
            total == sum(squares),
            z3.Or([s >= 1 for s in squares]),
            *some,
        )
        prove("entry", z3.If(m - 0 > 0, m - 0, 0) == m, flag)
        prove(
            "entry",
            z3.And([a == b for a, b in zip(k, other)]),
            *[a == b for a, b in zip(q, k)],
            *[a == b for a, b in zip(q, other)],
        )
    return "one to three coordinates"


def _square() -> str:
    x = z3.Real("x")
    positive, negative = z3.If(x > 0, x, 0), z3.If(-x > 0, -x, 0)
    prove("square", positive * x + negative * -x == x * x)
    return ""
