"""Machines as files, as users meet them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from interpreter.command_line import main

BB4 = "1RB1LB_1LA0LC_1RZ1LD_1RD0RA\n"
ENDS = "halted in state Z\nsteps   107\nscore   13\n"


@pytest.fixture
def punch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs the command in a directory with a machine; returns exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bb4.tm").write_text(BB4)

    def call(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def test_the_format_is_the_extension_or_the_option(punch) -> None:  # type: ignore[no-untyped-def]
    Path("bb4.txt").write_text(BB4)
    assert punch("run", "bb4.tm") == (0, ENDS, "")
    assert punch("run", "bb4.txt", "--format", "tm") == (0, ENDS, "")
    assert punch("run", "bb4.txt")[0] == 2


def test_a_cut_run_says_where_it_is_and_goes_on(punch) -> None:  # type: ignore[no-untyped-def]
    status, out, err = punch("run", "bb4.tm", "--max-tokens", "100", "--checkpoint", "rest.prompt")
    assert (status, out) == (3, "at      D> 101 to 101 B>\nsteps   34\nscore   6\n")
    assert "`punchtape run rest.prompt` goes on" in err
    assert punch("run", "rest.prompt") == (0, ENDS, "")
    for wrong in (["--input", "1"], ["--format", "tm"], ["--set", "tape=yes"], ["--machine", "ptm"]):
        assert punch("run", "rest.prompt", *wrong)[0] == 2


def test_trace_compile_and_verify(punch) -> None:  # type: ignore[no-untyped-def]
    assert "; A> 000 to <B 110" in punch("trace", "bb4.tm")[1]
    assert "# prompt: 849 tokens" in punch("compile", "bb4.tm")[1]
    assert punch("verify", "bb4.tm")[1].startswith("verified to the end: 377 tokens")


def test_statistics_count_the_steps_of_the_source(punch) -> None:  # type: ignore[no-untyped-def]
    assert "source steps      107" in punch("run", "bb4.tm", "--stats")[2].splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bb4.tm", "--set", "blok=3"], "error: this format has no option `blok`; it has input, block, tape"),
        (["bb4.tm", "--set", "block"], "error: `block` is no option; write `--set name=value`"),
        (["bb4.tm", "--format", "tn"], "error: there is no format 'tn'; choose one of: py, "),
        (["bb4.tm", "--input", "3"], "bb4.tm: error: the tape `3` has `3`, and the symbols are 0 to 1"),
        (["bb4.tm", "--base", "10"], "bb4.tm:1:1: error: a block of 3 cells"),
        (["bb4.tm", "--format", "py", "--machine", "ptm"], "error: programs of the small language run on the RAM"),
        (["bad.tm"], "bad.tm:1:6: error: there is no state C: the machine has states A to B"),
    ],
)
def test_wrong_usage_is_one_message(punch, arguments: list[str], message: str) -> None:  # type: ignore[no-untyped-def]
    Path("bad.tm").write_text("1RB1LC_1RA1LB")
    status, out, err = punch("run", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(message)


def test_formats(punch) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = punch("formats")
    assert status == 0 and ".tm" in out and "tape=no" in out and "yes" in out
