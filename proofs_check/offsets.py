"""Machines of one layer whose heads look at fixed offsets: the theorem is an enumeration, with no bound on length.

The logits then depend on the tokens at these offsets and on nothing else: no position is read, and the softmax of a
head at one offset is exp(0) = 1 there and exp(-inf) = 0 elsewhere. So if the next token is right for every choice of
tokens at the offsets, it is right after every trace, by induction over its length. The specification must be as local;
`Local` says how, and a reader compares it with the machine's `semantics`.

No sum or product rounds, in any order: each is a sum of multiples of a unit whose |terms| add up to at most 2**p units,
where p is the precision of the format, and every window is looked at. One evaluation then stands for all formats.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from compiler.circuits.weights import Array, Weights
from proofs_check.formats import FLOAT64, FORMATS, Format
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted


@dataclass(frozen=True)
class Local:
    """A specification by which the next token depends on a few of the last tokens, and of each on its key alone.

    Attributes:
        keys: by how far back a token is, the latest at 0: the function that takes what counts of it.
        next_token: from the keys, in the order of `keys`, to the next token, or to several that are to have the same
            chance; none where nothing is prescribed.
        window: the positions that a trace has at most, as the transformer sees it.
        domain: for which traces this is the specification.
        sampled: tokens are drawn by their probabilities; those that are not prescribed are to have none.
    """

    keys: Mapping[int, Callable[[Any], Hashable]]
    next_token: Callable[..., Sequence[Any]]
    window: int
    domain: str
    sampled: bool = False


def offset_claims(weights: Weights, vocabulary: Sequence[Any], local: Local) -> Iterator[Claim]:
    """That the heads look at fixed offsets, that keys are all that is read there, and that every step is right."""
    windows = _Windows(weights, vocabulary, local)
    yield Claim(
        Lemma(
            "offsets",
            "there is one layer; the score of each head is 0 at one offset and $-\\infty$ at all others, so that its "
            "softmax is 1 there and 0 elsewhere; no feature of the position but the constant 1 is read",
            "tensors read back",
            "every format in which exp(0) = 1 and exp(-inf) = 0",
        ),
        lambda: f"offsets {', '.join(map(str, windows.offsets()))}",
    )
    yield Claim(
        Lemma(
            "keys",
            "what the transformer reads of a token at an offset is the same for all tokens that the specification "
            "does not tell apart there",
            "rows of the embedding, and what heads make of them, compared bit for bit",
            "all tokens at all offsets that heads look at",
        ),
        lambda: windows.compared(),
    )
    yield Claim(
        Lemma(
            "step",
            "the logit of the token that the specification prescribes is strictly above all others (of several that "
            "are to have the same chance, all are equal bit for bit, and strictly above the others), and no sum or "
            "product on the way to it rounds, in any order of summation",
            "evaluation of every window, and of the sum of the |terms| of each sum in it",
            f"{local.domain}; the formats that the note begins with",
        ),
        lambda: windows.every(),
    )


@dataclass(frozen=True)
class _Part:
    """What the tokens at one offset add: gates (classes, neurons), ups (classes, neurons), logits (classes, tokens)."""

    sums: tuple[Array, ...]

    def of(self, number: int) -> tuple[Array, ...]:
        """That of one class."""
        return tuple(rows[number] for rows in self.sums)


@dataclass
class _Windows:
    """What the transformer makes of each choice of tokens at the offsets; arrays are (tokens, width)."""

    weights: Weights
    vocabulary: Sequence[Any]
    local: Local
    largest: dict[str, tuple[float, float]] = field(default_factory=dict)

    def offsets(self) -> list[int]:
        """Of the heads; raises NotProved for any other kind of transformer."""
        if self.weights.form != "stacked" or len(self.weights.layers) != 1:
            raise NotProved("this proof is for stacked weights of one layer")
        layer = self.weights.layers[0]
        if len(layer.query) and layer.relative is None:
            raise NotProved("the heads have no relative biases")
        found = []
        for h, name in enumerate(layer.head_names):
            assert layer.relative is not None
            seen = np.flatnonzero(layer.relative[h] == 0).tolist()
            hidden = np.flatnonzero(layer.relative[h] == -np.inf).tolist()
            if len(seen) != 1 or len(seen) + len(hidden) != layer.relative.shape[1] or seen[0] == len(hidden):
                raise Refuted(Counterexample(f"head {name}", {"biases": str(layer.relative[h])}, "0 at one offset"))
            if (layer.query[h].any(1) & layer.key[h].any(1)).any():
                raise Refuted(Counterexample(f"head {name}", {}, "no query and key", "a score besides the bias"))
            if seen[0] not in self.local.keys:
                raise NotProved(f"head {name} looks {seen[0]} back, where the specification does not look")
            found.append(seen[0])
        rest = self.weights.positional[1:]
        if any(rest[:, columns].any() for columns in (self._read, self._carried)):
            raise Refuted(Counterexample("positional encoding", {}, "only the constant is read", "a position is"))
        return found

    @cached_property
    def _read(self) -> Any:
        """The columns of the stream that neurons and logits read."""
        layer = self.weights.layers[0]
        return np.flatnonzero(sum(np.abs(t).sum(0) for t in (layer.gate, layer.up, self.weights.unembedding)))

    @cached_property
    def _carried(self) -> Any:
        """The columns that heads read."""
        return np.flatnonzero(np.abs(self.weights.layers[0].value).sum((0, 1)))

    @cached_property
    def _embedded(self) -> Array:
        embedded: Array = self.weights.embedding + self.weights.positional[0]
        return embedded

    def _brought(self, absolute: bool = False) -> dict[int, Array]:
        """What a token adds to the stream from each offset, in the columns that are read; or a bound of the |terms|."""
        layer = self.weights.layers[0]

        def size(tensor: Array) -> Array:
            return np.abs(tensor) if absolute else tensor

        embedded = size(self.weights.embedding) + size(self.weights.positional[0]) if absolute else self._embedded
        brought = {offset: np.zeros_like(embedded) for offset in self.local.keys}
        brought[0] += embedded
        for h, offset in enumerate(self.offsets()):
            brought[offset] += (embedded @ size(layer.value[h]).T) @ size(layer.output[h]).T
        return {offset: rows[:, self._read] for offset, rows in brought.items()}

    @cached_property
    def _classes(self) -> dict[int, dict[Hashable, list[int]]]:
        """By offset and key, the numbers of the tokens with that key."""
        classes: dict[int, dict[Hashable, list[int]]] = {offset: {} for offset in self.local.keys}
        for offset, key in self.local.keys.items():
            for number, token in enumerate(self.vocabulary):
                classes[offset].setdefault(key(token), []).append(number)
        return classes

    def compared(self) -> str:
        """Raises Refuted where two tokens of one key are read differently."""
        brought, sizes = self._brought(), self._brought(absolute=True)
        for offset, classes in self._classes.items():
            for numbers in classes.values():
                for rows in (brought[offset][numbers], sizes[offset][numbers]):
                    unlike = np.flatnonzero((rows != rows[0]).any(1))
                    if len(unlike):
                        one, other = (str(self.vocabulary[numbers[i]]) for i in (0, unlike[0]))
                        raise Refuted(Counterexample(f"{offset} back", {}, f"{one} and {other} are read alike"))
        return ", ".join(f"{len(classes)} {offset} back" for offset, classes in self._classes.items())

    def every(self) -> str:
        """Evaluates all windows; raises Refuted at the first that is wrong, NotProved where something may round."""
        self._units()
        parts = {offset: self._part(offset) for offset in self.local.keys}
        layer = self.weights.layers[0]
        reach = np.abs(layer.down[self._read]).max(0, initial=0)
        said = layer.down[self._read].T @ self.weights.unembedding[:, self._read].T
        *outer, last = self.local.keys
        number = {token: i for i, token in enumerate(self.vocabulary)}
        inner = list(self._classes[last])
        tried = 0
        for keys in product(*(self._classes[offset] for offset in outer)):
            chosen = [parts[o].of(list(self._classes[o]).index(key)) for o, key in zip(outer, keys)]
            gates, ups, logits = (sum(rows) for rows in zip(parts[last].sums, *chosen))
            hidden = np.maximum(gates, 0) * ups
            fired = np.flatnonzero(hidden.any(0))
            logits = logits + hidden[:, fired] @ said[fired]
            self._add("a wire", self.largest["a value"][0] + np.abs(hidden[:, fired]) @ reach[fired])
            self._add("a logit", self.largest["a wire"][0] * np.abs(self.weights.unembedding).sum(1))
            highest = logits == logits.max(1, keepdims=True)
            for i, key in enumerate(inner):
                wanted = sorted(number[token] for token in self.local.next_token(*keys, key))
                if not wanted:
                    continue
                tried += 1
                equal: list[int] = np.flatnonzero(highest[i]).tolist()
                others = np.delete(logits[i], wanted)
                if self.local.sampled and logits[i].max() - others.max() < FLOAT64.vanishes:
                    raise NotProved(
                        f"a token that is not prescribed has a logit of only {others.max()} and may be drawn"
                    )
                if equal != wanted:
                    seen = {f"{offset} back": str(k) for offset, k in zip((*outer, last), (*keys, key))}
                    raise Refuted(Counterexample("window", seen, self._named(wanted), self._named(equal)))
        unfit = {fmt.name: self._unfit(fmt) for fmt in FORMATS}
        if unfit[FLOAT64.name]:
            raise NotProved(unfit[FLOAT64.name])
        fit = ", ".join(name for name, why in unfit.items() if not why)
        units = max(size / unit for size, unit in self.largest.values())
        note = f"{fit}: {tried:,} windows; at most {units:g} units in a sum"
        return "; ".join([note, *(f"not {name}: {why}" for name, why in unfit.items() if why)])

    def _named(self, tokens: Sequence[int]) -> str:
        return " or ".join(str(self.vocabulary[token]) for token in tokens)

    def _part(self, offset: int) -> _Part:
        """What the classes of tokens at one offset add to gates, ups and logits; bounds go to `largest`."""
        layer, tokens = self.weights.layers[0], [numbers[0] for numbers in self._classes[offset].values()]
        tensors = [t[:, self._read] for t in (layer.gate, layer.up, self.weights.unembedding)]
        brought = self._brought()[offset][tokens]
        return _Part(tuple(brought @ tensor.T for tensor in tensors))

    def _units(self) -> None:
        """The unit of each sum, a product of the units of tensors; and what its |terms| add up to, where every window
        has the same bound: all offsets, each at its largest."""
        layer = self.weights.layers[0]
        embedded = min(_unit(self.weights.embedding), _unit(self.weights.positional[0]))
        stream = min(embedded, embedded * _unit(layer.value) * _unit(layer.output))
        gates, ups = stream * _unit(layer.gate), stream * _unit(layer.up)
        wires = min(stream, gates * ups * _unit(layer.down))
        sizes = self._brought(absolute=True).values()

        def bound(tensor: Array) -> float:
            rows = np.abs(tensor[:, self._read]).T
            return float(sum((size @ rows).max(0, initial=0) for size in sizes).max(initial=0))

        gate, up = bound(layer.gate), bound(layer.up)
        self.largest |= {
            "a value": (float(sum(size.max(0, initial=0) for size in sizes).max(initial=0)), stream),
            "a gate": (gate, gates),
            "an up": (up, ups),
            "a neuron": (gate * up, gates * ups),
            "a wire": (0.0, wires),
            "a logit": (0.0, wires * _unit(self.weights.unembedding)),
        }
        for name, tensor in self.weights.tensors.items():
            finite = np.abs(tensor[np.isfinite(tensor)])
            self.largest[f"an entry of {name}"] = (float(finite.max(initial=0)), _unit(tensor))

    def _add(self, name: str, sizes: Array) -> None:
        size, unit = self.largest[name]
        self.largest[name] = (max(size, float(sizes.max(initial=0))), unit)

    def _unfit(self, fmt: Format) -> str:
        """Why the format is not covered; empty if it is."""
        for name, (size, unit) in self.largest.items():
            if size > unit * 2**fmt.precision:
                return f"{name} may round, with terms up to {size:g} in steps of {unit:g}"
        # Wires that nobody reads carry the position and its square; 0 times infinity would be no number.
        if Fraction(self.local.window) ** 2 > fmt.largest:
            return f"the square of a position in a window of {self.local.window} overflows"
        return ""


def _unit(tensor: Array) -> float:
    """The largest power of two, at most 2**20, of which all entries are multiples; NotProved below 2**-64."""
    finite = tensor[np.isfinite(tensor)]
    for exponent in range(-20, 65):
        scaled = finite * 2.0**exponent
        if (scaled == np.floor(scaled)).all():
            return float(2.0**-exponent)
    raise NotProved("a weight is no multiple of 2^-64")
