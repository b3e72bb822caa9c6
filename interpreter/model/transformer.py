"""The transformer: an ordinary decoder-only PyTorch module, whose weights happen to be set by hand.

Token embedding plus positional features, then layers of causal softmax attention and a gated ReLU
feed-forward part (ReGLU), each added to the residual stream, then unembedding and argmax. Not used: layer
norm, biases (one wire is constantly 1), a 1/sqrt(d) scale (it is in the query weights), dropout. In the looped form
one block takes the place of the layers; see `compiler.circuits.weights.Form`.

What is computed on the way passes through submodules that change nothing, so that PyTorch's forward hooks see it, and
may replace it: `stream` (the residual stream, (n, d): embedded, then after each layer or pass),
`layers[i].attention.pattern` (the softmax, (h, n, m): rows are queries, of m positions so far) and
`layers[i].feed_forward.neurons` ((n, neurons)). In the looped form those of the block are called once a pass.
`Transformer.activations` has all of them without a hook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from interpreter.model.positional import DIGITS, positional_feature

Tensors = Mapping[str, Any]
"""Arrays of numbers, or PyTorch's tensors, by name."""


class Parameters(Protocol):
    """What a transformer is made of: `compiler.circuits.Weights`, or what `interpreter.model.stored` finds in a file.

    tensors: by their names in `Weights`; form: stacked or looped; passes: how often the block of the looped form is
    applied; radix: of the digits of positions, 0 if there are none.
    """

    @property
    def tensors(self) -> Tensors: ...  # noqa: D102

    @property
    def form(self) -> str: ...  # noqa: D102

    @property
    def passes(self) -> int: ...  # noqa: D102

    @property
    def radix(self) -> int: ...  # noqa: D102


def layers_of(tensors: Tensors) -> list[Tensors]:
    """The tensors of each layer, by their names in it."""
    numbered = ((f"layers.{i}.", tensors) for i in count())
    layers = ({n.removeprefix(at): t for n, t in all_of.items() if n.startswith(at)} for at, all_of in numbered)
    return list(takewhile(bool, layers))


def frozen(array: object, dtype: torch.dtype) -> nn.Parameter:
    """A parameter that is not trained, in this data type."""
    return nn.Parameter(torch.as_tensor(array, dtype=dtype), requires_grad=False)


