"""Draws the pictures of `docs/explanations/pictures.md`.

python -m docs.pictures
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from compiler.front_ends import compile_machine
from compiler.machines.constructions import construction
from compiler.machines.ram import Layout
from interpreter.drawing.attention_picture import attention_svg
from interpreter.drawing.circuit_picture import circuit_svg
from interpreter.engines import create
from interpreter.runs.examples import example_file

FOLDER = Path(__file__).with_name("pictures")
SHOWN = 24
"""Tokens whose attention is drawn, from the last of the prompt."""


def attention() -> str:
    """Euclid's algorithm on the RAM."""
    prompt = compile_machine("ram", example_file("gcd.ram").read_text(encoding="utf-8"), layout=Layout(100))
    machine, first = prompt.machine, len(prompt.numbers) - 1
    trace = create("indexed", machine).decode(prompt.numbers, SHOWN - 1)
    tokens = [int(number) for number in np.concatenate([prompt.numbers, *trace])]
    return attention_svg(machine.weights, tokens, [str(machine.vocabulary[n]) for n in tokens], first, first + 1)


def pictures() -> dict[str, str]:
    """The SVGs by their names."""
    circuits = {name: circuit_svg(construction(name).machine().weights) for name in ("ptm", "ram")}
    return {**circuits, "attention": attention()}


if __name__ == "__main__":
    for name, svg in pictures().items():
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
