"""Which lookup it is that nothing answers: found out after the fact, from the tokens, by the batch transformer."""

from __future__ import annotations

import torch

from compiler.circuits.heads import Latest
from compiler.circuits.weights import Weights
from interpreter.engines.engine import Tokens
from interpreter.verification.plan import Undetermined
from interpreter.verification.transformer import BatchTransformer

REMEDY = (
    "Give it a default, `query_square=` the squared length of its query, so that the first position answers where "
    "no other does; or let no logit depend on it there, with `when(flag, …)` around what it brings"
)


def explanation(weights: Weights, tokens: Tokens) -> str:
    """What the heads are called that find nothing at the last of the tokens, and what to do about it."""
    try:
        teacher = BatchTransformer(weights)
        for _ in teacher.feed_all(torch.as_tensor(tokens), len(tokens)):
            pass
        unknown = teacher.unknown(len(tokens) - 1)
    except Undetermined:
        unknown = set()
    heads = [
        name
        for layer in weights.layers
        for name, pattern in zip(layer.head_names, layer.patterns)
        if isinstance(pattern, Latest) and any(wire.startswith(f"{name}.") for wire in unknown)
    ]
    named = "head " + ", ".join(map(repr, heads)) if heads else "a head made by `Circuit.latest`"
    return f"the next token depends on {named}, and no eligible position has the key that it looks for. {REMEDY}"
