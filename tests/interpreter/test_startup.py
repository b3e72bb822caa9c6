"""What a command does not wait for: libraries that take longer to load than most runs take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "torch",
    "sympy",
    "z3",
    "cvc5",
    "matplotlib",
    "distributed",
    "hypothesis",
    "onnx",
    "transformers",
    "playwright",
}
LOADED = """\
import sys
from interpreter.command_line.group import main

try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [["--version"], ["run", "one.py"], ["compile", "one.py"], ["formats"], ["trace", "one.py"]]
)
def test_a_command_loads_no_library_that_it_does_not_need(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("print(1)\n")
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stderr.split()) == set()
