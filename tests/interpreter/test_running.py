"""Runs that are cut and go on: nothing of the output changes, wherever they are cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_program
from compiler.machines.constructions import construction
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from compiler.machines.saved import dumps, loads
from interpreter import run
from interpreter.runs.running import ContextTooSmall
from interpreter.strategies.programs import programs
from interpreter.strategies.ram import ram_programs
from interpreter.traces.trace_file import TraceFileError, TraceHeader, TraceWriter, read_trace

SMALL = Layout(base=10, max_depth=4)
BUDGET = 400


def saved_and_opened(prompt: Prompt) -> Prompt:
    return loads(dumps(prompt, machine(prompt.layout).weights.sha256()))[0]


@given(ram_programs(SMALL), st.integers(1, 60))
def test_a_run_that_is_cut_goes_on(program: RamProgram, cut: int) -> None:
    whole = run(Prompt(program), engine="reference", max_tokens=BUDGET)
    begun = run(Prompt(program), engine="indexed", max_tokens=cut, keep_rest=True)
    if begun.rest is None:
        assert (begun.output, begun.ended) == (whole.output, whole.ended)
        return
    # What was cut begins again: up to one instruction more.
    rest = run(saved_and_opened(begun.rest), engine="indexed", max_tokens=BUDGET)
    if whole.ended != "budget":
        assert (begun.output + rest.output, begun.steps + rest.steps) == (whole.output, whole.steps)
        assert (rest.ended, rest.error) == (whole.ended, whole.error)
    else:
        assert (begun.output + rest.output).startswith(whole.output)


@settings(max_examples=30)
@given(programs(max_statements=6), st.integers(40, 400))
def test_context_changes_nothing(source: str, context: int) -> None:
    prompt = compile_program(source, layout=Layout(base=256))
    whole = run(prompt)
    compacted = run(prompt, context=context)
    assert (compacted.output, compacted.steps, compacted.ended) == (whole.output, whole.steps, whole.ended)
    assert compacted.error == whole.error


@pytest.mark.parametrize("context", (1, 3, 50))
def test_context_of_a_trace_that_is_printed(context: int, tmp_path: Path) -> None:
    """Tokens are apart, wherever the run goes on from a prompt of its own."""
    (tmp_path / "rules").write_text("a a: b\na b: a a\nb a: b\n")
    prompt = construction(f"lag:{tmp_path / 'rules'}").prompt("a b a a b")
    whole = run(prompt, engine="reference")
    assert run(prompt, engine="reference", context=context).output == whole.output and whole.output.count(" ") > 2


def test_context_too_small() -> None:
    with pytest.raises(ContextTooSmall, match="within a context of 2 tokens"):
        run(compile_program("n = 7\nfor i in range(7):\n    n = n * n\nprint(n)"), context=2)


def test_trace_files(tmp_path: Path) -> None:
    path = tmp_path / "some.trace"
    header = TraceHeader("ram", "0" * 64, 3, 2)
    with TraceWriter(path, header, np.array([1, 2, 3], dtype=np.int32)) as trace:
        trace.write(np.array([70, 60_000], dtype=np.int32))
        assert not path.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["some.trace"]
    read, tokens = read_trace(path)
    assert read == header and tokens.tolist() == [1, 2, 3, 70, 60_000]

    data = path.read_bytes()
    for damaged in (data[:-1], data.replace(b"ram", b"rom"), data[:20], b"", b"[]\n", data[:-40] + b"xx" + data[-38:]):
        path.write_bytes(damaged)
        with pytest.raises(TraceFileError):
            read_trace(path)


def test_a_trace_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "some.trace"
    path.write_text("old")
    with pytest.raises(RuntimeError), TraceWriter(path, TraceHeader("ram", "", 0, 2), np.array([], dtype=np.int32)):
        raise RuntimeError
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_a_trace_that_was_cut_can_be_read(tmp_path: Path) -> None:
    """As after kill -9: no checksum, and perhaps the first byte of a token."""
    path, header = tmp_path / "some.trace", TraceHeader("ram", "", 1, 2)
    with pytest.raises(RuntimeError), TraceWriter(path, header, np.array([7], dtype=np.int32)) as trace:
        trace.write(np.array([8, 9], dtype=np.int32))
        raise RuntimeError
    [part] = tmp_path.iterdir()
    for more in (b"", b"x"):
        part.write_bytes(part.read_bytes() + more)
        assert read_trace(part)[0] == header
        assert read_trace(part)[1].tolist() == [7, 8, 9]
    with pytest.raises(TraceFileError):
        read_trace(part.rename(path))
