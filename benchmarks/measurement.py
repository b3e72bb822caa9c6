"""Measurements, each in a process of its own: `python -m benchmarks.measurement KIND …` prints its figures as JSON.

Rates are of CPU time, so that other work on the machine disturbs them little; `benchmarks.session` has all run on
one thread. What is set up once
(compiling the program, loading the weights and the engine) is not in them; reading the output off the trace is.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.tasks import LONG_RUN, PEERS, TASKS, Task
from benchmarks.timing import peak_memory, side_by_side
from compiler import compile_program
from compiler.machines.ram import machine
from compiler.machines.ram.prompt import Prompt
from interpreter import run
from interpreter.engines import create
from interpreter.engines.engine import Tokens
from interpreter.engines.specialised import EAGER, SpecialisedEngine
from interpreter.references.tree import interpret
from interpreter.runs.running import Run

VERIFY = "verify"
WARM_UP_TOKENS = {"dense": 10}
"""What an engine decodes before it is measured; others 1,000."""
WARM_UP_SECONDS = 60.0
"""CPU time that the specialised engine may record and compile before it is measured, run after run."""


@dataclass(frozen=True)
class EngineFigures:
    """One engine on the first `tokens` of the long run; memory in bytes: before decoding, and at most."""

    engine: str
    tokens: int
    steps: int
    seconds: float
    memory_before: int
    memory_peak: int


@dataclass(frozen=True)
class Warm:
    """What the specialised engine did before it was measured.

    Attributes:
        seconds: of all runs before, CPU time; specialising: of these, recording and compiling.
        fragments, fragment_tokens: how many there are, and how many tokens they have.
        indexed_tokens: those of a run that the indexed engine still decodes.
        failed_guards: of a run, those after which no code goes straight on.
    """

    seconds: float
    specialising: float
    fragments: int
    fragment_tokens: int
    indexed_tokens: int
    failed_guards: int


@dataclass(frozen=True)
class TaskFigures:
    """A task on the indexed and the specialised engine, verified as a whole, and on CPython.

    operations: see `interpreter.references.tree`; warm: what the specialised engine had done by then.
    """

    task: str
    prompt_tokens: int
    trace_tokens: int
    steps: int
    operations: int
    seconds: float
    specialised_seconds: float
    verify_seconds: float
    cpython_seconds: float
    memory_peak: int
    warm: Warm


@dataclass(frozen=True)
class PeerFigures:
    """A task beside the peer's figures; process_seconds: CPU seconds of `punchtape run`, start to end.

    specialised_seconds: once that engine is warm.
    """

    task: str
    program: str
    prompt_tokens: int
    trace_tokens: int
    seconds: float
    specialised_seconds: float
    process_seconds: float
    peer_tokens: int
    peer_seconds: float


def measure_engine(engine: str, tokens: int) -> EngineFigures:
    """Raises ValueError for a run that is not as long as asked for."""
    prompt = compile_program(LONG_RUN.source)
    warm_up = min(tokens, WARM_UP_TOKENS.get(engine, 1000))
    if engine == VERIFY:
        trace, steps = _trace(prompt, tokens)
        action = _verification(prompt, trace)
        _verification(prompt, trace[: len(prompt.numbers) + warm_up])()
    else:
        decoder = create(engine, machine(prompt.layout))
        runs: list[Run] = []

        def action() -> None:
            runs[:] = [run(prompt, engine=decoder, max_tokens=tokens)]

        run(prompt, engine=decoder, max_tokens=warm_up)
    before = peak_memory()
    [seconds] = side_by_side(action, rounds=1, slice_seconds=0.2)
    if engine != VERIFY:
        steps = runs[0].steps
        if runs[0].trace_tokens != tokens:
            raise ValueError(f"{engine} decoded {runs[0].trace_tokens} tokens instead of {tokens}")
    return EngineFigures(engine, tokens, steps, seconds, before, peak_memory())


def measure_task(task: Task, warm_up: float = WARM_UP_SECONDS) -> TaskFigures:
    """Raises ValueError if the transformer does not print what CPython prints."""
    prompt = compile_program(task.source).with_input(task.input_text)
    engine = create("indexed", machine(prompt.layout))
    special, warm = warmed(prompt, warm_up)
    code = compile(task.source, task.name, "exec")
    ours, theirs = run(prompt, engine=engine), _cpython(code, task.input_text)
    memory = peak_memory()
    if ours.output != theirs:
        raise ValueError(f"{task.name}: CPython prints something else")
    seconds, specialised, cpython = side_by_side(
        lambda: run(prompt, engine=engine),
        lambda: run(prompt, engine=special),
        lambda: _cpython(code, task.input_text),
    )
    verification = _verification(prompt, _trace(prompt, ours.trace_tokens)[0])
    verification()
    [verifying] = side_by_side(verification, rounds=1)
    operations = interpret(task.source, task.input_text).steps
    return TaskFigures(
        task.name, ours.prompt_tokens, ours.trace_tokens, ours.steps, operations, seconds, specialised, verifying,
        cpython, memory, warm,
    )  # fmt: skip


def measure_peer(number: int, warm_up: float = WARM_UP_SECONDS) -> PeerFigures:
    """Raises ValueError if the transformer does not print what CPython prints."""
    peer = PEERS[number]
    task = peer.task
    prompt = compile_program(task.source).with_input(task.input_text)
    engine = create("indexed", machine(prompt.layout))
    ours = run(prompt, engine=engine)
    if ours.output != _cpython(compile(task.source, task.name, "exec"), task.input_text):
        raise ValueError(f"{task.name}: CPython prints something else")
    special, _ = warmed(prompt, warm_up)
    seconds, specialised = side_by_side(lambda: run(prompt, engine=engine), lambda: run(prompt, engine=special))
    process = min(_process_seconds(task) for _ in range(3))
    return PeerFigures(
        task.name, task.path.name, ours.prompt_tokens, ours.trace_tokens, seconds, specialised, process, peer.tokens,
        peer.seconds,
    )  # fmt: skip


def warmed(prompt: Prompt, most: float = WARM_UP_SECONDS) -> tuple[SpecialisedEngine, Warm]:
    """The specialised engine after runs until one brings nothing new; most: CPU seconds of recording and compiling."""
    engine = SpecialisedEngine(machine(prompt.layout), policy=replace(EAGER, seconds=most))
    begun = time.process_time()
    while True:
        before = engine.report()
        run(prompt, engine=engine)
        new = engine.report()["fragments"] > before["fragments"]
        compiled = engine.settle()
        if engine.report()["specialising_seconds"] > most or not (new or compiled):
            break
    spent = time.process_time() - begun
    engine.freeze()
    before = engine.report()
    run(prompt, engine=engine)
    after = engine.report()
    return engine, Warm(
        spent,
        after["specialising_seconds"],
        int(after["fragments"]),
        int(after["fragment_tokens"]),
        int(after["indexed_tokens"] - before["indexed_tokens"]),
        int(after["failed_guards"] - before["failed_guards"]),
    )


def _trace(prompt: Prompt, tokens: int) -> tuple[Tokens, int]:
    """Prompt and trace, decoded by the indexed engine, and the instructions of the trace."""
    buffer = np.empty(len(prompt.numbers) + tokens, dtype=np.int32)
    buffer[: len(prompt.numbers)] = prompt.numbers
    filled = len(prompt.numbers)

    def keep(chunk: Tokens) -> None:
        nonlocal filled
        buffer[filled : filled + len(chunk)] = chunk
        filled += len(chunk)

    return buffer, run(prompt, max_tokens=tokens, on_tokens=keep).steps


def _verification(prompt: Prompt, trace: Tokens) -> Callable[[], None]:
    from interpreter.verification import verify

    transformer = machine(prompt.layout)

    def action() -> None:
        if not verify(transformer, trace, len(prompt.numbers)).ok:
            raise ValueError("the batch verification does not agree with the indexed engine")

    return action


def _cpython(code: Any, input_text: str) -> str:
    """What the program prints on the interpreter that this runs on."""
    output = io.StringIO()
    with redirect_stdout(output), patch.object(sys, "stdin", io.StringIO(input_text)):
        exec(code, {"__name__": "__main__"})
    return output.getvalue()


def _process_seconds(task: Task) -> float:
    """CPU seconds of `punchtape run`, of the whole process."""
    command = [sys.executable, "-c", "from interpreter.command_line import main; main()", "run", str(task.path)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        file.write(task.input_text)
        file.seek(0)
        subprocess.run(command, stdin=file, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(kind: str, *arguments: str) -> None:
    figures: EngineFigures | TaskFigures | PeerFigures
    match kind:
        case "engine":
            figures = measure_engine(arguments[0], int(arguments[1]))
        case "task":
            figures = measure_task(TASKS[int(arguments[0])], *map(float, arguments[1:]))
        case "peer":
            figures = measure_peer(int(arguments[0]), *map(float, arguments[1:]))
        case _:
            raise ValueError(f"no measurement {kind!r}")
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main(*sys.argv[1:])
