"""SUBLEQ, the computer with one instruction (Mavaddat and Parhami, "URISC: the ultimate reduced instruction
set computer", 1988).

`a b c` subtracts cell a from cell b; if the difference is 0 or less, the run goes on at c, otherwise with the
next instruction. Three addresses are special, in the way that most interpreters have it:

- c = -1: a jump there halts.
- b = -1: cell a is printed, as a character or, by option, as an integer on a line of its own; c is not used.
- a = -1: the code of the next character of the input is written to cell b, -1 at its end; c is not used.

Dialects: `self-modifying` (the default): one memory, in which an instruction is three cells, the first at
cell 0; c is the number of a cell, and read after the subtraction. `separate`: as in Giannou et al., "Looped
transformers as programmable computers" (ICML 2023), code that nothing can change, apart from memory; c is the
number of an instruction. The numbers of the code come first, then the word `data`, then what memory holds.
Cells hold any integer, or wrap at so many bits by option, in two's complement. What is no address of the memory is an
error, and never wraps around; by option, a jump there halts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, cast

from lark import Token

from compiler.front_ends.options import given_options
from compiler.front_ends.reading import Text, span_of
from compiler.front_ends.subleq.memory import Cells
from compiler.front_ends.subleq.parts import Number
from compiler.front_ends.subleq.self_modifying import self_modifying
from compiler.front_ends.subleq.separate import separate
from compiler.language.syntax import Span
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt

MAX_DIGITS = 4300
"""Of a number: CPython reads no longer ones unless it is told to."""


@dataclass(frozen=True)
class Subleq:
    """code: the numbers in front of the word `data`; data: those after it, None without it; word: where it stands."""

    code: tuple[Number, ...]
    data: tuple[Number, ...] | None = None
    source: Text = field(default=Text("", ""), compare=False)
    word: Span = field(default=Span(1, 1, 1, 1), compare=False)


@dataclass(frozen=True)
class Options:
    """output: how `-1` in b prints; cells: of how many bits, or any integer; halt: a jump to -1, or to any number that
    is no address, halts. The last two are for the dialect that may change itself."""

    dialect: Literal["self-modifying", "separate"] = "self-modifying"
    output: Literal["characters", "integers"] = "characters"
    cells: Literal["unbounded", "16-bit", "32-bit", "64-bit"] = "unbounded"
    halt: Literal["-1", "outside"] = "-1"

    def __post_init__(self) -> None:
        if self.dialect == "separate" and (self.cells, self.halt) != ("unbounded", "-1"):
            raise ValueError("options `cells` and `halt` are for the dialect that may change itself; leave them out")

    @property
    def memory(self) -> Cells:
        """What cells hold, and which jumps halt."""
        bits = 0 if self.cells == "unbounded" else int(self.cells.removesuffix("-bit"))
        return Cells(bits, self.halt == "outside")


def parse(text: str, filename: str = "<program>") -> Subleq:
    """Raises SourceError: something else than numbers, or nothing at all."""
    source = Text.of(text, filename)
    tree = source.tree("subleq", "a program is integers, and comments from `;` or `#` on")
    code: list[Number] = []
    data: list[Number] | None = None
    word = Span(1, 1, 1, 1)
    for token in cast("list[Token]", tree.children):
        if token.type == "DATA":
            data, word = [], span_of(token)
        else:
            (code if data is None else data).append(_number(source, token))
    if not code:
        raise source.error("there is no instruction", "write at least `0 0 -1`", Span(1, 1, 1, 1))
    return Subleq(tuple(code), None if data is None else tuple(data), source, word)


def _number(source: Text, token: Token) -> Number:
    if len(token) > MAX_DIGITS:
        raise source.error(f"a number of more than {MAX_DIGITS} digits", "compute it instead", span_of(token))
    return Number(int(token), span_of(token))


def compile(machine: Subleq, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt that runs the program; its input is given later.

    Raises:
        SourceError: addresses or numbers of instructions that do not exist; the program does not fit the layout.
    """
    options, layout = options or Options(), layout or Layout()
    integers = options.output == "integers"
    with machine.source.reports_capacity():
        if options.dialect == "separate":
            program = separate(machine.code, machine.data or (), machine.source, integers, layout)
        elif machine.data is not None:
            hint = "leave the word out, or choose the dialect with `--set dialect=separate`"
            raise machine.source.error("`data` is of the dialect with separate code", hint, machine.word)
        else:
            program = self_modifying(machine.code, machine.source, integers, layout, options.memory)
        return Prompt(replace(program, format="subleq", options=given_options(options)))
