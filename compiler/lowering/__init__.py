"""From a checked program to RAM code."""

from __future__ import annotations

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


def lower(checked: CheckedProgram, layout: Layout | None = None) -> RamProgram:
    """RAM code for a checked program, with those routines of the library that it uses.

    Raises SourceError if the program needs more cells or instructions than the layout has.
    """
    module = checked.module
    try:
        return _lowered(checked, layout or Layout())
    except CapacityError as error:
        raise source_error(str(error), "", module.source, module.filename, Span(1, 1, 1, 1)) from None


def _lowered(checked: CheckedProgram, layout: Layout) -> RamProgram:
    code = Assembler(layout)
    unit = Unit(code, checked, library(layout), lambda program, name: write_function(unit, program, name))
    write_module(unit, checked)
    unit.write_routines()
    if unit.errors:
        raise together({error.message: error for error in reversed(unit.errors)}.values())
    position = unit.position_cell() if unit.reads_input else None
    return code.assemble(unit.free, position, checked.module.source, checked.module.filename)
