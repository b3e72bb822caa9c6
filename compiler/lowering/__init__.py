"""From a checked program to RAM code."""

from __future__ import annotations

from collections.abc import Callable

from compiler.language.checked import CheckedProgram
from compiler.language.errors import source_error, together
from compiler.language.syntax import Span
from compiler.lowering.assembler import Assembler, CapacityError
from compiler.lowering.functions import write_function, write_module
from compiler.lowering.library import library
from compiler.lowering.unit import Unit
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import RamProgram

__all__ = ["lower"]


def lower(
    checked: CheckedProgram, layout: Layout | None = None, on_lines: Callable[[int], None] = lambda lines: None
) -> RamProgram:
    """RAM code for a checked program, with those routines of the library that it uses.

    on_lines: is told, from time to time, how many lines of the program are done.

    Raises SourceError if the program needs more cells or instructions than the layout has.
    """
    module = checked.module
    try:
        return _lowered(checked, layout or Layout(), on_lines)
    except CapacityError as error:
        raise source_error(str(error), "", module.source, module.filename, Span(1, 1, 1, 1)) from None


def _lowered(checked: CheckedProgram, layout: Layout, on_lines: Callable[[int], None]) -> RamProgram:
    done = 0

    def finished(span: Span) -> None:
        nonlocal done
        done += span.end_line - span.line + 1
        on_lines(done)

    def write(program: CheckedProgram, name: str) -> None:
        write_function(unit, program, name)
        if program is checked:
            finished(checked.functions[name].definition.span)

    code = Assembler(layout)
    unit = Unit(code, checked, library(layout), write)
    write_module(unit, checked, finished)
    unit.write_routines()
    if unit.errors:
        raise together({error.message: error for error in reversed(unit.errors)}.values())
    position = unit.position_cell() if unit.reads_input else None
    return code.assemble(unit.free, position, checked.module.source, checked.module.filename)
