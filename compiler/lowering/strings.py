"""Strings. One of a single character is -1 - its code; any other is the address of its codes in the heap,
with the length before them, and the empty string always has the same address.

So a character needs no memory, and two strings of at most one character are equal if their cells are.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.language.kinds import STRING, Kind, ListOf, String
from compiler.language.syntax import Call, Expression, Index, StringLiteral
from compiler.lowering import heap, routines
from compiler.lowering.assembler import EMPTY, ZERO, Label
from compiler.lowering.constants import constant_value, is_beyond
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

_OUT_OF_RANGE = Trap("IndexError", "string index out of range")
_NO_CHARACTER = Trap("TypeError", "ord() expected a character")
_NO_CODE = Trap("ValueError", "chr() arg not in range(0x110000)")
_NO_C_INTEGER = Trap("OverflowError", "Python int too large to convert to C int")
_CODES = 0x110000


def literal(c: Context, text: str) -> int:
    """The cell of a constant string."""
    if len(text) == 1:
        return c.constant(-1 - ord(text))
    return c.constant(c.unit.text(text) if text else EMPTY)


# ----------------------------------------------------------------------------------------------- characters


def _item_code(c: Context, e: Index, into: int) -> int:
    """The code of a character of a string."""
    string, index = c.operands([e.object, e.index])
    single, end = Label(), Label()
    c.branch(Opcode.JLT, string, ZERO, single)
    length = heap.load(c, string, -1)

    def from_single() -> None:
        c.place(single)
        if is_beyond(constant_value(e.index)):
            c.halt(heap.BEYOND)
            return
        c.move(c.library("single_code", string, index), into)
        c.jump(end)

    c.defer(from_single)
    c.emit(Opcode.LOAD, string, heap.normalised(c, index, e.index, length, _OUT_OF_RANGE), into)
    c.place(end)
    return into


def character(c: Context, e: Index, into: int) -> int:
    """A character of a string, as a string."""
    _item_code(c, e, into)
    c.emit(Opcode.SUB, c.constant(-1), into, into)
    return into


def code_of(c: Context, e: Expression, into: int) -> int:
    """`ord`."""
    if _is_character(c, e):
        assert isinstance(e, Index)
        return _item_code(c, e, into)
    cell = c.value(e)
    c.branch(Opcode.JGE, cell, ZERO, c.failure(_NO_CHARACTER))
    c.emit(Opcode.SUB, c.constant(-1), cell, into)
    return into


def character_of(c: Context, cell: int, into: int) -> int:
    """`chr`."""
    inside = Label()
    c.branch(Opcode.JIN, cell, c.constant(_CODES), inside)
    c.branch(Opcode.JLT, cell, c.constant(-(2**31)), c.failure(_NO_C_INTEGER))
    c.branch(Opcode.JGE, cell, c.constant(2**31), c.failure(_NO_C_INTEGER))
    c.halt(_NO_CODE)
    c.place(inside)
    c.emit(Opcode.SUB, c.constant(-1), cell, into)
    return into


# --------------------------------------------------------------------------------------------- comparisons


def jump_if_same_character(c: Context, wanted: bool, left: Expression, right: Expression, target: Label) -> bool:
    """A comparison in which one side cannot have more than one character; False, and no code, for others."""
    opcode = Opcode.JEQ if wanted else Opcode.JNE
    one = isinstance(right, StringLiteral) and len(right.value) == 1
    if _is_character(c, left) and (one or _is_character(c, right)):
        # Both codes are at hand without making strings of them.
        assert isinstance(left, Index)
        x = _item_code(c, left, c.temporary())
        if isinstance(right, StringLiteral):
            y = c.constant(ord(right.value))
        else:
            assert isinstance(right, Index)
            y = _item_code(c, right, c.temporary())
        c.branch(opcode, x, y, target)
        return True
    if any(_is_character(c, e) or isinstance(e, StringLiteral) and len(e.value) <= 1 for e in (left, right)):
        x, y = c.operands([left, right])
        c.branch(opcode, x, y, target)
        return True
    return False


def _is_character(c: Context, e: Expression) -> bool:
    return isinstance(e, Index) and isinstance(c.kind(e.object), String)


def jump_if_equal(c: Context, wanted: bool, x: int, y: int, target: Label) -> None:
    """Jumps if two strings are equal, or if they are not."""
    same, different = (target, Label()) if wanted else (Label(), target)
    c.branch(Opcode.JEQ, x, y, same)
    c.branch(Opcode.JLT, x, ZERO, different)
    c.branch(Opcode.JNE if wanted else Opcode.JEQ, c.library("equal_strings", x, y), ZERO, target)
    c.place(different if wanted else same)


# ------------------------------------------------------------------------------------------- new strings


def length(c: Context, cell: int, into: int) -> int:
    """`len`."""
    single, end = Label(), Label()
    c.branch(Opcode.JLT, cell, ZERO, single)
    c.emit(Opcode.LOAD, cell, c.constant(-1), into)
    c.jump(end)
    c.place(single)
    c.move(c.constant(1), into)
    c.place(end)
    return into


def formatted(c: Context, parts: Sequence[str | Expression], into: int) -> int:
    """An f-string as a value, or `str`: all fields first, then the text."""
    fields = [part for part in parts if isinstance(part, Expression)]
    cells = iter([evaluated(c, field, fields[i + 1 :], frozen=True) for i, field in enumerate(fields)])
    start = c.saved(c.library("begin_text"))
    for part in parts:
        if isinstance(part, Expression):
            routines.add(c, *next(cells))
        elif len(part) == 1:
            c.library("add_character", c.constant(ord(part)))
        elif part:
            c.library("add_string", literal(c, part))
    c.move(c.library("end_text", start), into)
    return into


def evaluated(c: Context, e: Expression, later: Sequence[Expression], frozen: bool) -> tuple[Kind, int]:
    """Kind and cell of a value that is printed when those that come `later` have been evaluated.

    frozen: it is printed as it is now, so that a list that they might change is made a string at once.
    """
    kind = c.kind(e)
    if frozen and isinstance(kind, ListOf) and (c.effects.calls_functions(later) or c.effects.resizes(later)):
        return STRING, formatted(c, [e], c.temporary())
    cell = c.kept(c.value(e))
    if c.shared.identifiers_of(cell) & c.effects.assigned_in_calls(later):
        cell = c.saved(cell)
    return kind, cell


# --------------------------------------------------------------------------------------- input and integers


def read_line(c: Context, prompt: Sequence[Expression]) -> int:
    """`input`; the cell of the line."""
    for e in prompt:
        if isinstance(e, StringLiteral):
            c.put(e.value)
            continue
        with c.scratch():
            routines.show(c, STRING, c.value(e))
    c.unit.reads_input = True
    return c.library("read_string")


def integer(c: Context, e: Expression) -> int:
    """`int` of a string; the cell of the number."""
    if isinstance(e, Call) and e.function == "input" and not e.arguments:
        c.unit.reads_input = True
        return c.library("read_integer")
    return c.library("integer_of", c.library("text_of", c.value(e)))
