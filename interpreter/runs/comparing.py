"""The same task on every construction and form that runs it, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from compiler.circuits import Weights
from compiler.front_ends.brainfuck import Options
from compiler.front_ends.options import read_options
from compiler.machines.machine import Prompt
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Tokens
from interpreter.model.facts import Facts, facts
from interpreter.runs.certified import NotCertified, certified_length
from interpreter.runs.running import Run, run
from interpreter.simulators import brainfuck

DTYPES = ("float64", "float32", "bfloat16", "float16")
MAX_SIMULATED_STEPS = 10_000_000
"""Of a simulator: some seconds."""


@dataclass(frozen=True)
class Contestant:
    """A construction in one form, on one task.

    source_steps: of the machine that the task is written for, None if the run did not come to its end; right: by
    data type, how many of the task's first tokens, prompt included, the dense transformer gets right, and
    whether that is all that were tried; proved: by data type, up to which length the kept certificate covers it.
    """

    construction: str
    facts: Facts
    attention: str
    run: Run
    source_steps: int | None
    right: dict[str, tuple[int, bool]]
    proved: dict[str, int | None]


def compete(
    prompt: Prompt,
    max_tokens: int,
    tried: int,
    dtypes: tuple[str, ...] = DTYPES,
    progress: Callable[[int, int, str], None] = lambda done, total, dtype: None,
) -> Contestant:
    """Runs the task on the indexed engine; in each data type, has the dense transformer confirm its first tokens.

    Args:
        max_tokens: the run is given up after so many; tried: how many tokens, prompt included, are confirmed.
        dtypes: the data types to try, of `DTYPES`.
        progress: is told how many tokens of how many are confirmed, in all data types together, and in which one now.
    """
    chunks: list[Tokens] = [prompt.numbers]
    kept = len(prompt.numbers)

    def keep(chunk: Tokens) -> None:
        nonlocal kept
        if kept < tried:
            chunks.append(chunk[: tried - kept])
            kept += len(chunks[-1])

    result = run(prompt, max_tokens=max_tokens, on_tokens=keep)
    machine = prompt.machine
    trace = np.concatenate(chunks)
    start = len(prompt.numbers) - 1
    right = {}
    wanted = len(trace) - 1 - start
    for number, name in enumerate(dtypes):
        if len(trace) == start + 1:  # no more tokens are to be confirmed than the prompt has
            right[name] = (len(trace), True)
            continue

        def tell(done: int, before: int = number * wanted, name: str = name) -> None:
            progress(before + done, len(dtypes) * wanted, name)

        emitted = DenseEngine(machine, getattr(torch, name)).continuations(trace[:-1], start, tell)
        [wrong] = np.nonzero(emitted != trace[start + 1 :])
        right[name] = (start + 1 + int(wrong[0]), False) if len(wrong) else (len(trace), True)
    weights = machine.weights
    return Contestant(
        construction=prompt.construction,
        facts=facts(weights),
        attention=attention(weights),
        run=result,
        source_steps=source_steps(prompt, result),
        right=right,
        proved={name: _proved(weights.sha256(), name) for name in dtypes},
    )


def attention(weights: Weights) -> str:
    """What kinds of heads there are, by what they are declared to be."""
    kinds = Counter(type(pattern).__name__.lower() for layer in weights.layers for pattern in layer.patterns)
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))


def _proved(sha256: str, dtype: str) -> int | None:
    try:
        return certified_length(sha256, dtype)
    except NotCertified:
        return None


def _brainfuck_steps(prompt: RamPrompt) -> int | None:
    """Commands, by the simulator: the RAM code of a loop may carry out all its rounds at once."""
    options = read_options(Options, dict(prompt.program.options))
    simulated = brainfuck.simulate(
        prompt.program.source,
        prompt.input_text,
        options.wrap,
        options.end == "zero",
        MAX_SIMULATED_STEPS,
        options.tape == "both",
    )
    return None if simulated.ended == "budget" else simulated.steps


SIMULATED_STEPS = {"bf": _brainfuck_steps}
"""By the name of a format whose RAM code does not count steps."""


def source_steps(prompt: Prompt, result: Run) -> int | None:
    """What the run counts; in a format whose RAM code cannot, what the simulator does; else the instructions."""
    if result.ended not in ("halt", "error"):
        return None
    if result.source_steps:
        return result.source_steps
    if isinstance(prompt, TokenPrompt) and prompt.format:
        return None  # its steps are tokens, and those of the program are in the report only
    if isinstance(prompt, RamPrompt) and prompt.program.format in SIMULATED_STEPS:
        return SIMULATED_STEPS[prompt.program.format](prompt)
    return result.steps


def rows(contestants: list[Contestant]) -> list[tuple[str, list[str]]]:
    """The table: a label and an entry for each contestant."""
    steps = max((c.source_steps for c in contestants if c.source_steps), default=None)

    def row(label: str, entry: Callable[[Contestant], object]) -> tuple[str, list[str]]:
        return label, [str(entry(c)) for c in contestants]

    def tokens_a_step(c: Contestant) -> str:
        return f"{c.run.trace_tokens / steps:.2f}" if steps and c.run.ended in ("halt", "error") else "–"

    def correct(c: Contestant, dtype: str) -> str:
        tokens, everything = c.right[dtype]
        return f"{'all' if everything else 'the first'} {tokens:,}"

    def proved(c: Contestant) -> str:
        if None in c.proved.values():
            return "no certificate"
        return ", ".join(f"{dtype} {tokens:,}" for dtype, tokens in c.proved.items() if tokens) or "0"

    return [
        row("layers", lambda c: c.facts.layers if c.facts.form == "stacked" else f"1, applied {c.facts.passes} times"),
        row("width", lambda c: c.facts.width),
        row("heads", lambda c: sum(c.facts.heads)),
        row("attention", lambda c: c.attention),
        row("parameters", lambda c: f"{c.facts.parameters:,}"),
        row("non-zero weights", lambda c: f"{c.facts.non_zeros:,}"),
        row("vocabulary", lambda c: f"{c.facts.vocabulary:,}"),
        row("prompt tokens", lambda c: f"{c.run.prompt_tokens:,}"),
        row("trace tokens", lambda c: f"{c.run.trace_tokens:,}"),
        row("ended by", lambda c: c.run.ended),
        row("source steps", lambda c: f"{steps:,}" if steps else "–"),
        row("tokens a source step", tokens_a_step),
        row("prints", lambda c: " / ".join(c.run.output.splitlines()[:2])[:40]),
        *(row(f"{dtype} is right for", lambda c, dtype=dtype: correct(c, dtype)) for dtype in DTYPES),  # type: ignore[misc]
        row("proved up to", proved),
    ]
