"""Functions: the code of one, of a program or of the library, and of the module level."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from compiler.language.checked import CheckedProgram, FunctionInfo
from compiler.language.errors import SourceError
from compiler.language.syntax import FunctionDefinition, If, Name, Span
from compiler.language.walk import walk
from compiler.lowering.assembler import ZERO, Assembler
from compiler.lowering.context import Context
from compiler.lowering.expressions import evaluate
from compiler.lowering.library import library
from compiler.lowering.object_code import RAISED, ObjectCode, Template, object_code
from compiler.lowering.statements import block
from compiler.lowering.unit import Tagged, Unit
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Origin


def write_module(unit: Unit, checked: CheckedProgram, finished: Callable[[Span], None] = lambda span: None) -> None:
    """Writes the code of the module level, with which the program begins and ends.

    finished: is told of every statement that is written; functions are written when they are first called.
    """
    c = Context(unit, checked, None, evaluate)
    with _collecting(unit):
        for statement in checked.module.body:
            block(c, (statement,))
            if not isinstance(statement, FunctionDefinition):
                finished(statement.span)
        c.halt()
        c.finish()


def write_function(unit: Unit, checked: CheckedProgram, name: str) -> None:
    """Writes the code of a function."""
    if unit.tagged is not None and name in unit.tagged.hooks:
        unit.tagged.write_hook(name)
    elif checked is unit.library and (kept := _kept(unit, name)):
        kept.place(unit)
    else:
        _write_function(unit, checked, name)


def _kept(unit: Unit, name: str) -> ObjectCode | None:
    """The object code of a function of the library."""
    if unit.tagged is None:
        return _library_function(unit.layout, name)
    return _library_function(unit.layout, name, unit.tagged.variant(_flags(unit.layout)[name], RAISED))


@cache
def _library_function(layout: Layout, name: str, tagged: Tagged | None = None) -> ObjectCode | None:
    """A function of the library, written once for all programs; None if it has to be written for each."""
    checked = library(layout) if tagged is None else library(layout, True)
    unit = Template(Assembler(layout), checked, checked, lambda program, name: None, tagged=tagged)
    _write_function(unit, checked, name)
    return None if unit.errors else object_code(unit)


@cache
def _flags(layout: Layout) -> dict[str, frozenset[str]]:
    """The flags of tagged programs that each function of the library asks for."""
    return {
        name: frozenset(
            node.test.identifier
            for node in walk(*info.definition.body)
            if isinstance(node, If) and isinstance(node.test, Name) and node.test.identifier.startswith("WITH_")
        )
        for name, info in library(layout, True).functions.items()
    }


def _write_function(unit: Unit, checked: CheckedProgram, name: str) -> None:
    info = checked.functions[name]
    c = Context(unit, checked, info, evaluate)
    definition = info.definition
    unit.assembler.library = c.is_library
    unit.assembler.origin = Origin(definition.span.line, definition.span.column, f"def {name}")
    with _collecting(unit), c.reports_capacity(definition.span):
        _declare(c, info)
        block(c, definition.body)
        c.emit(Opcode.RET)
        c.finish()


@contextmanager
def _collecting(unit: Unit) -> Iterator[None]:
    """The code of a function that does not fit the layout is given up; that of others is written all the same."""
    try:
        yield
    except SourceError as error:
        unit.errors.append(error)


def _declare(c: Context, info: FunctionInfo) -> None:
    """Gives parameters and locals their slots; no local is assigned yet."""
    for identifier in info.parameters:
        c.declare(identifier, False)
    for identifier in info.locals:
        c.declare(identifier, identifier in c.shared.flagged)
        flag = c.variable(identifier).flag
        if flag is not None:
            c.move(ZERO, flag)
