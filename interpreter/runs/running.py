"""Running a prompt on an engine, from the first token after it to HALT."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from compiler.machines.machine import Machine, Prompt
from interpreter.engines import DEFAULT, NAMES, UnknownEngine, create
from interpreter.engines.engine import Engine, Tokens
from interpreter.traces.reading import Follower, ProgramError, reading

Ended = Literal["halt", "error", "room", "budget", "uncovered", "interrupted"]


CHECKPOINT_EVERY = 60.0
"""Seconds: what a power cut may cost, while a checkpoint of a million cells takes some seconds to write."""


class ContextTooSmall(ValueError):
    """Not even one instruction ends within the context, or none can; the message says what to do."""


@dataclass(frozen=True)
class Run:
    """A finished run.

    steps: instructions, the one that halts included; source_steps: of the machine that the program was compiled
    from, 0 if it has none; seconds: wall time of decoding, set-up not counted; error: set exactly when `ended` is
    "error"; shortage: what there was too little room for, set exactly when `ended` is "room"; rest: the prompt with
    which a run that was cut goes on, if it was asked for; report: what the front end of the source says about the state
    in which the run ended, however it did; grown: the machine with more memory that the run came to need, whose prompt,
    trace and steps are told; prompt: what was run, with its input.
    """

    engine: str
    output: str
    prompt_tokens: int
    trace_tokens: int
    steps: int
    seconds: float
    ended: Ended
    error: ProgramError | None = None
    shortage: str = ""
    rest: Prompt | None = None
    source_steps: int = 0
    report: str = ""
    grown: Machine[Any] | None = None
    prompt: Prompt | None = None

    @property
    def tokens_per_second(self) -> float:
        """Of the trace; 0 if no time has passed."""
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
    certified: bool = False,
    grows: bool = True,
    seed: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    checkpoint_every: float = CHECKPOINT_EVERY,
    on_checkpoint: Callable[[Prompt], None] | None = None,
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
        keep_rest: if the run is cut, by its budget or by `stop`, make the prompt with which it goes on.
        certified: stops where an integer has more groups than certificates speak of (see `interpreter.runs.certified`);
            the run has then ended as "uncovered".
        grows: where the heap is used up, begins again on the machine with one address group more, if there is one and
            the run is not to be certified: the code is the same, and what was printed is not printed again.
        seed: of the samples, if tokens are sampled (see `interpreter.engines.create`); of an engine that is given as an
            object, that with which it was made.
        stop: is asked between chunks, when nothing is half done; the run ends where it says so.
        checkpoint_every: after so many seconds, and so many again, on_checkpoint is given the prompt with which the
            run would go on; all that was printed before has been given to on_output.
        on_tokens: is given each chunk of tokens; on_output: each piece of output as soon as it is printed. If it
            raises UnicodeEncodeError, having printed nothing, the run ends in this error as CPython's would.
        on_progress: is called after every chunk of tokens.

    Raises:
        PromptError: the input does not fit the machine.
        UnknownEngine: there is no engine of this name.
        ContextTooSmall: see there.
    """
    if input_text is not None:
        prompt = prompt.with_input(input_text)
    if isinstance(engine, str):
        engine = create(engine, prompt.machine, seed)
    longest = min((bound for bound in (longest, prompt.machine.longest) if bound is not None), default=None)
    read = reading(prompt)
    progress = Progress()
    output = _Output(on_output)
    error: ProgramError | None = None
    first, grown = prompt, None
    begun = time.perf_counter()
    due = begun + checkpoint_every
    while True:
        left = None if max_tokens is None else max_tokens - progress.tokens
        room = None if longest is None else max(0, longest - len(prompt.numbers))
        cut = min((bound for bound in (left, room, context) if bound is not None), default=None)
        follower = read.follow(prompt, keep_rest or context is not None or on_checkpoint is not None)
        interrupted = False
        covered = read.covered(prompt) if certified else len
        uncovered = covered(prompt.numbers) < len(prompt.numbers)
        for chunk in engine.decode(prompt.numbers, 0 if uncovered else cut):
            admitted = covered(chunk)
            uncovered = admitted < len(chunk)
            chunk = chunk[:admitted]
            on_tokens(chunk)
            try:
                output.write(follower.prints(chunk))
            except UnicodeEncodeError as problem:
                error = _unprintable(follower, chunk, problem, output)
            else:
                follower.take(chunk)
            on_progress(Progress(progress.tokens + follower.tokens, progress.steps + follower.steps))
            interrupted = stop()
            if error is not None or interrupted or uncovered:
                break
            if on_checkpoint is None or time.perf_counter() < due or output.repeats:
                continue
            if (rest := follower.rest()) is not None:
                on_checkpoint(rest)
                due = time.perf_counter() + checkpoint_every
        larger = follower.outgrown() if follower.ended and grows and not certified and engine.name in NAMES else None
        roomier = None if larger is None else _engine_for(larger.machine, engine.name, seed)
        if larger is not None and roomier is not None:
            first = larger if first is prompt else first
            prompt, grown, engine = larger, larger.machine, roomier
            output.repeat()
            continue
        output.go_on()
        progress.tokens += follower.tokens
        progress.steps += follower.steps
        spent = cut is not None and follower.tokens >= cut and cut in (left, room)
        if follower.ended or error is not None or interrupted or spent or uncovered:
            break
        following = follower.rest()
        if following is None:
            raise ContextTooSmall(f"a run of the {prompt.machine.name} machine cannot go on from a new prompt")
        if follower.steps == 0:
            raise ContextTooSmall(f"no instruction ends within a context of {context} tokens; give it more")
        output.write(follower.between)
        prompt = following
    seconds = time.perf_counter() - begun
    shortage = ""
    if follower.ended:
        error, shortage = follower.error(), follower.shortage()
    cut_by: Ended = "interrupted" if interrupted else "uncovered" if uncovered else "budget"
    whole: Ended = "error" if error else "room" if shortage else "halt"
    ended: Ended = whole if follower.ended or error else cut_by
    return Run(
        engine=engine.name,
        output="".join(output.pieces),
        prompt_tokens=len(first.numbers),
        trace_tokens=progress.tokens,
        steps=progress.steps,
        seconds=seconds,
        ended=ended,
        error=error,
        shortage=shortage,
        rest=follower.rest() if keep_rest and ended in ("budget", "uncovered", "interrupted") else None,
        source_steps=follower.source_steps,
        report=follower.report(),
        grown=grown,
        prompt=first,
    )


