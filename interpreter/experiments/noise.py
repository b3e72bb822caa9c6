"""Noise of three kinds on a machine: tokens that flip, attention that is less sharp, numbers with fewer bits."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from compiler.machines.machine import Machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.vocabulary import vocabulary
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Engine, Tokens
from interpreter.experiments.machines import with_weights

Decode = Callable[[Tokens, int], Tokens]
"""From a prompt and a budget to the tokens that follow."""


@dataclass(frozen=True)
class Flips:
    """With probability `rate` a token becomes another one of its family, all with the same chance.

    flipped: how many have, so far. A token that is alone in its family does not flip.
    """

    engine: Engine
    layout: Layout
    rate: float
    rng: random.Random

    def __call__(self, prompt: Tokens, budget: int) -> Tokens:
        """Decodes; every flipped token is what the machine goes on from."""
        alternatives = Alternatives(self.layout)
        sequence = prompt
        while (left := len(prompt) + budget - len(sequence)) > 0:
            gap = self._gap()
            tokens = np.concatenate([*self.engine.decode(sequence, min(left, gap + 1))])
            if gap < len(tokens):
                tokens[gap] = alternatives.draw(int(tokens[gap]), self.rng)
            sequence = np.concatenate([sequence, tokens])
            if len(tokens) <= gap or vocabulary(self.layout)[int(tokens[-1])].family in ("HALT", "FAULT"):
                break
        return sequence[len(prompt) :]

    def _gap(self) -> int:
        """Tokens in front of the next flip: geometrically distributed."""
        return int(np.log(1 - self.rng.random()) / np.log1p(-self.rate)) if self.rate else 2**31


class Alternatives:
    """The other tokens of a token's family."""

    def __init__(self, layout: Layout) -> None:
        known = vocabulary(layout)
        self.first, self.size = (
            np.concatenate([np.full(f.size, v, dtype=np.int64) for f, v in zip(known.families.values(), values)])
            for values in (known.first.values(), [f.size for f in known.families.values()])
        )

    def draw(self, token: int, rng: random.Random) -> int:
        """Another token of the same family, each as likely; the token itself where it is the only one."""
        first, size = int(self.first[token]), int(self.size[token])
        return first + (token - first + rng.randrange(1, size)) % size if size > 1 else token


def softer(machine: Machine[Any], scale: float) -> Machine[Any]:
    """The machine with all attention scores times `scale`: softmax tells the best position less sharply apart."""
    layers = tuple(replace(layer, query=layer.query * scale) for layer in machine.weights.layers)
    return with_weights(machine, replace(machine.weights, layers=layers))


def dense(machine: Machine[Any], dtype: torch.dtype) -> tuple[Decode, Callable[[Tokens, int], float]]:
    """Decoding on the dense transformer, and its rate of wrong tokens after prefixes of a right trace."""
    engine = DenseEngine(machine, dtype)

    def decode(prompt: Tokens, budget: int) -> Tokens:
        return np.concatenate([*engine.decode(prompt, budget)])

    def rate(tokens: Tokens, prompt: int) -> float:
        return float((engine.continuations(tokens[:-1], prompt - 1) != tokens[prompt:]).mean())

    return decode, rate
