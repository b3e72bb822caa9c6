"""Arithmetic on cells: one instruction where the operands allow it, else a routine of the library."""

from __future__ import annotations

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.context import Context
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap


def division_by_zero(operator: str) -> Trap:
    """The exception that a division, or a remainder, by zero raises, with CPython's message."""
    message = "integer modulo by zero" if operator == "%" else "integer division or modulo by zero"
    return Trap("ZeroDivisionError", message)


def operate(c: Context, operator: str, x: int, y: int, into: int, free: bool, known: int | None) -> int:
    """Code for `x operator y` on cells; returns the cell of the result.

    The result is in `into`, or, if `free`, possibly in slot 0 of the next frame. known: the value of y where
    it is a constant. `into` may be x or y.
    """
    base = c.unit.layout.base
    match operator:
        case "**" if known == 2:
            return _product(c, x, x, into, free, None)
        case "+":
            c.emit(Opcode.ADD, x, y, into)
            return into
        case "-":
            c.emit(Opcode.SUB, x, y, into)
            return into
        case "*" if known is not None and abs(known) < base:
            return _times_constant(c, x, known, into)
        case "*":
            return _product(c, x, y, into, free, known)
        case "//" | "%" if known is not None and 0 < abs(known) <= base:
            return _divided_by_constant(c, operator, x, known, into)
        case "//" | "%":
            return _quotient(c, operator, x, y, into, free)
        case "&" if known is not None and 0 < known < base and (known + 1) & known == 0:
            c.emit(Opcode.REM, x, c.constant(known + 1), into) if known + 1 < base else _low_group(c, x, into)
            return into
        case "<<" if known is not None and 0 <= known < base.bit_length() and 1 << known < base:
            return _times_constant(c, x, 1 << known, into)
        case ">>" if known is not None and 0 <= known < base.bit_length() and 1 << known < base:
            return _divided_by_constant(c, "//", x, 1 << known, into)
        case "&" | "|" | "^":
            return _bitwise(c, operator, x, y, into)
        case _:
            routine = {"**": "power", "<<": "shift_left", ">>": "shift_right"}[operator]
            return c.placed(c.library(routine, x, y), None if free else into)


def negated(c: Context, x: int, into: int) -> int:
    """Code for `-x`."""
    c.emit(Opcode.SUB, ZERO, x, into)
    return into


def complement(c: Context, x: int, into: int) -> int:
    """-1 - x."""
    c.emit(Opcode.SUB, c.constant(-1), x, into)
    return into


def distinct(c: Context, opcode: Opcode, x: int, y: int, into: int, trap: Trap | None = None) -> None:
    """An instruction whose result must not overwrite its operands while they are read."""
    if into not in (x, y):
        c.emit(opcode, x, y, into, trap)
        return
    with c.scratch():
        result = c.temporary()
        c.emit(opcode, x, y, result, trap)
        c.move(result, into)


def _low_group(c: Context, x: int, into: int) -> None:
    """x mod B."""
    distinct(c, Opcode.SHL, ZERO, x, into)


def _times_constant(c: Context, x: int, factor: int, into: int) -> int:
    match factor:
        case 0:
            c.move(ZERO, into)
        case 1:
            c.move(x, into)
        case -1:
            negated(c, x, into)
        case 2:
            c.emit(Opcode.ADD, x, x, into)
        case _ if factor > 0:
            distinct(c, Opcode.MUL, x, c.constant(factor), into)
        case _:
            with c.scratch():
                product = c.temporary()
                c.emit(Opcode.MUL, x, c.constant(-factor), product)
                negated(c, product, into)
    return into


def _divided_by_constant(c: Context, operator: str, x: int, divisor: int, into: int) -> int:
    """Floor division by a constant from -B to B that is not 0. For -d: x // -d = -x // d and x % -d = -(-x % d)."""
    base = c.unit.layout.base
    with c.scratch():
        if divisor < 0:
            x = negated(c, x, c.temporary())
        match operator, abs(divisor):
            case "//", 1:
                c.move(x, into)
            case "%", 1:
                c.move(ZERO, into)
            case "//", d if d == base:
                c.emit(Opcode.SHR, x, 0, into)
            case "//", _:
                distinct(c, Opcode.QUO, x, c.constant(abs(divisor)), into)
            case _, d if d == base:
                _low_group(c, x, into)
            case _:
                c.emit(Opcode.REM, x, c.constant(abs(divisor)), into)
        if divisor < 0 and operator == "%":
            negated(c, into, into)
    return into


