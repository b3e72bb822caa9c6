"""Measurements, each in a process of its own: `python -m benchmarks.measurement KIND …` prints its figures as JSON.

Rates are of CPU time, so that other work on the machine disturbs them little; `benchmarks.session` has all run on
one thread. What is set up once
(compiling the program, loading the weights and the engine) is not in them; reading the output off the trace is.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.tasks import LONG_RUN, PEERS, TASKS, Peer, Task
from benchmarks.timing import peak_memory, side_by_side, time_of_processes
from compiler.machines.machine import Prompt
from interpreter import run
from interpreter.command_line.exits import BUDGET
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
class Specialised:
    """What the specialised engine did: before it was measured, or in a process of one run.

    Attributes:
        seconds: CPU time of all that; specialising: of these, recording and compiling.
        fragments, fragment_tokens: how many there are, and how many tokens they have.
        indexed_tokens: those of the run that the indexed engine decodes; once warm, of one more.
        failed_guards: of the same run, those after which no code goes straight on.
    """

    seconds: float
    specialising: float
    fragments: int
    fragment_tokens: int
    indexed_tokens: int
    failed_guards: int


@dataclass(frozen=True)
class Processes:
    """Whole processes, from start to end, CPU seconds: `punchtape run`, and CPython.

    cold: by the specialised engine, as `run` has it record and compile.
    """

    indexed: float
    cpython: float
    cold: Specialised


@dataclass(frozen=True)
class TaskFigures:
    """A task on the indexed and the specialised engine, verified as a whole, and on CPython.

    operations: see `interpreter.references.tree`, or steps of the machine; warm: what the specialised engine had done
    by then.
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
    warm: Specialised
    processes: Processes


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
    prompt = LONG_RUN.prompt()
    warm_up = min(tokens, WARM_UP_TOKENS.get(engine, 1000))
    if engine == VERIFY:
        trace, steps = _trace(prompt, tokens)
        action = _verification(prompt, trace)
        _verification(prompt, trace[: len(prompt.numbers) + warm_up])()
    else:
        decoder = create(engine, prompt.machine)
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
    """Raises ValueError if an engine does not come to what CPython comes to."""
    prompt, most = task.prompt(), task.most
    engine = create("indexed", prompt.machine)
    special, warm = warmed(prompt, warm_up, most)
    ours = run(prompt, engine=engine, max_tokens=most)
    cpython = _cpython(task, ours.source_steps)
    memory, expected = peak_memory(), cpython()
    for found in (ours, run(prompt, engine=special, max_tokens=most)):
        compare(task, found, expected)
    seconds, specialised, cpython_seconds = side_by_side(
        lambda: run(prompt, engine=engine, max_tokens=most),
        lambda: run(prompt, engine=special, max_tokens=most),
        cpython,
    )
    verification = _verification(prompt, _trace(prompt, ours.trace_tokens)[0])
    verification()
    [verifying] = side_by_side(verification, rounds=1)
    operations = interpret(task.source, task.input_text).steps if task.simulator is None else ours.source_steps
    return TaskFigures(
        task.name, ours.prompt_tokens, ours.trace_tokens, ours.steps, operations, seconds, specialised, verifying,
        cpython_seconds, memory, warm, _processes(task, ours),
    )  # fmt: skip


def measure_peer(number: int, warm_up: float = WARM_UP_SECONDS) -> PeerFigures:
    """Raises ValueError if the transformer does not print what CPython prints."""
    peer = PEERS[number]
    task = peer.task
    prompt = task.prompt()
    engine = create("indexed", prompt.machine)
    ours = run(prompt, engine=engine)
    compare(task, ours, _cpython(task)())
    special, _ = warmed(prompt, warm_up)
    seconds, specialised = side_by_side(lambda: run(prompt, engine=engine), lambda: run(prompt, engine=special))
    [process] = side_by_side(lambda: _process(task, "indexed", ours), rounds=3, clock=time_of_processes)
    return PeerFigures(
        task.name, task.path.name, ours.prompt_tokens, ours.trace_tokens, seconds, specialised, process, peer.tokens,
        peer.seconds,
    )  # fmt: skip


