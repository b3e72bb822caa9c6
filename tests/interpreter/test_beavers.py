"""Lists of busy beavers: read as the community writes them, run with one command, and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.storage.cache import Cache
from interpreter.command_line.commands.beavers import USUAL
from interpreter.command_line.group import main
from interpreter.runs.beavers import BeaverError, read_beavers, verdicts

SAMPLE = Path(__file__).parents[1] / "data" / "busy_beavers" / "sample.txt"
CHAMPIONS = SAMPLE.parents[1] / "busy_beaver.tsv"


def test_a_sample_of_the_list_on_the_ram() -> None:
    found = read_beavers(SAMPLE.read_text(encoding="utf-8"), SAMPLE.name)
    assert len(found) > 100
    assert [str(v) for v in verdicts(found, "ram", "indexed") if not v.right] == []


@pytest.mark.parametrize("construction", ("ptm", "lag", "post", "turingformer"))
def test_a_few_on_the_others(construction: str) -> None:
    found = [b for b in read_beavers(CHAMPIONS.read_text(encoding="utf-8"), CHAMPIONS.name) if b.steps < 100]
    done = list(verdicts(found, construction, "reference", USUAL.get(construction)))
    assert [str(v) for v in done if not v.right] == [] and len(done) == 4


@pytest.mark.parametrize("construction", ("lag", "post"))
def test_transformers_that_are_run_once(construction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr(Cache, "write", lambda self, folder, name, content: kept.append(folder))
    found = [b for b in read_beavers(CHAMPIONS.read_text(encoding="utf-8"), CHAMPIONS.name) if b.steps < 30]
    done = list(verdicts(found, construction, "indexed", USUAL.get(construction)))
    assert [str(v) for v in done if not v.right] == [] and len(done) == 3
    assert len(kept) <= 2, "weights and code of the first one, and of no other"


def test_what_differs_is_found() -> None:
    text = "1RB1LB_1LA1RZ 7 4\n1RB1LB_1LA1RZ 6 5\n1RB0RA_1LA--- 1 1\n1RB1LB_1LA1RZ 6 4"
    done = list(verdicts(read_beavers(text, "list"), "ram", "reference"))
    assert [v.right for v in done] == [False, False, False, True]
    assert str(done[1]) == "line 2: 1RB1LB_1LA1RZ: steps 6, score 4; the list says steps 6, score 5"


def test_lists_as_they_are_written() -> None:
    text = "name\tmachine\tsteps\tones\n# 1RB1LB_1LA1RZ 1 1\nBB(2,2)\t1RB1LB_1LA1RZ\t6\t4\n"
    text += "1RB---_1LA1RZ Halt 3,932,964 2050\n"
    found = [(b.line, b.machine, b.steps, b.score) for b in read_beavers(text, "list")]
    assert found == [(3, "1RB1LB_1LA1RZ", 6, 4), (4, "1RB---_1LA1RZ", 3932964, 2050)]
    for text, line in (("1RB1LB_1LA1RZ 6", "list:1"), ("nothing here", "no machine in this list")):
        with pytest.raises(BeaverError, match=line):
            read_beavers(text, "list")


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("1RB1LB_1LA1RZ 6 4\n1RB1LB_1LA0LC_1RZ1LD_1RD0RA 107 13\n")
    result = CliRunner().invoke(main, ["beavers", str(file), "--engine", "reference", "--max-steps", "50"])
    assert result.exit_code == 0 and "1 of 1 as in the list, on ram" in result.output
    assert "1 of more than 50 steps left out" in result.output
    file.write_text("1RB1LB_1LA1RZ 6 5\n")
    assert CliRunner().invoke(main, ["beavers", str(file), "--engine", "reference"]).exit_code == 1
    for wrong in (["--machine", "abacus"], ["--engine", "steam"], ["--set", "window"], ["--set", "window=4"]):
        assert CliRunner().invoke(main, ["beavers", str(file), *wrong]).exit_code == 2


def test_options_of_the_format(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("1RB1LB_1LA1RZ 6 4\n")
    on_post = ["beavers", str(file), "--engine", "reference", "--machine", "post"]
    assert CliRunner().invoke(main, on_post).exit_code == 0
    narrow = CliRunner().invoke(main, [*on_post, "--set", "window=3"])
    assert narrow.exit_code == 1 and "line 1: 1RB1LB_1LA1RZ: not halted" in narrow.output
    few = CliRunner().invoke(main, [*on_post[:-1], "turingformer", "--set", "bits=4"])
    assert few.exit_code == 1 and "too long for positions of 4 bits" in few.output


def test_bad_lists(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("1RB1LB_1LA1RZ\n")
    assert CliRunner().invoke(main, ["beavers", str(file)]).exit_code == 2
