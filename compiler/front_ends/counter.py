"""Minsky's counter machines (Minsky, "Computation: finite and infinite machines", 1967, chapter 11).

    x = 3              ; counters are 0 unless a value is given, here or with `--input 'x=3 y=4'`
    loop: dec y else done
          inc x
          goto loop
    done: halt

`inc r` adds 1; `dec r else label` takes 1 away, or goes to the label if r is 0; `goto label` goes there, as
`dec` of a counter that is always 0 would. Each of them, and `halt`, is one step. At the end the machine
prints its counters, in the order in which the text names them.

On the RAM a counter is a cell: `inc` takes as many tokens as the counter has groups, `dec` at most one more
and the length of a comparison.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import cast

from lark import Token, Tree

from compiler.front_ends.code import put
from compiler.front_ends.options import given_options
from compiler.front_ends.reading import Text, span_of
from compiler.language.syntax import Span
from compiler.lowering.assembler import ZERO, Assembler, Label
from compiler.machines.integers import integer
from compiler.machines.machine import PromptError
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Origin, RamProgram
from compiler.machines.ram.prompt import Prompt

_INPUT = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([0-9]+)\s*,?\s*")


@dataclass(frozen=True)
class Instruction:
    """kind: inc, dec, goto or halt; counter: of inc and dec; target: number of an instruction, of dec and goto."""

    kind: str
    counter: str = ""
    target: int = 0
    span: Span = field(default=Span(1, 1, 1, 1), compare=False)


@dataclass(frozen=True)
class CounterMachine:
    """counters: with their first values, in the order in which the text names them."""

    counters: tuple[tuple[str, int], ...]
    instructions: tuple[Instruction, ...]
    source: Text = field(default=Text("", ""), compare=False)


@dataclass(frozen=True)
class Options:
    """input: first values, `x=3 y=4`, instead of those in the text."""

    input: str = ""


# ------------------------------------------------------------------------------------------------ the text


def parse(text: str, filename: str = "<machine>") -> CounterMachine:
    """Raises SourceError: no such instruction, an unknown or doubled label, or a way past the last instruction."""
    source = Text.of(text, filename)
    tree = source.tree("counter", "an instruction is `inc r`, `dec r else label`, `goto label` or `halt`")
    counters: dict[str, int] = {}
    labels: dict[str, int] = {}
    found: list[Tree[Token]] = []
    dangling: Token | None = None
    for part in cast("list[Tree[Token]]", tree.children):
        if part.data == "value":
            counters[_names(part)[0]] = integer(_names(part)[1])
        elif part.data == "label":
            (label,) = _names(part)
            dangling = label
            if label in labels:
                raise source.error(f"the label `{label}` is there twice", "rename one of them", span_of(label))
            labels[label] = len(found)
        else:
            found.append(part)
            dangling = None
    if dangling is not None or not found:
        span = span_of(dangling) if dangling is not None else Span(1, 1, 1, 1)
        raise source.error("an instruction is missing here", "write at least `halt`", span)
    if found[-1].data not in ("halt", "goto"):
        message = "the machine would run past its last instruction"
        raise source.error(message, "end it with `halt` or `goto`", span_of(found[-1]))
    instructions = tuple(_instruction(source, part, labels) for part in found)
    for instruction in instructions:
        if instruction.counter:
            counters.setdefault(instruction.counter, 0)
    return CounterMachine(tuple(counters.items()), instructions, source)


def _instruction(source: Text, part: Tree[Token], labels: dict[str, int]) -> Instruction:
    kind, names = str(part.data), _names(part)
    counter = str(names[0]) if kind in ("inc", "dec") else ""
    if kind not in ("dec", "goto"):
        return Instruction(kind, counter, span=span_of(part))
    label = names[-1]
    if label not in labels:
        there = f"the labels are {', '.join(labels)}" if labels else "write `name:` in front of an instruction"
        raise source.error(f"there is no label `{label}`", there, span_of(label))
    return Instruction(kind, counter, labels[label], span_of(part))


def _names(part: Tree[Token]) -> list[Token]:
    return [child for child in part.children if isinstance(child, Token)]


# ---------------------------------------------------------------------------------------------- the RAM code


def compile(machine: CounterMachine, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt of the machine.

    Raises:
        SourceError: more counters than the layout has global cells; PromptError: the input is not as it should be.
    """
    with machine.source.reports_capacity():
        return Prompt(_program(machine, options or Options(), layout or Layout()))


def _program(machine: CounterMachine, options: Options, layout: Layout) -> RamProgram:
    code = Assembler(layout)
    cells = {name: code.global_cell(value) for name, value in first_values(machine, options.input).items()}
    labels = [Label() for _ in machine.instructions]
    end = Label()
    for instruction, label in zip(machine.instructions, labels):
        code.place(label)
        cell = cells.get(instruction.counter, ZERO)
        code.origin = machine.source.origin(instruction.span, steps=1)
        match instruction.kind:
            case "inc":
                code.emit(Opcode.ADD, cell, code.constant(1), cell)
            case "dec":
                code.jump(Opcode.JEQ, labels[instruction.target], cell, ZERO)
                code.origin = machine.source.origin(instruction.span)
                code.emit(Opcode.SUB, cell, code.constant(1), cell)
            case "goto":
                code.jump(Opcode.JMP, labels[instruction.target])
            case "halt":
                code.jump(Opcode.JMP, end)
    code.place(end)
    code.origin = Origin(comment="prints the counters")
    for name, cell in cells.items():
        put(code, f"{name} = ")
        code.emit(Opcode.OUTI, cell)
        put(code, "\n")
    code.emit(Opcode.HALT)
    program = code.assemble(None, None, machine.source.text, machine.source.filename)
    return replace(program, format="counter", options=given_options(options))


def first_values(machine: CounterMachine, text: str) -> dict[str, int]:
    """By the input, or by the machine's own text if that is empty; raises PromptError."""
    if not text:
        return dict(machine.counters)
    values = dict.fromkeys(dict(machine.counters), 0)
    at = 0
    while at < len(text):
        found = _INPUT.match(text, at)
        if found is None:
            raise PromptError(f"`{text[at:]}`: first values are written `x=3 y=4`")
        name, value = found.groups()
        if name not in values:
            raise PromptError(f"there is no counter `{name}`; the machine has {', '.join(values)}")
        values[name] = integer(value)
        at = found.end()
    return values
