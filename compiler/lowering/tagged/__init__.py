"""Ordinary Python whose types are not known at compile time: every value carries a tag.

`lower_tagged` is the way of programs that the inference of the language refuses; see `docs/typing.md`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from compiler.language.desugar import desugar
from compiler.language.errors import refused
from compiler.language.refusals import Refusal
from compiler.language.syntax import Span
from compiler.lowering.assembler import CapacityError
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.program import Program
from compiler.lowering.tagged.writer import span_of
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import RamProgram

__all__ = ["lower_tagged"]


def lower_tagged(
    source: str, filename: str, tree: ast.Module, layout: Layout, doubtful: Iterable[str] = ()
) -> RamProgram:
    """RAM code for a program of ordinary Python. Raises SourceError with all that is refused in it.

    doubtful: names whose definitions could not be read, so that it is not told what is wrong where they are used.
    """
    try:
        program = Program(source, filename, desugar(tree), layout)
    except RecursionError:
        raise refused([_too_deep(tree)], source, filename) from None
    except Refusal as refusal:
        raise refused([refusal], source, filename) from None
    program.doubtful.update(doubtful)
    try:
        code = _lowered(program)
    except CapacityError as error:
        program.report.add(Refusal(str(error), "", Span(1, 1, 1, 1)))
    except RecursionError:
        program.report.add(_too_deep(tree))
    except Exception:  # what was refused leaves gaps, in which the rest may fall
        if not program.report.refusals:
            raise
    if program.report.refusals:
        raise refused(program.report.refusals, source, filename)
    return code


def _too_deep(tree: ast.Module) -> Refusal:
    """The refusal of the statement that has the deepest nesting in it."""
    waiting: list[tuple[ast.AST, int, ast.AST]] = [(tree, 0, tree)]
    most, found = 0, waiting[0][2]
    while waiting:
        node, depth, statement = waiting.pop()
        if isinstance(node, ast.stmt):
            statement = node
        if depth > most:
            most, found = depth, statement
        waiting += [(child, depth + 1, statement) for child in ast.iter_child_nodes(node)]
    return Refusal("this is nested too deeply", "name parts of it, or write functions for them", span_of(found))


def _lowered(program: Program) -> RamProgram:
    last = None
    for namespace in sorted(program.included, key=lambda n: (n is program.user, n is not program.prelude)):
        last = Body(program, namespace, None)
        last.module(program.included[namespace])
        if namespace is program.user:
            last.check_generators()
        if namespace is program.user and program.catches:
            last.c.halt()
            last.c.place(last.leave)
            last.lib("uncaught", program.raised)
        elif program.catches:
            last.c.place(last.leave)
        last.c.finish() if namespace is not program.user else None
    assert last is not None
    last.c.halt()
    last.c.finish()
    if program.report.refusals:
        program.write_asked()
    else:
        program.write_rest()
    unit = program.unit
    position = unit.position_cell() if unit.reads_input else None
    return program.code.assemble(unit.free, position, program.source, program.filename)
