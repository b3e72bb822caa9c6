"""Statements: `block` writes the code of several."""

from __future__ import annotations

from collections.abc import Iterable

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
    Index,
    Name,
    Parameter,
    Pass,
    Print,
    Return,
    Statement,
    StringLiteral,
    Target,
    TupleDisplay,
    TupleTarget,
    While,
)
from compiler.language.walk import single_targets
from compiler.lowering import conditions, expressions, lists, loops, output
from compiler.lowering.assembler import Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.lowering.effects import assigned_names
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Origin, Trap


def block(c: Context, statements: Block) -> None:
    for statement in statements:
        with c.at(_origin(c, statement)), c.scratch(), c.reports_capacity(statement.span):
            _statement(c, statement)


def _origin(c: Context, statement: Statement) -> Origin:
    line = c.shared.lines[statement.span.line - 1].strip()
    return Origin(statement.span.line, statement.span.column, f"library {line}" if c.is_library else line)


def _statement(c: Context, statement: Statement) -> None:
    match statement:
        case Assign():
            _assign(c, statement)
        case AugmentedAssign(target=Name()):
            _augment_name(c, statement)
        case AugmentedAssign():
            _augment_item(c, statement)
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
                expressions.value(c, value)
        case FunctionDefinition():
            _defaults(c, statement)
        case Pass() | Global():
            pass
        case _:
            raise AssertionError(f"no code for {type(statement).__name__}")


# ------------------------------------------------------------------------------------------------ assignment


def _assign(c: Context, statement: Assign) -> None:
    targets, value = statement.targets, statement.value
    first = targets[0]
    if any(isinstance(target, TupleTarget) for target in targets):
        _assign_several(c, targets, value)
    elif isinstance(first, Name) and (len(targets) == 1 or all(isinstance(target, Name) for target in targets)):
        cell = c.variable(first.identifier).cell
        expressions.value(c, value, cell)
        c.assigned(first.identifier)
        for target in targets[1:]:
            store(c, target, cell)
    else:
        cell = expressions.value(c, value)
        if not _survives(c, cell, targets):
            cell = expressions.saved(c, cell)
        for target in targets:
            store(c, target, cell)


def _survives(c: Context, cell: int, targets: Iterable[Target]) -> bool:
    """Whether a cell still has its value when it is stored into the last of the targets."""
    singles = [single for target in targets for single in single_targets(target)]
    parts = [part for single in singles if isinstance(single, Index) for part in (single.object, single.index)]
    if c.is_next(cell) and not all(map(c.effects.is_plain, parts)):
        return False
    if c.shared.identifiers_of(cell) & c.effects.assigned_in_calls(parts):
        return False
    return all(c.variable(single.identifier).cell != cell for single in singles[:-1] if isinstance(single, Name))


def store(c: Context, target: Name | Index | TupleTarget, cell: int) -> None:
    """Assigns the value of a cell to one target."""
    match target:
        case Name(identifier=identifier):
            c.move(cell, c.variable(identifier).cell)
            c.assigned(identifier)
        case Index():
            with c.scratch():
                address, index = expressions.operands(c, [target.object, target.index])
                c.emit(Opcode.STORE, *lists.located(c, target, address, index, lists.ASSIGNED_OUT_OF_RANGE), cell)
        case TupleTarget():
            raise AssertionError("several values for one")


def _assign_several(c: Context, targets: tuple[Target, ...], value: Expression) -> None:
    """`a, b = …`, where each of the targets is a tuple, or the value is a list."""
    if not isinstance(value, TupleDisplay) and not isinstance(c.kind(value), TupleOf):
        address = lists.kept(c, expressions.value(c, value))
        if not _survives(c, address, targets):
            address = expressions.saved(c, address)
        for target in targets:
            if isinstance(target, TupleTarget):
                unpack(c, target, value, address)
            else:
                store(c, target, address)
        return
    singles = [single for target in targets for single in single_targets(target)]
    names = [single.identifier for single in singles if isinstance(single, Name)]
    if len(names) == len(singles) == len(set(names)) and len(targets) == 1:
        cells = _cells_for(c, names, value)
        c.parallel_move([(cell, c.variable(name).cell) for cell, name in zip(cells, names)])
        for name in names:
            c.assigned(name)
        return
    cells = expressions.several(c, value)
    cells = [cell if _survives(c, cell, targets) else expressions.saved(c, cell) for cell in cells]
    for target in targets:
        for single, cell in zip(single_targets(target), cells):
            store(c, single, cell)


