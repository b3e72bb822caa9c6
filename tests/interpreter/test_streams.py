"""Streams and disks that fail: the status says so, the message blames the right file, and nothing whole is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

LINES = "i = 0\nwhile i < {}:\n    i = i + 1\n    print(i)\n"
COMMAND = [sys.executable, "-c", "from interpreter.command_line import main; main()"]
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def environment(**changes: str | None) -> dict[str, str]:
    wanted = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def shell(folder: Path, line: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Runs a line of shell in which $P is the command."""
    variables = environment(P=" ".join(f"'{word}'" for word in COMMAND), **changes)
    line = line.replace("$P", 'eval "$P"')
    return subprocess.run(["bash", "-c", line], cwd=folder, env=variables, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lines.py").write_text(LINES.format(30_000))
    (tmp_path / "reads.py").write_text("print(int(input()) + 1)\n")
    return tmp_path


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    for command in ("run", "trace"):
        ended = shell(folder, f"$P {command} lines.py | head -1; echo ${{PIPESTATUS[0]}}")
        assert (ended.stdout.splitlines()[1:], ended.stderr) == (["141"], "")


@needs_full
@pytest.mark.parametrize("command", ["run lines.py", "trace lines.py", "compile lines.py", "--help", "formats"])
def test_a_full_standard_output(folder: Path, command: str) -> None:
    ended = shell(folder, f"$P {command} > /dev/full")
    message = "standard output: error: cannot be written: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (5, message)


@needs_full
def test_a_full_standard_output_is_not_blamed_on_the_trace(folder: Path) -> None:
    ended = shell(folder, "$P run lines.py --save-trace trace --checkpoint rest > /dev/full")
    assert (ended.returncode, ended.stderr.split(":")[0]) == (5, "standard output")
    assert shell(folder, "$P verify lines.py --trace trace").stdout.startswith("verified as far as it goes")
    # What was printed last is lost, so no prompt goes on from there.
    assert not (folder / "rest").exists()


def test_closed_standard_streams(folder: Path) -> None:
    ended = shell(folder, "$P run lines.py >&-")
    assert (ended.returncode, ended.stderr) == (5, "standard output: error: cannot be written: Bad file descriptor\n")
    ended = shell(folder, "$P run reads.py <&-")
    assert (ended.returncode, ended.stderr) == (2, "standard input: error: cannot be read: Bad file descriptor\n")
    assert shell(folder, "$P run reads.py --input 4 2>&- <&-").stdout == "5\n"
    for closed in (">&- 2>&-", "2>&-", "2>/dev/full"):
        assert shell(folder, f"$P run missing.py {closed}").returncode == 2
    ended = shell(folder, "$P run lines.py --save-trace trace >&- 2>&-; $P verify lines.py --trace trace")
    assert ended.stdout.startswith("verified as far as it goes")


def test_a_standard_output_that_cannot_encode(folder: Path) -> None:
    (folder / "letters.py").write_text('print("a")\nprint("é")\nprint("b")\n', encoding="utf-8")
    ended = shell(folder, "$P run letters.py", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stdout) == (1, "a\n")
    assert ended.stderr.splitlines()[0].endswith(", line 2")
    assert ended.stderr.splitlines()[-1].startswith("UnicodeEncodeError: 'ascii' codec can't encode character '\\xe9'")
    (folder / "half.py").write_text('print("before")\nprint(chr(0xD800))\nprint("after")\n')
    ended = shell(folder, "$P run half.py", PYTHONIOENCODING="utf-8")
    assert (ended.returncode, ended.stdout) == (1, "before\n")
    *_, message = ended.stderr.splitlines()
    assert message == "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 0: " + (
        "surrogates not allowed"
    )
    (folder / "euro.py").write_text('print("€")\n', encoding="utf-8")
    ended = shell(folder, "$P compile euro.py", PYTHONIOENCODING="latin-1")
    assert (ended.returncode, ended.stderr.split(":")[0]) == (5, "standard output")


@pytest.mark.parametrize("home", [None, "/proc/none"])
def test_no_home(folder: Path, home: str | None) -> None:
    """No HOME and no passwd entry, or a home that cannot be written: what would be kept is made anew."""
    nobody = "import pwd\ndef getpwuid(uid): raise KeyError(uid)\npwd.getpwuid = getpwuid\n"
    command = [sys.executable, "-c", nobody + COMMAND[-1], "run", "reads.py", "--input", "4"]
    variables = environment(HOME=home, XDG_CACHE_HOME=None)
    ended = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "5\n")
    assert ended.stderr.startswith("note: going on without a cache: ") and ended.stderr.count("\n") == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 200 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"NOT TESTED, nothing can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_full_disk(folder: Path, small_disk: Path) -> None:
    """The cache, a trace and a checkpoint, each where there is no room for it."""
    full = f"{small_disk}/rest: error: cannot be written: No space left on device"
    cache = small_disk / "cache"
    ended = shell(folder, "$P run reads.py --input 4", XDG_CACHE_HOME=str(cache))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "5\n", "")
    assert not [file for file in cache.rglob("tmp*")], "temporary files are left"
    shell(folder, f"rm -r {cache}")

    ended = shell(folder, f"$P run lines.py --save-trace {small_disk}/trace --checkpoint rest")
    assert ended.returncode == 5
    assert ended.stderr.startswith(f"{small_disk}/trace: error: cannot be written: No space left on device")
    going_on = shell(folder, "$P run rest")
    assert (ended.stdout + going_on.stdout).splitlines() == [str(i + 1) for i in range(30_000)]
    verified = shell(folder, f"$P verify lines.py --trace {small_disk}/trace.part")
    assert verified.stdout.startswith("verified as far as it goes")

    ended = shell(folder, f"$P run lines.py --max-tokens 100000 --checkpoint {small_disk}/rest")
    assert (ended.returncode, ended.stderr) == (5, f"{full}\n")
    (small_disk / "trace.part").unlink()
    (small_disk / "rest").write_text("old")
    with pytest.raises(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 1000)
    often = f"--checkpoint {small_disk}/rest --checkpoint-every 0.001"
    ended = shell(folder, f"$P run lines.py --max-tokens 100000 {often}")
    assert ended.returncode == 5
    assert "warning: no checkpoint written" in ended.stderr
    assert ended.stderr.splitlines()[-1] == full
    assert {file.name for file in small_disk.iterdir()} == {"rest", "filler"}
    assert (small_disk / "rest").read_text() == "old"


