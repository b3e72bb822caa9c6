"""The figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.measurement import EngineFigures, PeerFigures, TaskFigures
from benchmarks.session import BUDGET_SECONDS, Session
from benchmarks.timing import ENOUGH_SECONDS
from interpreter.engines.specialised import Policy

MIB = 2**20


def results_markdown(session: Session) -> str:
    """The whole document."""
    machine = "; ".join(f"{name}: {value}" for name, value in session.machine.items())
    return f"""# Benchmarks

Written by `make bench`; the raw numbers are in `results.json`.
{machine}.

All times are CPU seconds on one thread; compiling the program and loading weights and engine are not in them,
reading the output off the trace is. The machine has base 1000. *Steps* are instructions of the machine.

## Engines by length of the trace

![Tokens a second, steps a second and peak memory by length of the trace](results.svg)

The program searches for long Collatz sequences in few cells and never ends (`benchmarks/sources/long_run.py`). Each
measurement is a process of its own. An engine goes on to the next length if that takes {BUDGET_SECONDS:.0f} s at most.
*Verify* checks a whole trace on the CPU; the memory of the trace, 4 bytes a token, and of the engine that made
it counts as well. *Before* is the most memory used before decoding: for modules, weights and generated code.

{_engines(session.engines)}

## Tasks compared with CPython

The indexed engine, the specialised one and CPython take turns in one process, on the same source and input, and their
outputs are compared; each time is the median of five rounds, of fewer where these take {ENOUGH_SECONDS:.0f} s. The
specialised engine is warm: it has run the program until a run brought nothing new, or until it had recorded and
compiled for so long as is said above. An *operation* of the source is a statement executed or an expression evaluated,
counted by the interpreter of the syntax tree (`interpreter/references/tree.py`).

BB(5) is `programs/machines/bb5.tm`, the champion of the Turing machines with 5 states and 2 symbols, compiled with
`--set block=8`: what its head does within a block of 8 cells, until it leaves, the compiler has worked out (a macro
machine). What CPython runs beside it is a plain simulator, one step after the other on a list
(`benchmarks/sources/turing_machine.py`), for as many steps; an operation is a step, and what is compared is the number
of steps and of cells that are not blank.

{_tasks(session.tasks)}

How it got warm, CPU seconds. What is left to the indexed engine, and guards that failed where no code goes straight on,
are of one run once it was warm:

{_warm(session.tasks)}

