"""`punchtape experiment` as users meet it: each experiment on a small size, and what goes wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from interpreter.command_line import main
from interpreter.experiments import NAMES, experiment
from interpreter.experiments.experiment import Progress, Setting

Answer = tuple[int, str, str]


@pytest.fixture
def punch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs `punchtape experiment` in an empty folder; returns exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Answer:
        result = CliRunner().invoke(main, ["experiment", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def rows_of(name: str, folder: str = "experiments") -> list[dict[str, str]]:
    with Path(folder, f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def check_files(name: str, status: Answer) -> list[dict[str, str]]:
    """Table, plot and sentences are there, and the command that makes them."""
    assert status[0] == 0, status
    text = Path("experiments", f"{name}.md").read_text(encoding="utf-8")
    assert f"    punchtape experiment {name}" in text and f"]({name}.png)" in text and "| --- |" in text
    assert Path("experiments", f"{name}.png").read_bytes()[1:4] == b"PNG"
    assert "<svg" in Path("experiments", f"{name}.svg").read_text(encoding="utf-8")
    return rows_of(name)


def test_depth(punch) -> None:  # type: ignore[no-untyped-def]
    rows = check_files("depth", punch("depth", "--hops", "1", "--chains", "1"))
    tokens, passes = ([r for r in rows if r["varied"] == v] for v in ("tokens", "passes"))
    assert all(float(r["share_right"]) == (r["enough"] == "True") for r in tokens)
    for form in ("stacked", "looped"):
        shares = [float(r["share_right"]) for r in passes if r["form"] == form]
        assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)


def test_compose(punch) -> None:  # type: ignore[no-untyped-def]
    rows = check_files("compose", punch("compose", "--digits", "3", "--products", "4"))
    exact = [r for r in rows if r["noise"] == "none"]
    assert [(r["products"], float(r["right"])) for r in exact] == [("9", 1)]
    flips = [r for r in rows if r["noise"] == "tokens flip"]
    assert {r["digits"] for r in flips} == {"1x1", "2x2", "3x3"}
    assert all(float(r["right"]) == 1 for r in flips if r["local"] == "0")


def test_flow(punch) -> None:  # type: ignore[no-untyped-def]
    rows = check_files("flow", punch("flow", "--part", "4", "--parts", "3"))
    parts = [r for r in rows if r["what"] == "part deleted"]
    assert parts and all(r["as_predicted"] == r["cells"] and r["continues"] == "True" for r in parts)
    assert any(int(r["lost"]) for r in parts)
    assert all(r["as_predicted"] == "1" for r in rows if r["what"] == "cell")
    heads = {r["seen"].split(" ", 2)[2] for r in rows if r["what"] == "edge"}
    assert {"group x", "token"} <= heads


def test_fixed_point(punch) -> None:  # type: ignore[no-untyped-def]
    Path("few.py").write_text("i = 0\nwhile i < 2:\n    i += 1\nprint(i)\n")
    rows = check_files("fixed-point", punch("fixed-point", "--program", "few.py", "--extra", "2"))
    looped = [float(r["largest"]) for r in rows if (r["what"], r["subject"]) == ("stream, a pass", "looped")]
    assert looped[0] > 0 and looped[-3:] == [0, 0, 0]
    [halted] = [r for r in rows if r["what"] == "logits, after HALT"]
    assert float(halted["largest"]) == 0
    [running] = [r for r in rows if r["what"] == "logits, running"]
    assert float(running["mean"]) > 0


def test_recompute(punch) -> None:  # type: ignore[no-untyped-def]
    rows = check_files("recompute", punch("recompute", "--copies", "2", "--memory", "8", "--rounds", "1"))
    assert [r["k"] for r in rows] == ["1", "2"] and all(r["identical"] == "True" for r in rows)
    assert 2 * int(rows[1]["shared_bytes"]) == int(rows[1]["distinct_bytes"])


def test_precision(punch) -> None:  # type: ignore[no-untyped-def]
    rows = check_files("precision", punch("precision", "--tokens", "30", "--largest", "10"))
    assert all(r["first_wrong"] == "" for r in rows if r["dtype"] == "float64")
    usual = [r for r in rows if r["dtype"] == "float32" and r["built_for"] == str(2**27)]
    assert len(usual) == 3 and all(int(r["first_wrong"]) > 0 for r in usual)


def test_unknown_experiment(punch) -> None:  # type: ignore[no-untyped-def]
    status, _, error = punch("warp")
    assert (status, error) == (2, f"error: there is no experiment 'warp'; choose one of: {', '.join(NAMES)}\n")


@pytest.mark.parametrize("name", NAMES)
def test_sizes_out_of_range(punch, name: str) -> None:  # type: ignore[no-untyped-def]
    for size in experiment(name).sizes:
        assert size.low <= size.default <= size.high
        status, _, error = punch(name, f"--{size.name}", str(size.low - 1))
        assert status == 2 and f"{size.low}<=x<={size.high}" in error


def test_sizes_that_do_not_fit_together(punch) -> None:  # type: ignore[no-untyped-def]
    status, _, error = punch("recompute", "--memory", str(2**20))
    assert status == 2 and "give a smaller --memory" in error and not Path("experiments").exists()


def test_program_without_an_end(punch) -> None:  # type: ignore[no-untyped-def]
    Path("endless.py").write_text("while True:\n    pass\n")
    status, out, error = punch("flow", "--program", "endless.py", "--tokens", "50")
    assert (status, out) == (3, "") and "does not halt within 50 tokens" in error
    assert "**Partial result**" in Path("experiments", "flow.md").read_text()


def test_programs_that_cannot_be_measured(punch) -> None:  # type: ignore[no-untyped-def]
    assert punch("flow", "--program", "nowhere.py")[0] == 2
    Path("wrong.py").write_text("print(1j)\n")
    assert "complex numbers" in punch("flow", "--program", "wrong.py")[2]


def test_interrupted(punch, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    whole = experiment("recompute")

    def cut(setting: Setting, progress: Progress) -> Iterator[Any]:
        yield next(iter(whole.measure(setting, progress)))
        raise KeyboardInterrupt

    place = "interpreter.command_line.commands.experiment.experiment"
    monkeypatch.setattr(place, lambda name: replace(whole, measure=cut))
    status, _, error = punch("recompute", "--copies", "1", "--memory", "8", "--rounds", "1", "--out", "here")
    assert (status, error) == (130, "partial result: interrupted by Ctrl-C; 1 rows are in here/recompute.md\n")
    text = Path("here", "recompute.md").read_text()
    assert "**Partial result**: interrupted by Ctrl-C" in text and "recompute.png" not in text
    assert Path("here", "recompute.csv").read_text().startswith("# partial result: interrupted by Ctrl-C\n")


def test_without_matplotlib(punch, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def missing(name: str) -> None:
        raise ImportError("No module named 'matplotlib'")

    monkeypatch.setattr("interpreter.command_line.commands.experiment.experiment", missing)
    status, _, error = punch("depth")
    assert status == 2 and "pip install 'punchtape[experiments]'" in error


def test_folder_that_cannot_be_written(punch) -> None:  # type: ignore[no-untyped-def]
    Path("taken").write_text("")
    status, _, error = punch("recompute", "--copies", "1", "--memory", "8", "--rounds", "1", "--out", "taken")
    assert status == 2 and "taken" in error
