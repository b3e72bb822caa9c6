"""Draws `docs/picture.svg`: a program, its prompt, and the trace that the transformer decodes.

    python -m docs.picture

Every line is attention: some head of the transformer, deciding the token at the line's lower end, looked at the token
at its upper end. Shown are the tokens that the specification says the value was computed from.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import torch

from compiler import compile_program
from compiler.circuits import Weights
from compiler.machines.ram.vocabulary import Token
from interpreter.engines import create
from interpreter.engines.engine import Tokens
from interpreter.experiments.provenance import graph
from interpreter.model.facts import facts
from interpreter.model.transformer import Layer, Transformer

FILE = Path(__file__).with_name("picture.svg")
PROGRAM = """\
a, b = 0, 1
while a < 9:
    print(a, end=" ")
    a, b = b, a + b
"""
SHOWN = 21
"""Tokens of the trace."""
MONO = "font-family='ui-monospace, SFMono-Regular, Menlo, Consolas, monospace'"
SANS = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
FILLS = {"program": "#dbe7f6", "data": "#d9efe0", "jump": "#fbe3c8", "print": "#f3d7e6", "halt": "#e3e3e3"}
WIDTH, CHIP, STEP, MARGIN = 1120, 48, 51, 24


@dataclass(frozen=True)
class Chip:
    """A token in its place; x, y: the upper left corner."""

    token: Token
    x: float
    y: float

    def drawn(self) -> str:
        """A box with the token's name."""
        fill = FILLS[meaning(self.token)]
        box = f"<rect x='{self.x}' y='{self.y}' width='{CHIP}' height='22' rx='4' fill='{fill}'/>"
        return box + text(self.x + CHIP / 2, self.y + 15, str(self.token), 9.5, MONO, anchor="middle")


def meaning(token: Token) -> str:
    """What the colour of a token says."""
    if token.family in ("OP", "N"):
        return "program"
    if token.family in ("J", "F", "CALL", "RET", "SAME"):
        return "jump"
    if token.family in ("INT", "CHAR"):
        return "print"
    return "halt" if token.family in ("HALT", "BOS") else "data"


def text(x: float, y: float, content: str, size: float, font: str = SANS, anchor: str = "start", more: str = "") -> str:
    """A line of text; y: its baseline."""
    place = f"x='{x}' y='{y}' font-size='{size}' text-anchor='{anchor}'"
    return f"<text {place} {font} fill='#222' xml:space='preserve' {more}>{escape(content)}</text>"


@torch.inference_mode()
def looked_at(weights: Weights, tokens: Tokens) -> list[set[int]]:
    """For each position, the positions at which some head looked with nearly all of its weight."""
    transformer = Transformer(weights)
    found: list[set[int]] = [set() for _ in tokens]
    for layer, x in zip(transformer.layers, transformer.streams(torch.as_tensor(tokens, dtype=torch.long))):
        assert isinstance(layer, Layer)
        if layer.attention is None:
            continue
        query, key = (torch.einsum("hkd,nd->hnk", w, x) for w in (layer.attention.query, layer.attention.key))
        future = torch.ones(len(tokens), len(tokens), dtype=torch.bool).triu(1)
        weight = (query @ key.transpose(1, 2)).masked_fill(future, -torch.inf).softmax(-1)
        for _, position, at in np.argwhere(weight.numpy() > 0.99):
            found[position].add(int(at))
    return found


