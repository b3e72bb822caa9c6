"""What the RAM does, token by token: the executable specification.

The state of the machine is a function of the tokens so far (`Ram.take`), those of the prompt included, and the next
token is a function of the state (`next_token`). Neither ever looks at weights. The transformer, the reference run and
the proofs all refer to this file; the proofs execute it, on symbolic integers, so it computes and compares, and
asks nothing else of a number.

A value is `sum(groups[i] * B**i) - sign * B**len(groups)`: B's complement with an endless sign extension.
Values are kept canonical: the top group says something that the sign does not, unless it is the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.vocabulary import ENDS, Token, address_families

Cell = tuple[int, ...]
"""The name of a cell: a point with integer coordinates, lowest address group first.

A heap address with groups `a[0] … a[G-1]` is `(a[0], …, a[G-2], -a[G-1])`: the heap lies below zero in the
last coordinate and frame number f above it: slot v of frame f (from 1) is `(v, 0, …, f)`.
"""


@dataclass(frozen=True)
class Number:
    """An integer as the machine holds it: little-endian groups and a sign, 0 or 1."""

    groups: Sequence[int]
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
    return Number(groups, sign, base)


def cell_of(layout: Layout, operand: int, frame: int) -> Cell:
    """The cell that an operand names in a frame; the first frame is 1."""
    middle = (0,) * (layout.groups - 2)
    if operand < layout.first_local:
        return (operand, *middle, 0)
    if operand < layout.first_next:
        return (operand, *middle, frame)
    return (operand - layout.first_next + layout.first_local, *middle, frame + 1)


@dataclass(slots=True)
class Local:
    """The part of the state that decides the next token.

    Attributes:
        token: the last one. After one of `ENDS`, the next begins an instruction.
        pc: number of the instruction; opcode: None where it is outside the program; y_number, z_number: operands.
        x, y: what the cells hold that the operands x and y name. LOAD and STORE copy x once they have the address.
        depth: frames open besides the first; caller: number of the CALL that opened the current one.
        address: how many address groups there are; written: how many groups of a value; rows: how many digits of a
            quotient, or equal groups of two numbers, from the top down.
        carried: the carry of a product, or the remainder of a division, from the row before the one under way.
        digits: digit i of the quotient so far is `digits[i]`.
        significant: (index, group) for each sign, of the highest group written that is not all that sign, or of
            group 0 if there is none.
    """

    layout: Layout
    token: Token
    pc: int = 0
    opcode: Opcode | None = None
    x: Number = Number((0,), 0, 2)
    y: Number = Number((0,), 0, 2)
    y_number: int = 0
    z_number: int = 0
    depth: int = 0
    caller: int = 0
    address: int = 0
    written: int = 0
    rows: int = 0
    carried: int = 0
    digits: dict[int, int] = field(default_factory=dict)
    significant: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0), (0, 0)])

    @property
    def begins(self) -> bool:
        return self.token.family in ENDS


# ------------------------------------------------------------------------------------------ the next token


def next_token(s: Local) -> Token:
    """The token that follows; FAULT where the instruction cannot be carried out."""
    return Token("FAULT") if s.opcode is None else RULES[s.opcode](s)


def _add(s: Local) -> Token:
    return _sum(s, s.y[s.written], s.x.sign + s.y.sign, 0)


def _subtract(s: Local) -> Token:
    """x + (-1 - y) + 1."""
    return _sum(s, s.layout.base - 1 - s.y[s.written], s.x.sign + 1 - s.y.sign, 1)


def _sum(s: Local, y: int, signs: int, first_carry: int) -> Token:
    """A group of a sum. After the top groups a further one is needed if the rest does not fit into one."""
    b, i = s.layout.base, s.written
    total = s.x[i] + y + (first_carry if s.begins else s.token.flag)
    rest = total - b * signs
    if i >= s.x.top and i >= s.y.top and -b <= rest < b:
        return _last(s, rest)
    carry = int(total >= b)
    return Token("D", total - b * carry, carry)


def _multiply(s: Local) -> Token:
    """x times one group y: a carry and a group in turn. If x is negative, -y is left over at the end."""
    b, y, i = s.layout.base, s.y[0], s.written
    if s.token.family == "K":
        total = s.x[i] * y + s.carried
        if i == s.x.top and s.token.value == 0 and s.x.sign == 0:
            return _last(s, total)
        return Token("D", total - b * s.token.value)
    if i <= s.x.top:
        return Token("K", (s.x[i] * y + s.carried) // b)
    return _last(s, s.carried - s.x.sign * y)


def _divide(s: Local) -> Token:
    """Long division by one group, top down: a digit of the quotient and the remainder in turn; then the quotient.

    A negative x has endless leading groups B - 1, which leave the remainder d - 1.
    """
    b, d = s.layout.base, s.y[0]
    if s.token.family == "D":
        return _copied(s, s.digits[s.written], s.written == s.x.top)
    if s.token.family == "Q":
        before = s.carried if s.rows > 1 else s.x.sign * (d - 1)
        remainder = b * before + s.x[s.x.top - s.rows + 1] - s.token.value * d
        return Token("H", remainder) if s.rows <= s.x.top else Token("L", remainder)
    if s.begins and d == 0:
        return Token("FAULT")
    before = s.x.sign * (d - 1) if s.begins else s.token.value
    digit = (b * before + s.x[s.x.top - s.rows]) // d
    if s.opcode is Opcode.REM or s.rows < s.x.top:
        return Token("Q", digit)
    return Token("D", digit) if s.x.top > 0 else Token("L", digit, s.x.sign)


def _shift_right(s: Local) -> Token:
    return _copied(s, s.x[s.written + 1], s.written >= s.x.top - 1)


def _shift_left(s: Local) -> Token:
    i = s.written
    return Token("D", s.y[0]) if s.begins else _copied(s, s.x[i - 1], i > s.x.top)


def _load_or_store(s: Local) -> Token:
    """The groups of the heap address x + y, then a copy."""
    b, i, groups = s.layout.base, s.address, s.layout.groups
    if i == groups:
        return _copied(s, s.x[s.written], s.written == s.x.top)
    family = address_families("R" if s.opcode is Opcode.LOAD else "A", groups)[i]
    total = s.x[i] + s.y[i] + (0 if s.begins else s.token.flag)
    if i < groups - 1:
        carry = int(total >= b)
        return Token(family, total - b * carry, carry)
    rest = total - b * (s.x.sign + s.y.sign)
    if s.x.top >= groups or s.y.top >= groups or not 0 <= rest < b:
        return Token("FAULT")
    return Token(family, rest)


def _copied(s: Local, group: int, ends: bool) -> Token:
    return _last(s, group - s.layout.base * s.x.sign) if ends else Token("D", group)


def _last(s: Local, rest: int) -> Token:
    """The token that ends a value, whose top group `rest` is, less B if the value is negative: `-B <= rest < B`.

    If the sign says it all, the highest group that is needed is written again.
    """
    sign = int(rest < 0)
    if s.written == 0 or not (rest == 0 or rest == -1):
        return Token("L", rest + s.layout.base * sign, sign)
    _, group = s.significant[sign]
    return Token("T", group, sign)


def _compare(s: Local) -> Token:
    """By sign, by length, then top down, one `SAME` for each equal group but the lowest."""
    i = s.x.top - s.rows
    if s.begins and s.x.sign != s.y.sign:
        order = s.y.sign - s.x.sign
    elif s.begins and s.x.top != s.y.top:
        order = (s.x.top - s.y.top) * (1 - 2 * s.x.sign)
    else:
        order = s.x[i] - s.y[i]
        if order == 0 and i > 0:
            return Token("SAME")
    match s.opcode:
        case Opcode.JLT:
            taken = order < 0
        case Opcode.JGE:
            taken = order >= 0
        case Opcode.JEQ:
            taken = order == 0
        case Opcode.JNE:
            taken = order != 0
        case _:
            taken = order < 0 and s.x.sign == 0
    return Token("J", s.z_number - s.layout.base // 2 if taken else 1)


def _go(s: Local) -> Token:
    return _jump(s, "J", s.layout.base * s.y_number + s.z_number - s.pc)


def _call(s: Local) -> Token:
    if s.depth >= s.layout.max_depth:
        return Token("FAULT")
    return _jump(s, "CALL", s.layout.base * s.y_number + s.z_number - s.pc)


def _return(s: Local) -> Token:
    return Token("FAULT") if s.depth == 0 else _jump(s, "RET", s.caller + 1 - s.pc)


def _jump(s: Local, family: str, distance: int) -> Token:
    """A jump; a far one is split into h times B and the rest, h nearest to distance / B (of two, the lower)."""
    b = s.layout.base
    if s.token.family == "F":
        return Token(family, distance - b * s.token.value)
    if -b < distance < b:
        return Token(family, distance)
    return Token("F", -((b - 2 * distance) // (2 * b)))


def _print(s: Local) -> Token:
    """PUT."""
    return Token("CHAR", s.z_number)


def _output(s: Local) -> Token:
    if s.written < s.x.top:
        return Token("D", s.x[s.written])
    group = s.x[s.written]
    return Token("INT", group, s.x.sign) if s.opcode is Opcode.OUTI else Token("CHAR", group)


def _halt(s: Local) -> Token:
    return Token("HALT")


RULES: Mapping[Opcode, Callable[[Local], Token]] = {
    Opcode.ADD: _add,
    Opcode.SUB: _subtract,
    Opcode.MUL: _multiply,
    **dict.fromkeys((Opcode.QUO, Opcode.REM), _divide),
    Opcode.SHR: _shift_right,
    Opcode.SHL: _shift_left,
    **dict.fromkeys((Opcode.LOAD, Opcode.STORE), _load_or_store),
    **dict.fromkeys((Opcode.JLT, Opcode.JGE, Opcode.JEQ, Opcode.JNE, Opcode.JIN), _compare),
    Opcode.JMP: _go,
    Opcode.CALL: _call,
    Opcode.RET: _return,
    Opcode.PUT: _print,
    **dict.fromkeys((Opcode.OUTI, Opcode.OUTC), _output),
    Opcode.HALT: _halt,
}


# ------------------------------------------------------------------------------- the state after a token


class Ram:
    """The machine: load a prompt, then iterate over the tokens that it emits.

    Attributes:
        program: instruction k is `program[k]`; memory: cells that were written; depth, pc, local: see `Local`;
            callers: by frame, the number of the CALL that opened it last; steps: instructions begun so far, the one
            that halts or faults included.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.program: dict[int, Instruction] = {}
        self.memory: dict[Cell, Number] = {}
        self.callers: dict[int, int] = {}
        self.depth = 0
        self.pc = 0
        self.steps = 0
        self.text: list[int] = []  # of an instruction, as far as it is read: opcode, x, y
        self.local = Local(layout, Token("BOS"))
        self.target: Cell = ()  # where a value that is being written goes, and its groups so far
        self.groups: list[int] = []
        self.address: list[int] = []
        self.far = 0  # the part of a jump that an F has said

    def load(self, prompt: Iterable[Token]) -> None:
        for token in prompt:
            self.take(token)

    def run(self) -> Iterator[Token]:
        """The tokens that follow, the last of them `HALT` or `FAULT`."""
        while True:
            self.steps += self.local.begins
            token = next_token(self.local)
            yield token
            if token.family in ("HALT", "FAULT"):
                return
            self.take(token)

    def read(self, cell: Cell) -> Number:
        return self.memory.get(cell, Number((0,), 0, self.layout.base))

    def cell(self, operand: int) -> Cell:
        """The cell that an operand names in the current frame."""
        return cell_of(self.layout, operand, 1 + self.depth)

    @property
    def calls(self) -> list[int]:
        """Numbers of the CALLs whose frames are open, outermost first."""
        return [self.callers[frame] for frame in range(2, 2 + self.depth)]

    def take(self, token: Token) -> None:
        """One more token, of a prompt or of a run: they are read alike."""
        s, (family, value, flag) = self.local, token
        if s.token.family in ("K", "H"):
            s.carried = s.token.value
        s.token = token
        match family:
            case "D":
                for sign in (0, 1):
                    if s.written == 0 or value != sign * (self.layout.base - 1):
                        s.significant[sign] = (s.written, value)
                self.groups.append(value)
                s.written += 1
            case "K" | "H":
                pass
            case "Q":
                s.digits[s.x.top - s.rows] = value
                s.rows += 1
            case "SAME":
                s.rows += 1
            case "L":
                self.groups.append(value)
                self.write(flag)
            case "T":
                index, _ = s.significant[flag]
                self.groups = self.groups[: index + 1]
                self.write(flag)
            case "INT" | "CHAR":
                self.go(1)
            case "J":
                self.go(self.far + value)
            case "F":
                self.far = self.layout.base * value
            case "CALL":
                self.depth += 1
                self.callers[1 + self.depth] = self.pc
                self.go(self.far + value)
            case "RET":
                self.depth -= 1
                self.go(self.far + value)
            case "OP":
                self.text = [value]
            case "N":
                self.text.append(value)
                if len(self.text) == 4:
                    opcode, *operands = self.text
                    self.program[len(self.program)] = Instruction([*Opcode][opcode], *operands)
            case _ if family != "BOS":
                self.take_address(family, value)

    def take_address(self, family: str, value: int) -> None:
        """An address group. After the last one, x is what LOAD and STORE copy, and STORE has its target."""
        s = self.local
        s.address += 1
        heap = s.address == self.layout.groups and family != "FRAME"
        self.address.append(-value if heap else value)
        if s.address < self.layout.groups:
            return
        if family[0] == "R":
            s.x = self.read(tuple(self.address))
        else:
            s.x = self.read(self.target)
            self.target = tuple(self.address)

    def write(self, sign: int) -> None:
        self.memory[self.target] = Number(self.groups, sign, self.layout.base)
        self.go(1)

    def go(self, distance: int) -> None:
        """Begins the instruction at this distance. Its value will go to z, as far as is known."""
        self.pc += distance
        self.groups, self.address, self.far = [], [], 0
        last = self.local.token
        instruction = self.program.get(self.pc)
        if instruction is None:
            self.local = Local(self.layout, last, self.pc, depth=self.depth)
            return
        x, y, self.target = (self.cell(v) for v in (instruction.x, instruction.y, instruction.z))
        self.local = Local(
            self.layout,
            last,
            self.pc,
            instruction.opcode,
            self.read(x),
            self.read(y),
            instruction.y,
            instruction.z,
            self.depth,
            self.callers.get(1 + self.depth, 0),
        )
