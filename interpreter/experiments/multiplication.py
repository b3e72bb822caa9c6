"""Long multiplication, digit by digit, as a RAM program: the tokens of its trace are the steps taught at school."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from compiler.machines.ram import Layout
from compiler.machines.ram.isa import Instruction, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.vocabulary import vocabulary
from interpreter.engines.engine import Tokens
from interpreter.experiments.provenance import Graph, graph
from interpreter.traces.reading import reading

LAYOUT = Layout(base=10, max_depth=1)
_X, _Y, _SUM, _ROW, _ZERO = range(5)
_CODE = (
    Instruction(Opcode.MUL, _X, _Y, _ROW),
    Instruction(Opcode.ADD, _SUM, _ROW, _SUM),
    Instruction(Opcode.SHL, _X, _ZERO, _ROW),
    Instruction(Opcode.ADD, _ROW, _ZERO, _X),
    Instruction(Opcode.SHR, _Y, 0, _Y),
    Instruction(Opcode.JNE, _Y, _ZERO, LAYOUT.base // 2 - 5),
    Instruction(Opcode.OUTI, _SUM),
    Instruction(Opcode.HALT),
)


@dataclass(frozen=True)
class Product:
    """x times y: x by the lowest digit of y, added up; x ten times larger, y without that digit; until y is 0."""

    x: int
    y: int

    @cached_property
    def prompt(self) -> Prompt:
        """The prompt that multiplies x by y, both in its data."""
        return Prompt(RamProgram(LAYOUT, _CODE, ((_X, self.x), (_Y, self.y))))

    @cached_property
    def graph(self) -> Graph:
        """Of the right run; its nodes are digits and carries."""
        return graph(LAYOUT, self.prompt.tokens)

    @cached_property
    def trace(self) -> Tokens:
        """The right tokens, by the specification."""
        number = vocabulary(LAYOUT).number
        return np.array([number(token) for token in self.graph.tokens], dtype=np.int32)

    def is_right(self, tokens: Tokens) -> bool:
        """Whether a trace prints the product, and nothing else, and halts as planned."""
        follower = reading(self.prompt).follow(self.prompt)
        return follower.feed(tokens) == str(self.x * self.y) and follower.ended and follower.error() is None


def draw_product(digits_x: int, digits_y: int, rng: random.Random) -> Product:
    """Two numbers of exactly so many digits."""
    x, y = (rng.randrange(10 ** (n - 1), 10**n) for n in (digits_x, digits_y))
    return Product(x, y)
