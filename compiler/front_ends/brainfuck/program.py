"""Brainfuck (Urban Müller, 1993): eight commands on a tape, everything else is a comment.

`+ -` change the cell under the head by 1, `> <` move the head, `.` prints the character whose code the cell holds,
`,` reads one (at the end of the input: 0, or by option nothing), `[ ]` repeat what is between them while the cell is
not 0. 8-bit cells hold 0 to 255 and wrap around, and a character with a greater code is an error; by option they have
16 or 32 bits, or hold any integer, and to print what is no code is an error. The tape has cells 0, 1, 2, …, by option
those to the left of them as well; the head begins on cell 0. It may stand elsewhere, but to *use* what is no cell is an
error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from compiler.front_ends.brainfuck.code import Code, Command
from compiler.front_ends.options import given_options
from compiler.front_ends.reading import Text
from compiler.language.syntax import Span
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt

STEPS = {"+": 1, "-": -1, ">": 1, "<": -1}


@dataclass(frozen=True)
class Brainfuck:
    """A program that has been read.

    Attributes:
        commands: runs of the same command are one.
    """

    commands: tuple[Command, ...]
    source: Text


@dataclass(frozen=True)
class Options:
    """cells: what a cell holds: numbers of so many bits, beyond which it wraps, or any integer; end: what `,` does at
    the end; tape: whether it goes on to the right only, or both ways, where all cells are read through a pointer."""

    cells: Literal["8-bit", "16-bit", "32-bit", "unbounded"] = "8-bit"
    end: Literal["zero", "unchanged"] = "zero"
    tape: Literal["right", "both"] = "right"

    @property
    def wrap(self) -> int:
        """How many values a cell has; 0 for any integer."""
        return 0 if self.cells == "unbounded" else int(2 ** int(self.cells.removesuffix("-bit")))


def parse(text: str, filename: str = "<program>") -> Brainfuck:
    """Raises SourceError: a bracket without its partner."""
    source = Text.of(text, filename)
    commands: list[Command] = []
    opened: list[int] = []
    last = ""
    for span, character in _characters(source):
        if character in STEPS and character == last:
            run = commands[-1]
            end = span.end_column if span.line == run.span.line else run.span.end_column
            commands[-1] = replace(run, amount=run.amount + STEPS[character], span=replace(run.span, end_column=end))
        elif character in STEPS:
            commands.append(Command("+" if character in "+-" else ">", STEPS[character], span))
        elif character == "]":
            if not opened:
                raise source.error("this `]` closes nothing", "remove it, or write the `[` that it belongs to", span)
            start = opened.pop()
            commands[start] = replace(commands[start], amount=len(commands))
            commands.append(Command("]", start, span))
        else:
            if character == "[":
                opened.append(len(commands))
            commands.append(Command(character, 0, span))
        last = character
    if opened:
        raise source.error("this `[` is never closed", "write a `]` where its loop ends", commands[opened[-1]].span)
    return Brainfuck(tuple(commands), source)


def _characters(source: Text) -> Iterator[tuple[Span, str]]:
    for number, line in enumerate(source.lines, start=1):
        for column, character in enumerate(line, start=1):
            if character in "+-<>.,[]":
                yield Span(number, column, number, column + 1), character


def compile(machine: Brainfuck, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt that runs the program; its input is given later.

    Raises:
        SourceError: the program does not fit the layout.
    """
    options = options or Options()
    zero_at_end, both, layout = options.end == "zero", options.tape == "both", layout or Layout()
    with machine.source.reports_capacity():
        program = Code(machine.commands, machine.source, options.wrap, zero_at_end, both, layout).program()
        return Prompt(replace(program, format="bf", options=given_options(options)))