def peer_figures(peer: Peer, figures: TaskFigures) -> PeerFigures:
    """Of a task that has been measured by itself."""
    return PeerFigures(
        figures.task, peer.task.path.name, figures.prompt_tokens, figures.trace_tokens, figures.seconds,
        figures.specialised_seconds, figures.processes.indexed, peer.tokens, peer.seconds,
    )  # fmt: skip


def warmed(
    prompt: Prompt, most: float = WARM_UP_SECONDS, max_tokens: int | None = None
) -> tuple[SpecialisedEngine, Specialised]:
    """The specialised engine after runs until one brings nothing new; most: CPU seconds of recording and compiling."""
    engine = SpecialisedEngine(prompt.machine, policy=replace(EAGER, seconds=most))
    begun = time.process_time()
    while True:
        before = engine.report()
        run(prompt, engine=engine, max_tokens=max_tokens)
        new = engine.report()["fragments"] > before["fragments"]
        compiled = engine.settle()
        if engine.report()["specialising_seconds"] > most or not (new or compiled):
            break
    engine.freeze()
    spent = time.process_time() - begun
    before = engine.report()
    run(prompt, engine=engine, max_tokens=max_tokens)
    after = engine.report()
    of_one_run = {name: after[name] - before[name] for name in ("indexed_tokens", "failed_guards")}
    return engine, _specialised(spent, after | of_one_run)


def _specialised(seconds: float, report: dict[str, Any]) -> Specialised:
    """From the report of the engine."""
    names = ("fragments", "fragment_tokens", "indexed_tokens", "failed_guards")
    return Specialised(seconds, report["specialising_seconds"], *(int(report[name]) for name in names))


def compare(task: Task, found: Run, cpython: str) -> None:
    """What was printed with what CPython prints; of a machine its steps and score, where a run that was cut is."""
    said = found.report[found.report.find("steps") :] if task.simulator else found.output
    if said != cpython or found.ended != ("halt" if task.most is None else "budget"):
        raise ValueError(f"{task.name}: {found.engine} {found.ended}: {said!r}; CPython: {cpython!r}")


def _processes(task: Task, ours: Run) -> Processes:
    """Raises ValueError if one does not come to what this run has come to."""
    source, input_text = task.beside(ours.source_steps)
    reports: dict[str, dict[str, Any]] = {}

    def decode(engine: str) -> None:
        reports[engine] = _process(task, engine, ours)

    def cpython() -> None:
        compare(task, ours, _piped([sys.executable, str(source)], input_text))

    actions = (partial(decode, "indexed"), partial(decode, "specialised"), cpython)
    indexed, cold, cpython_seconds = side_by_side(*actions, rounds=3, clock=time_of_processes)
    return Processes(indexed, cpython_seconds, _specialised(cold, reports["specialised"]))


def _process(task: Task, engine: str, ours: Run) -> dict[str, Any]:
    """Runs `punchtape run` in a process; what its --stats-json has.

    Raises:
        ValueError: it does not print what this run has printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stats.json"
        program = [sys.executable, "-c", "from interpreter.command_line import main; main()", "run"]
        options = ["--engine", engine, "--stats-json", str(file)]
        status = 0 if task.most is None else BUDGET
        if _piped([*program, *task.arguments(), *options], task.input_text, status) != ours.output + ours.report:
            raise ValueError(f"{task.name}: `punchtape run --engine {engine}` prints something else")
        report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return report


def _piped(command: list[str], input_text: str, status: int = 0) -> str:
    """What it prints; raises ValueError if its exit status is another."""
    done = subprocess.run(command, input=input_text, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != status:
        raise ValueError(f"{' '.join(command)}: exit status {done.returncode}:\n{done.stderr}")
    return done.stdout


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

    transformer = prompt.machine

    def action() -> None:
        if not verify(transformer, trace, len(prompt.numbers)).ok:
            raise ValueError("the batch verification does not agree with the indexed engine")

    return action


def _cpython(task: Task, steps: int = 0) -> Callable[[], str]:
    """Runs it on the interpreter that this runs on, and returns what it prints; steps: see `Task.beside`."""
    source, input_text = task.beside(steps)
    code = compile(source.read_text(encoding="utf-8"), source.name, "exec")

    def action() -> str:
        output = io.StringIO()
        with redirect_stdout(output), patch.object(sys, "stdin", io.StringIO(input_text)):
            exec(code, {"__name__": "__main__"})
        return output.getvalue()

    return action


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
