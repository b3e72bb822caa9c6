"""Running a prompt on an engine, from the first token after it to HALT."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from compiler.machines.ram import machine
from compiler.machines.ram.prompt import Prompt
from interpreter.engines import DEFAULT, create
from interpreter.engines.engine import Engine
from interpreter.follower import Follower
from interpreter.outcome import ProgramError, error_at

Ended = Literal["halt", "error", "budget", "interrupted"]


@dataclass(frozen=True)
class Run:
    """A finished run.

    steps: instructions, the one that halts included; seconds: wall time of decoding, set-up not counted;
    error: set exactly when `ended` is "error".
    """

    engine: str
    output: str
    prompt_tokens: int
    trace_tokens: int
    steps: int
    seconds: float
    ended: Ended
    error: ProgramError | None = None

    @property
    def tokens_per_second(self) -> float:
        return self.trace_tokens / self.seconds if self.seconds else 0.0


def run(
    prompt: Prompt,
    input_text: str | None = None,
    engine: str | Engine = DEFAULT,
    max_tokens: int | None = None,
    on_output: Callable[[str], None] = lambda text: None,
    on_progress: Callable[[Follower], None] = lambda follower: None,
) -> Run:
    """Decodes until the machine halts.

    Args:
        prompt: from `compile_program`; input_text: its input, if it is not in the prompt yet.
        engine: a name (see `interpreter.engines`) or an engine made for the prompt's machine.
        max_tokens: gives up after so many tokens; the run then has ended by "budget".
        on_output: is given each piece of output as soon as it is printed.
        on_progress: is called after every chunk of tokens.

    Raises:
        PromptError: the input does not fit the machine.
        UnknownEngine: there is no engine of this name.
    """
    if input_text is not None:
        prompt = prompt.with_input(input_text)
    if isinstance(engine, str):
        engine = create(engine, machine(prompt.layout))
    numbers = prompt.numbers
    follower = Follower(prompt.layout, numbers)
    pieces: list[str] = []
    ended: Ended = "budget"
    begun = time.perf_counter()
    try:
        for chunk in engine.decode(numbers, max_tokens):
            text = follower.feed(chunk)
            if text:
                pieces.append(text)
                on_output(text)
            on_progress(follower)
    except KeyboardInterrupt:
        ended = "interrupted"
    seconds = time.perf_counter() - begun
    error = None
    if follower.ended:
        error = error_at(prompt.program, follower.pc, follower.calls, follower.ended == "HALT")
        ended = "error" if error else "halt"
    return Run(
        engine=engine.name,
        output="".join(pieces),
        prompt_tokens=len(numbers),
        trace_tokens=follower.tokens,
        steps=follower.steps,
        seconds=seconds,
        ended=ended,
        error=error,
    )