Whole processes, one run each, CPU seconds: `punchtape run` by both engines, with all that is imported, loaded, recorded
and compiled (the user's cache has the weights and, of programs, the prompt), and CPython on the same source and input.
The specialised engine is *cold*: what it records and compiles it does while it runs, and not before {Policy.after:,}
tokens. Each time is the median of three, of fewer where these take {ENOUGH_SECONDS:.0f} s; the last columns are of the
last run.

{_processes(session.tasks)}

## Tasks of transformer-vm

Its sparse build on one core of a machine like this one, as given to us: generated tokens and CPU seconds. Those were
not measured here, so the ratios of seconds are right to within a factor of about two. The tasks are written
naturally in our language (`programs/`, `benchmarks/sources/`); how the peer computes Fibonacci numbers is not known, so
there is a recursive version as well as the natural loop. *Process* is `punchtape run` from start to end, CPU
seconds, with all that is imported and loaded. A ratio below 1 is in the peer's favour. A task of the table above is
not measured again.

{_peers(session.peers)}
"""


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """The first column is text, the others are numbers."""
    names = list(header)
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _engines(figures: list[EngineFigures]) -> str:
    indexed = {f.tokens: f.seconds for f in figures if f.engine == "indexed"}
    header = ("engine", "tokens", "steps", "CPU s", "tokens/s", "steps/s", "faster than indexed by",
              "memory before, MiB", "peak, MiB")  # fmt: skip
    return _table(header, (
        (f.engine, f"{f.tokens:,}", f"{f.steps:,}", seconds(f.seconds), rate(f.tokens / f.seconds),
         rate(f.steps / f.seconds), f"{ratio(indexed[f.tokens] / f.seconds)}x" if f.tokens in indexed else "",
         f"{f.memory_before / MIB:.0f}", f"{f.memory_peak / MIB:.0f}")
        for f in figures
    ))  # fmt: skip


def _tasks(figures: list[TaskFigures]) -> str:
    header = ("task", "prompt tokens", "trace tokens", "steps", "tokens/operation", "verify, tokens/s",
              "indexed, CPU s", "tokens/s", "CPython, CPU s", "slowdown", "specialised, CPU s", "tokens/s",
              "faster than indexed by", "slowdown", "peak, MiB")  # fmt: skip
    return _table(header, (
        (f.task, f"{f.prompt_tokens:,}", f"{f.trace_tokens:,}", f"{f.steps:,}",
         f"{f.trace_tokens / f.operations:.1f}", rate(f.trace_tokens / f.verify_seconds), seconds(f.seconds),
         rate(f.trace_tokens / f.seconds), seconds(f.cpython_seconds), f"{ratio(f.seconds / f.cpython_seconds)}x",
         seconds(f.specialised_seconds), rate(f.trace_tokens / f.specialised_seconds),
         f"{ratio(f.seconds / f.specialised_seconds)}x", f"{ratio(f.specialised_seconds / f.cpython_seconds)}x",
         f"{f.memory_peak / MIB:.0f}")
        for f in figures
    ))  # fmt: skip


def _warm(figures: list[TaskFigures]) -> str:
    header = ("task", "all before, s", "recording and compiling, s", "fragments", "their tokens",
              "left to the indexed engine, tokens", "guards failed")  # fmt: skip
    return _table(header, (
        (f.task, seconds(f.warm.seconds), seconds(f.warm.specialising), f"{f.warm.fragments:,}",
         f"{f.warm.fragment_tokens:,}", f"{f.warm.indexed_tokens:,}", f"{f.warm.failed_guards:,}")
        for f in figures
    ))  # fmt: skip


def _processes(figures: list[TaskFigures]) -> str:
    header = ("task", "indexed, CPU s", "CPython, CPU s", "slowdown", "specialised, cold, CPU s",
              "faster than indexed by", "slowdown", "recording and compiling, s", "fragments",
              "left to the indexed engine, tokens")  # fmt: skip
    return _table(header, (
        (f.task, seconds(p.indexed), seconds(p.cpython), f"{ratio(p.indexed / p.cpython)}x", seconds(p.cold.seconds),
         f"{ratio(p.indexed / p.cold.seconds)}x", f"{ratio(p.cold.seconds / p.cpython)}x",
         seconds(p.cold.specialising), f"{p.cold.fragments:,}", f"{p.cold.indexed_tokens:,}")
        for f in figures for p in (f.processes,)
    ))  # fmt: skip


def _peers(figures: list[PeerFigures]) -> str:
    header = ("task", "program", "prompt tokens", "trace tokens", "peer's", "fewer by", "CPU s", "peer's", "faster by",
              "process, CPU s", "faster by", "specialised, warm, CPU s", "faster by")  # fmt: skip
    return _table(header, (
        (f.task, f"`{f.program}`", f"{f.prompt_tokens:,}", f"{f.trace_tokens:,}", f"{f.peer_tokens:,}",
         f"{ratio(f.peer_tokens / f.trace_tokens)}x", seconds(f.seconds), f"{f.peer_seconds}",
         f"{ratio(f.peer_seconds / f.seconds)}x", seconds(f.process_seconds),
         f"{ratio(f.peer_seconds / f.process_seconds)}x", seconds(f.specialised_seconds),
         f"{ratio(f.peer_seconds / f.specialised_seconds)}x")
        for f in figures
    ))  # fmt: skip


def seconds(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if value >= 0.001 or not value else f"{value:.6f}"


def rate(value: float) -> str:
    """Three digits, with commas."""
    digits = len(str(int(value)))
    return f"{round(value, 3 - digits):,.0f}"


def ratio(value: float) -> str:
    """Two digits below 100, whole numbers above."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
