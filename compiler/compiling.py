"""From source text to a prompt: the whole compiler on one page."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from compiler.language.checker import check
from compiler.language.errors import SourceError, source_error
from compiler.language.parser import parse
from compiler.language.python.parsing import parse_python
from compiler.lowering import lower
from compiler.lowering.tagged import lower_tagged
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt


def compile_program(source: str, filename: str = "<program>", layout: Layout | None = None) -> Prompt:
    """Compiles a program; its input is given later, see `Prompt.with_input`.

    What the inference of types accepts has no tags; all else is ordinary Python, whose values carry them.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    with _collector_paused():
        try:
            checked = check(parse(source, filename, all_errors=False))
        except SourceError as refused:
            return Prompt(_tagged(source, filename, layout or Layout(), refused))
        return Prompt(lower(checked, layout or Layout()))


def _tagged(source: str, filename: str, layout: Layout, refused: SourceError) -> RamProgram:
    """RAM code for what inference refused with the error `refused`. Raises SourceError."""
    tree = parse_python(source, filename)
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        return lower_tagged(source, filename, tree, layout)
    except RecursionError:
        hint = "split the expression"
        raise source_error("the program is nested too deeply", hint, source, filename, refused.span) from None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A long program is many objects, nearly all of them kept: going through them again and again finds nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
