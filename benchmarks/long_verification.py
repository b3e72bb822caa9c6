"""The verification of one long trace: `python -m benchmarks.long_verification --tokens N`, or `make verification`.

The long run of the other benchmarks is decoded into a file, unless that is there already; then the file is verified
by this process, and by several workers. What is measured goes into `long_verification.md`.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks.session import cpu_model
from benchmarks.tasks import LONG_RUN, ROOT
from benchmarks.timing import peak_memory
from compiler import compile_program
from compiler.machines.machine import Prompt
from interpreter.campaign.workers import workers as start
from interpreter.engines import create
from interpreter.traces.trace_file import TraceWriter, read_trace, trace_header
from interpreter.verification import verify

PAGE = ROOT / "benchmarks" / "results" / "long_verification.md"
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Figures:
    """What a part took: seconds of wall time and of CPU time of all processes; MiB: of the largest, by its part."""

    part: str
    tokens: int
    wall: float
    cpu: float
    memory: str

    def row(self) -> str:
        rates = f"{self.tokens / self.wall / 1e6:.1f} | {self.tokens / self.cpu / 1e6:.1f}"
        return f"| {self.part} | {self.wall:,.1f} | {self.cpu:,.1f} | {rates} | {self.memory} |"


def used(number: int) -> tuple[int, float, int]:
    """Of the process that does this task: its number, its CPU seconds so far, and its peak."""
    time.sleep(0.05)
    return os.getpid(), time.process_time(), peak_memory() // MEBIBYTE


def measured(part: str, tokens: int, action: Callable[[], Any]) -> Figures:
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Figures(
        part, tokens, time.perf_counter() - wall, time.process_time() - cpu, f"{peak_memory() // MEBIBYTE:,}"
    )


def decode(prompt: Prompt, tokens: int, path: Path) -> Figures:
    engine = create("indexed", prompt.machine)

    def action() -> None:
        with TraceWriter(path, trace_header(prompt), prompt.numbers) as trace:
            for chunk in engine.decode(prompt.numbers, tokens):
                trace.write(chunk)

    return measured("decoded into the file", tokens, action)


def checker(prompt: Prompt, path: Path) -> tuple[int, Callable[..., None]]:
    """How many tokens the trace has after its prompt, and what verifies them, with more arguments of `verify`."""
    header, tokens = read_trace(path)
    size = len(tokens) - header.prompt_tokens

    def check(**how: Any) -> None:
        found = verify(prompt.machine, tokens, header.prompt_tokens, **how)
        if not found.ok or found.checked != size:
            raise ValueError(f"not verified: {found}")

    return size, check


def verified(prompt: Prompt, path: Path, number: int) -> Figures:
    """Raises ValueError if a token is found wrong."""
    size, check = checker(prompt, path)
    if number == 1:
        return measured("verified by one process", size, check)
    with start(number) as who:
        before = {pid: seconds for pid, seconds, _ in who.map(used, range(20 * number))}
        here = measured("", size, lambda: check(workers=who))
        after = {pid: (seconds, memory) for pid, seconds, memory in who.map(used, range(20 * number))}
    cpu = here.cpu + sum(seconds - before.get(pid, 0.0) for pid, (seconds, _) in after.items())
    memory = f"{max(memory for _, memory in after.values()):,} a worker, {here.memory} the process that leads them"
    return Figures(f"verified by {number} workers", size, here.wall, cpu, memory)


def verified_on(prompt: Prompt, path: Path, device: str) -> Iterator[Figures]:
    """With PyTorch on a device, twice: the first time its libraries are loaded. Raises ValueError as `verified`."""
    size, check = checker(prompt, path)
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    for times in (", libraries loaded", ", again"):
        yield measured(f"verified on {name}{times}", size, lambda: check(device=device))


def page(figures: Sequence[Figures], prompt: Prompt, tokens: int, load: str, command: str) -> str:
    program, machine = LONG_RUN.path.relative_to(ROOT), prompt.machine
    return "\n".join(
        [
            "# One long trace, verified",
            "",
            f"`{command}`: the first {tokens:,}",
            f"tokens of `{program}` on {machine.name}, whose weights tell {machine.weights.max_tokens:,} positions",
            f"apart (sha256 {machine.weights.sha256()}).",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {cpu_model()}, {os.cpu_count()} cores, {platform.system()}; {load}.",
            "*Millions a second* are tokens, of wall time and of CPU time of all processes; memory in MiB, with",
            "what of libraries and of the file is mapped.",
            "",
            "| | wall s | CPU s | millions a wall s | millions a CPU s | peak memory |",
            "|---|---:|---:|---:|---:|---|",
            *(f.row() for f in figures),
            "",
        ]
    )


@click.command()
@click.option("--tokens", type=click.IntRange(min=1000, max=2**30 - 2**10), default=10**9, show_default=True)
@click.option("--workers", type=click.IntRange(min=2), default=2, show_default=True)
@click.option("--trace", type=click.Path(dir_okay=False, path_type=Path), default=Path("long.trace"), show_default=True)
@click.option("--device", metavar="NAME", help="Verify with PyTorch on this device instead, such as cuda.")
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), default=PAGE, help="The page.")
def main(tokens: int, workers: int, trace: Path, device: str | None, results: Path) -> None:
    """Decode a trace into a file of two bytes a token, verify it by one process and by several workers, or on a GPU."""
    prompt = compile_program(LONG_RUN.source).telling_apart(2**30)
    figures: list[Figures] = []
    if not trace.exists():
        figures.append(decode(prompt, tokens, trace))
    command = f"python -m benchmarks.long_verification --tokens {tokens}"
    if device is None:
        command += "`, or `make verification"
        parts: Iterable[Figures] = (verified(prompt, trace, number) for number in (1, workers))
    else:
        command += f" --device {device}`, PyTorch `{torch.__version__}"
        parts = verified_on(prompt, trace, device)
    for part in parts:  # told at once: the next may fail
        figures.append(part)
        click.echo(part.row())
    load = "load averages at the end " + ", ".join(f"{average:.1f}" for average in os.getloadavg())
    results.write_text(page(figures, prompt, figures[-1].tokens, load, command), encoding="utf-8")
    click.echo(f"written: {results}")


if __name__ == "__main__":
    main()
