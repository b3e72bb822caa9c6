"""Calls: of functions of the program, of built-in functions, and in the library of single instructions."""

from __future__ import annotations

from compiler.language.kinds import ListOf
from compiler.language.syntax import Call, Expression, Name, Parameter, StringLiteral
from compiler.lowering import conditions, heap, numbers, operators, strings
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.constants import constant_value
from compiler.lowering.context import Context
from compiler.lowering.library import FAILURES, INSTRUCTIONS, constant_table
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap


def call(c: Context, e: Call, into: int | None) -> int:
    """Code for a call; returns the cell of its result, which is `into` if that is given."""
    if c.is_library and e.function in INSTRUCTIONS:
        return _instruction(c, e, into)
    if c.is_library and e.function in ("literal", "constant_table"):
        assert isinstance(e.arguments[0], StringLiteral)
        text = e.arguments[0].value
        text = constant_table(text, c.unit.layout) if e.function == "constant_table" else text
        return c.placed(strings.literal(c, text), into)
    if c.is_library and e.function in FAILURES:
        c.halt(FAILURES[e.function])
        return ZERO
    trap = _failure(c, e)
    if trap is not None:
        c.halt(trap)
        return ZERO
    call_function(c, e)
    return c.placed(c.next_slot(0), into)


def _failure(c: Context, e: Call) -> Trap | None:
    """What a call of the library ends the run in, if it raises a constant message that nothing can catch."""
    match e.arguments:
        case [Call(function="literal", arguments=[StringLiteral(value=message)])] if c.is_library and c.unit.tagged:
            return c.unit.tagged.failure(e.function, message)
    return None


def _instruction(c: Context, e: Call, into: int | None) -> int:
    """A call that the library writes where it means a single instruction."""
    opcode = INSTRUCTIONS[e.function]
    result = into if into is not None else c.temporary()
    with c.scratch():
        x, y, z = [*c.operands(e.arguments), ZERO, ZERO][:3]
        match opcode:
            case Opcode.STORE:
                c.emit(opcode, x, y, z)
            case Opcode.OUTC:
                c.emit(opcode, x)
            case Opcode.SHR:
                c.emit(opcode, x, 0, result)
            case Opcode.LOAD | Opcode.REM:
                c.emit(opcode, x, y, result)
            case _:
                numbers.distinct(c, opcode, x, y, result)
    return result


def call_function(c: Context, e: Call) -> None:
    """Puts the arguments into the next frame and calls."""
    info = c.checked.functions[e.function]
    last = max((i for i, a in enumerate(e.arguments) if not c.effects.is_plain(a)), default=-1)
    with c.scratch():
        # What may call comes first, into places that survive; the rest goes straight into the next frame.
        early = c.operands(e.arguments[: last + 1])
        c.parallel_move([(cell, c.next_slot(i)) for i, cell in enumerate(early)])
        for i, argument in enumerate(e.arguments[last + 1 :], start=last + 1):
            c.value(argument, c.next_slot(i))
        for i, parameter in list(enumerate(info.definition.parameters))[len(e.arguments) :]:
            c.move(default_cell(c, e.function, parameter), c.next_slot(i))
    c.call(c.unit.function(c.checked, e.function))
    tagged = c.unit.tagged
    if c.is_library and tagged is not None and tagged.catches and tagged.may_raise(e.function):
        fine = Label()
        c.branch(Opcode.JEQ, tagged.raised, ZERO, fine)
        c.emit(Opcode.RET)
        c.place(fine)


def builtin(c: Context, e: Call, into: int, free: bool) -> int:
    """Code for a call of a built-in function; free: whether `into` may be written before all arguments are read."""
    arguments = e.arguments
    match e.function:
        case "abs":
            return numbers.absolute(c, c.value(arguments[0]), into)
        case "bool":
            return conditions.truth(c, arguments[0], into)
        case "min" | "max" if len(arguments) > 1:
            return numbers.extreme(c, e.function == "max", c.operands(arguments), into)
        case "min" | "max" | "sum":
            routine = {"min": "minimum", "max": "maximum", "sum": "sum_items"}[e.function]
            items, length = heap.view(c, c.kind(arguments[0]), c.value(arguments[0]))
            cell = c.library(routine, items, length)
        case "pow" if len(arguments) == 2:
            return operators.combine(c, c.kind(e), "**", *arguments, into, free)
        case "pow":
            cell = c.library("power_modulo", *c.operands(arguments))
        case "len" if isinstance(c.kind(arguments[0]), ListOf):
            c.emit(Opcode.LOAD, c.value(arguments[0]), c.constant(-1), into)
            return into
        case "len":
            return strings.length(c, c.value(arguments[0]), into)
        case "ord":
            return strings.code_of(c, arguments[0], into)
        case "chr":
            return strings.character_of(c, c.value(arguments[0]), into)
        case "str":
            return strings.formatted(c, arguments, into)
        case "int":
            cell = strings.integer(c, arguments[0])
        case "input":
            cell = strings.read_line(c, arguments)
        case _:
            raise AssertionError(f"no code for {e.function}")
    return c.placed(cell, None if free else into)


def default_cell(c: Context, function: str, parameter: Parameter) -> int:
    """Where the default of a parameter is kept."""
    assert parameter.default is not None
    if c.is_library and isinstance(parameter.default, Name):
        return c.shared[parameter.default.identifier].cell
    if is_constant(parameter.default):
        return c.value(parameter.default)
    return c.shared.default(function, parameter.name)


def is_constant(e: Expression) -> bool:
    """Whether the value is known when the program is compiled."""
    return isinstance(e, StringLiteral) or constant_value(e) is not None
