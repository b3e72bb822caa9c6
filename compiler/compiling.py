"""From source text to a prompt: the whole compiler on one page."""

from __future__ import annotations

from collections.abc import Callable

from compiler.collector import collector_paused
from compiler.language.checker import check
from compiler.language.errors import SourceError, refused, source_error, together
from compiler.language.limits import too_many_constants
from compiler.language.newlines import with_newlines
from compiler.language.parser import parse
from compiler.language.python.parsing import parsed
from compiler.language.recovery import recovered
from compiler.lowering import lower
from compiler.lowering.spilling import most_constants
from compiler.lowering.tagged import lower_tagged
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt

_SHARES = {"parsing": 0.62, "checking": 0.17, "lowering": 0.21}
"""Of the time that a long program takes (100,000 lines of assignments, branches and prints)."""


def compile_program(
    source: str,
    filename: str = "<program>",
    layout: Layout | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Prompt:
    """Compiles a program; its input is given later, see `Prompt.with_input`.

    What the inference of types accepts has no tags; all else is ordinary Python, whose values carry them.
    on_progress: is told from time to time what part of the work is done, as far as can be foreseen.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    too_many = too_many_constants(source, most_constants(layout or Layout()))
    if too_many is not None:
        raise refused([too_many], source, filename)
    lines = source.count("\n") + 1
    parsing, checking, lowering = _SHARES.values()

    def progress(before: float, share: float) -> Callable[[int], None]:
        return lambda done: on_progress(before + share * min(done / lines, 1)) if on_progress else None

    # A long program is many objects, nearly all of them kept: going through them again and again finds nothing.
    with collector_paused():
        try:
            tree = parse(source, filename, progress(0, parsing) if on_progress else None, all_errors=False)
            checked = check(tree)
        except SourceError:
            return Prompt(_tagged(source, filename, layout or Layout()))
        return Prompt(lower(checked, layout or Layout(), progress(parsing + checking, lowering)))


def _tagged(source: str, filename: str, layout: Layout) -> RamProgram:
    """RAM code for what inference refused. Raises SourceError: what cannot be read, what is outside the language."""
    source = with_newlines(source)
    read = recovered(source, parsed)
    errors = [source_error(r.message, r.hint, source, filename, r.span) for r in read.refusals]
    if read.result is not None:
        try:
            code = lower_tagged(source, filename, read.result, layout, read.names)
            if not errors:
                return code
        except SourceError as error:
            errors += [e for e in error.errors if e.span.line not in read.replaced]
    raise together(errors)
