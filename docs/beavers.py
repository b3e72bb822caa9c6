"""What the pages say of busy beavers: counted where that is quick, else measured once and kept.

python -m docs.figures --beavers 2x4 5x2-ptm    # runs these of the long ones again: minutes of CPU
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from compiler.front_ends import compile_machine
from compiler.front_ends.turing.machine import parse
from interpreter import run
from interpreter.simulators.turing import simulate

ROOT = Path(__file__).resolve().parents[1]
CHAMPIONS = {
    "2x2": "BB(2,2)",
    "3x2-steps": "BB(3,2) steps",
    "3x2-ones": "BB(3,2) ones",
    "2x3": "BB(2,3)",
    "4x2": "BB(4,2)",
}
"""By the name of the figure, that of the list: those whose least window is counted."""
WIDE = 64
"""The window beside the least one."""
LONG: dict[str, tuple[str, str | None, dict[str, str], int | None]] = {
    "2x4": ("BB(2,4)", None, {}, None),
    "2x4-blocks": ("BB(2,4)", None, {"block": "4"}, None),
    "5x2-blocks": ("BB(5,2)", None, {"block": "8"}, None),
    "5x2-context": ("BB(5,2)", None, {}, 50_000_000),
    "5x2-ptm": ("BB(5,2)", "ptm", {}, None),
}
"""Those that take long: the name of the list, the construction, its options, and `--context`."""


def champions() -> dict[str, tuple[str, int, int]]:
    """The list of `tests/data/busy_beaver.tsv`: by name the machine, its steps, and the cells that are not 0."""
    lines = (ROOT / "tests" / "data" / "busy_beaver.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return {name: (text, int(steps), int(left)) for name, text, steps, left in rows}


def of_beavers() -> dict[str, Any]:
    """By champion: steps, cells, the least window in which it halts, and the tokens in it and in a wide one."""
    numbers: dict[str, Any] = {name: _in_windows(champions()[listed][0]) for name, listed in CHAMPIONS.items()}
    text = champions()[CHAMPIONS["4x2"]][0]
    for construction in ("ram", "ptm"):
        prompt = compile_machine("tm", text, construction=construction)
        tokens = run(prompt).trace_tokens
        per_step = f"{tokens / numbers['4x2']['steps']:.2f}"
        numbers["4x2"][construction] = {"prompt": len(prompt.numbers), "tokens": tokens, "per-step": per_step}
    numbers["4x2"]["ones"] = champions()[CHAMPIONS["4x2"]][2]
    return numbers


def _in_windows(text: str) -> dict[str, int]:
    machine = parse(text)
    steps = simulate(machine, 10_000).steps
    visited = {simulate(machine, k).head for k in range(steps)}
    least = next(size for size in count(1) if _tokens(text, size) is not None)
    return {
        "steps": steps,
        "cells": len(visited),
        "window": least,
        "least-tokens": _tokens(text, least) or 0,
        "wide-tokens": _tokens(text, WIDE) or 0,
    }


def _tokens(text: str, window: int) -> int | None:
    """Tokens of the run in this window, `halt` included; None if there is no room."""
    done = run(compile_machine("tm", text, options={"window": str(window)}, construction="post"))
    return None if done.ended == "room" else done.trace_tokens


def of_long(names: Iterable[str] = LONG) -> dict[str, Any]:
    """Of those that take minutes: tokens of prompt and trace, CPU seconds and memory, each in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        return dict(zip(names, processes.map(_of_a_long_one, names), strict=True))


def _of_a_long_one(name: str) -> dict[str, Any]:
    listed, construction, options, context = LONG[name]
    text, steps, left = champions()[listed]
    prompt = compile_machine("tm", text, options=options, construction=construction)
    begin = time.process_time()
    done = run(prompt, context=context)
    assert f"steps   {steps:,}" in done.report, done.report
    return {
        "steps": steps,
        "ones": left,
        "prompt": len(prompt.numbers),
        "tokens": done.trace_tokens,
        "per-step": f"{done.trace_tokens / steps:.2f}",
        "cpu-seconds": round(time.process_time() - begin, 1),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10,
    }
