"""What a run of the RAM is about: its instructions, cells and output, token by token."""

from __future__ import annotations

from compiler.machines.integers import decimal
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt, heap_address
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import Cell
from compiler.machines.ram.vocabulary import STOPS, Token, vocabulary
from interpreter.engines.engine import Tokens
from interpreter.references.ram import source_line
from interpreter.traces.ram.listing import cell_name, instruction_text, origin_of
from interpreter.traces.ram.run_follower import RunFollower
from interpreter.traces.story import Step, Story, Write, shortened

HEADS = {
    "mean": "all tokens so far: what each adds to the program counter, and to the depth",
    "previous": "the token before",
    "second previous": "the token before, and through it the one before that",
    "significant0": "the latest group that is not 0",
    "significant1": "the latest group that is not the highest",
    "break": "the latest token that is no group of a value",
    "opcode": "the opcode of instruction {instruction}, which is next",
    "x": "operand x of instruction {instruction}",
    "y": "operand y of instruction {instruction}",
    "z": "operand z of instruction {instruction}",
    "writer": "the opcode of instruction {instruction}, which the last token belongs to",
    "target": "operand z of instruction {instruction}, which the last token belongs to",
    "frame number": "position {0}, to have {0} exactly: the number of the frame",
    "start": "the first token of the instruction under way",
    "top x": "the latest write of cell {cell}: its last group",
    "top y": "the latest write of cell {cell}: its last group",
    "caller": "the latest CALL that entered frame {0}",
    "group x": "the latest write of cell {cell}, group {last}",
    "group y": "the latest write of cell {cell}, group {last}",
    **{f"address A{i}": f"group {i} of the latest address that was written" for i in range(4)},
    **{f"address R{i}": f"group {i} of the latest address that was read" for i in range(4)},
}
"""What each head looks for; the page fills in what it asks for at a token."""

MEANINGS = {
    "BOS": "the first token",
    "OP": "an opcode of the program's text",
    "N": "an operand of the program's text",
    **{f"A{i}": f"group {i} of the address that is written" for i in range(4)},
    **{f"R{i}": f"group {i} of the address that is read" for i in range(4)},
    "FRAME": "the frame of the cell that is written",
    "D": "a group of a value, more to come",
    "L": "the last group of a value; the write is done",
    "T": "an earlier group once more, as the last one; the write is done",
    "K": "the carry of a product",
    "Q": "a digit of a quotient",
    "H": "the remainder so far",
    "SAME": "two groups are equal; the comparison goes on below",
    "J": "jump by {value}",
    "CALL": "enter a frame and jump by {value}",
    "RET": "leave the frame and jump by {value}",
    "F": "the far part of a jump, in units of the base",
    "INT": "the last group of an integer that is printed",
    "CHAR": "a character that is printed",
    "HALT": "the end of the run",
    "FAULT": "the end of the run, by an error",
}
"""What each family of tokens means."""


def story(prompt: Prompt, trace: Tokens) -> Story:
    """See `Reading.story`."""
    program, layout = prompt.program, prompt.layout
    words = vocabulary(layout)
    ram = _Writing(layout)
    for token in prompt.tokens:
        ram.take(token)
    current, depth, starts, lines = [], [], [], list[int]()
    line = source_line(program, ram.pc, ram.calls)
    for position, number in enumerate(trace, len(prompt.numbers)):
        if ram.local.begins:
            starts.append(position)
            line = source_line(program, ram.pc, ram.calls)
        lines.append(line)
        current.append(ram.pc)
        depth.append(ram.depth)
        token = words[int(number)]
        if token.family not in STOPS:
            ram.take(token)
    follower = RunFollower(prompt, keep_rest=False)
    output = []
    for position, number in enumerate(trace, len(prompt.numbers)):
        if text := follower.feed(number[None]):
            output.append((position, text))
    error = follower.error() if follower.ended else None
    return Story(
        source=program.source,
        filename=program.filename,
        instructions=[_step(prompt, k) for k in range(len(program.instructions))],
        starts=starts,
        current=current,
        lines=lines,
        depth=depth,
        writes=ram.writes,
        output=output,
        heads=HEADS,
        meanings=MEANINGS,
        cells={"base": layout.base, "groups": layout.groups, "locals": layout.first_local},
        ended=error.render() if error else follower.report() if follower.ended else "",
    )


def _step(prompt: Prompt, k: int) -> Step:
    program = prompt.program
    origin, first = origin_of(program, k), 1 + 4 * k
    in_library = k in program.library
    text = instruction_text(program, k)
    return Step(text, 0 if in_library else origin.line, origin.comment, in_library, first, first + 3)


def cell_text(layout: Layout, cell: Cell) -> str:
    """A cell as the page names it: `g3`, `s0` (`s0 of frame 2` in a frame that is not the first), `heap 1234`."""
    if cell[-1] > 0:
        return cell_name(layout, cell[0]) + (f" of frame {cell[-1]}" if cell[-1] > 1 else "")
    address = heap_address(layout, cell)
    return f"g{address}" if address < layout.first_local else f"heap {address}"


class _Writing(Ram):
    """The specification, with a note of every write."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.writes: list[Write] = []
        self.position = -1

    def take(self, token: Token) -> None:
        self.position += 1
        super().take(token)

    def write(self, sign: int) -> None:
        target = self.target
        super().write(sign)
        value = shortened(decimal(int(self.memory[target])))
        self.writes.append(Write(self.position, cell_text(self.layout, target), value))
