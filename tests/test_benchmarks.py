"""The benchmarks measure something, and what they measure can be written down."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.measurement import VERIFY, EngineFigures, PeerFigures, TaskFigures, Warm, measure_engine, warmed
from benchmarks.plot import plot
from benchmarks.results_table import results_markdown
from benchmarks.session import Session
from benchmarks.tasks import PEERS, TASKS, Task
from compiler import compile_program
from interpreter import run
from interpreter.simulators.cpython import run_python


@pytest.mark.parametrize("engine", ["indexed", "specialised", VERIFY, "reference", "speculative"])
def test_an_engine_is_measured(engine: str) -> None:
    figures = measure_engine(engine, 300)
    assert (figures.engine, figures.tokens) == (engine, 300)
    assert 0 < figures.steps <= 300
    assert figures.seconds > 0
    assert 0 < figures.memory_before <= figures.memory_peak


@pytest.mark.parametrize("task", [*TASKS, *(peer.task for peer in PEERS)], ids=lambda task: task.name)
def test_tasks_print_what_cpython_prints(task: Task) -> None:
    expected = run_python(task.source, task.input_text)
    assert expected.exception is None
    assert run(compile_program(task.source), task.input_text).output == expected.output


def test_an_engine_that_is_warm_records_nothing_more() -> None:
    engine, warm = warmed(compile_program("n = 0\nwhile n < 20000:\n    n = n + 1\n"), most=1.0)
    assert warm.fragments > 0
    assert warm.indexed_tokens < 10_000
    assert engine.report()["fragments"] == warm.fragments


def test_results_are_written(tmp_path: Path) -> None:
    warm = Warm(12.0, 11.0, 8, 123, 45, 6)
    session = Session(
        machine={"CPU": "a slow one"},
        engines=[EngineFigures("indexed", 1000, 700, 0.001, 2**20, 2**21)],
        tasks=[TaskFigures("a task", 100, 1000, 700, 500, 0.001, 0.0002, 0.002, 0.0001, 2**20, warm)],
        peers=[PeerFigures("a task", "a.py", 100, 1000, 0.001, 0.0005, 0.5, 2000, 3.0)],
    )
    text = results_markdown(session)
    assert "| indexed | 1,000 | 700 | 0.001 | 1,000,000 | 700,000 | 1 | 2 |" in text
    assert "10x" in text
    assert "| 0.000100 | 10x | 0.000200 | 5,000,000 | 5x | 2x | 1 |" in text
    assert "| 12 | 11 | 8 | 123 | 45 | 6 |" in text
    assert "| 2x | 0.001 | 3.0 | 3,000x | 0.5 | 6x | 0.000500 | 6,000x |" in text
    json.dumps(asdict(session))
    plot(session.engines, [tmp_path / "plot.png", tmp_path / "plot.svg"])
    assert (tmp_path / "plot.png").stat().st_size > 0
    assert (tmp_path / "plot.svg").stat().st_size > 0
