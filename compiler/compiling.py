"""From source text to a prompt: the whole compiler on one page."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from compiler.language.checker import check
from compiler.language.parser import parse
from compiler.lowering import lower
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt


def compile_program(source: str, filename: str = "<program>", layout: Layout | None = None) -> Prompt:
    """Compiles a program of the small language; its input is given later, see `Prompt.with_input`.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    with _collector_paused():
        module = parse(source, filename)
        checked = check(module)
        program = lower(checked, layout or Layout())
        return Prompt(program)


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
