"""Running programs through the lowering and the reference interpreter of RAM code, beside CPython."""

from __future__ import annotations

import re
from pathlib import Path

from compiler.language.checker import check_source
from compiler.language.errors import SourceError
from compiler.lowering import lower
from compiler.machines.ram.isa import Layout
from interpreter.references.ram import RamResult, interpret
from interpreter.simulators.cpython import run_python

LAYOUTS = (Layout(), Layout(base=100, groups=3))


def named_programs(path: Path) -> dict[str, str]:
    """Name to source of the programs of a file; each begins with a line `## name`."""
    parts = re.split(r"^## (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def run(source: str, input_text: str = "", layout: Layout | None = None) -> RamResult:
    """Raises SourceError for a program that is refused, AssertionError for one that takes far too long."""
    result = interpret(lower(check_source(source), layout), input_text, max_steps=5_000_000)
    assert result.ended != "budget"
    return result


def assert_like_python(source: str, input_text: str = "") -> None:
    """Output, and the exception and its line if there is one, are CPython's, in several bases.

    A small base may have too few cells for a program, and must say so.
    """
    expected = run_python(source, input_text)
    for layout in LAYOUTS:
        try:
            result = run(source, input_text, layout)
        except SourceError as error:
            assert layout.base < 1000 and f"base {layout.base}" in error.message
            continue
        assert result.output == expected.output
        assert (result.trap.exception if result.trap else None) == expected.exception
        assert not result.trap or result.line == expected.line


def assert_message(source: str, message: str, input_text: str = "") -> None:
    """The run ends with CPython's exception, and this message of it."""
    assert_like_python(source, input_text)
    assert run_python(source, input_text).message == message
    trap = run(source, input_text).trap
    assert trap is not None and trap.message == message