def _product(c: Context, x: int, y: int, into: int, free: bool, known: int | None) -> int:
    """MUL where 0 <= y < B, by both groups of y where 0 <= y < B * B, the library's `multiply` elsewhere.

    known: the value of y where it is a constant, which is then not one that MUL alone can take.
    """
    base = c.unit.layout.base
    result = c.next_slot(0) if free and c.next_slot(0) not in (x, y) else into
    if known is not None and not 0 <= known < base**2:
        return c.placed(c.library("multiply", x, y), result)
    small, two_groups, done = Label(), Label(), Label()
    if known is None:
        c.branch(Opcode.JIN, y, c.constant(base), small)
        c.branch(Opcode.JIN, y, c.constant(base**2), two_groups)
        c.move(c.library("multiply", x, y), result)
        c.jump(done)
        c.place(two_groups)
    with c.scratch():
        upper, shifted = c.temporary(), c.temporary()
        c.emit(Opcode.SHR, y, 0, upper)
        c.emit(Opcode.MUL, x, upper, shifted)
        c.emit(Opcode.SHL, shifted, ZERO, upper)
        c.emit(Opcode.MUL, x, y, shifted)
        c.emit(Opcode.ADD, upper, shifted, result)
    if known is None:
        c.jump(done)
        c.place(small)
        distinct(c, Opcode.MUL, x, y, result)
        c.place(done)
    return result


def _quotient(c: Context, operator: str, x: int, y: int, into: int, free: bool) -> int:
    """QUO or REM where 0 <= y < B, the library's long division elsewhere."""
    opcode = Opcode.QUO if operator == "//" else Opcode.REM
    # The library leaves the remainder in slot 0 and the quotient in slot 1.
    found_in = c.next_slot(1 if operator == "//" else 0)
    result = found_in if free and found_in not in (x, y) else into
    small, done = Label(), Label()
    c.branch(Opcode.JIN, y, c.constant(c.unit.layout.base), small)
    c.library("divide" if operator == "//" else "remainder", x, y)
    c.move(found_in, result)
    c.jump(done)
    c.place(small)
    if opcode is Opcode.QUO:
        distinct(c, opcode, x, y, result, division_by_zero(operator))
    else:
        c.emit(opcode, x, y, result, division_by_zero(operator))
    c.place(done)
    return result


def divided(c: Context, x: int, y: int) -> tuple[int, int]:
    """The cells of `divmod(x, y)`, in slots of the next frame."""
    remainder, quotient = c.next_slot(0), c.next_slot(1)
    with c.scratch():
        x = c.kept(x)
        y = c.kept(y)
        small, done = Label(), Label()
        c.branch(Opcode.JIN, y, c.constant(c.unit.layout.base), small)
        c.library("divide", x, y)
        c.jump(done)
        c.place(small)
        c.emit(Opcode.QUO, x, y, quotient, division_by_zero("//"))
        c.emit(Opcode.REM, x, y, remainder)
        c.place(done)
    return quotient, remainder


def _bitwise(c: Context, operator: str, x: int, y: int, into: int) -> int:
    """`& | ^` on integers."""
    with c.scratch():
        x = c.kept(x)
        y = c.kept(y)
        return _from_conjunction(c, operator, x, y, c.library("bit_and", x, y), into)


def boolean(c: Context, operator: str, x: int, y: int, into: int) -> int:
    """`& | ^` on cells that are 0 or 1."""
    with c.scratch():
        both = c.temporary()
        c.emit(Opcode.MUL, x, y, both)
        return _from_conjunction(c, operator, x, y, both, into)


def _from_conjunction(c: Context, operator: str, x: int, y: int, both: int, into: int) -> int:
    """With a = x & y in `both`: x | y = x + y - a, and x ^ y = x + y - 2 * a."""
    if operator == "&":
        c.move(both, into)
        return into
    total = c.temporary()
    c.emit(Opcode.ADD, x, y, total)
    if operator == "^":
        c.emit(Opcode.SUB, total, both, total)
    c.emit(Opcode.SUB, total, both, into)
    return into


def absolute(c: Context, x: int, into: int) -> int:
    """Code for `abs(x)`."""
    done = Label()
    if x != into:
        c.move(x, into)
    c.branch(Opcode.JGE, into, ZERO, done)
    negated(c, into, into)
    c.place(done)
    return into


def extreme(c: Context, largest: bool, cells: list[int], into: int) -> int:
    """`max` or `min` of cells."""
    with c.scratch():
        if into in cells[1:]:
            if len(cells) == 2:
                cells = [into, cells[0]]
            else:
                return c.placed(extreme(c, largest, cells, c.temporary()), into)
        c.move(cells[0], into)
        for cell in cells[1:]:
            skip = Label()
            c.branch(Opcode.JGE, *((into, cell) if largest else (cell, into)), skip)
            c.move(cell, into)
            c.place(skip)
    return into
