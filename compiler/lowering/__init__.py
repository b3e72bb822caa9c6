"""From a checked program to RAM code."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from compiler.language.checked import CheckedProgram
from compiler.language.errors import source_error
from compiler.language.syntax import FunctionDefinition, Span
from compiler.lowering.assembler import ZERO, Assembler, CapacityError
from compiler.lowering.context import Context
from compiler.lowering.library import library
from compiler.lowering.object_code import ObjectCode, object_code
from compiler.lowering.statements import block
from compiler.lowering.unit import Unit
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Origin, RamProgram

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
    main = Context(unit, checked, None)
    for statement in checked.module.body:
        block(main, (statement,))
        if not isinstance(statement, FunctionDefinition):
            finished(statement.span)
    main.halt()
    main.finish()
    unit.write_routines()
    position = unit.position_cell() if unit.reads_input else None
    return code.assemble(unit.free, position, checked.module.source, checked.module.filename)


def write_function(unit: Unit, checked: CheckedProgram, name: str) -> None:
    """Writes the code of a function."""
    if unit.tagged is not None and name in unit.tagged.hooks:
        unit.tagged.write_hook(name)
    elif unit.tagged is None and checked is unit.library and (kept := _library_function(unit.layout, name)):
        kept.place(unit)
    else:
        _write_function(unit, checked, name)


@cache
def _library_function(layout: Layout, name: str) -> ObjectCode | None:
    """A function of the library, written once for all programs; None if it has to be written for each."""
    checked = library(layout)
    unit = Unit(Assembler(layout), checked, checked, lambda program, name: None)
    try:
        _write_function(unit, checked, name)
    except CapacityError:
        return None
    return object_code(unit)


def _write_function(unit: Unit, checked: CheckedProgram, name: str) -> None:
    info = checked.functions[name]
    c = Context(unit, checked, info)
    definition = info.definition
    unit.assembler.library = c.is_library
    unit.assembler.origin = Origin(definition.span.line, definition.span.column, f"def {name}")
    with c.reports_capacity(definition.span):
        flagged = {read.identifier for read in checked.maybe_unbound}
        for identifier in info.parameters:
            c.declare(identifier, False)
        for identifier in info.locals:
            c.declare(identifier, identifier in flagged)
            flag = c.variable(identifier).flag
            if flag is not None:
                c.move(ZERO, flag)
        block(c, definition.body)
        c.emit(Opcode.RET)
        c.finish()
