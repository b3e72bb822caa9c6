"""Draws `docs/heads.svg`: where each sort of head looks, by the weights of a small machine on a trace of ten tokens.

python -m docs.heads_picture
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import torch

from compiler.circuits import Circuit, build, relu
from interpreter.model.transformer import Transformer

FILE = Path(__file__).with_name("heads.svg")
TRACE = "^ a b b a c b a c b".split()
CELL, GAP, TOP, LEFT = 14, 34, 46, 26
MONO = "font-family='ui-monospace, SFMono-Regular, Menlo, Consolas, monospace'"
SANS = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"


def circuit() -> Circuit[str]:
    """A head of each sort, on letters; those of the second layer read what the first one has computed."""
    c: Circuit[str] = Circuit("heads", ["^", "a", "b", "c"], max_tokens=2**6)
    letter = c.feature("letter", "^abc".index)
    square = c.wire("square", relu(letter, letter))
    is_a = c.feature("is a", lambda token: int(token == "a"))
    results = [
        *c.mean("mean", v=letter),
        *c.previous("previous", v=letter),
        *c.offset("offset", 3, v=letter),
        *c.at("at", letter, v=letter),
        *c.latest("latest, no match", is_a, v=letter),
    ]
    # `b` asks for a, `c` for b, and `a`, `^` for what is not there: the first position answers.
    wanted = c.wire("wanted", relu(letter - 1))
    wanted_square = c.wire("wanted square", relu(letter - 1, letter - 1))
    key = (wanted, letter)
    results += c.latest("latest, default", 1 - c.first, [key], square, wanted_square, v=letter)
    c.logit(sum(results[1:], results[0]), lambda token: "^abc".index(token))
    return c


CAPTIONS = {
    "mean": "mean(…)",
    "previous": "previous(…)",
    "offset": "offset(…, 3)",
    "at": "at(…, query=letter)",
    "latest, no match": "latest(…, eligible=is_a)",
    "latest, default": "latest(…, match, query_square)",
}


def weights_of_heads() -> dict[str, list[list[float]]]:
    """By head, what each position (a row) gives to each position, as the softmax of the module has it."""
    weights = build(circuit())
    numbers = torch.tensor(["^abc".index(token) for token in TRACE])
    with torch.inference_mode():
        attention = Transformer(weights).activations(numbers).attention
    found = {}
    for layer, pattern in zip(weights.layers, attention):
        for name, rows in zip(layer.head_names, pattern):
            found[name] = [[round(float(x), 3) for x in row] for row in rows]
    return found


def picture() -> str:
    """The picture as SVG."""
    size = CELL * len(TRACE)
    heads = weights_of_heads()
    width, height = 3 * (size + GAP) + LEFT, 2 * (size + TOP + 12) + 8
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' role='img'>",
        "<title>Where each sort of head looks: a row for each position, a column for each position it may see</title>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
    ]
    for number, (name, caption) in enumerate(CAPTIONS.items()):
        x, y = LEFT + number % 3 * (size + GAP), TOP + number // 3 * (size + TOP + 12)
        parts.append(f"<text x='{x}' y='{y - 22}' {SANS} font-size='12' font-weight='600'>{escape(caption)}</text>")
        for i, token in enumerate(TRACE):
            place = CELL * (i + 0.5)
            parts.append(
                f"<text x='{x + place:g}' y='{y - 6}' {MONO} font-size='10' text-anchor='middle'>{escape(token)}</text>"
                f"<text x='{x - 9}' y='{y + place + 3.5:g}' {MONO} font-size='10' text-anchor='middle'>"
                f"{escape(token)}</text>"
            )
        for i, row in enumerate(heads[name]):
            for j, weight in enumerate(row[: i + 1]):
                fill = f"fill='#1f5fa8' fill-opacity='{weight:g}'" if weight else "fill='#f1f1f1'"
                corner = f"x='{x + CELL * j}' y='{y + CELL * i}' width='{CELL - 1}' height='{CELL - 1}'"
                parts.append(f"<rect {corner} {fill}/>")
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