def test_a_checkpoint_is_tried_before_the_run(folder: Path) -> None:
    ended = shell(folder, "$P run lines.py --checkpoint missing/rest")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "missing/rest: error: cannot be written: No such file or directory\n"
    # A device stays a device.
    assert shell(folder, "$P run lines.py --max-tokens 9 --checkpoint /dev/null --save-trace /dev/null").returncode == 3
    assert Path("/dev/null").is_char_device()


def test_kill_leaves_a_checkpoint_and_a_trace(folder: Path) -> None:
    (folder / "long.py").write_text(LINES.format(10_000_000))
    options = ["--checkpoint", "rest", "--checkpoint-every", "0.1", "--save-trace", "trace", "--stats"]
    with (folder / "printed").open("wb") as printed:
        command = [*COMMAND, "run", "long.py", *options]
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=printed)
    while process.poll() is None and not (folder / "rest").exists():
        time.sleep(0.01)
    time.sleep(0.05)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    before = (folder / "printed").read_text().splitlines()
    ended = shell(folder, "$P run rest --max-tokens 200000")
    after = ended.stdout.splitlines()
    assert ended.returncode == 3
    # It goes on from a line that was printed, or from the first that was not.
    assert 1 < int(after[0]) <= len(before) + 1
    assert after == [str(int(after[0]) + i) for i in range(len(after))]
    verified = shell(folder, "$P verify long.py --trace trace.part")
    assert verified.stdout.startswith("verified as far as it goes")
