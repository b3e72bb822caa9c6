"""Programs of the two-tape Post-Turing machine (Qiu et al., ICLR 2025), for the machine of the same name.

    A?+3  A1 #          ; if the cell under the head of tape A is 1, go on three instructions further
    AR A?++@ A0 #       ; offsets may be unary as well, as prompts have them

`AL`, `AR` move the head of tape A, `A0`, `A1` write, `A!`, `A?` jump if the cell is 0, is 1; so for tape B. `#` halts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from lark import Token, Tree

from compiler.front_ends.reading import Text, span_of
from compiler.language.syntax import Span
from compiler.machines.ptm.program import Instruction, PtmProgram
from compiler.machines.ptm.prompt import Prompt, problem_of
from compiler.machines.ram.isa import Layout

_HINT = "instructions are AL AR A0 A1 BL BR B0 B1 #, and jumps `A?+3` `A!-3` `B?+3` `B!-3`"

_LONGEST_OFFSET = 20
"""Characters; no program has instructions that are farther apart."""


@dataclass(frozen=True)
class Options:
    """There are none."""


def parse(text: str, filename: str = "<machine>") -> PtmProgram:
    """Raises SourceError: no such instruction, an offset that is missing or not ended, a jump out of the program."""
    source = Text.of(text, filename)
    parts = cast("list[Tree[Token]]", source.tree("ptm", _HINT).children)
    instructions = []
    for number, part in enumerate(parts):
        instruction = _instruction(source, part)
        problem = problem_of(instruction, number, len(parts))
        if problem:
            span = span_of(part)
            hint = f"this is instruction {number}, and they are counted from 0"
            raise source.error(f"{instruction} {problem}", hint, span)
        instructions.append(instruction)
    if not instructions:
        raise source.error("an instruction is missing here", "write at least `#`", Span(1, 1, 1, 1))
    return PtmProgram(tuple(instructions), source.text, filename)


def _instruction(source: Text, part: Tree[Token]) -> Instruction:
    span = span_of(part)
    operation, *rest = (token for token in part.children if isinstance(token, Token))
    if part.data == "unknown":
        raise source.error(f"there is no instruction `{operation}`", _HINT, span)
    instruction = Instruction(str(operation), 0, span.line, span.column)
    if part.data == "plain":
        return instruction
    if not rest:
        raise source.error(f"the jump `{operation}` has no offset", f"write `{operation}+3`, say", span)
    if rest[0].type == "DECIMAL":
        if len(rest[0]) > _LONGEST_OFFSET:
            raise source.error("this jumps out of the program", "jumps lead from instruction to instruction", span)
        return replace(instruction, offset=int(rest[0]))
    if rest[-1].type != "END":
        last = replace(span, column=span.end_column - 1)
        raise source.error("a unary offset ends in `@`", f"write `{operation}{rest[0]}@`", last)
    signs = str(rest[0]) if rest[0].type == "UNARY" else ""
    return replace(instruction, offset=signs.count("+") - signs.count("-"))


def compile(machine: PtmProgram, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt of the program; its input is given later."""
    return Prompt(machine)
