"""What a run of the Post-Turing machine is about: its instructions, tapes and output, token by token."""

from __future__ import annotations

from compiler.machines.ptm.program import JUMPS
from compiler.machines.ptm.prompt import Prompt
from compiler.machines.ptm.semantics import PostTuring
from compiler.machines.ptm.vocabulary import Token, Vocabulary
from interpreter.engines.engine import Tokens
from interpreter.traces.ptm.follower import RunFollower
from interpreter.traces.story import Step, Story, Write

HEADS = {
    "program end": "the $ that ends the program",
    "instruction start": "the latest token that begins an instruction of the program",
    "jump": "the latest token that opens or closes a jump",
    "output": "the : after which the output comes",
    "mean": "all tokens so far: steps, instructions begun, moves of both heads",
    "offset": "position {0}, to have it in digits",
    "next instruction": "position {0}, to have in digits the number of the instruction that is next",
    "own instruction": "position {0}, to have in digits the number of the instruction that this token begins",
    "A right": "position {0}: where the head of tape A is, to the right of its start, in digits",
    "A left": "position {0}: where the head of tape A is, to the left of its start, in digits",
    "B right": "position {0}: where the head of tape B is, to the right of its start, in digits",
    "B left": "position {0}: where the head of tape B is, to the left of its start, in digits",
    "instruction": "the token of the program that is next",
    "A cell": "the latest write to the cell under the head of tape A",
    "B cell": "the latest write to the cell under the head of tape B",
    "output mark": "the latest write to the cell that says whether another bit is printed",
    "output bit": "the latest write to the cell with the bit that is printed",
}
"""What each head looks for; the page fills in what it asks for at a token."""

MEANINGS = {
    "^": "the beginning",
    "$": "the end of the program; in the trace, of the run",
    **{f"{t}L": f"move the head of tape {t} to the left" for t in "AB"},
    **{f"{t}R": f"move the head of tape {t} to the right" for t in "AB"},
    **{f"{t}{bit}": f"write {bit} on tape {t}" for t in "AB" for bit in "01"},
    **{f"{t}!": f"jump if tape {t} has 0 under its head" for t in "AB"},
    **{f"{t}?": f"jump if tape {t} has 1 under its head" for t in "AB"},
    "+": "one instruction on",
    "-": "one instruction back",
    "@": "the end of a jump",
    "/": "the jump is not taken",
    "=": "the jump is taken",
    "#": "halt",
    ":": "halted; the output follows",
    "0": "a bit of the output",
    "1": "a bit of the output",
}
"""What each token means."""


def story(prompt: Prompt, trace: Tokens) -> Story:
    """See `Reading.story`."""
    words = Vocabulary()
    state, writes = PostTuring(), list[Write]()
    for position, token in enumerate(prompt.tokens):
        _read(state, position, token, writes)
    current, jump = [], -1
    for position, number in enumerate(trace, len(prompt.numbers)):
        token = words[int(number)]
        # In a jump every token of its distance counts already; it belongs to the instruction that jumps.
        jump = state.pc if token is Token.TAKEN else jump
        current.append(jump if jump >= 0 else state.pc)
        jump = -1 if token is Token.JUMP_ENDS else jump
        _read(state, position, token, writes)
    follower = RunFollower(prompt)
    output, starts, steps = [], [], -1
    for position, number in enumerate(trace, len(prompt.numbers)):
        if follower.steps > steps:
            starts.append(position)
        steps = follower.steps
        if text := follower.feed(number[None]):
            output.append((position, text))
    error = follower.error() if follower.ended else None
    return Story(
        source=prompt.program.source,
        filename=prompt.program.filename,
        instructions=_steps(prompt),
        starts=starts,
        current=current,
        lines=[_line(prompt, pc) for pc in current],
        depth=[0] * len(trace),
        writes=writes,
        output=output,
        heads=HEADS,
        meanings=MEANINGS,
        ended=error.render() if error else follower.report() if follower.ended else "",
    )


def _line(prompt: Prompt, pc: int) -> int:
    instructions = prompt.program.instructions
    return instructions[pc].line if 0 <= pc < len(instructions) else 0


def _read(state: PostTuring, position: int, token: Token, writes: list[Write]) -> None:
    running = state.running
    state.read(token)
    if not running:
        return
    if token.move:
        writes.append(Write(position, f"head {token.tape}", str(state.heads[token.tape])))
    if token.writes:
        writes.append(Write(position, f"{token.tape} {state.heads[token.tape]}", str(token.bit)))


def _steps(prompt: Prompt) -> list[Step]:
    steps, position = [], 1
    for number, instruction in enumerate(prompt.program.instructions):
        last = position + len([*instruction.texts()]) - 1
        target = f" ->{number + instruction.offset}" if instruction.operation in JUMPS else ""
        text = instruction.operation + target
        steps.append(Step(text, instruction.line, instruction.comment, False, position, last))
        position = last + 1
    return steps
