"""Runs that are interrupted and go on: nothing of the output is lost, doubled or changed, whenever it happens.

`INTERRUPTIONS=1000 pytest tests/interpreter/test_interruption.py` sends so many signals to processes, and tries so many
programs that are interrupted between tokens.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.front_ends.ptm import parse
from compiler.language.errors import SourceError
from compiler.machines.machine import Prompt
from compiler.machines.ptm import machine as ptm_machine
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram import Layout, machine
from compiler.machines.saved import dumps, loads
from interpreter import run
from interpreter.command_line import main
from interpreter.engines.engine import Engine, Tokens
from interpreter.engines.indexed import IndexedEngine
from interpreter.runs.running import Run
from interpreter.simulators.cpython import run_python
from interpreter.strategies.programs import programs
from interpreter.traces.ram.follower import TraceFollower

LAYOUT = Layout(base=256)
INTERRUPTIONS = int(os.environ.get("INTERRUPTIONS", "10"))
PRINTS_MUCH = """\
def mix(a, b):
    return (a * 31 + b) % 1000003

seen = [0] * 50
s, big = 1, 1
for i in range(2500):
    s = mix(s, i)
    seen[i % 50] = s
    big = big * 3 + s
    if i % 40 == 0:
        big = big // 7 ** 20
    print(i, s, seen[(i * 7) % 50], big, sep=", ", end=";\\n")
    print("é" * (i % 5), seen[3:6])
print(sum(seen), big)
"""


@cache
def ram_engine() -> IndexedEngine:
    return IndexedEngine(machine(LAYOUT))


@cache
def ptm_engine() -> IndexedEngine:
    return IndexedEngine(ptm_machine())


class Chopped:
    """An engine's tokens in chunks of given sizes, again and again: the places at which a run can be interrupted."""

    name = "chopped"

    def __init__(self, engine: Engine, sizes: list[int]) -> None:
        self.engine = engine
        self.sizes = sizes

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        sizes = cycle(self.sizes)
        for left in self.engine.decode(prompt, max_tokens):
            while len(left):
                size = next(sizes)
                yield left[:size]
                left = left[size:]


def interrupted(prompt: Prompt, engine: Engine, chunks: int) -> Run:
    """A run that is interrupted after so many chunks; at least one."""
    asked = iter(range(chunks - 1))
    return run(prompt, engine=engine, keep_rest=True, stop=lambda: next(asked, None) is None)


def in_pieces(prompt: Prompt, engine: Engine, sizes: list[int], moments: list[int]) -> tuple[list[str], int, Run]:
    """A run that is interrupted again and again, whose prompt is saved and opened each time.

    moments: after how many chunks of these sizes each of the interruptions comes.

    Returns:
        The output of each piece; the steps of all; the last piece.
    """
    outputs, steps = [], 0
    for moment in moments:
        result = interrupted(prompt, Chopped(engine, sizes), moment)
        if result.rest is None:
            break
        assert result.ended == "interrupted"
        outputs.append(result.output)
        steps += result.steps
        prompt = loads(dumps(result.rest, ""))[0]
    else:
        result = run(prompt, engine=engine)
    return [*outputs, result.output], steps + result.steps, result


@settings(max_examples=max(60, INTERRUPTIONS))
@given(programs(max_statements=6), st.lists(st.integers(1, 60), min_size=1), st.lists(st.integers(1, 30), max_size=20))
def test_interrupted_between_any_two_tokens(source: str, sizes: list[int], moments: list[int]) -> None:
    try:
        prompt = compile_program(source, layout=LAYOUT)
    except SourceError:
        reject()  # That random programs are inside the language is for other tests to say.
    engine = ram_engine()
    whole = run(prompt, engine=engine)
    outputs, steps, result = in_pieces(prompt, engine, sizes, moments)
    assert ("".join(outputs), steps, result.ended, result.error) == (
        whole.output,
        whole.steps,
        whole.ended,
        whole.error,
    )


@settings(max_examples=20)
@given(st.text("01", max_size=8), st.lists(st.integers(1, 5), min_size=1), st.lists(st.integers(1, 60), max_size=6))
def test_the_post_turing_machine_is_interrupted(bits: str, sizes: list[int], moments: list[int]) -> None:
    """It prints when it halts, and what it had written by then is written again by the run that goes on."""
    source = (Path(__file__).parents[2] / "programs/machines/parity.ptm").read_text()
    prompt: Prompt = PtmPrompt(parse(source), input_text=bits)
    engine = ptm_engine()
    whole = run(prompt, engine=engine)
    outputs, _, result = in_pieces(prompt, engine, sizes, moments)
    assert not any(outputs[:-1])
    assert (result.output, result.ended) == (whole.output, "halt")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_inside_an_update(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst moment: one half of the follower has taken the chunk, the other has not."""
    monkeypatch.chdir(tmp_path)
    Path("much.py").write_text(PRINTS_MUCH)
    calls = iter(range(14))
    scan = TraceFollower._scan

    def update(self: TraceFollower, chunk: Tokens) -> None:
        if next(calls, None) is None:
            monkeypatch.setattr(TraceFollower, "_scan", scan)
            signal.raise_signal(number)
        scan(self, chunk)

    monkeypatch.setattr(TraceFollower, "_scan", update)
    first = CliRunner().invoke(main, ["run", "much.py", "--checkpoint", "rest"])
    assert first.exit_code == 128 + number
    assert signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    second = CliRunner().invoke(main, ["run", "rest"])
    assert second.exit_code == 0
    assert first.stdout + second.stdout == run_python(PRINTS_MUCH).output


def test_signals_at_random_moments(tmp_path: Path) -> None:
    """Processes with real signals, each going on where the one before was interrupted."""
    chance = random.Random(20261126)
    (tmp_path / "much.py").write_text(PRINTS_MUCH)
    expected = run_python(PRINTS_MUCH).output
    sent = 0
    while sent < INTERRUPTIONS:
        file, printed, status = "much.py", "", -1
        while status != 0:
            number = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
            text, status = _signalled(tmp_path, file, number, chance.expovariate(20) if sent < INTERRUPTIONS else None)
            assert status in (0, 128 + number)
            printed += text
            sent, file = sent + (status != 0), "rest"
        assert printed == expected


def _signalled(folder: Path, file: str, number: int, delay: float | None) -> tuple[str, int]:
    """What a run prints that gets a signal so many seconds after it has begun to print, if any, and its status."""
    printed, said = folder / "printed", folder / "said"
    printed.write_bytes(b"")
    process = os.fork()
    if process == 0:
        _run_and_exit(folder, file)
    ended = 0
    while delay is not None and not ended and not printed.stat().st_size:
        time.sleep(0.001)
        ended, status = os.waitpid(process, os.WNOHANG)
    if not ended:
        if delay is not None:
            time.sleep(delay)
            os.kill(process, number)
        _, status = os.waitpid(process, 0)
    assert b"Traceback" not in said.read_bytes()
    return printed.read_text("utf-8"), os.waitstatus_to_exitcode(status)


def _run_and_exit(folder: Path, file: str) -> None:
    """In a process of its own, which has loaded all modules already: `punchtape run FILE --checkpoint rest`."""
    status = 70
    try:
        os.chdir(folder)
        for number, name in ((1, "printed"), (2, "said")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)
        main(["run", file, "--checkpoint", "rest"])
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 70
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
