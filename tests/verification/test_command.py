"""`punchtape verify`: what it says, and with which exit status."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from interpreter.command_line import main

COUNTS = "i = 0\nwhile i < 1000:\n    i = i + 1\nprint(i)\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "counts.py"
    path.write_text(COUNTS)
    return path


def punchtape(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--workers", 2, "--device", "cpu"], "leave --device out, or --workers and --scheduler"),
        (["--scheduler", "tcp://127.0.0.1:9"], "give --trace TRACE"),
        (["--device", "abacus"], "device 'abacus' cannot be used"),
        (["--positions", 1000], "1000 is not a power of two from 1,024 to 1,073,741,824"),
        (["--positions", 1024], "the ram-1000-2-1024 machine tells 1024 apart"),
    ],
)
def test_what_cannot_be(program: Path, more: list[object], says: str) -> None:
    result = punchtape("verify", program, "--engine", "reference", *more)
    assert result.exit_code == 2
    assert says in result.output


def test_weights_that_tell_more_positions_apart(program: Path, tmp_path: Path) -> None:
    """A trace is of the weights that made it."""
    trace = tmp_path / "trace"
    assert punchtape("run", program, "--positions", 2**20, "--save-trace", trace).output == "1000\n"
    assert "verified to the end" in punchtape("verify", program, "--trace", trace, "--positions", 2**20).output
    result = punchtape("verify", program, "--trace", trace)
    assert result.exit_code == 2 and "is the trace of another program" in result.output


def test_a_wrong_token_in_a_file_that_is_not_whole(program: Path, tmp_path: Path) -> None:
    """What a killed run leaves has no checksum: only the weights say what is wrong."""
    trace = tmp_path / "trace"
    punchtape("run", program, "--save-trace", trace)
    part = trace.rename(tmp_path / "trace.part")
    data = part.read_bytes()[:-32]
    part.write_bytes(data)
    assert "verified to the end" in punchtape("verify", program, "--trace", part).output
    begin = data.index(b"\n") + 1
    tokens = np.frombuffer(data[begin:], "<u2").copy()
    tokens[900] += 1
    part.write_bytes(data[:begin] + tokens.tobytes())
    result = punchtape("verify", program, "--trace", part)
    assert result.exit_code == 1 and "mismatch at position 900: the trace has" in result.output