class Attention(nn.Module):
    """h heads; query and key (h, k, d), value (h, v, d), output (h, d, v), relative (h, w) or None.

    Where the relative biases are all -inf, a head brings 0.
    """

    def __init__(self, w: Tensors, dtype: torch.dtype) -> None:
        super().__init__()
        self.query, self.key, self.value, self.output = (
            frozen(w[n], dtype) for n in ("query", "key", "value", "output")
        )
        self.relative = frozen(w["relative"], dtype) if "relative" in w else None
        self.pattern = nn.Identity()

    def brought(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """What each head finds, (h, n, v); x: (n, d), the last n of the positions so far, with a cache the rest."""
        q, k, v = (torch.einsum("hkd,nd->hnk", w, x) for w in (self.query, self.key, self.value))
        if cache is not None:
            k, v = cache.extend(k, v)
        scores = q @ k.transpose(1, 2)
        n, m = scores.shape[1:]
        if n > 1:
            future = torch.ones(n, m, dtype=torch.bool, device=x.device).triu(m - n + 1)
            scores = scores.masked_fill(future, -torch.inf)
        if self.relative is None:
            return cast(Tensor, self.pattern(scores.softmax(-1))) @ v
        distance = torch.arange(m - n, m, device=x.device)[:, None] - torch.arange(m, device=x.device)
        scores = scores + self.relative[:, distance.clamp(0, self.relative.shape[1] - 1)]
        blind = (scores == -torch.inf).all(-1, keepdim=True)
        return cast(Tensor, self.pattern(scores.softmax(-1).masked_fill(blind, 0))) @ v

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """x: (n, d), the last n of the positions so far; with a cache, the earlier ones are in it."""
        return torch.einsum("hdv,hnv->nd", self.output, self.brought(x, cache))


class FeedForward(nn.Module):
    """n neurons `relu(gate x) * (up x)`; gate and up (n, d), down (d, n)."""

    def __init__(self, w: Tensors, dtype: torch.dtype) -> None:
        super().__init__()
        self.gate, self.up, self.down = (frozen(w[n], dtype) for n in ("gate", "up", "down"))
        self.neurons = nn.Identity()

    def hidden(self, x: Tensor) -> Tensor:
        """Each neuron's `relu(gate x) * (up x)`, without what it is multiplied by."""
        return cast(Tensor, self.neurons(torch.relu(x @ self.gate.T) * (x @ self.up.T)))

    def forward(self, x: Tensor) -> Tensor:
        """What the neurons write, (n, d), for x (n, d)."""
        return self.hidden(x) @ self.down.T


class Layer(nn.Module):
    """Attention, if the layer has heads, then the feed-forward part; each is added to the residual stream."""

    def __init__(self, w: Tensors, dtype: torch.dtype) -> None:
        super().__init__()
        self.attention = Attention(w, dtype) if len(w["query"]) else None
        self.feed_forward = FeedForward(w, dtype)

    def attend(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """What the heads write, (n, d)."""
        return torch.zeros_like(x) if self.attention is None else cast(Tensor, self.attention(x, cache))

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """The residual stream after the layer, (n, d), from that before it."""
        if self.attention is not None:
            x = x + self.attend(x, cache)
        return x + cast(Tensor, self.feed_forward(x))


@dataclass(frozen=True)
class Activations:
    """What a transformer computed for n tokens, the last of m positions so far; width d.

    Attributes:
        residual: the residual stream, (n, d) each: as it is embedded, then after each layer or pass.
        attention: a layer or pass: (h, n, m), what the token of each row attends to; rows sum to 1, or to 0 where a
            head sees nothing. h is 0 in a layer without heads.
        neurons: a layer or pass: (n, neurons), `relu(gate x) * (up x)`.
        logits: (n, vocabulary).
    """

    residual: list[Tensor]
    attention: list[Tensor]
    neurons: list[Tensor]
    logits: Tensor


class Transformer(nn.Module):
    """The machine as a module. `forward` gives logits; the next token is their argmax.

    passes: how often the block of the looped form is applied, if not as often as the weights say.
    """

    def __init__(self, weights: Parameters, dtype: torch.dtype = torch.float64, passes: int | None = None) -> None:
        super().__init__()
        tensors = weights.tensors
        self.embedding = frozen(tensors["embedding"], dtype)
        self.positional = frozen(tensors["positional"], dtype)
        self.radix = weights.radix
        self.layers = nn.ModuleList(Layer(w, dtype) for w in layers_of(tensors))
        self.unembedding = frozen(tensors["unembedding"], dtype)
        self.looped = weights.form == "looped"
        self.passes = weights.passes if passes is None else passes
        self.stream = nn.Identity()

    def caches(self) -> list[Cache]:
        """Empty ones: every layer, and every pass of the looped block, has keys and values of its own."""
        return [Cache() for _ in range(self.passes if self.looped else len(self.layers))]

    def streams(self, tokens: Tensor, caches: list[Cache] | None = None, start: int = 0) -> Iterator[Tensor]:
        """The residual stream, (n, d), of n token numbers at positions `start` and on: as it is embedded, then
        after each layer or pass."""
        dtype = self.embedding.dtype
        exact = torch.arange(start, start + len(tokens), dtype=torch.float64, device=tokens.device)
        # Digits are small numbers of positions that a short format does not have.
        positions = [exact.to(dtype) if i < DIGITS else exact for i in range(len(self.positional))]
        features = torch.stack([positional_feature(i, p, self.radix).to(dtype) for i, p in enumerate(positions)], 1)
        x = injected = self._seen(self.embedding[tokens] + features @ self.positional)
        yield x
        if not self.looped:
            for i, layer in enumerate(self.layers):
                x = self._seen(layer(x, caches[i] if caches else None))
                yield x
            return
        block = cast(Layer, self.layers[0])
        fed = torch.zeros_like(x)
        for i in range(self.passes):
            attended = block.attend(x, caches[i] if caches else None)
            fed = block.feed_forward(injected + attended + fed)
            x = self._seen(injected + attended + fed)
            yield x

    def _seen(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.stream(x))

    def residual(self, tokens: Tensor, caches: list[Cache] | None = None, start: int = 0) -> Tensor:
        """The residual stream after the last layer or pass, (n, d); see `streams`."""
        *_, last = self.streams(tokens, caches, start)
        return last

    def forward(self, tokens: Tensor, caches: list[Cache] | None = None, start: int = 0) -> Tensor:
        """Logits, (n, vocabulary); row i is about the token after `tokens[i]`."""
        return self.residual(tokens, caches, start) @ self.unembedding.T

    @torch.inference_mode()
    def first_wrong(self, tokens: Tensor, start: int, block: int = 128) -> int | None:
        """The number of the first of `tokens[start:]` that is not emitted after those before it; None if all are.

        tokens: (n,) int64. block: how many are fed at a time; where sums round, it may matter.
        """
        caches = self.caches()
        for begin in range(0, len(tokens) - 1, block):
            part = tokens[begin : min(begin + block, len(tokens) - 1)]
            found = self(part, caches, begin).argmax(1)
            wrong = (found != tokens[begin + 1 : begin + 1 + len(part)]).nonzero().flatten() + begin + 1
            wrong = wrong[wrong >= start]
            if len(wrong):
                return int(wrong[0])
        return None

    def activations(self, tokens: Tensor, caches: list[Cache] | None = None, start: int = 0) -> Activations:
        """All that is computed on the way to the logits of these tokens; arguments as for `streams`."""
        residual: list[Tensor] = []
        attention: list[Tensor] = []
        neurons: list[Tensor] = []
        none = self.embedding.new_empty(0, len(tokens), start + len(tokens))
        with ExitStack() as hooks:

            def collect(module: nn.Module, into: list[Tensor], instead: Tensor | None = None) -> None:
                hook = module.register_forward_hook(lambda *call: into.append(call[-1] if instead is None else instead))
                hooks.callback(hook.remove)

            collect(self.stream, residual)
            for layer in cast(Iterable[Layer], self.layers):
                collect(layer.feed_forward.neurons, neurons)
                if layer.attention is None:
                    collect(layer.feed_forward, attention, instead=none)
                else:
                    collect(layer.attention.pattern, attention)
            logits = self(tokens, caches, start)
        return Activations(residual, attention, neurons, logits)


class Cache:
    """Keys and values of the positions so far; room doubles as needed."""

    def __init__(self) -> None:
        self._keys = self._values = torch.empty(0)
        self.length = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Appends (h, n, ·) and returns views of all positions."""
        end = self.length + keys.shape[1]
        if self.length == 0 or end > self._keys.shape[1]:
            self._keys = self._grown(self._keys, keys, 2 * end)
            self._values = self._grown(self._values, values, 2 * end)
        self._keys[:, self.length : end] = keys
        self._values[:, self.length : end] = values
        self.length = end
        return self._keys[:, :end], self._values[:, :end]

    def _grown(self, old: Tensor, like: Tensor, room: int) -> Tensor:
        new = like.new_empty(like.shape[0], room, like.shape[2])
        if self.length:
            new[:, : self.length] = old[:, : self.length]
        return new
