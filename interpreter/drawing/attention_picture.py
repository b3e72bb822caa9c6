"""The attention of a run as a picture: a strip for each head, an arc from each token to where the head looks from it.

The weights of the arcs are the softmax of the transformer itself (`Transformer.activations`), and stand in the file
beside the arcs: `data-from`, `data-to`, `data-weight`. Where a head looks before the first token that is shown, a
stroke stands for the arc, with the number of the token that it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from compiler.circuits.unrolled import unrolled
from compiler.circuits.weights import Array, Weights
from interpreter.drawing.svg import BANDS, BLUE, FAINT, Picture
from interpreter.model.transformer import Transformer

FAINTEST = 0.05
"""Arcs of less weight are not drawn: those of a mean over more than 20 tokens, say."""

_STEP, _STRIP, _LEFT, _TOP = 30, 54, 190, 96
_BLOCK = 256


@dataclass(frozen=True)
class Looks:
    """Where a head looks from the tokens of a window; weights: (window, m), of all m tokens up to its end."""

    layer: int
    head: str
    weights: Array


@torch.inference_mode()
def looks(weights: Weights, tokens: Sequence[int], first: int) -> list[Looks]:
    """The attention of every head from `tokens[first:]`; looped weights as they are laid out in time.

    Raises:
        NotSettling: looped weights that do not come to rest.
    """
    weights = unrolled(weights)
    transformer = Transformer(weights)
    numbers, caches = torch.tensor(tokens), transformer.caches()
    for at in range(0, first, _BLOCK):
        transformer.residual(numbers[at : min(at + _BLOCK, first)], caches, at)
    attention = transformer.activations(numbers[first:], caches, first).attention
    return [
        Looks(number, name, pattern[h].numpy())
        for number, (layer, pattern) in enumerate(zip(weights.layers, attention), start=1)
        for h, name in enumerate(layer.head_names)
    ]


def attention_svg(weights: Weights, tokens: Sequence[int], names: Sequence[str], first: int, prompt: int) -> str:
    """The picture.

    Args:
        weights: of the machine; tokens: of the run, up to the last that is shown; names: of these tokens.
        first: the first that is shown; prompt: how many tokens the prompt has.

    Raises:
        NotSettling: see `looks`.
    """
    found = looks(weights, tokens, first)
    picture = Picture(f"The attention of {weights.name}, tokens {first} to {len(tokens) - 1}")
    width = _LEFT + _STEP * (len(tokens) - first) + 20
    bottom = _TOP + _STRIP * len(found)
    for i in range(first, len(tokens)):
        label = picture.group("prompt" if i < prompt else "trace", class_="token")
        x = _x(i, first)
        if i < prompt:
            picture.rect(label, x - _STEP / 2, _TOP - 18, _STEP, bottom - _TOP + 18, BANDS["gates"])
        picture.text(label, x + 3, _TOP - 22, names[i], 10, turn=-55)
        picture.text(label, x, _TOP - 6, str(i), 8, "middle")
    for strip, look in enumerate(found):
        base = _TOP + _STRIP * (strip + 1) - 8
        drawn = picture.group(class_="head", data_name=look.head, data_layer=str(look.layer))
        picture.text(drawn, _LEFT - 26, base, look.head, 11, "end")
        picture.text(drawn, 14, base, f"layer {look.layer}", 9)
        picture.line(drawn, _LEFT - 16, base, width - 12, base, FAINT)
        drawn_arcs = list(arcs(look.weights, first))
        for at, to, weight in drawn_arcs:
            place = {"data_from": str(at), "data_to": str(to), "data_weight": f"{weight:.6g}"}
            picture.path(drawn, _curve(at, to, first, base), BLUE, max(0.25, min(weight, 1)), **place)
            if to < first and weight > 0.5:
                picture.text(drawn, _x(at, first), base - 14, str(to), 8, "middle")
        if not drawn_arcs:
            picture.text(drawn, _LEFT + 4, base - 8, f"nothing with a weight of {FAINTEST:g} or more", 9)
    _legend(picture, bottom + 22, first, len(tokens), prompt)
    return picture.finished(max(width, 640), bottom + 52)


def arcs(weights: Array, first: int) -> Iterator[tuple[int, int, float]]:
    """From which position to which, and with what weight, where that is at least `FAINTEST`."""
    for row, to in np.argwhere(weights >= FAINTEST):
        yield first + int(row), int(to), float(weights[row, to])


def _x(position: int, first: int) -> float:
    return _LEFT + _STEP * (position - first + 0.5)


def _curve(at: int, to: int, first: int, base: float) -> str:
    """From the token that looks, on the base line, up and down to the one that is looked at."""
    x = _x(at, first)
    if at == to:
        return f"M{x - 2:g} {base:g} a5 5 0 1 1 4 0"
    if to < first:
        return f"M{x:g} {base:g} v-10"
    to_x = _x(to, first)
    # The control points of a cubic curve lie a third higher than it gets.
    top = base - min(_STRIP - 16, 8 + 5 * (at - to) ** 0.5) * 4 / 3
    return f"M{x:g} {base:g} C{x:g} {top:g} {to_x:g} {top:g} {to_x:g} {base:g}"


def _legend(picture: Picture, y: float, first: int, end: int, prompt: int) -> None:
    legend = picture.group(class_="legend")
    shaded = "; the shaded ones are the prompt's" if first < prompt else ""
    picture.text(legend, 14, y, f"tokens {first} to {end - 1}{shaded}", 10)
    arc = (
        f"an arc: where a head looks, with a weight of {FAINTEST:g} or more; a loop: at the token itself; a stroke: at"
    )
    picture.text(legend, 14, y + 15, f"{arc} the token of this number, before those shown", 10)
