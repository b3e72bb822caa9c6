"""What the RAM does, token by token: the executable specification.

The transformer, the reference run and the proofs all refer to this file. It keeps memory as integers in
groups and writes down, for each instruction, the tokens that it emits. It never looks at weights.

A value is `sum(groups[i] * B**i) - sign * B**len(groups)`: B's complement with an endless sign extension.
Values are kept canonical: the top group says something that the sign does not, unless it is the only one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.vocabulary import JUMPS, Token, address_families

Cell = tuple[int, ...]
"""The name of a cell: a point with integer coordinates, lowest address group first.

A heap address with groups `a[0] … a[G-1]` is `(a[0], …, a[G-2], -a[G-1])`: the heap lies below zero in the
last coordinate and frame number f above it: slot v of frame f (from 1) is `(v, 0, …, f)`.
"""


@dataclass(frozen=True)
class Number:
    """An integer as the machine holds it: little-endian groups and a sign, 0 or 1."""

    groups: tuple[int, ...]
    sign: int
    base: int

    @property
    def top(self) -> int:
        return len(self.groups) - 1

    @property
    def fill(self) -> int:
        """Every group above the top one."""
        return self.sign * (self.base - 1)

    def __getitem__(self, i: int) -> int:
        return self.groups[i] if i <= self.top else self.fill

    def __int__(self) -> int:
        unsigned = sum(g * self.base**i for i, g in enumerate(self.groups))
        return int(unsigned - self.sign * self.base ** len(self.groups))


def number(value: int, base: int) -> Number:
    """The canonical form of an integer."""
    sign = int(value < 0)
    groups, rest = [value % base], value // base
    while rest != -sign:
        groups.append(rest % base)
        rest //= base
    return Number(tuple(groups), sign, base)


class Fault(Exception):
    """The instruction cannot be carried out: the machine emits `FAULT` and stops."""


class Ram:
    """The machine at work: load a prompt, then iterate over the tokens that it emits.

    Attributes:
        pc: instruction number; calls: numbers of the CALLs that opened the frames above the first;
        steps: instructions begun so far, the one that halts or faults included.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.base = layout.base
        self.program: list[Instruction] = []
        self.memory: dict[Cell, Number] = {}
        self.calls: list[int] = []
        self.pc = 0
        self.steps = 0

    # ------------------------------------------------------------------------------------- the prompt

    def load(self, prompt: Iterable[Token]) -> None:
        """Reads a whole prompt: the program, then data, jumps and calls as the machine itself writes them."""
        opcodes = list(Opcode)
        fields: list[int] = []
        address: list[int] = []
        groups: list[int] = []
        far = 0
        for token in prompt:
            match token.family:
                case "OP":
                    fields = []
                    opcode = opcodes[token.value]
                case "N":
                    fields.append(token.value)
                    if len(fields) == 3:
                        self.program.append(Instruction(opcode, *fields))
                case "A0":
                    address, groups = [token.value], []
                case "FRAME":
                    address.append(token.value)
                case "D":
                    groups.append(token.value)
                case "L":
                    self.memory[tuple(address)] = Number((*groups, token.value), token.flag, self.base)
                    self.pc += 1
                case "F":
                    far = self.base * token.value
                case family if family in JUMPS:
                    if family == "CALL":
                        self.calls.append(self.pc)
                    self.pc += far + token.value
                    far = 0
                case family if family[0] == "A":
                    last = family == f"A{self.layout.groups - 1}"
                    address.append(-token.value if last else token.value)

    # --------------------------------------------------------------------------------------- the cells

    @property
    def frame(self) -> int:
        """The number of the current frame; the first is 1."""
        return 1 + len(self.calls)

    def cell(self, operand: int) -> Cell:
        """The cell that an operand names in the current frame."""
        layout = self.layout
        middle = (0,) * (layout.groups - 2)
        if operand < layout.first_local:
            return (operand, *middle, 0)
        if operand < layout.first_next:
            return (operand, *middle, self.frame)
        return (operand - layout.first_next + layout.first_local, *middle, self.frame + 1)

    def read(self, cell: Cell) -> Number:
        return self.memory.get(cell, Number((0,), 0, self.base))

    # ---------------------------------------------------------------------------------------- the run

    def run(self) -> Iterator[Token]:
        """The tokens that follow the prompt, the last of them `HALT` or `FAULT`."""
        while True:
            self.steps += 1
            try:
                if not 0 <= self.pc < len(self.program):
                    raise Fault
                instruction = self.program[self.pc]
                if instruction.opcode is Opcode.HALT:
                    yield Token("HALT")
                    return
                yield from self._execute(instruction)
            except Fault:
                yield Token("FAULT")
                return

    def _execute(self, instruction: Instruction) -> Iterator[Token]:
        """The tokens of one instruction; memory, frame and `pc` change after its last token."""
        opcode, (x_name, y_name, z_name) = instruction.opcode, (instruction.x, instruction.y, instruction.z)
        x, y, z = self.read(self.cell(x_name)), self.read(self.cell(y_name)), self.cell(z_name)
        match opcode:
            case Opcode.ADD:
                yield from self._write(z, self._sum(x, y, 0))
            case Opcode.SUB:
                yield from self._write(z, self._sum(x, self._complement(y), 1))
            case Opcode.MUL:
                yield from self._write(z, self._product(x, y[0]))
            case Opcode.QUO:
                yield from self._write(z, self._quotient(x, y[0]))
            case Opcode.REM:
                yield from self._write(z, self._remainder(x, y[0]))
            case Opcode.SHR:
                yield from self._write(z, self._groups((x[i] for i in count(1)), max(x.top - 1, 0), x.sign))
            case Opcode.SHL:
                shifted = (x[i - 1] if i else y[0] for i in count())
                yield from self._write(z, self._groups(shifted, x.top + 1, x.sign))
            case Opcode.LOAD:
                address = yield from self._address("R", x, y)
                yield from self._write(z, self._copy(self.read(address)))
            case Opcode.STORE:
                address = yield from self._address("A", x, y)
                yield from self._write(address, self._copy(self.read(z)))
            case Opcode.JLT | Opcode.JGE | Opcode.JEQ | Opcode.JNE | Opcode.JIN:
                order = yield from self._compare(x, y)
                taken = {
                    Opcode.JLT: order < 0,
                    Opcode.JGE: order >= 0,
                    Opcode.JEQ: order == 0,
                    Opcode.JNE: order != 0,
                    Opcode.JIN: order < 0 and not x.sign,
                }[opcode]
                yield from self._jump("J", z_name - self.base // 2 if taken else 1)
            case Opcode.JMP:
                yield from self._jump("J", self.base * y_name + z_name - self.pc)
            case Opcode.CALL:
                if len(self.calls) >= self.layout.max_depth:
                    raise Fault
                here = self.pc
                yield from self._jump("CALL", self.base * y_name + z_name - here)
                self.calls.append(here)
            case Opcode.RET:
                if not self.calls:
                    raise Fault
                yield from self._jump("RET", self.calls[-1] + 1 - self.pc)
                self.calls.pop()
            case Opcode.PUT:
                yield Token("CHAR", z_name)
                self.pc += 1
            case Opcode.OUTI:
                yield from self._output(x, Token("INT", x[x.top], x.sign))
            case Opcode.OUTC:
                yield from self._output(x, Token("CHAR", x[x.top]))

    def _write(self, cell: Cell, tokens: Iterator[Token]) -> Iterator[Token]:
        """Passes the tokens of a value on, and keeps the value."""
        groups: list[int] = []
        for token in tokens:
            yield token
            if token.family == "D":
                groups.append(token.value)
        # `token` is now the last one, an L or a T
        if token.family == "L":
            groups.append(token.value)
        else:
            fill = token.flag * (self.base - 1)
            while len(groups) > 1 and groups[-1] == fill:
                groups.pop()
        self.memory[cell] = Number(tuple(groups), token.flag, self.base)
        self.pc += 1

    # ------------------------------------------------------------------------------ values, group by group

    def _last(self, rest: int, groups: list[int]) -> Token:
        """The token that ends a value whose lower groups are `groups` and whose remaining part is `rest`.

        `-B <= rest < B`. If the sign says it all, the highest group that is needed is written again.
        """
        sign = int(rest < 0)
        if rest not in (0, -1) or not groups:
            return Token("L", rest % self.base, sign)
        fill = sign * (self.base - 1)
        return Token("T", next((g for g in reversed(groups) if g != fill), fill), sign)

    def _groups(self, groups: Iterator[int], top: int, sign: int) -> Iterator[Token]:
        """Groups 0 to `top` of a value with this sign."""
        low: list[int] = []
        for _ in range(top):
            low.append(next(groups))
            yield Token("D", low[-1])
        yield self._last(next(groups) - self.base * sign, low)

    def _copy(self, x: Number) -> Iterator[Token]:
        return self._groups((x[i] for i in count()), x.top, x.sign)

    def _complement(self, y: Number) -> Number:
        """-1 - y."""
        return Number(tuple(self.base - 1 - g for g in y.groups), 1 - y.sign, self.base)

    def _sum(self, x: Number, y: Number, carry: int) -> Iterator[Token]:
        """x + y + carry. After the top groups a further one is needed if the rest does not fit into one."""
        low: list[int] = []
        for i in count():
            total = x[i] + y[i] + carry
            rest = total - self.base * (x.sign + y.sign)
            if i >= max(x.top, y.top) and -self.base <= rest < self.base:
                yield self._last(rest, low)
                return
            carry = int(total >= self.base)
            low.append(total % self.base)
            yield Token("D", low[-1], carry)

    def _product(self, x: Number, y: int) -> Iterator[Token]:
        """x * y for one group y: a carry and a group in turn. x is negative: -y is left over at the end."""
        low: list[int] = []
        carry = 0
        for i in range(x.top + 1):
            total = x[i] * y + carry
            carry = total // self.base
            yield Token("K", carry)
            if i == x.top and carry == 0 and x.sign == 0:
                yield self._last(total, low)
                return
            low.append(total % self.base)
            yield Token("D", low[-1])
        yield self._last(carry - x.sign * y, low)

    def _divide(self, x: Number, d: int) -> Generator[Token, None, tuple[list[int], int]]:
        """Long division by one group, top down: a digit of the quotient and the remainder in turn.

        Stops before the last digit; returns all digits, lowest first, and the last remainder. A negative
        x has endless leading groups B - 1, which leave the remainder d - 1.
        """
        if d == 0:
            raise Fault
        remainder = x.sign * (d - 1)
        digits: list[int] = []
        for i in range(x.top, -1, -1):
            digit, remainder = divmod(remainder * self.base + x[i], d)
            digits.insert(0, digit)
            if i:
                yield Token("Q", digit)
                yield Token("H", remainder)
        return digits, remainder

    def _quotient(self, x: Number, d: int) -> Iterator[Token]:
        digits, _ = yield from self._divide(x, d)
        yield from self._groups(iter(digits), x.top, x.sign)

    def _remainder(self, x: Number, d: int) -> Iterator[Token]:
        digits, remainder = yield from self._divide(x, d)
        yield Token("Q", digits[0])
        yield Token("L", remainder)

    def _compare(self, x: Number, y: Number) -> Generator[Token, None, int]:
        """The sign of x - y: by sign, by length, then top down, one `SAME` for each equal group but the lowest."""
        if x.sign != y.sign:
            return y.sign - x.sign
        if x.top != y.top:
            return (x.top - y.top) * (1 - 2 * x.sign)
        for i in range(x.top, 0, -1):
            if x[i] != y[i]:
                return x[i] - y[i]
            yield Token("SAME")
        return x[0] - y[0]

    def _address(self, letter: str, x: Number, y: Number) -> Generator[Token, None, Cell]:
        """The groups of the heap address x + y."""
        groups = self.layout.groups
        cell: list[int] = []
        carry = 0
        for i, family in enumerate(address_families(letter, groups)):
            total = x[i] + y[i] + carry
            carry = int(total >= self.base)
            if i < groups - 1:
                yield Token(family, total % self.base, carry)
                cell.append(total % self.base)
                continue
            rest = total - self.base * (x.sign + y.sign)
            if not 0 <= rest < self.base or max(x.top, y.top) >= groups:
                raise Fault
            yield Token(family, rest)
            cell.append(-rest)
        return tuple(cell)

    # --------------------------------------------------------------------------------- jumps and output

    def _jump(self, family: str, distance: int) -> Iterator[Token]:
        """A jump; a far one is split into h times B and the rest, h nearest to distance / B (of two, the lower)."""
        far = 0
        if abs(distance) >= self.base:
            far = -((self.base - 2 * distance) // (2 * self.base))
            yield Token("F", far)
        yield Token(family, distance - self.base * far)
        self.pc += distance

    def _output(self, x: Number, last: Token) -> Iterator[Token]:
        for i in range(x.top):
            yield Token("D", x[i])
        yield last
        self.pc += 1
