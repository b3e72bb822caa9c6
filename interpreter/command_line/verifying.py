"""Verification as the command line shows it: progress, and what a mismatch looks like."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from compiler.machines.machine import Prompt
from interpreter.campaign.workers import NoWorkers
from interpreter.campaign.workers import workers as start
from interpreter.command_line.bar import Bar
from interpreter.command_line.exits import fail
from interpreter.traces.trace_file import TokenNumbers
from interpreter.verification import Mismatch, NotVerifiable, Verification, verify


def verify_tokens(
    prompt: Prompt, tokens: TokenNumbers, device: str | None, workers: int = 1, scheduler: str | None = None
) -> tuple[Verification, float]:
    """Verifies prompt and trace, with a progress bar on a terminal; ends the process where it cannot."""
    try:
        with ExitStack() as stack:
            bar, who = stack.enter_context(Bar("verifying")), None
            if workers > 1 or scheduler is not None:
                tokens = stack.enter_context(mapped(tokens))
                who = stack.enter_context(start(workers, scheduler))
            begun = time.perf_counter()
            verification = verify(
                prompt.machine,
                tokens,
                len(prompt.numbers),
                device,
                progress=lambda done, total: bar(done, total, "verifying"),
                workers=who,
            )
            return verification, time.perf_counter() - begun
    except (NotVerifiable, NoWorkers, ValueError) as problem:
        fail(f"error: {problem}")
    except (RuntimeError, AssertionError) as problem:
        fail(f"error: device {device!r} cannot be used: {problem}" if device else f"error: {problem}")


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


def report_mismatch(prompt: Prompt, mismatch: Mismatch) -> Iterator[str]:
    """Position, expected and emitted token, and every wire that is not zero where it was decided."""
    vocabulary = prompt.machine.vocabulary
    emitted = "nothing: the run has ended" if mismatch.emitted is None else str(vocabulary[mismatch.emitted])
    expected = vocabulary[mismatch.expected]
    yield f"mismatch at position {mismatch.position}: the trace has {expected}, the transformer emits {emitted}"
    for name, value in mismatch.wires.items():
        if value:
            yield f"    {name:<28}{value:g}"
