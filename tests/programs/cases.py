"""The example programs with their inputs and expected outputs: one table for every test that runs programs.

A case is `programs/cases/<program>/<size>/<case>.in` and the output beside it, `<case>.out`. Size `small`
takes at most some two thousand instructions, for slow engines; `long` is for fast ones; `ordinary` cases are those of
programs of ordinary Python, whose values carry tags and whose prompts are long. Expected outputs come from CPython:
`python -m tests.programs.cases` writes those that are missing, and `test_cpython.py` holds all of them to it.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
INFERRED = ("small", "long")
"""Sizes of the cases whose programs have types that are inferred."""
SIZES = (*INFERRED, "ordinary")


@dataclass(frozen=True)
class Case:
    """A run of an example program."""

    program: str
    size: str
    name: str

    @property
    def path(self) -> Path:
        """The program's source file."""
        return PROGRAMS / f"{self.program}.py"

    @property
    def input_path(self) -> Path:
        return PROGRAMS / "cases" / self.program / self.size / f"{self.name}.in"

    @property
    def output_path(self) -> Path:
        return self.input_path.with_suffix(".out")

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def input_text(self) -> str:
        return self.input_path.read_text(encoding="utf-8")

    @property
    def expected(self) -> str:
        """What CPython prints.

        Raises FileNotFoundError where the output was never written.
        """
        return self.output_path.read_text(encoding="utf-8")

    def __str__(self) -> str:
        return f"{self.program}-{self.size}-{self.name}"


def program_names() -> list[str]:
    """The names of all example programs, sorted."""
    return sorted(path.stem for path in PROGRAMS.glob("*.py"))


def all_cases(*sizes: str) -> list[Case]:
    """All cases of these sizes (of every size if none is given), sorted by program, size and name.

    Raises ValueError for a size that does not exist.
    """
    if unknown := set(sizes) - set(SIZES):
        raise ValueError(f"no such size of a case: {', '.join(sorted(unknown))}; use {' or '.join(SIZES)}")
    found = [Case(path.parents[1].name, path.parent.name, path.stem) for path in (PROGRAMS / "cases").glob("*/*/*.in")]
    return sorted(
        (case for case in found if not sizes or case.size in sizes), key=lambda c: (c.program, c.size, c.name)
    )


def run_source(program: str, input_text: str) -> str:
    """What an example program prints on CPython.

    Raises subprocess.CalledProcessError if it ends in an error.
    """
    command = [sys.executable, "-I", str(PROGRAMS / f"{program}.py")]
    done = subprocess.run(command, input=input_text, capture_output=True, encoding="utf-8", check=True, timeout=60)
    return done.stdout


def run_cpython(case: Case) -> str:
    """What the case prints on CPython; raises as `run_source` does."""
    return run_source(case.program, case.input_text)


def write_missing_outputs() -> None:
    """Write the output of every case that has none, and say which were written."""
    for case in all_cases():
        if not case.output_path.exists():
            case.output_path.write_text(run_cpython(case), encoding="utf-8")
            print(case)


if __name__ == "__main__":
    write_missing_outputs()
