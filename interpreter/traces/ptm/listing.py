"""Post-Turing programs and traces as text."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.machines.ptm.program import JUMPS
from compiler.machines.ptm.prompt import Prompt
from compiler.machines.ptm.vocabulary import Vocabulary
from interpreter.engines.engine import Engine
from interpreter.traces.ptm.follower import RunFollower

_WIDTH = 100


def listing(prompt: Prompt) -> Iterator[str]:
    """The instructions by number, jumps with their targets, and the prompt's tokens."""
    shown = 0
    lines = prompt.program.source.splitlines()
    for number, instruction in enumerate(prompt.program.instructions):
        if instruction.line != shown and 0 < instruction.line <= len(lines):
            shown = instruction.line
            yield f"# {shown:>4}: {lines[shown - 1].rstrip()}"
        target = f"->{number + instruction.offset}" if instruction.operation in JUMPS else ""
        note = f"; {instruction.comment}" if instruction.comment else ""
        yield f"{number:>6}  {instruction.operation:<3} {target:<8}{note}".rstrip()
    yield ""
    yield f"# prompt: {len(prompt.tokens)} tokens"
    yield from _wrapped(map(str, prompt.tokens))


def _wrapped(texts: Iterator[str]) -> Iterator[str]:
    line = ""
    for text in texts:
        if len(line) + 1 + len(text) > _WIDTH:
            yield line
            line = ""
        line += f" {text}" if line else text
    yield line


def chain_of_thought(prompt: Prompt, engine: Engine, max_tokens: int | None) -> Iterator[str]:
    """One line an instruction: its source line, its number, the instruction, and the tokens that it emitted."""
    vocabulary = Vocabulary()
    follower = RunFollower(prompt)
    pc, emitted, printed = follower.pc, list[str](), ""
    for chunk in engine.decode(prompt.numbers, max_tokens):
        for i in range(len(chunk)):
            emitted.append(str(vocabulary[int(chunk[i])]))
            steps = follower.steps
            printed += follower.feed(chunk[i : i + 1])
            if follower.steps > steps:
                yield _thought(prompt, pc, emitted, printed)
                pc, emitted, printed = follower.pc, [], ""
    if emitted:
        yield _thought(prompt, pc, emitted, printed)


def _thought(prompt: Prompt, pc: int, emitted: list[str], printed: str) -> str:
    instructions = prompt.program.instructions
    inside = pc < len(instructions)
    where = f"line {instructions[pc].line}" if inside and instructions[pc].line else ""
    text = str(instructions[pc]) if inside else "outside the program"
    line = f"{where:<9}{pc:>5} {text:<8} {' '.join(emitted):<28}"
    note = f" ; {instructions[pc].comment}" if inside and instructions[pc].comment else ""
    return (line + note + (f"  prints {printed!r}" if printed else "")).rstrip()
