"""A campaign finds what is wrong, shrinks it, is reproducible, and loses nothing when it is cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from interpreter.campaign import batches
from interpreter.campaign import workers as workers_module
from interpreter.campaign.batches import Batch, Done, carry_out, seed_of
from interpreter.campaign.drawing import Choices, Refused, drawn, shrink
from interpreter.campaign.joining import ordinary_together
from interpreter.campaign.journal import Journal, JournalError
from interpreter.campaign.subject import Checked, Disagreement
from interpreter.campaign.subjects import SUBJECTS
from interpreter.campaign.workers import NoWorkers, workers
from interpreter.command_line import main
from interpreter.simulators import cpython


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_subject(name: str) -> None:
    done = carry_out(Batch(name, 0, 5, seed=1))
    assert (done.compared + done.left_out, done.failed, done.failures) == (5, 0, [])
    assert done.features


def test_shares_add_up() -> None:
    assert abs(sum(subject.share for subject in SUBJECTS.values()) - 1) < 1e-9


def test_cases_depend_on_seed_and_number_alone() -> None:
    one, other = carry_out(Batch("arithmetic", 0, 8, 1)), carry_out(Batch("arithmetic", 4, 4, 1))
    assert seed_of(one.batch, 5) == seed_of(other.batch, 5) != seed_of(replace(one.batch, seed=2), 5)
    assert one.tokens > other.tokens > 0
    assert replace(one, seconds=0.0) == replace(carry_out(one.batch), seconds=0.0)


@pytest.mark.parametrize("name", SUBJECTS)
def test_hypothesis_makes_the_same_case_again(name: str) -> None:
    """From the answers alone, without the seed: otherwise a failure could not be shrunk."""
    for number in range(5):
        case, choices = drawn(SUBJECTS[name].cases, f"7/{name}/{number}")
        tried: list[object] = []

        def first(again: object, tried: list[object] = tried) -> bool:
            tried.append(again)
            return len(tried) == 1

        shrink(SUBJECTS[name].cases, choices, first)
        assert repr(tried[0]) == repr(case)


def test_integers_without_bounds() -> None:
    for strategy, low, high in [
        (st.integers(), None, None),
        (st.integers(5), 5, None),
        (st.integers(None, -5), None, -5),
    ]:
        values = [drawn(strategy, str(seed))[0] for seed in range(300)]
        assert all((low is None or value >= low) and (high is None or value <= high) for value in values)
        assert max(map(abs, values)) > 2**100 and sum(abs(value) < 300 for value in values) > 30


def test_a_strategy_that_gives_up() -> None:
    with pytest.raises(Refused):
        drawn(st.text().filter(lambda text: False), "seed")


def test_a_program_that_is_refused_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = replace(SUBJECTS["language"], cases=st.sampled_from([("print(1)", ""), ("import numpy", "")]))
    monkeypatch.setattr(batches, "SUBJECTS", {"language": subject})
    done = carry_out(Batch("language", 0, 20, 0))
    assert done.compared + done.left_out == 20 and done.left_out and done.features["ends: halt"] == done.compared


def test_a_disagreement_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """An oracle that is wrong about every program with a multiplication in it."""

    def wrong(case: tuple[str, str]) -> Checked:
        if "*" in case[0]:
            raise Disagreement("a product")
        return Checked(1, ("fine",))

    monkeypatch.setattr(batches, "SUBJECTS", {"language": replace(SUBJECTS["language"], check=wrong)})
    done = carry_out(Batch("language", 0, 60, 0))
    assert done.compared == 60 and 3 < done.failed < 60
    assert len(done.failures) == batches.MAX_FAILURES
    for failure in done.failures:
        assert "*" in failure.pasted and len(failure.pasted) < 80
        assert failure.message == "Disagreement: a product"


def test_programs_are_checked_together() -> None:
    done = carry_out(Batch("ordinary", 1, 10, 1))
    assert (done.compared, done.failed, done.features["joined"]) == (10, 0, 10)


def test_what_is_wrong_together_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One program in which CPython is said to print something else."""

    def wrong(source: str, input_text: str = "") -> cpython.PythonResult:
        result = run_python(source, input_text)
        return replace(result, output=result.output.replace("[3]", "[4]"))

    run_python = cpython.run_python
    monkeypatch.setattr(cpython, "run_python", wrong)
    sources = ["int1 = []\nprint(int1)\n", "int1 = [3]\nprint(int1)\n", "raise KeyError(1)\n"]
    monkeypatch.setattr(batches, "drawn", lambda cases, seed: (sources[int(seed.split("/")[-1]) - 1], Choices(seed)))
    monkeypatch.setattr(batches, "shrink", lambda cases, choices, fails: None)
    done = carry_out(Batch("ordinary", 1, 3, 1))
    assert (done.compared, done.failed) == (3, 1)
    assert [failure.case for failure in done.failures] == [2] and "[4]" in done.failures[0].message


def test_what_is_refused_or_wanting_is_left_to_be_checked_alone() -> None:
    sources = ["print([1, 'a'])\n", "import numpy\n", "print(print)\n", "int1 = 2 / 1\nprint(int1)\n"]
    found = ordinary_together(sources)
    assert [checked is None for checked in found] == [False, True, True, True]  # the third ends the whole