def picture() -> str:
    """The SVG."""
    prompt = compile_program(PROGRAM)
    machine = prompt.machine
    trace = np.concatenate([*create("indexed", machine).decode(prompt.numbers, None)])
    tokens = np.concatenate([prompt.numbers, trace])
    seen = looked_at(machine.weights, tokens)
    sources = graph(prompt.layout, prompt.tokens).parents
    known = facts(machine.weights)
    first, top = len(prompt.numbers), 214
    a_row = (WIDTH - 2 * MARGIN) // STEP
    upper = [Chip(t, MARGIN + i % a_row * STEP, 132 + i // a_row * 26) for i, t in enumerate(prompt.tokens)]
    lower_y = top + 176
    lower = [Chip(machine.vocabulary[n], MARGIN + i * STEP, lower_y) for i, n in enumerate(trace[:SHOWN])]
    chips = [*upper, *lower]
    parts = [f"<rect width='{WIDTH}' height='{lower_y + 92}' rx='10' fill='white'/>"]
    parts += [text(MARGIN, 30 + 19 * i, line, 14, MONO) for i, line in enumerate(PROGRAM.splitlines())]
    parts += [
        text(300, 40, "A program in Python is compiled into a prompt: instructions, data, a jump to the start.", 15),
        text(
            300,
            63,
            "One fixed transformer continues the prompt until it emits HALT. What the trace prints is the output.",
            15,
        ),
        text(MARGIN, 122, f"the prompt, {first} tokens", 13, more="font-style='italic'"),
        text(
            WIDTH - MARGIN,
            lower_y - 88,
            f"the trace, the first {SHOWN} of {len(trace)} tokens",
            13,
            anchor="end",
            more="font-style='italic'",
        ),
    ]
    middle = (
        f"{known.layers} layers, {sum(known.heads)} heads, {known.non_zeros:,} non-zero weights between the embeddings"
    )
    lines = []
    for i, chip in enumerate(lower):
        for source in sorted(sources[i] & seen[first + i - 1]):
            lines.append(_arc(chips[source], chip, source >= first))
    parts += [*lines, *(chip.drawn() for chip in chips)]
    parts.append(f"<rect x='{WIDTH - 500}' y='{top + 18}' width='476' height='48' rx='8' fill='#2f3b52'/>")
    parts.append(_white(WIDTH - 262, top + 38, "the transformer, the same for every program", 14))
    parts.append(_white(WIDTH - 262, top + 56, middle, 11.5))
    for chip in lower:
        shown = {"INT": str(chip.token.value), "CHAR": "␣"}.get(chip.token.family, "")
        parts.append(text(chip.x + CHIP / 2, lower_y + 46, shown, 16, MONO, anchor="middle"))
    legend = (("program", "program text"), ("data", "values written"), ("jump", "jumps"), ("print", "output"))
    for i, (fill, name) in enumerate(legend):
        x = MARGIN + 130 * i
        parts.append(f"<rect x='{x}' y='{lower_y + 66}' width='14' height='14' rx='3' fill='{FILLS[fill]}'/>")
        parts.append(text(x + 20, lower_y + 77, name, 12))
    parts.append(
        text(
            MARGIN + 540,
            lower_y + 77,
            "lines: where a head looked for the value that this token writes or compares",
            12,
        )
    )
    size = f"width='{WIDTH}' height='{lower_y + 92}' viewBox='0 0 {WIDTH} {lower_y + 92}'"
    title = "<title>A program, its prompt, and the trace that the transformer decodes</title>"
    return "\n".join([f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img'>", title, *parts, "</svg>", ""])


def _white(x: float, y: float, content: str, size: float) -> str:
    return text(x, y, content, size, anchor="middle").replace("#222", "white")


def _arc(source: Chip, chip: Chip, in_trace: bool) -> str:
    """From the top of a token of the trace to where its value came from: above it, or earlier in the row."""
    x, y = chip.x + CHIP / 2, chip.y
    to_x, to_y = source.x + CHIP / 2, source.y if in_trace else source.y + 22
    bend = y - 26 - (x - to_x) * 0.22 if in_trace else (y + to_y) / 2
    colour = "#3c8f5b" if in_trace else "#7d9bc4"
    path = f"M{x:.1f} {y} C{x:.1f} {bend:.1f} {to_x:.1f} {bend:.1f} {to_x:.1f} {to_y}"
    return f"<path d='{path}' fill='none' stroke='{colour}' stroke-width='1.3' opacity='0.75'/>"


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
