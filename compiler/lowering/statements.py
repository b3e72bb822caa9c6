"""Statements: `block` writes the code of several."""

from __future__ import annotations

from compiler.language.kinds import ListOf, TupleOf
from compiler.language.syntax import (
    Assert,
    Assign,
    AugmentedAssign,
    Block,
    Break,
    Continue,
    Expression,
    ExpressionStatement,
    For,
    FunctionDefinition,
    Global,
    If,
    Name,
    Pass,
    Print,
    Return,
    Statement,
    StringLiteral,
    TupleDisplay,
    While,
)
from compiler.language.walk import single_targets
from compiler.lowering import assignments, calls, conditions, expressions, heap, loops, output, routines
from compiler.lowering.assembler import Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.lowering.effects import assigned_names
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Origin, Trap, comment_of


def block(c: Context, statements: Block) -> None:
    """Code for statements, each with its place in the source.

    Raises:
        SourceError: there is no room for one of them; the error has its place.
    """
    for statement in statements:
        with c.at(_origin(c, statement)), c.scratch(), c.reports_capacity(statement.span):
            _statement(c, statement)


def _origin(c: Context, statement: Statement) -> Origin:
    line = comment_of(c.checked.module.lines[statement.span.line - 1])
    return Origin(statement.span.line, statement.span.column, f"library {line}" if c.is_library else line)


def _statement(c: Context, statement: Statement) -> None:
    match statement:
        case Assign():
            assignments.assign(c, statement)
        case AugmentedAssign(target=Name()):
            assignments.augment_name(c, statement)
        case AugmentedAssign():
            assignments.augment_item(c, statement)
        case If(test=Name(identifier=flag)) if c.is_library and flag.startswith("WITH_") and c.unit.tagged:
            block(c, statement.then if flag in c.unit.tagged.flags else statement.otherwise)
        case If(test=test, then=then, otherwise=otherwise):
            other, end = Label(), Label()
            conditions.jump_if(c, test, other if otherwise else end, False)
            block(c, then)
            if otherwise:
                c.jump(end)
                c.place(other)
                block(c, otherwise)
            c.place(end)
        case While():
            _while(c, statement)
        case For():
            _for(c, statement)
        case Break():
            c.jump(c.loops[-1][1])
        case Continue():
            c.jump(c.loops[-1][0])
        case Assert():
            _assert(c, statement)
        case Return():
            _return(c, statement.value)
        case Print():
            output.print_statement(c, statement)
        case ExpressionStatement(value=value):
            if isinstance(c.kind(value), TupleOf):
                expressions.several(c, value)
            else:
                c.value(value)
        case FunctionDefinition():
            _defaults(c, statement)
        case Pass() | Global():
            pass
        case _:
            raise AssertionError(f"no code for {type(statement).__name__}")


# ------------------------------------------------------------------------------------------------------ loops


def _while(c: Context, statement: While) -> None:
    """The test is at the bottom: one branch a round."""
    top, test, end = Label(), Label(), Label()
    known = constant_value(statement.test)
    if known is None:
        c.jump(test)
    elif not known:
        block(c, statement.otherwise)
        return
    c.place(top)
    c.loops.append((test, end))
    block(c, statement.body)
    c.loops.pop()
    c.place(test)
    conditions.jump_if(c, statement.test, top, True)
    block(c, statement.otherwise)
    c.place(end)


def _for(c: Context, statement: For) -> None:
    body = statement.body
    called = c.effects.assigned_in_calls(body)
    assigned = called | assigned_names(body)
    targets = {single.identifier for single in single_targets(statement.target) if isinstance(single, Name)}
    changed = {c.variable(name).cell for name in sorted(assigned | targets)}
    iteration = loops.prepare(c, statement.iterable, changed)
    end = Label()
    target = statement.target
    cell = c.variable(target.identifier).cell if isinstance(target, Name) else c.temporary()

    def write_body(again: Label) -> None:
        if isinstance(target, Name):
            c.assigned(target.identifier)
        else:
            with c.scratch():
                items, length = _item_view(c, statement.iterable, cell)
                assignments.unpack_items(c, target, items, length)
        c.loops.append((again, end))
        block(c, body)
        c.loops.pop()

    habits = loops.Habits(
        counts_in_target=isinstance(target, Name) and target.identifier not in assigned,
        keeps_last=isinstance(target, Name) and c.effects.is_read_outside(statement, c.info),
        resizes=c.effects.resizes(body),
    )
    iteration.run(c, cell, write_body, habits)
    block(c, statement.otherwise)
    c.place(end)


def _item_view(c: Context, iterable: Expression, cell: int) -> tuple[int, int]:
    kind = c.kind(iterable)
    if isinstance(kind, ListOf):
        return heap.view(c, kind.element, cell)
    raise AssertionError("the items of this cannot be unpacked")


# -------------------------------------------------------------------------------------------- other statements


def _assert(c: Context, statement: Assert) -> None:
    message = statement.message
    if message is None or isinstance(message, StringLiteral):
        trap = Trap("AssertionError", message.value if isinstance(message, StringLiteral) else "")
        conditions.jump_if(c, statement.test, c.failure(trap), False)
        return
    fine = Label()
    conditions.jump_if(c, statement.test, fine, True)
    routines.say(c, c.kind(message), c.value(message))
    c.halt(Trap("AssertionError", ""))
    c.place(fine)


def _return(c: Context, value: Expression | None) -> None:
    if value is not None and (isinstance(value, TupleDisplay) or isinstance(c.kind(value), TupleOf)):
        cells = expressions.several(c, value)
        c.parallel_move([(cell, c.own_slot(i)) for i, cell in enumerate(cells)])
    elif value is not None:
        if c.top == 0:
            # The slot of the result is no variable's: nothing that is worked out on the way may take it.
            c.temporary()
        c.value(value, c.own_slot(0))
    c.emit(Opcode.RET)


def _defaults(c: Context, definition: FunctionDefinition) -> None:
    """Defaults are evaluated when the definition is reached; a constant needs no cell of its own."""
    for parameter in definition.parameters:
        if parameter.default is not None:
            cell = calls.default_cell(c, definition.name, parameter)
            if not calls.is_constant(parameter.default):
                c.value(parameter.default, cell)
