"""Counter machines (see `counter`) on the machine that takes a step a token by uniform attention.

The program is in the weights, or with `universal=yes` in the prompt of the one universal counter machine
(`compiler.machines.crasp.universal`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from compiler.front_ends.counter import CounterMachine, first_values, parse
from compiler.machines.crasp.program import CounterProgram, Instruction, Kind
from compiler.machines.crasp.prompt import Prompt
from compiler.machines.ram.isa import Layout

__all__ = ["Options", "compile", "parse"]


@dataclass(frozen=True)
class Options:
    """input: first values, as on the RAM; universal: whether the program is in the prompt, not in the weights."""

    input: str = ""
    universal: Literal["no", "yes"] = "no"


def compile(machine: CounterMachine, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt of the machine. `layout` is the RAM's, and not used.

    Raises:
        PromptError: the input is not as it should be, or the program does not fit into the universal machine.
    """
    options = options or Options()
    values = first_values(machine, options.input)
    number = {name: i for i, name in enumerate(values)}
    instructions = tuple(
        Instruction(cast(Kind, i.kind), number.get(i.counter, 0), i.target, i.span.line, i.span.column)
        for i in machine.instructions
    )
    return Prompt(
        CounterProgram(tuple(values), instructions),
        tuple(values.values()),
        interpreted=options.universal == "yes",
        source=machine.source.text,
        filename=machine.source.filename,
    )
