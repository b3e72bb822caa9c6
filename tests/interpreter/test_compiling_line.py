"""What takes time is told, on a terminal and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.compiling import compile_program

LONG = 1_500
"""Lines that are called long here, so that it does not take as long as it does for users."""
COMMAND = [
    *(sys.executable, "-c"),
    "from interpreter.command_line import kept_prompts, main, terminal\n"
    f"assert kept_prompts.LONG > {LONG}; kept_prompts.LONG = {LONG}\n"
    # However fast it is compiled here, the line moves.
    "assert terminal._FIRST_AFTER and terminal._EVERY; terminal._FIRST_AFTER = terminal._EVERY = 0.0; main()",
]
LINES = "def f(n):\n    return n + 1\nx = 1\n" + "x = f(x) % 9\nif x > 3:\n    x = x - 2\n" * (LONG // 3)


def test_parts_grow_to_the_whole() -> None:
    parts: list[float] = []
    compile_program("\n".join(LINES.split("\n")[:300]), on_progress=parts.append)
    assert parts == sorted(parts) and 0 < parts[0] < 0.5 and 0.95 < parts[-1] <= 1


def shown_by(command: list[str], variables: dict[str, str]) -> str:
    """What a command shows on a terminal, besides its output."""
    ours, terminal = os.openpty()
    process = subprocess.Popen(command, env=variables, stderr=terminal, stdout=subprocess.DEVNULL)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # what Linux says when the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals here")
def test_a_moving_line(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(LINES)
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "XDG_CACHE_HOME": str(tmp_path)}
    command = [*COMMAND, "compile", str(tmp_path / "long.py"), "-o", str(tmp_path / "prompt")]
    shown = shown_by(command, variables)
    notes = [note for note in shown.split("\r\x1b[K") if note]
    assert notes.pop(0) == "compiling …"
    assert len(notes) > 1 and all(note.startswith(f"compiling {LINES.count(chr(10)):,} lines: ") for note in notes)
    assert all("% " not in note and " a second, " in note and note.endswith(" s left") for note in notes)
    assert shown.endswith("\r\x1b[K"), "the line is not cleared"
    again = subprocess.run(command, env=variables, capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals here")
def test_the_first_run_says_what_it_does(tmp_path: Path) -> None:
    """With nothing in the cache; with all in it, nothing is compiled."""
    (tmp_path / "x.py").write_text("print(7)\n")
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "XDG_CACHE_HOME": str(tmp_path)}
    command = [
        *COMMAND[:-1],
        "from interpreter.command_line import main, terminal; terminal._FIRST_AFTER = 1e9; main()",
        "run",
        str(tmp_path / "x.py"),
    ]
    for notes in (("compiling …", "setting up the transformer …"), ("setting up the transformer …",)):
        expected = "".join(f"\r\x1b[K{note}\r\x1b[K" for note in (*notes, "reading the prompt …"))
        assert shown_by(command, variables) == expected
