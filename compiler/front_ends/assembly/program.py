"""The assembly language of the RAM, which is what `punchtape compile` prints.

            cell a = 270            ; a global cell by name, and what it holds at first
            cell b = 192
            cell rest
    loop:   JEQ  b 0 ->done         ; an integer, or a character in quotes, is a cell that holds it
            REM  a b rest
            ADD  b 0 a
            ADD  rest 0 b
            JMP  ->loop
    done:   OUTI a
            PUT  '\\n'
            HALT

Instructions and their operands are those of `compiler/machines/ram/isa.py`: `g3` is global cell 3, `s3` slot 3
of the frame, `n3` slot 3 of the next one, `->done` or `->7` (instruction 7) where a jump goes. In front of an
instruction its number may stand, which is then checked. `raises ValueError 'why'` after it says what it means
that a run ends there, by HALT or a fault. A branch that goes too far for one instruction becomes two or three.

What is no instruction:

    g4 = 7                          ; what a global cell holds at first
    heap 700 = 3 'a' "text" 0 * 20  ; what heap cells hold, from address 700 on
    heap table = 2 3 5 7            ; the same where there is room; `table` is then the address
    name n = s0                     ; another name for a cell, or a name for an integer
    input text free room            ; heap[text] holds the length of the input, its characters follow; cell
                                    ; `room` holds the first address after it
    entry ->main                    ; where the run begins, if not at the first instruction
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from lark import Token, Tree

from compiler.front_ends.reading import Text, span_of
from compiler.language.errors import SourceError
from compiler.language.literals import LiteralError, string
from compiler.language.syntax import Span
from compiler.machines.integers import integer
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Trap

MAX_DIGITS = 4300
"""Of a number: CPython reads no longer ones unless it is told to."""

HINT = f"a line is an instruction ({' '.join(Opcode.__members__)}), or data: cell, name, heap, input, entry, `g4 = 7`"


@dataclass(frozen=True)
class Operand:
    """kind: cell, name, target (text is what it says), integer (value), or text (codes of its characters)."""

    kind: str
    text: str
    values: tuple[int, ...] = ()
    span: Span = field(default=Span(1, 1, 1, 1), compare=False)

    @property
    def value(self) -> int | None:
        """The one integer that it says, if it does."""
        return self.values[0] if len(self.values) == 1 else None


@dataclass(frozen=True)
class Instruction:
    """An instruction as it is written.

    Attributes:
        operands: names, numbers and labels.
        trap: the exception that a fault stands for, if it is not the usual one.
    """

    opcode: Opcode
    operands: tuple[Operand, ...]
    trap: Trap | None = None
    span: Span = field(default=Span(1, 1, 1, 1), compare=False)


@dataclass(frozen=True)
class Data:
    """Initial values; place: a cell, a heap address from which they go on, or the name of one where there is room."""

    place: Operand
    values: tuple[int, ...]


@dataclass(frozen=True)
class Input:
    """Where the input goes, a name or an address; free: the cell with the address after it, if it has a name."""

    place: Operand
    free: Operand | None = None


@dataclass(frozen=True)
class Assembly:
    """labels: which instruction they stand for; cells: with their first values; names: for a cell or an integer."""

    instructions: tuple[Instruction, ...]
    labels: dict[str, int]
    cells: tuple[tuple[Operand, int], ...]
    names: tuple[tuple[Operand, Operand], ...]
    data: tuple[Data, ...]
    input: Input | None
    entry: Operand | None
    source: Text = field(default=Text("", ""), compare=False)


@dataclass(frozen=True)
class Options:
    """There are none."""


def parse(text: str, filename: str = "<program>") -> Assembly:
    """Raises SourceError: no such statement, the wrong number of operands, a label twice or without an instruction."""
    source = Text.of(text, filename)
    reader = _Reader(source)
    for line in cast("list[Tree[Any]]", source.tree("assembly", HINT).children):
        reader.line(line)
    return reader.assembly()


class _Reader:
    """Collects the statements."""

    def __init__(self, source: Text) -> None:
        self.source = source
        self.instructions: list[Instruction] = []
        self.labels: dict[str, int] = {}
        self.dangling: Token | None = None
        self.cells: list[tuple[Operand, int]] = []
        self.names: list[tuple[Operand, Operand]] = []
        self.data: list[Data] = []
        self.input: Input | None = None
        self.entry: Operand | None = None

    def assembly(self) -> Assembly:
        if self.dangling is not None:
            raise self.source.error("there is no instruction after this label", "write one", span_of(self.dangling))
        if not self.instructions:
            raise self.source.error("there is no instruction", "write at least `HALT`", Span(1, 1, 1, 1))
        return Assembly(
            tuple(self.instructions), self.labels, tuple(self.cells), tuple(self.names), tuple(self.data),
            self.input, self.entry, self.source,
        )  # fmt: skip

    def line(self, line: Tree[Any]) -> None:
        number = cast("Token | None", line.children[0])
        parts = cast("list[Tree[Any] | None]", line.children[1:])
        for part in parts:
            if part is None:
                continue
            if part.data == "label":
                self.label(cast(Token, part.children[0]))
                continue
            if number is not None and part.data == "instruction" and integer(number) != len(self.instructions):
                message = f"this is instruction {len(self.instructions)}, not {number}"
                raise self.source.error(message, "leave the numbers out", span_of(number))
            getattr(self, f"_{part.data}")(*part.children)
        last = parts[-1]
        if number is not None and (last is None or last.data != "instruction"):
            raise self.source.error("a number without its instruction", HINT, span_of(number))

    def label(self, name: Token) -> None:
        if name in self.labels:
            raise self.source.error(f"the label `{name}` is there twice", "rename one of them", span_of(name))
        self.labels[str(name)] = len(self.instructions)
        self.dangling = name

    def _instruction(self, name: Token, operands: Tree[Token], raises: Tree[Token] | None = None) -> None:
        if name not in Opcode.__members__:
            upper = name.upper() in Opcode.__members__
            raise self.error(name, f"there is no instruction `{name}`", f"write `{name.upper()}`" if upper else HINT)
        opcode = Opcode[name]
        found = tuple(self.operand(token) for token in cast("list[Token]", operands.children))
        wanted = opcode.written
        if len(found) != len(wanted):
            counted = f"{len(wanted)} operand{'s' * (len(wanted) != 1)}"
            raise self.error(name, f"`{name}` has {counted}, here are {len(found)}", opcode.meaning)
        trap = None
        if raises is not None:
            exception, message = cast("list[Token | None]", raises.children)
            trap = Trap(str(exception), "" if message is None else self.unquoted(message))
        last = operands.children[-1] if operands.children else name
        span = Span(span_of(name).line, span_of(name).column, span_of(last).end_line, span_of(last).end_column)
        self.instructions.append(Instruction(opcode, found, trap, span))
        self.dangling = None

    def _cell(self, name: Token, value: Token | None) -> None:
        self.cells.append((self.operand(name), 0 if value is None else self.single(value)))

    def _name(self, name: Token, meaning: Token) -> None:
        if meaning.type != "CELL":
            self.single(meaning)
        self.names.append((self.operand(name), self.operand(meaning)))

    def _initial(self, cell: Token, value: Token) -> None:
        self.data.append(Data(self.operand(cell), (self.single(value),)))

    def _heap(self, place: Token, *values: Tree[Token | None]) -> None:
        found: list[int] = []
        for part in values:
            value, times = part.children
            assert isinstance(value, Token)
            count = 1 if times is None else self.single(cast(Token, times))
            if count < 0:
                raise self.error(cast(Token, times), "a value cannot be there so many times", "write 0 or more")
            found += self.operand(value).values * count
        self.data.append(Data(self.operand(place), tuple(found)))

    def _input(self, place: Token, free: Token | None) -> None:
        if self.input is not None:
            raise self.error(place, "the input is there twice", "leave one of the lines out")
        self.input = Input(self.operand(place), None if free is None else self.operand(free))

    def _entry(self, target: Token) -> None:
        self.entry = self.operand(target)

    # ------------------------------------------------------------------------------------------- tokens

    def operand(self, token: Token) -> Operand:
        span = span_of(token)
        match token.type:
            case "INTEGER":
                if len(token) > MAX_DIGITS:
                    raise self.error(token, f"a number of more than {MAX_DIGITS} digits", "compute it instead")
                return Operand("integer", str(token), (int(token),), span)
            case "QUOTED":
                return Operand("text", str(token), tuple(map(ord, self.unquoted(token))), span)
            case "TARGET":
                return Operand("target", token[2:], (), span)
        return Operand(token.type.lower(), str(token), (), span)

    def single(self, token: Token) -> int:
        """The one integer that a token stands for."""
        value = self.operand(token).value
        if value is None:
            raise self.error(token, "only one character fits here", "write longer texts to the heap: `heap text = …`")
        return value

    def unquoted(self, token: Token) -> str:
        try:
            return str(string(str(token), strict=True))
        except LiteralError:
            raise self.error(token, "this text has an escape that there is not", "write `\\\\` for `\\`") from None

    def error(self, token: Token, message: str, hint: str) -> SourceError:
        return self.source.error(message, hint, span_of(token))
