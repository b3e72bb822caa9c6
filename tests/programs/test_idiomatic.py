"""Programs as people write them, in `programs/idiomatic`, beside CPython: output, exit status, last line of errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compiler import compile_program
from compiler.language.errors import SourceError
from interpreter import run
from tests.programs.cases import PROGRAMS

ROOT = PROGRAMS.parent
FILES = sorted((PROGRAMS / "idiomatic").glob("*.py"))
REFUSED = {
    "monty_hall": "the module `random` is not in the language",
    "report": "the module `datetime` is not in the language",
}
"""The programs that are outside the language, and what is said of them."""


def input_of(path: Path) -> str:
    """What the program reads, in the file beside it; nothing without one."""
    file = path.with_suffix(".txt")
    return file.read_text(encoding="utf-8") if file.exists() else ""


def python(path: Path) -> tuple[str, int, str]:
    """Output, exit status and the last line on standard error, which a program that ends well may write as well."""
    ended = subprocess.run(
        [sys.executable, path.name],
        cwd=path.parent,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"},
        input=input_of(path).encode(),
        capture_output=True,
        check=False,
    )
    lines = ended.stderr.decode().splitlines()
    return ended.stdout.decode(), ended.returncode, lines[-1] if lines and ended.returncode else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_like_cpython(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.stem in REFUSED:
        with pytest.raises(SourceError) as refusal:
            compile_program(source, path.name)
        assert REFUSED[path.stem] in str(refusal.value)
        return
    result = run(compile_program(source, path.name).with_input(input_of(path)), max_tokens=100_000_000)
    error = result.error
    message = error.render().splitlines()[-1:] if error else []
    assert (result.output, error.status if error else 0, "".join(message)) == python(path)


def test_the_page_counts_them() -> None:
    page = (ROOT / "docs" / "results" / "suites.md").read_text(encoding="utf-8")
    assert REFUSED.keys() <= {path.stem for path in FILES}
    assert f"Of {len(FILES)} programs {len(FILES) - len(REFUSED)} print what CPython prints" in page
