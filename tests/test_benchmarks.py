"""The benchmarks measure something, and what they measure can be written down."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from benchmarks import session
from benchmarks.measurement import (
    VERIFY,
    EngineFigures,
    PeerFigures,
    Processes,
    Specialised,
    TaskFigures,
    compare,
    measure_engine,
    measure_task,
    warmed,
)
from benchmarks.plot import plot
from benchmarks.results_table import results_markdown
from benchmarks.tasks import PEERS, ROOT, SOURCES, TASKS, Task
from compiler import compile_program
from compiler.front_ends.turing.machine import parse
from interpreter import run
from interpreter.simulators.cpython import run_python
from interpreter.simulators.turing import simulate

CHAMPIONS = list(csv.DictReader((ROOT / "tests" / "data" / "busy_beaver.tsv").open(), delimiter="\t"))
CUT, WHOLE = (task for task in TASKS if task.simulator)
"""BB(5), of which tests do little, and BB(4) to its halt."""
CUT = replace(CUT, most=5_000)
WHOLE = replace(WHOLE, path=WHOLE.path.with_name("bb4.tm"), settings=())


@pytest.mark.parametrize("engine", ["indexed", "specialised", VERIFY, "reference", "speculative"])
def test_an_engine_is_measured(engine: str) -> None:
    figures = measure_engine(engine, 300)
    assert (figures.engine, figures.tokens) == (engine, 300)
    assert 0 < figures.steps <= 300
    assert figures.seconds > 0
    assert 0 < figures.memory_before <= figures.memory_peak


@pytest.mark.parametrize("task", [*TASKS, *(peer.task for peer in PEERS)], ids=lambda task: task.name)
def test_tasks_come_to_what_cpython_comes_to(task: Task) -> None:
    task = replace(task, most=20_000) if task.simulator else task
    done = run(task.prompt(), max_tokens=task.most)
    source, input_text = task.beside(done.source_steps)
    expected = run_python(source.read_text(encoding="utf-8"), input_text)
    assert expected.exception is None
    compare(task, done, expected.output)


@pytest.mark.parametrize("row", CHAMPIONS, ids=lambda row: row["name"])
def test_the_simulator_comes_to_the_halt_of_busy_beavers(row: dict[str, str]) -> None:
    steps, score = int(row["steps"]), int(row["ones_or_nonzero"])
    assert simulated(row["machine"], 0) == f"steps   {steps:,}\nscore   {score:,}\n"


@pytest.mark.parametrize("most", [1, 9_999, 10_000, 10_001, 345_678])
@pytest.mark.parametrize("text", [CHAMPIONS[-1]["machine"], "1RA1RA", "1LA1LA"])
def test_the_simulator_stops_after_so_many_steps(text: str, most: int) -> None:
    done = simulate(parse(text), most)
    assert simulated(text, most) == f"steps   {most:,}\nscore   {len(done.tape):,}\n"


def simulated(machine: str, most: int) -> str:
    source = (SOURCES / "turing_machine.py").read_text(encoding="utf-8")
    return run_python(source, f"{most}\n{machine}\n").output


@pytest.mark.parametrize(("task", "steps"), [(CUT, None), (WHOLE, 107)], ids=["cut", "to its halt"])
def test_a_turing_machine_is_measured(task: Task, steps: int | None) -> None:
    figures = measure_task(task, warm_up=0.2)
    assert msgspec.json.decode(json.dumps(asdict(figures)), type=TaskFigures) == figures
    assert figures.operations == (steps or simulated_steps(task))
    assert figures.trace_tokens == (task.most or run(task.prompt()).trace_tokens)
    processes = figures.processes
    times = (figures.seconds, figures.specialised_seconds, figures.verify_seconds, figures.cpython_seconds)
    assert min(*times, processes.indexed, processes.cpython, processes.cold.seconds) > 0
    assert processes.cold.indexed_tokens == figures.trace_tokens, "too short to be specialised"
    assert 0 < figures.warm.specialising <= figures.warm.seconds
    row = f"| {task.name} | {figures.prompt_tokens:,} | {figures.trace_tokens:,} |"
    assert row in results_markdown(session.Session({}, [], [figures], []))


def simulated_steps(task: Task) -> int:
    return run(task.prompt(), engine="reference", max_tokens=task.most).source_steps


@pytest.mark.parametrize("right", ["{steps_done:,}", "{len(cells) - cells.count(0):,}"])
def test_another_result_of_cpython_is_noticed(right: str, tmp_path: Path) -> None:
    source = (SOURCES / "turing_machine.py").read_text(encoding="utf-8")
    assert right in source
    simulator = tmp_path / "wrong.py"
    simulator.write_text(source.replace(right, right.replace(":,", " + 1:,")), encoding="utf-8")
    with pytest.raises(ValueError, match="CPython: 'steps"):
        measure_task(replace(WHOLE, simulator=simulator), warm_up=0.1)


def test_a_run_that_ends_elsewhere_is_noticed() -> None:
    done = run(WHOLE.prompt())
    report = simulated(WHOLE.source, 0)
    compare(WHOLE, done, report)
    assert WHOLE.beside(5)[1] == f"0\n{WHOLE.source}", "CPython finds the halt by itself"
    assert CUT.beside(5)[1] == f"5\n{CUT.source}"
    with pytest.raises(ValueError, match="budget"):
        compare(WHOLE, replace(done, ended="budget"), report)


def test_an_engine_that_is_warm_records_nothing_more() -> None:
    engine, warm = warmed(compile_program("n = 0\nwhile n < 20000:\n    n = n + 1\n"), most=1.0)
    assert warm.fragments > 0
    assert warm.indexed_tokens < 10_000
    assert engine.report()["fragments"] == warm.fragments


def test_what_was_measured_as_a_task_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    warm = Specialised(12.0, 11.0, 8, 123, 45, 6)
    figures = TaskFigures("Sudoku", 1, 2, 3, 4, 5.0, 6.0, 7.0, 8.0, 9, warm, Processes(10.0, 11.0, warm))
    measured = []

    def measure(kind: type[TaskFigures], *arguments: str) -> TaskFigures:
        measured.append(arguments[0])
        return figures

    monkeypatch.setattr(session, "_measure", measure)
    found = session.measure_all(session.Extent(only=("sudoku",)), Console(quiet=True))
    assert measured == ["task"] and found.tasks == [figures]
    assert found.peers == [PeerFigures("Sudoku", "sudoku.py", 1, 2, 5.0, 6.0, 10.0, 1_014_508, 22.7)]


def test_results_are_written(tmp_path: Path) -> None:
    warm = Specialised(12.0, 11.0, 8, 123, 45, 6)
    processes = Processes(3.0, 0.5, Specialised(1.5, 0.7, 9, 321, 54, 7))
    measured = session.Session(
        machine={"CPU": "a slow one"},
        engines=[EngineFigures("indexed", 1000, 700, 0.001, 2**20, 2**21)],
        tasks=[TaskFigures("a task", 100, 1000, 700, 500, 0.001, 0.0002, 0.002, 0.0001, 2**20, warm, processes)],
        peers=[PeerFigures("a task", "a.py", 100, 1000, 0.001, 0.0005, 0.5, 2000, 3.0)],
    )
    text = results_markdown(measured)
    assert "| indexed | 1,000 | 700 | 0.001 | 1,000,000 | 700,000 | 1x | 1 | 2 |" in text
    assert "10x" in text
    assert "| 0.000100 | 10x | 0.000200 | 5,000,000 | 5x | 2x | 1 |" in text
    assert "| 12 | 11 | 8 | 123 | 45 | 6 |" in text
    assert "| a task | 3 | 0.5 | 6x | 1.5 | 2x | 3x | 0.7 | 9 | 54 |" in text
    assert "| 2x | 0.001 | 3.0 | 3,000x | 0.5 | 6x | 0.000500 | 6,000x |" in text
    json.dumps(asdict(measured))
    plot(measured.engines, [tmp_path / "plot.png", tmp_path / "plot.svg"])
    assert (tmp_path / "plot.png").stat().st_size > 0
    assert (tmp_path / "plot.svg").stat().st_size > 0
