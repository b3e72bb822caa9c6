"""Chunks that are checked by themselves: whoever does it, and in which order, the first wrong position is the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.tasks import LONG_RUN
from compiler import compile_program
from compiler.machines.machine import Machine
from interpreter.campaign.workers import workers
from interpreter.engines import create
from interpreter.engines.engine import Tokens
from interpreter.strategies.ram import ram_programs
from interpreter.traces.trace_file import TokenNumbers
from interpreter.verification import Verification, verify
from interpreter.verification.chunks import Unreadable
from interpreter.verification.compiled.compiled import Compiled
from punchtape import compile_file
from tests.engines import pairs
from tests.engines.pairs import Token
from tests.verification.test_verification import SMALL, counting, ram, traced

LONG = 2_000_000


class Shuffled:
    """Workers that take tasks one by one, and hand in the results in any order."""

    def __init__(self, seed: int, number: int) -> None:
        self.random, self.number = random.Random(seed), number

    def map(self, function: Callable[..., Any], tasks: Iterable[Any], shared: object) -> Iterator[Any]:
        waiting, results = iter(tasks), []
        while True:
            while len(results) < self.number and (task := next(waiting, None)) is not None:
                results.append(function(task, shared))
            if not results:
                return
            yield results.pop(self.random.randrange(len(results)))


def mapped(tokens: Tokens, folder: Path) -> TokenNumbers:
    tokens.astype("<u2").tofile(folder / "tokens")
    return np.memmap(folder / "tokens", "<u2", "r")


def assert_same(made: Machine[Any], tokens: Tokens, prompt: int, folder: Path, who: Any, chunk: int) -> Verification:
    """Split into chunks, in one go, and with PyTorch."""
    found = verify(made, mapped(tokens, folder), prompt, chunk=chunk, workers=who)
    assert found == verify(made, tokens, prompt)
    other = verify(made, tokens, prompt, "cpu")
    assert replace(found, first_mismatch=None) == replace(other, first_mismatch=None)
    if found.first_mismatch is not None and other.first_mismatch is not None:
        assert found.first_mismatch.wires == pytest.approx(other.first_mismatch.wires)
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_first_wrong_position_is_the_same(tmp_path: Path, data: st.DataObject) -> None:
    """Traces with none, one or several tokens changed, of random programs."""
    tokens, prompt = traced(data.draw(ram_programs(SMALL)), 300)
    positions = data.draw(st.lists(st.integers(prompt, len(tokens) - 1), max_size=3))
    for position in positions:
        tokens[position] = data.draw(st.integers(0, len(ram(SMALL).vocabulary) - 1))
    who = Shuffled(data.draw(st.integers(0, 1000)), data.draw(st.integers(1, 9)))
    assert_same(ram(SMALL), tokens, prompt, tmp_path, who, data.draw(st.sampled_from([8, 24, 104, 1000])))


def test_damage_is_found_in_every_chunk(tmp_path: Path) -> None:
    tokens, prompt = traced(counting(SMALL, 60), 900)
    assert assert_same(ram(SMALL), tokens, prompt, tmp_path, Shuffled(0, 5), 64).ok
    for position in range(prompt, len(tokens), 61):
        changed = tokens.copy()
        changed[position] += 1
        found = assert_same(ram(SMALL), changed, prompt, tmp_path, Shuffled(position, 5), 64)
        assert found.first_mismatch is not None and found.first_mismatch.position == position


def test_the_post_turing_machine(tmp_path: Path) -> None:
    prompt = compile_file("programs/machines/dyck.ptm").with_input("00110101")
    tokens = np.concatenate([prompt.numbers, *create("indexed", prompt.machine).decode(prompt.numbers)])
    assert assert_same(prompt.machine, tokens, len(prompt.numbers), tmp_path, Shuffled(1, 4), 40).ended
    tokens[-9] += 1
    assert not assert_same(prompt.machine, tokens, len(prompt.numbers), tmp_path, Shuffled(2, 4), 40).ok


def test_a_machine_that_keeps_values_of_every_position_is_not_split(tmp_path: Path) -> None:
    prompt = [Token("BOS"), Token("K", 1), Token("V", 3), Token("K", 2)]
    tokens = pairs.numbers(prompt + pairs.expected(prompt))
    assert not Compiled(pairs.pairs().weights).can_be_split
    assert assert_same(pairs.pairs(), tokens, len(prompt), tmp_path, Shuffled(0, 3), 8).ok


def test_a_file_that_a_worker_cannot_read(tmp_path: Path) -> None:
    tokens, prompt = traced(counting(SMALL, 3))
    there = mapped(tokens, tmp_path)
    (tmp_path / "tokens").unlink()
    with pytest.raises(Unreadable, match="a worker cannot read the trace .*tokens"):
        verify(ram(SMALL), there, prompt, workers=Shuffled(0, 2))


@pytest.fixture(scope="module")
def long_trace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine[Any], TokenNumbers, int]:
    prompt = compile_program(LONG_RUN.source)
    engine = create("indexed", prompt.machine)
    tokens = np.concatenate([prompt.numbers, *engine.decode(prompt.numbers, LONG)])
    return prompt.machine, mapped(tokens, tmp_path_factory.mktemp("trace")), len(prompt.numbers)


def test_a_worker_that_is_killed_loses_nothing(
    long_trace: tuple[Machine[Any], TokenNumbers, int], tmp_path: Path
) -> None:
    """Two processes, one of them killed when the first chunks are done; a damaged trace then, and the same workers."""
    made, tokens, prompt = long_trace
    killed: list[int] = []
    with workers(2) as who:
        pids = [*who.map(_pid, range(20))]

        def kill(done: int, total: int) -> None:
            if done and not killed:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        assert verify(made, tokens, prompt, chunk=2**16, workers=who, progress=kill).ok
        assert killed
        changed = np.array(tokens)
        changed[[1_000_000, 1_700_000]] += 1
        found = verify(made, mapped(changed, tmp_path), prompt, chunk=2**17, workers=who)
    assert found.first_mismatch is not None and found.first_mismatch.position == 1_000_000
    assert found == verify(made, changed, prompt)


def _pid(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


INTERRUPTED = """\
import sys
from interpreter.command_line import main, verifying
from interpreter.verification import chunks, verification

verification.COMPILED_CHUNK, chunks.CHUNK = 8, 64

def heard(self, done, total, doing):
    if done:
        print("verifying", flush=True)

verifying.Bar.__call__ = heard
if __name__ == "__main__":
    main(sys.argv[1:])
"""


@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["here", "workers"])
def test_an_interrupt_ends_it_within_two_seconds(more: list[str], tmp_path: Path) -> None:
    script, trace = tmp_path / "script.py", tmp_path / "long.trace"
    script.write_text(INTERRUPTED)
    source = str(LONG_RUN.path)
    command = [sys.executable, str(script)]
    subprocess.run([*command, "run", source, "--max-tokens", str(LONG), "--save-trace", str(trace)], check=False)
    with subprocess.Popen(
        [*command, "verify", source, "--trace", str(trace), *more], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"verifying\n"
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert time.monotonic() - begun < 2
        reader.join()
