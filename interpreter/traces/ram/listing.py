"""Programs and traces as text: the listing of a prompt, and the chain of thought with its source lines.

A listing is a text in the assembly language of `compiler.front_ends.assembly`, and makes the same program again.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.machines.integers import decimal
from compiler.machines.ram.isa import Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import Origin, RamProgram
from compiler.machines.ram.prompt import Prompt, heap_address
from compiler.machines.ram.values import Cell
from compiler.machines.ram.vocabulary import ENDS, Token, Vocabulary
from interpreter.engines.engine import Engine
from interpreter.traces.ram.follower import TraceFollower


def cell_name(layout: Layout, cell: int) -> str:
    """`g3` is global cell 3, `s3` slot 3 of the frame, `n3` slot 3 of the next frame."""
    if cell < layout.first_local:
        return f"g{cell}"
    if cell < layout.first_next:
        return f"s{cell - layout.first_local}"
    return f"n{cell - layout.first_next}"


def operands(layout: Layout, number: int, instruction: Instruction) -> str:
    """Cells by their names, `->7` for a target, characters in quotes."""
    parts = []
    for value, role in zip((instruction.x, instruction.y, instruction.z), instruction.opcode.roles):
        if role in (Role.READ, Role.WRITE):
            parts.append(cell_name(layout, value))
        elif role is Role.OFFSET:
            parts.append(f"->{number + value - layout.base // 2}")
        elif role is Role.LOW:
            parts.append(f"->{instruction.y * layout.base + value}")
        elif role is Role.CHARACTER:
            parts.append(repr(chr(value)))
    return " ".join(parts)


def instruction_text(program: RamProgram, number: int) -> str:
    """Instruction `number` in the notation of the assembly language, jumps as `->target`."""
    instruction = program.instructions[number]
    return f"{instruction.opcode.name:<5} {operands(program.layout, number, instruction)}".rstrip()


def origin_of(program: RamProgram, number: int) -> Origin:
    """Where instruction `number` comes from; an empty origin if the program does not say or has none."""
    return program.origins[number] if 0 <= number < len(program.origins) else Origin()


def listing(prompt: Prompt) -> Iterator[str]:
    """The program with its source lines, the initial data, and the prompt's tokens, line by line."""
    program = prompt.program
    lines = program.source.splitlines()
    shown: tuple[int, bool] | None = None
    for number in range(len(program.instructions)):
        origin, in_library = origin_of(program, number), number in program.library
        if origin.line and (origin.line, in_library) != shown and not in_library and origin.line <= len(lines):
            yield f"# {origin.line:>4}: {lines[origin.line - 1].rstrip()}"
        shown = (origin.line, in_library)
        note = f"; {origin.comment}" if origin.comment else ""
        yield f"{number:>6}  {instruction_text(program, number) + _raises(program, number):<28}{note}".rstrip()
    yield ""
    yield f"# initial data: {len(program.data)} cells"
    for address, value in program.data:
        yield f"        {'g' if address < program.layout.first_local else 'heap '}{address} = {decimal(value)}"
    if program.input_area is not None:
        free = cell_name(program.layout, program.input_area.free_cell)
        yield f"        input heap {program.input_area.base} free {free}"
    if program.entry:
        yield f"        entry ->{program.entry}"
    if prompt.snapshot is not None:
        yield f"# at instruction {prompt.snapshot.pc} with {len(prompt.snapshot.cells)} cells that are not 0"
        for cell, value in prompt.snapshot.cells:
            yield f"#       {_place(program.layout, cell)} = {decimal(value)}"
    yield ""
    yield f"# prompt: {len(prompt.tokens)} tokens"
    for line in _wrapped(prompt.tokens):
        yield f"#     {line}"


def _place(layout: Layout, cell: Cell) -> str:
    """A cell by its name in `semantics`: a heap address, or a slot and its frame."""
    frame = cell[-1]
    return f"{cell_name(layout, cell[0])} of frame {frame}" if frame > 0 else f"heap {heap_address(layout, cell)}"


def _raises(program: RamProgram, number: int) -> str:
    trap = program.traps.get(number)
    if trap is None:
        return ""
    return f" raises {trap.exception}" + (f" {trap.message!r}" if trap.message else "")


def _wrapped(tokens: tuple[Token, ...]) -> Iterator[str]:
    """An instruction or an initial cell a line."""
    opcodes = list(Opcode)
    line: list[str] = []
    for token in tokens:
        if token.family in ("OP", "J", "F", "A0") and line:
            yield " ".join(line)
            line = []
        line.append(f"OP({opcodes[token.value].name})" if token.family == "OP" else str(token))
    yield " ".join(line)


def chain_of_thought(prompt: Prompt, engine: Engine, max_tokens: int | None) -> Iterator[str]:
    """One line an instruction: source line, instruction, the tokens that it emitted, what it printed."""
    program, vocabulary = prompt.program, Vocabulary(prompt.layout)
    follower = TraceFollower(prompt.layout, prompt.numbers)
    pc, emitted, printed = follower.pc, list[str](), ""
    for chunk in engine.decode(prompt.numbers, max_tokens):
        for i in range(len(chunk)):
            token = vocabulary[int(chunk[i])]
            emitted.append(str(token))
            printed += follower.feed(chunk[i : i + 1])
            if token.family in ENDS or follower.ended:
                yield _thought(program, pc, len(follower.calls), emitted, printed)
                pc, emitted, printed = follower.pc, [], ""
    if emitted:
        yield _thought(program, pc, len(follower.calls), emitted, printed)


def _thought(program: RamProgram, pc: int, depth: int, emitted: list[str], printed: str) -> str:
    inside = 0 <= pc < len(program.instructions)
    origin = origin_of(program, pc) if inside else Origin()
    where = "library" if pc in program.library else f"line {origin.line}" if origin.line else ""
    text = instruction_text(program, pc) if inside else "outside the program"
    line = f"{where:<9}{'  ' * depth}{pc:>5} {text:<26} {' '.join(emitted):<28}"
    note = f" ; {origin.comment}" if origin.comment else ""
    return (line + note + (f"  prints {printed!r}" if printed else "")).rstrip()
