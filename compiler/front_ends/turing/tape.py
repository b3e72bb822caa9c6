"""Tapes: as they are given, as blocks in the heap, and as they are shown, run-length coded.

A given tape is its symbols from left to right, `>` in front of the cell under the head, or the head on the first
symbol if there is no `>`: `110>` puts 0 1 1 to the left of the head, nearest first. Where a symbol is 10 or more,
there are spaces between all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from compiler.front_ends.turing.machine import TuringMachine
from compiler.machines.integers import integer
from compiler.machines.machine import PromptError

MAX_BLOCK = 64
"""Cells: more than any base has constants for, 2**64 of them."""


@dataclass(frozen=True)
class Options:
    """input: the tape at first; block: cells in a block, 0 to choose; tape: whether to print it at the end."""

    input: str = ""
    block: int = 0
    tape: Literal["no", "yes"] = "no"

    def __post_init__(self) -> None:
        if self.block < 0:
            raise ValueError(f"option `block` is a number of cells, not {self.block}")
        if self.block > MAX_BLOCK:
            raise ValueError(f"option `block` is at most {MAX_BLOCK} cells")


@dataclass(frozen=True)
class Shape:
    """cells: k, cells in a block; symbols: m; center: the block whose leftmost cell is under the head at first."""

    cells: int
    symbols: int
    center: int

    @property
    def constants(self) -> int:
        """Numbers from 1 on that the program needs: contents, and places in a block with both sides."""
        return max(int(self.symbols**self.cells) - 1, self.cells + 1)


def given_tape(machine: TuringMachine, text: str) -> dict[int, int]:
    """The symbols that are not blank, by place; the head is at place 0.

    Raises:
        PromptError: something that is no symbol of the machine, or a second `>`.
    """
    marked = text.replace(">", " > ") if " " in text.strip() else " ".join(text)
    words = marked.split()
    if words.count(">") > 1:
        raise PromptError(f"the tape `{text}` has `>` twice: it stands once, in front of the cell under the head")
    head = words.index(">") if ">" in words else 0
    symbols = [word for word in words if word != ">"]
    for word in symbols:
        if not word.isdecimal() or integer(word) >= machine.symbols:
            raise PromptError(f"the tape `{text}` has `{word}`, and the symbols are 0 to {machine.symbols - 1}")
    return {place - head: int(word) for place, word in enumerate(symbols) if int(word)}


def tape_blocks(tape: Mapping[int, int], shape: Shape) -> Iterator[tuple[int, int]]:
    """Heap address and content of each block that is not blank, as numbers."""
    blocks: dict[int, int] = {}
    for place, symbol in tape.items():
        block, inside = divmod(place, shape.cells)
        weight = shape.symbols ** (shape.cells - 1 - inside)
        blocks[block] = blocks.get(block, 0) + symbol * weight
    return ((shape.center + block, content) for block, content in sorted(blocks.items()))


def tape_of(heap: Mapping[int, int], shape: Shape) -> dict[int, int]:
    """From heap addresses and contents back to the symbols that are not blank, by place."""
    tape = {}
    for block, content in heap.items():
        for inside in range(shape.cells):
            symbol = content // shape.symbols ** (shape.cells - 1 - inside) % shape.symbols
            if symbol:
                tape[(block - shape.center) * shape.cells + inside] = symbol
    return tape


def run_lengths(tape: Mapping[int, int], head: int | None) -> str:
    """The tape from its first to its last symbol that is not blank, or to the head: `1^4 0 > 1^2`.

    `>` stands in front of the cell under the head, if that is known; `1^4` is 1 four times.
    """
    places = [*tape] if head is None else [*tape, head]
    if not places:
        return "0"
    cut = max(places) + 1 if head is None else head
    before = [tape.get(place, 0) for place in range(min(places), cut)]
    after = [tape.get(place, 0) for place in range(cut, max(places) + 1)]
    return " ".join([*_runs(before), *([] if head is None else [">"]), *_runs(after)])


def _runs(symbols: Sequence[int]) -> Iterator[str]:
    for symbol, run in groupby(symbols):
        length = len([*run])
        yield f"{symbol}^{length}" if length > 1 else f"{symbol}"


def text_of(symbols: Sequence[int]) -> str:
    """Symbols as text; with spaces between them if one has two digits."""
    return ("" if max(symbols) < 10 else " ").join(map(str, symbols))