def test_a_joined_program_that_is_wrong_and_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(sources: Sequence[str]) -> list[Checked | None]:
        raise Disagreement("the whole")

    monkeypatch.setattr(batches, "SUBJECTS", {"ordinary": replace(SUBJECTS["ordinary"], together=wrong)})
    done = carry_out(Batch("ordinary", 1, 3, 1))
    assert done.failed == 1 and done.failures[0].message == "only together: Disagreement: the whole"


def test_a_campaign_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    command = ["campaign", "--programs", "240", "--only", "arithmetic", "--workers", "1", "--folder", str(tmp_path)]
    whole = CliRunner().invoke(main, command)
    assert whole.exit_code == 0 and "**240 cases of 240** compared" in whole.output
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    # A batch and a half are lost.
    journal.write_bytes(b"".join(lines[:2]) + lines[2][:100])
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 0 and "**240 cases of 240** compared" in again.output
    after = journal.read_bytes().splitlines(keepends=True)
    assert after[:2] == lines[:2] and len(after) == 4
    bare = [{**json.loads(line), "seconds": 0} for line in after]
    assert bare == [{**json.loads(line), "seconds": 0} for line in lines]
    other = CliRunner().invoke(main, [*command, "--seed", "5"])
    assert other.exit_code == 2 and "of another campaign" in other.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_campaign_after_the_batch_at_hand(number: signal.Signals, tmp_path: Path) -> None:
    """With a report of what has been done; the same command goes on."""
    command = [
        sys.executable, "-m", "interpreter.command_line.group", "campaign", "--programs", "100000",
        "--only", "arithmetic", "--workers", "1", "--folder", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
        time.sleep(0.05)
    process.send_signal(number)
    try:
        output, messages = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 128 + number
    done = sum(entry.compared for entry in Journal(journal, 0).done.values())
    assert f"**{done:,} cases of 100,000** compared" in output and 100 <= done < 100_000
    assert messages.splitlines()[-1].endswith("; the same command goes on")


def test_a_journal_that_cannot_be_written(tmp_path: Path) -> None:
    """By a limit of the size of files, as on a full disk: one message, and the same command goes on."""
    command = (
        f"{sys.executable} -m interpreter.command_line.group campaign --programs 400 --only arithmetic --workers 1"
    )
    limited = f"ulimit -f 1; {command} --folder {tmp_path}"
    ended = subprocess.run(["bash", "-c", limited], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (5, "")
    assert ended.stderr == f"{tmp_path}/journal.jsonl: error: cannot be written: File too large\n"
    before = len(Journal(tmp_path / "journal.jsonl", 0).done)
    assert 0 < before < 10
    again = subprocess.run([*command.split(), "--folder", str(tmp_path)], capture_output=True, text=True)
    assert again.returncode == 0 and "**400 cases of 400** compared" in again.stdout


@pytest.mark.parametrize("content", [b"junk", b"junk\n", b'{"format": "punchtape campaign 1", "seed": 0}\n[]\n'])
def test_what_is_no_journal(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(content)
    with pytest.raises(JournalError):
        Journal(tmp_path / "journal", 0)
    assert (tmp_path / "journal").read_bytes() == content


def slow(task: tuple[Path, int]) -> int:
    """A task that says who carries it out, and takes a while."""
    folder, number = task
    (folder / f"{number}-{os.getpid()}").touch()
    time.sleep(0.3)
    return number


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """The task in its hands is done by another."""
    killed: list[int] = []

    def kill() -> None:
        while not killed:
            time.sleep(0.02)
            for file in tmp_path.iterdir():
                killed.append(int(file.name.split("-")[1]))
                os.kill(killed[0], signal.SIGKILL)
                return

    killer = threading.Thread(target=kill)
    with workers(2) as who:
        killer.start()
        done = [*who.map(slow, [(tmp_path, number) for number in range(12)])]
    killer.join()
    assert killed and killed[0] != os.getpid()
    assert sorted(done) == [*range(12)]
    names = [file.name.split("-") for file in tmp_path.iterdir()]
    assert any([name for name, who in names if name == other] for other, who in names if int(who) != killed[0])
    assert len(names) > 12  # what the killed one had begun was begun again


def test_a_cluster_that_runs_elsewhere(tmp_path: Path) -> None:
    cluster = pytest.importorskip("distributed").LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
    with cluster, workers(scheduler=cluster.scheduler_address) as who:
        assert [*who.map(slow, [(tmp_path, 5)])] == [5]


def deadly(number: int) -> int:
    os._exit(number)


def test_a_task_that_ends_every_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "RETRIES", 0)
    with pytest.raises(NoWorkers, match="has ended every worker"), workers(2) as who:
        print(*who.map(deadly, [1]))


def test_no_scheduler() -> None:
    with pytest.raises(NoWorkers, match="no scheduler at"), workers(scheduler="tcp://127.0.0.1:9"):
        pass


def test_done_is_what_the_journal_gives_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 3)
    done = Done(Batch("language", 0, 2, 3), 2, 0, 1, 99, 1.5, {"ADD": 2}, [batches.Failure(1, "print(1)", "no")])
    journal.add(done)
    journal.close()
    assert Journal(tmp_path / "journal", 3).done == {done.batch: done}
