"""Assignment: to names and items, to several targets at once, and augmented."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.language.kinds import TupleOf
from compiler.language.syntax import (
    Assign,
    AugmentedAssign,
    Expression,
    Index,
    Name,
    Target,
    TupleDisplay,
    TupleTarget,
)
from compiler.language.walk import single_targets
from compiler.lowering import expressions, heap, operators
from compiler.lowering.assembler import Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap


def assign(c: Context, statement: Assign) -> None:
    """Code for `targets = value`, tuples on either side included."""
    targets, value = statement.targets, statement.value
    first = targets[0]
    if any(isinstance(target, TupleTarget) for target in targets):
        _assign_several(c, targets, value)
    elif isinstance(first, Name) and (len(targets) == 1 or all(isinstance(target, Name) for target in targets)):
        cell = c.variable(first.identifier).cell
        c.value(value, cell)
        c.assigned(first.identifier)
        for target in targets[1:]:
            _store(c, target, cell)
    else:
        cell = c.value(value)
        if not _survives(c, cell, targets):
            cell = c.saved(cell)
        for target in targets:
            _store(c, target, cell)


def _survives(c: Context, cell: int, targets: Iterable[Target]) -> bool:
    """Whether a cell still has its value when it is stored into the last of the targets."""
    singles = [single for target in targets for single in single_targets(target)]
    parts = [part for single in singles if isinstance(single, Index) for part in (single.object, single.index)]
    if c.is_next(cell) and not all(map(c.effects.is_plain, parts)):
        return False
    if c.shared.identifiers_of(cell) & c.effects.assigned_in_calls(parts):
        return False
    return all(c.variable(single.identifier).cell != cell for single in singles[:-1] if isinstance(single, Name))


def _store(c: Context, target: Name | Index | TupleTarget, cell: int) -> None:
    """Assigns the value of a cell to one target."""
    match target:
        case Name(identifier=identifier):
            c.move(cell, c.variable(identifier).cell)
            c.assigned(identifier)
        case Index():
            with c.scratch():
                address, index = c.operands([target.object, target.index])
                c.emit(Opcode.STORE, *heap.located(c, target, address, index, heap.ASSIGNED_OUT_OF_RANGE), cell)
        case TupleTarget():
            raise AssertionError("several values for one")


def _assign_several(c: Context, targets: tuple[Target, ...], value: Expression) -> None:
    """`a, b = …`, where each of the targets is a tuple, or the value is a list."""
    if not isinstance(value, TupleDisplay) and not isinstance(c.kind(value), TupleOf):
        address = c.kept(c.value(value))
        if not _survives(c, address, targets):
            address = c.saved(address)
        for target in targets:
            if isinstance(target, TupleTarget):
                _unpack(c, target, value, address)
            else:
                _store(c, target, address)
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
    cells = [cell if _survives(c, cell, targets) else c.saved(cell) for cell in cells]
    for target in targets:
        for single, cell in zip(single_targets(target), cells):
            _store(c, single, cell)


def _cells_for(c: Context, names: list[str], value: Expression) -> list[int]:
    """The values for different variables; the last one may already be where it belongs."""
    if not isinstance(value, TupleDisplay):
        return expressions.several(c, value)
    *others, last = value.items
    target = c.variable(names[-1]).cell
    cells = c.operands(value.items[:-1])
    for i, cell in enumerate(cells):
        lost = c.is_next(cell) and not c.effects.is_plain(last)
        if lost or c.shared.identifiers_of(cell) & c.effects.assigned_in_calls([last]):
            cells[i] = c.saved(cell)
    return [*cells, c.value(last, None if target in cells else target)]


def _unpack(c: Context, target: TupleTarget, source: Expression, address: int) -> None:
    """Assigns the items of a list to targets, which must be as many."""
    with c.scratch():
        items, length = heap.view(c, c.kind(source), address)
        unpack_items(c, target, items, length)


def unpack_items(c: Context, target: TupleTarget, items: int, length: int) -> None:
    """Code that assigns a list's items to a tuple of targets; a list of another length raises ValueError."""
    wanted = len(target.items)
    count = c.constant(wanted)
    fits = Label()
    c.branch(Opcode.JEQ, length, count, fits)
    c.branch(Opcode.JLT, count, length, c.failure(Trap("ValueError", f"too many values to unpack (expected {wanted})")))
    for got in range(wanted - 1):
        short = Trap("ValueError", f"not enough values to unpack (expected {wanted}, got {got})")
        c.branch(Opcode.JEQ, length, c.constant(got), c.failure(short))
    c.halt(Trap("ValueError", f"not enough values to unpack (expected {wanted}, got {wanted - 1})"))
    c.place(fits)
    cells = [c.temporary() for _ in target.items]
    for i, cell in enumerate(cells):
        c.emit(Opcode.LOAD, items, c.constant(i), cell)
    for single, cell in zip(target.items, cells):
        _store(c, single, cell)


def augment_name(c: Context, statement: AugmentedAssign) -> None:
    """Code for `name += value` and the like."""
    target = statement.target
    assert isinstance(target, Name)
    cell = c.variable(target.identifier).cell
    c.read(target)
    operators.combine(c, c.kind(target), statement.operator, target, statement.value, cell, False)
    c.assigned(target.identifier)


def augment_item(c: Context, statement: AugmentedAssign) -> None:
    """The list and the index are evaluated once; the index is checked again if the value might move items."""
    target = statement.target
    assert isinstance(target, Index)
    address, index = (c.kept(cell) for cell in c.operands([target.object, target.index]))
    simple = c.effects.is_plain(statement.value)
    if not simple:
        address, again = c.saved(address), c.saved(index)
    place = heap.located(c, target, address, index, heap.OUT_OF_RANGE)
    old = c.temporary()
    c.emit(Opcode.LOAD, *place, old)
    y = c.value(statement.value)
    known = constant_value(statement.value)
    result = operators.combine_cells(c, c.kind(target), statement.operator, old, y, old, simple, known)
    if not simple:
        place = heap.located(c, target, address, again, heap.ASSIGNED_OUT_OF_RANGE)
    c.emit(Opcode.STORE, *place, result)
