"""From source text to a prompt: the whole compiler on one page."""

from __future__ import annotations

import ast

from compiler.language.checker import check
from compiler.language.errors import SourceError
from compiler.language.parser import parse
from compiler.lowering import lower
from compiler.lowering.tagged import lower_tagged
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt


def compile_program(source: str, filename: str = "<program>", layout: Layout | None = None) -> Prompt:
    """Compiles a program of the small language; its input is given later, see `Prompt.with_input`.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    try:
        checked = check(parse(source, filename))
    except SourceError as refused:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise refused from None
        try:
            return Prompt(lower_tagged(source, filename, tree, layout or Layout()))
        except RecursionError:
            raise refused from None
    return Prompt(lower(checked, layout or Layout()))
