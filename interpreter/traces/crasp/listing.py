"""Counter programs and traces as text."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.machines.crasp.program import CounterProgram
from compiler.machines.crasp.prompt import Prompt
from interpreter.engines.engine import Engine
from interpreter.traces.crasp.follower import RunFollower


def listing(prompt: Prompt) -> Iterator[str]:
    """The instructions by number with their source lines, and the prompt's tokens."""
    lines = prompt.source.splitlines()
    shown = 0
    for number, instruction in enumerate(prompt.program.instructions):
        if instruction.line != shown and 0 < instruction.line <= len(lines):
            shown = instruction.line
            yield f"# {shown:>4}: {lines[shown - 1].rstrip()}"
        yield f"{number:>6}  {_text(prompt.program, number)}"
    yield ""
    yield f"# prompt: {len(prompt.tokens)} tokens; {'here' if prompt.interpreted else 'the program is in the weights'}"
    counted = (
        f"{name}*{count}" if count > 1 else name
        for name, count in zip(prompt.in_weights.counters, prompt.counts)
        if count
    )
    yield " ".join(["^", *counted, *([prompt.last] if prompt.last else [])])


def _text(program: CounterProgram, number: int) -> str:
    kind, counter, target, *_ = program.instructions[number]
    match kind:
        case "inc":
            return f"inc {program.counters[counter]}"
        case "dec":
            return f"dec {program.counters[counter]} ->{target}"
        case "goto":
            return f"goto ->{target}"
    return kind


def chain_of_thought(prompt: Prompt, engine: Engine, max_tokens: int | None) -> Iterator[str]:
    """One line a token: its source line and instruction, and what the counter that it is about is after it."""
    follower = RunFollower(prompt)
    program = prompt.in_weights
    for chunk in engine.decode(prompt.numbers, max_tokens):
        for i in range(len(chunk)):
            token = follower.vocabulary[int(chunk[i])]
            printed = follower.feed(chunk[i : i + 1])
            instruction = program.instructions[token.instruction]
            where = f"line {instruction.line}" if instruction.line else ""
            counter = instruction.counter if instruction.kind in ("inc", "dec") else None
            now = "" if counter is None else f"; {program.counters[counter]} = {follower.values()[counter]}"
            line = f"{where:<9}{token.instruction:>5} {_text(program, token.instruction):<18} {token.text:<12} {now}"
            yield (line.rstrip() + (f"  prints {printed!r}" if printed else "")).rstrip()
