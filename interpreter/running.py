"""Running a prompt on an engine, from the first token after it to HALT."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from compiler.machines.ram import machine
from compiler.machines.ram.prompt import Prompt
from interpreter.engines import DEFAULT, create
from interpreter.engines.engine import Engine, Tokens
from interpreter.follower import Follower
from interpreter.live_cells import LiveCells
from interpreter.outcome import ProgramError, error_at

Ended = Literal["halt", "error", "budget", "interrupted"]


class ContextTooSmall(ValueError):
    """Not even one instruction ends within the context; the message says what to do."""


@dataclass(frozen=True)
class Run:
    """A finished run.

    steps: instructions, the one that halts included; seconds: wall time of decoding, set-up not counted;
    error: set exactly when `ended` is "error"; rest: the prompt with which a run that was cut goes on, if
    it was asked for.
    """

    engine: str
    output: str
    prompt_tokens: int
    trace_tokens: int
    steps: int
    seconds: float
    ended: Ended
    error: ProgramError | None = None
    rest: Prompt | None = None

    @property
    def tokens_per_second(self) -> float:
        return self.trace_tokens / self.seconds if self.seconds else 0.0


@dataclass
class Progress:
    """A run so far."""

    tokens: int = 0
    steps: int = 0


def run(
    prompt: Prompt,
    input_text: str | None = None,
    engine: str | Engine = DEFAULT,
    max_tokens: int | None = None,
    context: int | None = None,
    longest: int | None = None,
    keep_rest: bool = False,
    on_tokens: Callable[[Tokens], None] = lambda chunk: None,
    on_output: Callable[[str], None] = lambda text: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Run:
    """Decodes until the machine halts.

    Args:
        prompt: from `compile_program`; input_text: its input, if it is not in the prompt yet.
        engine: a name (see `interpreter.engines`) or an engine made for the prompt's machine.
        max_tokens: gives up after so many tokens; the run then has ended by "budget".
        context: after so many tokens of trace, goes on from a prompt that holds only the live cells; this
            bounds positions and memory for runs of any length.
        longest: no trace, prompt included, grows beyond this (if not given: what the machine's weights tell
            apart); the run has then ended by "budget" as well.
        keep_rest: if the run is cut, by its budget or by Ctrl-C, make the prompt with which it goes on.
        on_tokens: is given each chunk of tokens; on_output: each piece of output as soon as it is printed.
        on_progress: is called after every chunk of tokens.

    Raises:
        PromptError: the input does not fit the machine.
        UnknownEngine: there is no engine of this name.
        ContextTooSmall: see there.
    """
    if input_text is not None:
        prompt = prompt.with_input(input_text)
    if isinstance(engine, str):
        engine = create(engine, machine(prompt.layout))
    apart = machine(prompt.layout).circuit.max_tokens
    longest = apart if longest is None else min(longest, apart)
    progress = Progress()
    pieces: list[str] = []
    first = prompt
    begun = time.perf_counter()
    while True:
        left = None if max_tokens is None else max_tokens - progress.tokens
        room = max(0, longest - len(prompt.numbers))
        cut = min((bound for bound in (left, room, context) if bound is not None), default=None)
        segment = _Segment(prompt, keep_rest or context is not None)
        interrupted = False
        try:
            for chunk in engine.decode(prompt.numbers, cut):
                on_tokens(chunk)
                text = segment.feed(chunk)
                if text:
                    pieces.append(text)
                    on_output(text)
                on_progress(
                    Progress(progress.tokens + segment.follower.tokens, progress.steps + segment.follower.steps)
                )
        except KeyboardInterrupt:
            interrupted = True
        progress.tokens += segment.follower.tokens
        progress.steps += segment.follower.steps
        spent = cut is not None and segment.follower.tokens >= cut and cut in (left, room)
        if segment.follower.ended or interrupted or spent:
            break
        if segment.follower.steps == 0:
            raise ContextTooSmall(f"no instruction ends within a context of {context} tokens; give it more")
        prompt = segment.rest()
    seconds = time.perf_counter() - begun
    follower, error = segment.follower, None
    ended: Ended = "interrupted" if interrupted else "budget"
    if follower.ended:
        error = error_at(prompt.program, follower.pc, follower.calls, follower.ended == "HALT")
        ended = "error" if error else "halt"
    return Run(
        engine=engine.name,
        output="".join(pieces),
        prompt_tokens=len(first.numbers),
        trace_tokens=progress.tokens,
        steps=progress.steps,
        seconds=seconds,
        ended=ended,
        error=error,
        rest=segment.rest() if keep_rest and not follower.ended else None,
    )


class _Segment:
    """The part of a run that one prompt begins."""

    def __init__(self, prompt: Prompt, keep_cells: bool) -> None:
        self.prompt = prompt
        self.follower = Follower(prompt.layout, prompt.numbers)
        self.cells = LiveCells(prompt) if keep_cells else None

    def feed(self, chunk: Tokens) -> str:
        if self.cells is not None:
            self.cells.feed(chunk)
        return self.follower.feed(chunk)

    def rest(self) -> Prompt:
        """The prompt from the last whole instruction on; an instruction that was cut begins again."""
        assert self.cells is not None
        return replace(self.prompt, input_text="", snapshot=self.cells.snapshot())