def _engine_for(machine: Machine[Any], name: str, seed: int | None) -> Engine | None:
    """The engine of this name for a machine with more room, if it takes that: a window may be too wide for it."""
    try:
        return create(name, machine, seed)
    except UnknownEngine:
        return None


class _Output:
    """What a run prints, given on as soon as it is there; and once, though a stretch of the run may be repeated.

    Attributes:
        pieces: what was given on.
    """

    def __init__(self, give: Callable[[str], None]) -> None:
        self.pieces: list[str] = []
        self._give = give
        self._known = self._printed = 0

    @property
    def repeats(self) -> bool:
        """Whether the next character has been given on before."""
        return self._printed < self._known

    def write(self, text: str) -> None:
        """The next characters; if `give` raises, having printed nothing, they are not among the pieces."""
        new = text[max(0, self._known - self._printed) :]
        self._printed += len(text)
        if new:
            self._give(new)
            self.pieces.append(new)

    def repeat(self) -> None:
        """The stretch begins again."""
        self._known, self._printed = self._printed, 0

    def go_on(self) -> None:
        """The next stretch begins."""
        self._known = self._printed = 0


def _unprintable(follower: Follower, chunk: Tokens, problem: UnicodeEncodeError, output: _Output) -> ProgramError:
    """The error of a chunk that prints what cannot be encoded; prints what comes before, and stops in front of it."""
    output.go_on()
    output.write(problem.object[: problem.start])
    known = len(follower.prints(chunk)) - len(problem.object)
    numbers = range(len(chunk))
    printing = bisect_left(
        numbers, True, key=lambda last: len(follower.prints(chunk[: last + 1])) > known + problem.start
    )
    if printing > 0:
        follower.take(chunk[:printing])
    wrong = UnicodeEncodeError(problem.encoding, problem.object[problem.start : problem.end], 0, 1, problem.reason)
    return follower.raised("UnicodeEncodeError", str(wrong))
