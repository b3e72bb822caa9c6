"""What the RAM does, token by token: the executable specification.

The state of the machine is a function of the tokens so far (`Ram.take`), those of the prompt included, and the next
token is a function of the state (`rules.next_token`). Neither ever looks at weights. The transformer, the reference
run and the proofs all refer to these two files; the proofs execute them, on symbolic integers, so they compute and
compare, and ask nothing else of a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.rules import Local, next_token
from compiler.machines.ram.values import Cell, Number, cell_of
from compiler.machines.ram.vocabulary import CARRIES, STOPS, Family, Token, read_families


class Ram:
    """The machine: load a prompt, then iterate over the tokens that it emits.

    Attributes:
        program: instruction k is `program[k]`.
        memory: cells that were written.
        callers: by frame, the number of the CALL that opened it last.
        steps: instructions begun so far, the one that halts or faults included.
        depth, pc, local: see `Local`.
        text: of an instruction of the prompt, as far as it is read: opcode, x, y.
        target: where a value that is being written goes; groups: its groups so far.
        address: the groups of an address so far.
        far: the part of a jump that an F has said.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.program: dict[int, Instruction] = {}
        self.memory: dict[Cell, Number] = {}
        self.callers: dict[int, int] = {}
        self.depth = 0
        self.pc = 0
        self.steps = 0
        self.text: list[int] = []
        self.local = Local(layout, Token(Family.BOS))
        self.target: Cell = ()
        self.groups: list[int] = []
        self.address: list[int] = []
        self.far = 0

    def load(self, prompt: Iterable[Token]) -> None:
        """Takes all tokens of a prompt."""
        for token in prompt:
            self.take(token)

    def run(self) -> Iterator[Token]:
        """The tokens that follow, the last of them `HALT` or `FAULT`."""
        while True:
            self.steps += self.local.begins
            token = next_token(self.local)
            yield token
            if token.family in STOPS:
                return
            self.take(token)

    def read(self, cell: Cell) -> Number:
        """What the cell holds: 0 if nothing was written to it."""
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
        if s.token.family in CARRIES:
            s.carried = s.token.value
        s.token = token
        # Names of families here: to look up a member of an enum takes Python 3.11 as long as all the rest.
        match family:
            case "D":
                for sign in (0, 1):
                    if s.written == 0 or value != sign * (self.layout.base - 1):
                        s.significant[sign] = (s.written, value)
                self.groups.append(value)
                s.written += 1
            case "L":
                self.groups.append(value)
                self.write(flag)
            case "T":
                index, _ = s.significant[flag]
                self.groups = self.groups[: index + 1]
                self.write(flag)
            case "J":
                self.go(self.far + value)
            case "SAME":
                s.rows += 1
            case "K" | "H":
                pass
            case "Q":
                s.digits[s.x.top - s.rows] = value
                s.rows += 1
            case "INT" | "CHAR":
                self.go(1)
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

    def take_address(self, family: Family, value: int) -> None:
        """An address group. After the last one, x is what LOAD and STORE copy, and STORE has its target."""
        s = self.local
        s.address += 1
        heap = s.address == self.layout.groups and family != Family.FRAME
        self.address.append(-value if heap else value)
        if s.address < self.layout.groups:
            return
        if family in read_families(self.layout.groups):
            s.x = self.read(tuple(self.address))
        else:
            s.x = self.read(self.target)
            self.target = tuple(self.address)

    def write(self, sign: int) -> None:
        """The groups so far are the value of the target; the instruction ends."""
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
