"""Verification as the command line shows it: progress, and what a mismatch looks like."""

from __future__ import annotations

import time
from collections.abc import Iterator

from compiler.machines.machine import Prompt
from interpreter.command_line.bar import Bar
from interpreter.command_line.exits import fail
from interpreter.engines.engine import Tokens
from interpreter.verification import Mismatch, NotVerifiable, Verification, verify


def verify_tokens(prompt: Prompt, tokens: Tokens, device: str) -> tuple[Verification, float]:
    """Verifies prompt and trace, with a progress bar on a terminal; ends the process where it cannot."""
    with Bar("verifying") as bar:
        begun = time.perf_counter()
        try:
            verification = verify(
                prompt.machine,
                tokens,
                len(prompt.numbers),
                device,
                progress=lambda done, total: bar(done, total, "verifying"),
            )
        except (NotVerifiable, ValueError) as problem:
            fail(f"error: {problem}")
        except (RuntimeError, AssertionError) as problem:
            fail(f"error: device {device!r} cannot be used: {problem}")
        return verification, time.perf_counter() - begun


def report_mismatch(prompt: Prompt, mismatch: Mismatch) -> Iterator[str]:
    """Position, expected and emitted token, and every wire that is not zero where it was decided."""
    vocabulary = prompt.machine.vocabulary
    emitted = "nothing: the run has ended" if mismatch.emitted is None else str(vocabulary[mismatch.emitted])
    expected = vocabulary[mismatch.expected]
    yield f"mismatch at position {mismatch.position}: the trace has {expected}, the transformer emits {emitted}"
    for name, value in mismatch.wires.items():
        if value:
            yield f"    {name:<28}{value:g}"
