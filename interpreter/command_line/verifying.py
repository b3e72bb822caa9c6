"""Verification as the command line shows it: progress, and what a mismatch looks like."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import numpy as np

from compiler.machines.machine import Prompt
from interpreter.campaign.workers import NoWorkers
from interpreter.campaign.workers import workers as start
from interpreter.command_line.exits import fail
from interpreter.traces.trace_file import TokenNumbers
from interpreter.verification import Mismatch, NotVerifiable, Verification, verify


def verify_tokens(
    prompt: Prompt, tokens: TokenNumbers, device: str | None, workers: int = 1, scheduler: str | None = None
) -> tuple[Verification, float]:
    """Verifies prompt and trace, with a line of progress; ends the process where it cannot."""
    progress = Progress()
    try:
        with ExitStack() as stack:
            who = None
            if workers > 1 or scheduler is not None:
                tokens = stack.enter_context(mapped(tokens))
                who = stack.enter_context(start(workers, scheduler))
            begun = time.perf_counter()
            verification = verify(
                prompt.machine, tokens, len(prompt.numbers), device, progress=progress.update, workers=who
            )
            seconds = time.perf_counter() - begun
    except (NotVerifiable, NoWorkers, ValueError) as problem:
        progress.clear()
        fail(f"error: {problem}")
    except (RuntimeError, AssertionError) as problem:
        progress.clear()
        fail(f"error: device {device!r} cannot be used: {problem}" if device else f"error: {problem}")
    progress.clear()
    return verification, seconds


@contextmanager
def mapped(tokens: TokenNumbers) -> Iterator[TokenNumbers]:
    """The tokens in a file, where other processes can read them: a temporary one, if they are in none."""
    if isinstance(tokens, np.memmap):
        yield tokens
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens"
        tokens.tofile(path)
        yield np.memmap(path, tokens.dtype, "r")


class Progress:
    """A line on standard error: on a terminal always the same one, otherwise a new one a minute."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.begun = self.last = time.monotonic()

    def update(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last < (0.2 if self.terminal else 60):
            return
        self.last = now
        rate = done / (now - self.begun)
        text = f"{done:,} of {total:,} tokens verified, {rate:,.0f} a second"
        if rate:
            text += f", {(total - done) / rate:,.0f} s left"
        click.echo(f"\r\x1b[K{text}" if self.terminal else text, nl=not self.terminal, err=True)

    def clear(self) -> None:
        if self.terminal:
            click.echo("\r\x1b[K", nl=False, err=True)


def report_mismatch(prompt: Prompt, mismatch: Mismatch) -> Iterator[str]:
    """Position, expected and emitted token, and every wire that is not zero where it was decided."""
    vocabulary = prompt.machine.vocabulary
    emitted = "nothing: the run has ended" if mismatch.emitted is None else str(vocabulary[mismatch.emitted])
    expected = vocabulary[mismatch.expected]
    yield f"mismatch at position {mismatch.position}: the trace has {expected}, the transformer emits {emitted}"
    for name, value in mismatch.wires.items():
        if value:
            yield f"    {name:<28}{value:g}"