def _cells_for(c: Context, names: list[str], value: Expression) -> list[int]:
    """The values for different variables; the last one may already be where it belongs."""
    if not isinstance(value, TupleDisplay):
        return expressions.several(c, value)
    *others, last = value.items
    target = c.variable(names[-1]).cell
    cells = expressions.operands(c, value.items[:-1])
    for i, cell in enumerate(cells):
        lost = c.is_next(cell) and not c.effects.is_plain(last)
        if lost or c.shared.identifiers_of(cell) & c.effects.assigned_in_calls([last]):
            cells[i] = expressions.saved(c, cell)
    return [*cells, expressions.value(c, last, None if target in cells else target)]


def unpack(c: Context, target: TupleTarget, source: Expression, address: int) -> None:
    """Assigns the items of a list to targets, which must be as many."""
    with c.scratch():
        items, length = lists.view(c, c.kind(source), address)
        _unpack_items(c, target, items, length)


def _unpack_items(c: Context, target: TupleTarget, items: int, length: int) -> None:
    wanted = len(target.items)
    count = c.constant(wanted)
    fits, short = Label(), Label()
    c.branch(Opcode.JEQ, length, count, fits)
    c.branch(Opcode.JLT, length, count, short)
    c.halt(Trap("ValueError", f"too many values to unpack (expected {wanted})"))
    c.place(short)
    c.halt(Trap("ValueError", f"not enough values to unpack (expected {wanted})"))
    c.place(fits)
    cells = [c.temporary() for _ in target.items]
    for i, cell in enumerate(cells):
        c.emit(Opcode.LOAD, items, c.constant(i), cell)
    for single, cell in zip(target.items, cells):
        store(c, single, cell)


def _augment_name(c: Context, statement: AugmentedAssign) -> None:
    target = statement.target
    assert isinstance(target, Name)
    cell = c.variable(target.identifier).cell
    c.read(target)
    expressions.combine(c, c.kind(target), statement.operator, target, statement.value, cell, False)
    c.assigned(target.identifier)


def _augment_item(c: Context, statement: AugmentedAssign) -> None:
    """The list and the index are evaluated once; the index is checked again if the value might move items."""
    target = statement.target
    assert isinstance(target, Index)
    address, index = (lists.kept(c, cell) for cell in expressions.operands(c, [target.object, target.index]))
    simple = c.effects.is_plain(statement.value)
    if not simple:
        address, again = expressions.saved(c, address), expressions.saved(c, index)
    place = lists.located(c, target, address, index, lists.OUT_OF_RANGE)
    old = c.temporary()
    c.emit(Opcode.LOAD, *place, old)
    y = expressions.value(c, statement.value)
    known = constant_value(statement.value)
    result = expressions.combine_cells(c, c.kind(target), statement.operator, old, y, old, simple, known)
    if not simple:
        place = lists.located(c, target, address, again, lists.ASSIGNED_OUT_OF_RANGE)
    c.emit(Opcode.STORE, *place, result)


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
    changed = {c.variable(name).cell for name in assigned | targets}
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
                _unpack_items(c, target, items, length)
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
        return lists.view(c, kind.element, cell)
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
    expressions.value(c, message)  # for what else may go wrong in it
    c.halt(Trap("AssertionError", ""))
    c.place(fine)


def _return(c: Context, value: Expression | None) -> None:
    if value is not None and (isinstance(value, TupleDisplay) or isinstance(c.kind(value), TupleOf)):
        cells = expressions.several(c, value)
        c.parallel_move([(cell, c.own_slot(i)) for i, cell in enumerate(cells)])
    elif value is not None:
        expressions.value(c, value, c.own_slot(0))
    c.emit(Opcode.RET)


def _defaults(c: Context, definition: FunctionDefinition) -> None:
    """Defaults are evaluated when the definition is reached; a constant needs no cell of its own."""
    for parameter in definition.parameters:
        if parameter.default is not None:
            cell = default_cell(c, definition.name, parameter)
            if not _is_constant(parameter.default):
                expressions.value(c, parameter.default, cell)


def default_cell(c: Context, function: str, parameter: Parameter) -> int:
    """Where the default of a parameter is kept."""
    assert parameter.default is not None
    if _is_constant(parameter.default):
        return expressions.value(c, parameter.default)
    return c.shared.default(function, parameter.name)


def _is_constant(e: Expression) -> bool:
    return isinstance(e, StringLiteral) or constant_value(e) is not None
