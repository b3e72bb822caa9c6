"""`punchtape compare`: the same task on both constructions and in both forms."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from interpreter.command_line import main

PARITY = Path(__file__).parents[2] / "programs" / "machines" / "parity.ptm"


def test_parity_on_both_constructions() -> None:
    result = CliRunner().invoke(main, ["compare", str(PARITY), "--input", "01", "--json"])
    assert result.exit_code == 0, result.output
    table = json.loads(result.stdout)[str(PARITY)]
    names = {"ptm stacked", "ptm looped", "ram stacked", "ram looped"}
    assert set(table["layers"]) == names
    assert set(table["prints"].values()) == {"0"}
    assert table["layers"]["ptm stacked"] == "4" and table["layers"]["ptm looped"].startswith("1, applied ")
    assert len(set(table["source steps"].values())) == 1
    for name in names:
        tokens = int(table["prompt tokens"][name].replace(",", "")) + int(table["trace tokens"][name].replace(",", ""))
        assert table["float64 is right for"][name] == f"all {tokens}"
        assert table["float32 is right for"][name].startswith("the first ")
    assert table["trace tokens"]["ram stacked"] == table["trace tokens"]["ram looped"]


def test_the_language_runs_on_the_ram_only(tmp_path: Path) -> None:
    program = tmp_path / "hello.py"
    program.write_text("print(1)\n")
    result = CliRunner().invoke(main, ["compare", str(program), "--confirm", "1"])
    assert result.exit_code == 0
    assert "ram stacked" in result.stdout and "ptm" not in result.stdout


def test_steps_that_the_ram_code_does_all_at_once(tmp_path: Path) -> None:
    """5 `+`, a `[`, and 5 rounds of 6 commands: the code of the loop is a product."""
    program = tmp_path / "ten.bf"
    program.write_text("+++++[->++<]")
    result = CliRunner().invoke(main, ["compare", str(program), "--confirm", "1", "--json"])
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)[str(program)]["source steps"].values()) == {"36"}


def test_a_universal_machine_has_a_column(tmp_path: Path) -> None:
    program = tmp_path / "two.counter"
    program.write_text("inc x\ninc x\nhalt\n")
    arguments = ["compare", str(program), "--machine", "crasp", "--confirm", "1", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    table = json.loads(result.stdout)[str(program)]
    assert set(table["prints"]) == {"crasp stacked", "crasp looped", "crasp universal"}
    assert set(table["prints"].values()) == {"x = 2"}
    assert int(table["trace tokens"]["crasp universal"]) > 10 * int(table["trace tokens"]["crasp stacked"])


def test_bad_input() -> None:
    result = CliRunner().invoke(main, ["compare", "no-such-file.tm"])
    assert (result.exit_code, result.stderr) == (
        2,
        "no-such-file.tm: error: cannot be read: No such file or directory\n",
    )
    result = CliRunner().invoke(main, ["compare", str(PARITY), "--input", "2"])
    assert result.exit_code == 2 and "bits" in result.stderr
